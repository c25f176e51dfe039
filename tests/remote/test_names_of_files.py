"""Files of every name go to the sandbox and come back, wherever its home is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from autocontainer_nb.core.dynamic.eager import eager
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.sandbox import process
from autocontainer_nb.type_engine.values.flyte_directory import FlyteDirectory
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile

pytestmark = pytest.mark.sandbox

NAMES = [
    "50%20off.txt",
    "100%.txt",
    "%25.txt",
    "%zz",
    "a b.txt",
    "#1?x=y&z.txt",
    "größe é.txt",
    "'quoted' \"twice\".txt",
    "[a]{b}*.txt",
    "a;b,c+d=e@f!$.txt",
    "-rf",
    "~",
    "日本.csv",
]


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlyteRemote]:
    """A client of a sandbox whose home has such a name itself; proved to be gone afterwards."""
    home = str(tmp_path_factory.mktemp("50%25 of #homes") / "größe, %41")
    client = FlyteRemote(home=home)
    yield client
    client.close()
    process.stop(home)
    assert not process.status(home).running


@task
def copy(file: FlyteFile, folder: FlyteDirectory, path: Path) -> tuple[FlyteFile, FlyteDirectory, Path, list[str]]:
    """Return what came, changed, under the same names; and the names."""
    names = [Path(file).name, path.name, *sorted(each.name for each in Path(folder).rglob("*"))]
    for each in (Path(file), path, *(each for each in Path(folder).rglob("*") if each.is_file())):
        each.write_text(each.read_text(encoding="utf-8") + "!", encoding="utf-8")
    return file, folder, path, names


@task
def same(file: FlyteFile, folder: FlyteDirectory) -> tuple[FlyteFile, FlyteDirectory]:
    """Return what came, unchanged."""
    return file, folder


@task
def double(x: int) -> int:
    """Be called."""
    return 2 * x


@eager
async def calls(x: int) -> int:
    """Call the sandbox from a task of it, with the token that is in a file below its home."""
    return double(x=double(x=x))


def test_a_task_of_the_sandbox_reaches_it(remote: FlyteRemote) -> None:
    assert remote.launch(calls, x=3).result() == 12


def test_files_of_every_name_arrive_and_come_back(remote: FlyteRemote, tmp_path: Path) -> None:
    """As inputs, as outputs, as parts of folders, and as outputs that are given to the next task."""
    folder = tmp_path / "a %20 folder"
    for name in NAMES:
        (folder / name).mkdir(parents=True)
        (folder / name / name).write_text(name, encoding="utf-8")
    runs = {}
    for name in NAMES[:8]:
        file = FlyteFile(folder / name / name)
        runs[name] = remote.launch(copy, file=file, folder=FlyteDirectory(folder), path=folder / name / name)
    for name, run in runs.items():
        file, copied, path, names = run.result()
        assert names == [name, name, *sorted(NAMES * 2)]
        assert (Path(file).name, Path(file).read_text(encoding="utf-8")) == (name, f"{name}!")
        assert (path.name, path.read_text(encoding="utf-8")) == (name, f"{name}!")
        assert Path(copied).name == folder.name
        for each in NAMES:
            assert (Path(copied) / each / each).read_text(encoding="utf-8") == f"{each}!"
    file, copied = remote.launch(same, file=file, folder=copied).result()
    assert Path(file).read_text(encoding="utf-8") == f"{name}!"
    assert sorted(each.name for each in Path(copied).rglob("*")) == sorted(NAMES * 2)
    assert (folder / name / name).read_text(encoding="utf-8") == name
