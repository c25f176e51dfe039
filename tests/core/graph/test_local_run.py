"""A local run of a graph is a run in containers: the place, the context, the order and the failures of each task."""

import asyncio
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

import pytest

from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.dynamic.eager import eager
from autocontainer_nb.core.graph.conditional import conditional
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.run import own_place
from autocontainer_nb.core.run.context import current_context
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.imperative import ImperativeWorkflow
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import WorkflowFailurePolicy, workflow
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.values.flyte_error import FlyteError

GO_ON = WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE


def here() -> str:
    return str(Path.cwd())


def names() -> list[str]:
    return sorted(each.name for each in Path().iterdir())


@pytest.fixture(autouse=True)
def alone() -> None:
    """No other test has left a thread of its own running: beside one, no task moves the process."""
    assert own_place._may_move(), [thread.name for thread in threading.enumerate()]


@task(environment={"COLOR": "red"})
def mark(x: int) -> list[str]:
    """Leave a folder, a variable and a checkpoint, and tell which of them were there."""
    context = current_context()
    found = [os.environ.get("COLOR", ""), os.environ.get("MARKED", ""), *names()]
    found.append(str(context.checkpoint.read()))
    Path("out").mkdir()
    os.environ["MARKED"] = str(x)
    os.environ["COLOR"] = "blue"
    context.checkpoint.write(b"left")
    assert context.working_directory == here()
    return [*found, context.task_id.name.rpartition(".")[2], str(context.attempt)]


FRESH = ["red", "", "None", "mark", "0"]


@task
async def mark_later(x: int) -> list[str]:
    await asyncio.sleep(0)
    os.mkdir("out")  # noqa: PTH102 - of asynchronous code ruff wants no pathlib
    await asyncio.sleep(0)
    return [str(x), os.environ.get("COLOR", ""), *names()]


@task
def first(found: list[list[str]]) -> list[str]:
    return found[0]


@dynamic(environment={"COLOR": "green"})
def drawn(n: int) -> list[list[str]]:
    Path("out").mkdir()
    assert os.environ["COLOR"] == "green"
    return [mark(x=i) for i in range(n)]


@workflow
def inner(x: int) -> list[list[str]]:
    return [mark(x=x), mark(x=x)]


def _imperative() -> Any:
    made = ImperativeWorkflow(name="local_run.by_hand")
    given = made.add_workflow_input("x", int)
    nodes = [made.add_entity(mark, x=given) for _ in range(2)]
    made.add_workflow_output("found", [node.outputs["o0"] for node in nodes], list[list[str]])
    return made


PLAN = LaunchPlan.get_or_create(inner, "local_run_plan")
BY_HAND = _imperative()


@workflow
def twice(x: int) -> list[list[str]]:
    a, b = mark(x=x), mark(x=x)
    a >> b
    return [a, b]


@workflow
def mapped(x: int) -> list[list[str]]:
    return map_task(mark)(x=[x, x])


@workflow
def of_dynamic(x: int) -> list[list[str]]:
    return drawn(n=2)


@workflow
def of_workflow(x: int) -> list[list[str]]:
    return inner(x=x)


@workflow
def of_plan(x: int) -> list[list[str]]:
    return PLAN(x=x)


@workflow
def of_hand(x: int) -> list[list[str]]:
    return BY_HAND(x=x)


@workflow
def of_branches(x: int) -> list[list[str]]:
    a = mark(x=x)
    b = conditional("c").if_(x == 1).then(mark(x=x)).else_().then(mark(x=2))
    a >> b
    return [a, b]


@task(environment={"COLOR": "red"})
def mark_folder(x: int) -> list[str]:
    Path("out").mkdir()
    return [str(x), os.environ.get("COLOR", ""), *names()]


@eager
async def of_eager(x: int) -> list[list[str]]:
    in_threads = [asyncio.to_thread(mark_folder, x=n) for n in range(3)]
    return [mark(x=x), mark(x=x), *(await asyncio.gather(*in_threads))]


@contextmanager
def unchanged() -> Iterator[None]:
    """Check that the block leaves the process's directory and variables as they were."""
    before, files, variables = here(), names(), dict(os.environ)
    yield
    assert (here(), names(), dict(os.environ)) == (before, files, variables)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


RUNS = [
    pytest.param(run, id=run.short_name)
    for run in (twice, mapped, of_dynamic, of_workflow, of_plan, of_hand, of_branches, inner, PLAN, BY_HAND)
]


@pytest.mark.parametrize("run", RUNS)
def test_each_task_has_a_place_of_its_own(run: Any) -> None:
    """An empty working directory, its own variables and checkpoint: what another one has left isn't there."""
    with unchanged():
        assert run(x=1) == [FRESH, FRESH]


def test_calls_of_an_eager_task_have_places_of_their_own() -> None:
    with unchanged():
        assert asyncio.run(of_eager(x=1)) == [FRESH, FRESH, *([str(n), "red", "out"] for n in range(3))]


def test_asynchronous_calls_alternate_and_have_places_of_their_own() -> None:
    """Each is in its own directory during each of its steps, and the eager task stays in the notebook's."""
    seen = []

    @eager
    async def run() -> list[list[str]]:
        found = await asyncio.gather(*(mark_later(x=x) for x in range(3)))
        seen.append(here())
        return list(found)

    with unchanged():
        assert asyncio.run(run()) == [[str(x), "", "out"] for x in range(3)]
        assert seen == [here()]

    @workflow
    def whole() -> list[list[str]]:
        return run()

    with unchanged():
        assert whole() == [[str(x), "", "out"] for x in range(3)]


def test_values_of_eager_calls_are_copies() -> None:
    """An execution gets its inputs from a store, and its result comes from there."""

    @task
    def pop(xs: list[float]) -> float:
        return xs.pop()

    @task
    async def pop_later(xs: list[float]) -> list[float]:
        xs.pop()
        return xs

    @eager
    async def run(xs: list[int]) -> list[float]:
        given: list[float] = [*xs]
        return [pop(xs=given), *(await pop_later(xs=given)), *given]

    found = asyncio.run(run(xs=[1, 2]))
    assert repr(found) == "[2.0, 1.0, 1, 2]"


def test_a_direct_call_of_a_task_stays_a_plain_call() -> None:
    """It runs in the notebook's directory, on the caller's own objects."""

    @task
    def append(xs: list[int]) -> str:
        xs.append(1)
        Path("here").touch()
        return here()

    mine: list[int] = []
    assert append(xs=mine) == here()
    assert mine == [1]
    assert Path("here").exists()


@pytest.mark.parametrize(
    "how",
    [
        os.chdir,
        lambda path: Path(path).parent.rename(Path(path).parent),
        lambda _: shutil.rmtree(os.getcwd()),  # noqa: PTH109 - as people write it
        lambda _: os.environ.clear(),
    ],
    ids=["cd", "mv", "rm", "clear"],
)
def test_a_task_that_moves_and_fails_leaves_the_notebook_where_it_was(how: Any) -> None:
    @task
    def leave() -> None:
        os.environ["LEFT"] = "1"
        how("/")
        raise ValueError("left")

    @workflow
    def run() -> None:
        leave()

    with unchanged(), pytest.raises((ValueError, OSError)):
        run()


@pytest.mark.parametrize("can_move", [True, False], ids=["own", "forbidden"])
def test_other_threads_stay_where_they_are(can_move: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """While code of the notebook runs in another thread, no task moves the process; on Linux it has its place still."""
    if not can_move:
        monkeypatch.setattr(own_place, "_threads_can_move", lambda: False)
    seen: set[str] = set()
    inside: list[str] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.add(here())

    @task
    def look() -> None:
        inside.append(here())
        stop.wait(0.05)

    @workflow
    def run() -> None:
        look()

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        with unchanged():
            run()
    finally:
        stop.set()
        watching.join()
    assert seen == {here()}
    assert (inside[0] != here()) == (can_move and own_place._threads_can_move())


@pytest.mark.skipif(not own_place._threads_can_move(), reason="this system gives no thread a directory of its own")
def test_an_interrupt_in_a_thread_of_its_own_ends_the_task() -> None:
    """Beside another thread a task runs in its own: what is raised where it is waited for stops it there.

    The task waits by sleeping: an interrupt inside of `Event.wait` can leave the event's lock taken for ever.
    """
    told: list[str] = []

    def wait_for(word: str) -> None:
        end = time.monotonic() + 60
        while word not in told and time.monotonic() < end:
            time.sleep(0.01)

    @task
    def slow() -> None:
        try:
            told.append("begun")
            wait_for("ended")
        except KeyboardInterrupt:
            told.append("interrupted")
            raise

    @workflow
    def run() -> None:
        slow()

    def interrupt() -> None:
        wait_for("begun")
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threads = [threading.Thread(target=wait_for, args=["ended"]), threading.Thread(target=interrupt)]
    for each in threads:
        each.start()
    try:
        with unchanged(), pytest.raises(KeyboardInterrupt):
            run()
        wait_for("interrupted")
    finally:
        told.append("ended")
        for each in threads:
            each.join()
    assert told == ["begun", "interrupted", "ended"]


@pytest.mark.skipif(not own_place._threads_can_move(), reason="this system gives no thread a directory of its own")
def test_runs_in_several_threads_are_apart() -> None:
    """Tasks that run at the same time write files of the same name, each its own."""
    together = threading.Barrier(4)
    found: dict[int, str] = {}

    @task
    def write(n: int) -> str:
        together.wait(30)
        Path("n.txt").write_text(str(n), encoding="utf-8")
        together.wait(30)
        return Path("n.txt").read_text(encoding="utf-8")

    @workflow
    def run(n: int) -> str:
        return write(n=n)

    threads = [threading.Thread(target=lambda n=n: found.update({n: run(n=n)})) for n in range(4)]
    with unchanged():
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert found == {n: str(n) for n in range(4)}


RAN: list[str] = []


@task
def step(name: str, fails: bool = False) -> str:
    RAN.append(name)
    if fails:
        raise ValueError(name)
    return name


@task
def told(x: int, err: Optional[FlyteError] = None) -> None:  # noqa: UP045 - flytekit's form
    RAN.append(f"handler: {err.failed_node_id} {err.message}" if err else "handler")


@task
def broken(x: int) -> None:
    raise ValueError("handler broke")


@workflow
def several(x: int) -> list[str]:
    a = step(name="a", fails=True)
    b = step(name="b")
    c = step(name="c", fails=True)
    d = step(name="d")
    return [a, d, step(name=a), step(name=b), c]


@pytest.fixture
def ran() -> list[str]:
    RAN.clear()
    return RAN


def test_at_the_first_failure_nothing_else_runs(ran: list[str]) -> None:
    with pytest.raises(ValueError, match=r"^a$"):
        several(x=1)
    assert ran == ["a"]


def test_others_go_on_if_the_policy_says_so(ran: list[str]) -> None:
    """All that doesn't depend on a failed node runs; the last failure is told, and the handler gets that one."""

    @workflow(failure_policy=GO_ON, on_failure=told)
    def run(x: int) -> list[str]:
        a = step(name="a", fails=True)
        b = step(name="b")
        c = step(name="c", fails=True)
        after = [step(name="after a").with_overrides(node_name="never"), step(name="after b")]
        a >> after[0]
        b >> after[1]
        return [*after, c]

    with pytest.raises(ValueError, match=r"^c$"):
        run(x=1)
    assert ran == ["a", "b", "c", "after b", "handler: n2 c"]


def test_the_policy_is_that_of_the_execution(ran: list[str]) -> None:
    """A subworkflow has the policy of the workflow that was started, a launch plan its own."""
    plan = LaunchPlan.get_or_create(several, "local_run_several")

    @workflow(failure_policy=GO_ON)
    def subworkflow(x: int) -> list[str]:
        return several(x=x)

    @workflow(failure_policy=GO_ON)
    def launched(x: int) -> list[str]:
        return plan(x=x)

    for run, expected in ((subworkflow, ["a", "b", "c", "d", "b"]), (launched, ["a"])):
        ran.clear()
        with pytest.raises(ValueError, match=r"^[ac]$"):
            run(x=1)
        assert ran == expected


def test_a_failing_handler_replaces_the_error() -> None:
    @workflow(on_failure=broken)
    def run(x: int) -> str:
        return step(name="first", fails=True)

    with pytest.raises(ValueError, match="handler broke"):
        run(x=1)


def test_handlers_of_both_workflows_run(ran: list[str]) -> None:
    """That of the subworkflow, then that of the outer one, each with its own node."""

    @workflow(on_failure=told)
    def inside(x: int) -> str:
        return step(name="bad", fails=True)

    @workflow(on_failure=told)
    def outside(x: int) -> str:
        ok = step(name="ok")
        found = inside(x=x)
        ok >> found
        return found

    with pytest.raises(ValueError, match="bad"):
        outside(x=1)
    assert ran == ["ok", "bad", "handler: n0 bad", "handler: n1 bad"]


class OwnError(BaseException):
    pass


ENDS = {
    "exit": "sys.exit('gone')",
    "exit 0": "sys.exit(0)",
    "base": "raise BaseException('base')",
    "own": "raise OwnError('own')",
    "cancelled": "raise asyncio.CancelledError('cancelled')",
    "group": "raise ExceptionGroup('group', [ValueError(1)]) if sys.version_info >= (3, 11) else ValueError(1)",
}


@pytest.mark.parametrize("how", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("mark", ["", "async "])
def test_whatever_a_task_raises_is_a_failure(how: str, mark: str, ran: list[str]) -> None:
    """As in a container: the handler runs, other nodes go on, and an item of a map fails alone. It is raised here."""
    namespace: dict[str, Any] = {"sys": sys, "asyncio": asyncio, "OwnError": OwnError, "__name__": __name__}
    exec(f"{mark}def end(x: int) -> int:\n    if x == 2: {how}\n    return x", namespace)
    end = task(namespace["end"])

    @workflow(on_failure=told, failure_policy=GO_ON)
    def run(x: int) -> tuple[int, str]:
        return end(x=x), step(name="other")

    @workflow
    def mapped(xs: list[int]) -> list[Optional[int]]:  # noqa: UP045 - flytekit's form
        return map_task(end, min_success_ratio=0.5)(x=xs)

    with unchanged(), pytest.raises(BaseException) as raised:  # noqa: PT011 - which one is compared
        run(x=2)
    assert ran[0] == "other"
    assert ran[1].startswith("handler: n0 ")
    with pytest.raises(type(raised.value)):
        asyncio.run(end(x=2)) if mark else end(x=2)
    assert mapped(xs=[1, 2, 3]) == [1, None, 3]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, GeneratorExit])
def test_an_interrupt_is_no_failure(kind: type[BaseException], ran: list[str]) -> None:
    """It ends the whole run at once, handlers and tolerated failures included."""

    @task
    def end(x: int) -> int:
        RAN.append(str(x))
        raise kind

    @workflow(on_failure=told, failure_policy=GO_ON)
    def run(x: int) -> list[Optional[int]]:  # noqa: UP045 - flytekit's form
        return map_task(end, min_success_ratio=0.1)(x=[x, 2])

    with unchanged(), pytest.raises(kind):
        run(x=1)
    assert ran == ["1"]


def test_of_many_failures_behind_each_other_one_is_told() -> None:
    """In a graph with more ways through it than could ever be followed."""
    layers = 40

    @workflow(failure_policy=GO_ON)
    def diamonds() -> list[str]:
        last = [step(name="first"), step(name="first")]
        for _ in range(layers):
            nodes = [step(name="s"), step(name="s")]
            for earlier in last:
                for later in nodes:
                    earlier >> later
            last = nodes
        ends = [step(name=f"end {n}", fails=True) for n in range(2)]
        for earlier in last:
            for later in ends:
                earlier >> later
        return ends

    with pytest.raises(ValueError, match=r"^end 1$"):
        diamonds()


def test_items_of_a_map_fail_alone() -> None:
    """A failed item is None where some may fail, and has left no file to the others."""

    @task
    def odd(x: int) -> int:
        Path("out").mkdir()
        if x == 2:
            raise ValueError("two")
        return x

    @workflow
    def run(xs: list[int]) -> list[Optional[int]]:  # noqa: UP045 - flytekit's form
        return map_task(odd, min_success_ratio=0.5)(x=xs)

    with unchanged():
        assert run(xs=[1, 2, 3]) == [1, None, 3]


def test_a_task_inside_another_task_is_refused_in_a_graph_too() -> None:
    @task
    def outer() -> int:
        return len(twice(x=1))

    with pytest.raises(DefinitionError, match="inside the body of task"):
        outer()
