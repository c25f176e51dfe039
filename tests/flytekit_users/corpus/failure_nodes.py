"""What runs after a failure: a task or a workflow for clean-up, with the error; failures of nodes further down."""

import typing

from flytekit import WorkflowFailurePolicy, task, workflow
from flytekit.types.error.error import FlyteError

seen = []


@task
def create_cluster(name: str):
    seen.append(f"create {name}")


@task
def t1(a: int, b: str) -> int:
    if a < 0:
        raise ValueError("a failure on purpose")
    return a


@task
def delete_cluster(name: str):
    seen.append(f"delete {name}")


@task
def clean_up(name: str, err: typing.Optional[FlyteError] = None):
    seen.append(f"clean {name}: {'on purpose' in str(err)}")


@task
def always() -> None:
    seen.append("always")


@workflow
def clean_up_workflow(name: str):
    clean_up(name=name)


@workflow(on_failure=clean_up)
def pipeline(name: str = "flyteorg"):
    cluster = create_cluster(name=name)
    step = t1(a=-1, b="x")
    last = delete_cluster(name=name)
    cluster >> step >> last


@workflow(on_failure=clean_up_workflow, failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def with_a_workflow(name: str = "flyteorg"):
    create_cluster(name=name)
    t1(a=-1, b="x")


@workflow(failure_policy=WorkflowFailurePolicy.FAIL_IMMEDIATELY, interruptible=True)
def without(a: int) -> int:
    return t1(a=a, b="y")


for each in (pipeline, with_a_workflow):
    seen.clear()
    try:
        each()
    except Exception as error:
        assert "on purpose" in str(error)
    else:
        raise AssertionError("it must fail")
    assert seen[0] == "create flyteorg" and seen[-1].startswith("clean flyteorg"), seen
assert without(a=3) == 3
assert pipeline.failure_node is not None
