"""`FlyteContextManager`: the state of a run by flytekit's names, and decorators of workflows that reach into it."""

import io
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

import pytest

from autocontainer_nb.core.context_manager import FlyteContext, FlyteContextManager
from autocontainer_nb.core.data_persistence import FileAccessProvider
from autocontainer_nb.core.graph.calls import create_node
from autocontainer_nb.core.run.context import current_context
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import StorageError
from autocontainer_nb.storage.access import PrefixAccess

ran: list[str] = []


@task
def open_service() -> None:
    ran.append("open")


@task
def close_service() -> None:
    ran.append("close")


@task
def less(x: float) -> float:
    ran.append("less")
    return x - 1


@task
def square(x: float) -> float:
    ran.append("square")
    return x * x


def around(function: Any = None, *, before: Any, after: Any) -> Any:
    """Run one task before all nodes of a workflow, and one after them."""
    if function is None:
        return partial(around, before=before, after=after)

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        first = create_node(before)
        outputs = function(*args, **kwargs)
        last = create_node(after)
        state = FlyteContextManager.current_context().compilation_state
        if state is not None and state.mode == 1:
            first >> state.nodes[1]
            state.nodes[-2] >> last
        return outputs

    return wrapper


@workflow
@around(before=open_service, after=close_service)
def serviced(x: float) -> float:
    return square(x=less(x=x))


def test_a_decorator_of_a_workflow_opens_and_closes_around_its_nodes() -> None:
    """It finds the nodes in the order of their calls, and its edges hold in the run."""
    ran.clear()
    assert serviced(x=10.0) == 81.0
    assert ran == ["open", "less", "square", "close"]
    first, one, two, last = serviced.nodes
    assert [node.entity for node in serviced.nodes] == [open_service, less, square, close_service]
    assert (one.upstream, two.upstream, last.upstream) == ([first], [one], [two])


def test_outside_of_a_drawing_there_is_no_graph_and_a_task_knows_that_it_runs() -> None:
    seen: list[FlyteContext] = []

    @task
    def look() -> None:
        seen.append(FlyteContextManager.current_context())

    assert FlyteContextManager.current_context().compilation_state is None
    assert FlyteContextManager.current_context().execution_state.mode is None
    look()
    [inside] = seen
    assert inside.compilation_state is None
    assert inside.execution_state.is_local_execution()


def test_another_context_counts_within_its_block(tmp_path: Path) -> None:
    """Its files go elsewhere, and its parameters are the user's; afterwards all is as before."""
    context = FlyteContextManager.current_context()
    params = context.user_space_params.builder()
    params.working_dir = str(tmp_path / "work")
    changed = context.new_execution_state()
    elsewhere = FileAccessProvider(tmp_path / "local", str(tmp_path / "raw"))
    builder = context.with_file_access(elsewhere).with_user_space_params(params.build())
    with FlyteContextManager.with_context(builder) as entered:
        assert current_context().working_directory == str(tmp_path / "work")
        assert entered.file_access.put_raw_data(b"abc", file_name="a.bin").startswith(str(tmp_path / "raw"))
    assert current_context().working_directory != str(tmp_path / "work")
    FlyteContextManager.push_context(context.with_execution_state(changed))
    FlyteContextManager.pop_context()
    assert current_context().working_directory != str(tmp_path / "work")


@pytest.mark.parametrize("content", [b"abc", io.BytesIO(b"abc"), io.StringIO("abc")], ids=["bytes", "open", "text"])
def test_what_is_stored_is_fetched_again(tmp_path: Path, content: Any) -> None:
    """From bytes and from open files, under its name."""
    access = FileAccessProvider(tmp_path / "local", str(tmp_path / "raw"))
    uri = access.put_raw_data(content, file_name="a.txt")
    assert uri.startswith(access.raw_output_prefix)
    assert uri.endswith("/a.txt")
    there = access.get_random_local_path("b.txt")
    access.get_data(uri, there)
    assert Path(there).read_bytes() == b"abc"
    assert access.exists(uri)
    assert not access.exists(uri + "x")


def test_folders_go_there_and_back(tmp_path: Path) -> None:
    """A new folder is empty, what is put under a URI is below it, and what isn't there is told."""
    access = FileAccessProvider(tmp_path / "local", str(tmp_path / "raw"))
    folder = Path(access.get_random_local_directory())
    assert list(folder.iterdir()) == []
    (folder / "one").write_text("1")
    uri = access.put_data(str(folder), access.get_random_remote_directory(), is_multipart=True)
    there = access.get_random_local_path()
    access.download_directory(uri, there)
    assert [path.name for path in Path(there).iterdir()] == ["one"]
    with pytest.raises(StorageError, match="nowhere"):
        access.put_data(str(tmp_path / "nowhere"), access.get_random_remote_path("x"))


def test_a_client_puts_things_where_the_control_plane_says(tmp_path: Path) -> None:
    """What storing returns is where the content is, whatever was asked for."""
    stored = PrefixAccess(str(tmp_path / "store"), tmp_path / "scratch")
    client: Any = type("ClientFiles", (), {name: _passing(stored, name) for name in ("put", "put_bytes", "get")})()
    access = FileAccessProvider.over(client)
    (tmp_path / "a.txt").write_text("abc")
    asked = access.get_random_remote_path("a.txt")
    given = access.put_data(str(tmp_path / "a.txt"), asked)
    assert given.startswith(str(tmp_path / "store"))
    assert Path(given).read_text() == "abc"
    assert access.put_raw_data(b"x", file_name="b.txt").startswith(str(tmp_path / "store"))


def _passing(to: PrefixAccess, name: str) -> Callable[..., Any]:
    return lambda _self, *args: getattr(to, name)(*args)
