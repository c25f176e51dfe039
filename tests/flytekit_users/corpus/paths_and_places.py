"""Files by os.PathLike and pathlib, at places of one's own, kept local, with a format, several at once."""

import os
import pathlib
from typing import Dict, List, Optional

import flytekit
from flytekit import task, workflow
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile

PLACE = os.path.join(os.getcwd(), "kept", "result.txt")


@task
def write(name: str) -> os.PathLike:
    path = pathlib.Path(flytekit.current_context().working_directory) / name
    path.write_text(name * 2)
    return path


@task
def read(path: os.PathLike) -> str:
    with open(path) as file:
        return file.read()


@task
def keep(text: str) -> FlyteFile:
    path = pathlib.Path(flytekit.current_context().working_directory) / "draft"
    path.write_text(text)
    return FlyteFile(path=str(path), remote_path=PLACE)


@task
def many(names: List[str]) -> List[FlyteFile]:
    made = []
    for name in names:
        path = pathlib.Path(flytekit.current_context().working_directory) / name
        path.write_text(name)
        made.append(FlyteFile(str(path)))
    return made


@task
def by_name(files: List[FlyteFile]) -> Dict[str, FlyteFile]:
    return {pathlib.Path(file.download()).read_text(): file for file in files}


@task
def sizes(files: Dict[str, FlyteFile]) -> List[int]:
    return [len(pathlib.Path(files[name]).read_text()) for name in sorted(files)]


@task
def perhaps(file: Optional[FlyteFile] = None) -> int:
    return 0 if file is None else len(pathlib.Path(file).read_text())


@task
def count(folder: FlyteDirectory) -> int:
    return sum(1 for _ in folder.crawl())


@task
def folder_of(files: int) -> FlyteDirectory:
    folder = pathlib.Path(flytekit.current_context().working_directory) / "folder"
    folder.mkdir()
    for number in range(files):
        (folder / f"{number}.txt").write_text("x")
    return FlyteDirectory(str(folder))


@workflow
def pipeline(name: str) -> str:
    return read(path=write(name=name))


@workflow
def lists(names: List[str]) -> List[int]:
    perhaps()
    return sizes(files=by_name(files=many(names=names)))


@workflow
def kept(text: str) -> FlyteFile:
    return keep(text=text)


@workflow
def folders(files: int) -> int:
    return count(folder=folder_of(files=files))


assert pipeline(name="a.txt") == "a.txta.txt"
assert lists(names=["b", "abc"]) == [3, 1]
os.makedirs(os.path.dirname(PLACE))
kept(text="mine")
assert pathlib.Path(PLACE).read_text() == "mine"
assert folders(files=3) == 3

given = pathlib.Path("given.txt")
given.write_text("given")
assert read(path=given) == "given"
assert perhaps(file=FlyteFile(str(given))) == 5
