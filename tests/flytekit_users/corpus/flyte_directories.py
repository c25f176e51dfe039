"""Folders: made and read by tasks, listed, walked, downloaded."""

import os
from pathlib import Path
from typing import List

import flytekit
from flytekit import task, workflow
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile


@task
def write_files(names: List[str]) -> FlyteDirectory:
    folder = Path(flytekit.current_context().working_directory) / "texts"
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.txt").write_text(name * 2)
    return FlyteDirectory(path=str(folder))


@task
def contents(folder: FlyteDirectory) -> List[str]:
    return [Path(folder, name).read_text() for name in sorted(os.listdir(folder))]


@task
def one_of(folder: FlyteDirectory, name: str) -> FlyteFile:
    return FlyteFile(path=os.path.join(folder.download(), name))


@task
def listed(folder: FlyteDirectory) -> List[str]:
    found = []
    for entry in FlyteDirectory.listdir(folder):
        with open(entry, "r") as file:
            found.append(file.read())
    return sorted(found)


@task
def typed() -> FlyteDirectory["txt"]:
    made = FlyteDirectory.new(dirname="typed")
    file = made.new_file("a.txt")
    with file.open("w") as opened:
        opened.write("typed")
    return made


@workflow
def pipeline(names: List[str] = ["a", "b"]) -> List[str]:
    return contents(folder=write_files(names=names))


@workflow
def picking() -> FlyteFile:
    return one_of(folder=write_files(names=["x", "y"]), name="y.txt")


@workflow
def listing() -> List[str]:
    return listed(folder=write_files(names=["x", "y"]))


@workflow
def around() -> List[str]:
    return contents(folder=typed())


assert pipeline() == ["aa", "bb"]
with open(picking()) as file:
    assert file.read() == "yy"
assert listing() == ["xx", "yy"]
assert around() == ["typed"]
