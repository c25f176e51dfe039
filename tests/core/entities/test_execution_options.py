"""Options of executions: what Flyte takes is taken, what it would refuse is told at once with what to write."""

from typing import Any

import pytest

from autocontainer_nb.core.entities.execution_options import ExecutionOptions, execution_options
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_options import Annotations, Labels
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import reference_task
from autocontainer_nb.core.workflows.schedule import Email, WorkflowExecutionPhase
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import InputError
from autocontainer_nb.slots import clear, fill


@task
def train(epochs: int) -> float:
    return epochs / 2


@workflow
def training(epochs: int) -> float:
    return train(epochs=epochs)


@reference_task("flytesnacks", "development", "elsewhere", "v1")
def elsewhere(epochs: int) -> float: ...


PLAN = LaunchPlan.get_or_create(training, "nightly training")
MAIL = Email(phases=[WorkflowExecutionPhase.FAILED], recipients_email=["a@example.org"])


@pytest.fixture
def launched() -> Any:
    calls: list[Any] = []
    fill("launcher", lambda *given: calls.append(given) or "the execution")
    yield calls
    clear("launcher")


@pytest.mark.parametrize(
    "options",
    [
        {"name": "a"},
        {"name": "a" * 63},
        {"name": "run-2024-01"},
        {"labels": {"team": "a", "example.com/kind": "", "k": "V_1.x"}},
        {"labels": {f"k{number}": "v" for number in range(16)}},
        {"labels": Labels({"team": "a"})},
        {"annotations": {"note": "some words, any"}},
        {"annotations": Annotations({"example.com/note": "x" * 300})},
        {"tags": ["one", "two words"]},
        {"environment": {"MODE": "fast", "_x.y-z": ""}},
        {"overwrite_cache": True, "interruptible": False, "max_parallelism": 0},
        {"raw_output_prefix": "s3://my-s3-bucket/elsewhere"},
        {"service_account": "trainer", "cluster_pool": "gpu pool"},
        {"project": "flytesnacks", "domain": "staging"},
        {"notifications": [MAIL]},
        {"notifications": []},
    ],
)
def test_what_flyte_takes_is_taken(options: dict[str, Any]) -> None:
    assert execution_options(options) == ExecutionOptions(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "Nightly Run"}, r"Option name: expected a lower-case letter.*got 'Nightly Run'.*'nightly-run'"),
        ({"name": "1abc"}, r"Option name: .*Write 'abc'"),
        ({"name": "a-"}, "a letter or digit at the end"),
        ({"name": ""}, "Option name"),
        ({"name": "a" * 64}, r"at most 63 characters.*It has 64\."),
        ({"labels": {"bad key": "x"}}, r"Option labels: expected keys of at most 63.*got 'bad key'"),
        ({"labels": {"k" * 64: "x"}}, "Option labels: expected keys"),
        ({"labels": {"Bad_Prefix/k": "x"}}, "a DNS name such as 'example.com'"),
        ({"labels": {"k": "bad value!"}}, r"Option labels\['k'\]: .*got 'bad value!'. An annotation may have any text"),
        ({"labels": {f"k{number}": "v" for number in range(17)}}, "at most 16.*These are 17"),
        ({"labels": {"k": 1}}, r"Option labels: expected a dict\[str, str\], got \{'k': 1\}"),
        ({"annotations": {"bad key": "x"}}, "Option annotations: expected keys"),
        ({"annotations": 3}, "Option annotations: expected a dict"),
        ({"tags": "one"}, r"Option tags: expected a list of texts, got 'one'. Write \['one'\]"),
        ({"tags": 3}, "Option tags: expected a list"),
        ({"environment": {"A=B": "x"}}, "Option environment: expected names of letters"),
        ({"environment": {"1A": "x"}}, "that begin with no digit"),
        ({"overwrite_cache": "yes"}, "Option overwrite_cache: expected True or False, got 'yes'"),
        ({"interruptible": 1}, "Option interruptible: expected True or False"),
        ({"max_parallelism": -1}, "Option max_parallelism: expected an int from 0 to 2147483647, got -1"),
        ({"max_parallelism": True}, "Option max_parallelism"),
        ({"max_parallelism": 2**31}, "Option max_parallelism"),
        ({"raw_output_prefix": "/tmp/x"}, "a URI such as 's3://bucket/folder'"),
        ({"service_account": "My Account"}, "Kubernetes service account"),
        ({"cluster_pool": " "}, "Option cluster_pool: expected a text"),
        ({"project": 3}, "Option project: expected a text"),
        ({"notifications": MAIL}, r"a list of Email\(...\)"),
        ({"notifications": ["a@example.org"]}, "Option notifications"),
        ({"label": {"k": "v"}}, "have no option 'label'. Did you mean 'labels'"),
        ({"zzz": 1}, "no option 'zzz'. Options: name, labels"),
        ([("name", "x")], "options: expected a dict"),
    ],
)
def test_what_flyte_would_refuse_is_told_at_once(options: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        execution_options(options)


def test_later_options_win_and_the_rest_stays() -> None:
    first = execution_options({"name": "a", "tags": ["one"]})
    assert execution_options({"name": "b"}, first) == ExecutionOptions(name="b", tags=["one"])
    assert execution_options(ExecutionOptions(name="b"), first) == ExecutionOptions(name="b", tags=["one"])
    assert execution_options(None, first) is first


@pytest.mark.parametrize("entity", [train, training, PLAN, elsewhere], ids=["task", "workflow", "plan", "reference"])
def test_options_go_with_the_entity_and_leave_it_alone(launched: list[Any], entity: Any) -> None:
    """`.with_options(...).remote(...)` hands all of it to the launcher; the entity itself starts without options."""
    before = dict(vars(entity))
    named = entity.with_options(name="nightly").with_options(tags=["x"])
    assert named.remote(epochs=3) == "the execution"
    assert launched[-1] == (entity, (), {"epochs": 3}, ExecutionOptions(name="nightly", tags=["x"]))
    entity.remote(epochs=4)
    assert launched[-1] == (entity, (), {"epochs": 4})
    assert vars(entity) == before
    assert "name='nightly'" in repr(named)


def test_a_call_with_options_says_what_to_write() -> None:
    with pytest.raises(InputError, match=r"start one with \.remote"):
        train.with_options(name="nightly")(epochs=3)


def test_the_async_forms_start_the_same(launched: list[Any]) -> None:
    import asyncio

    assert asyncio.run(train.remote_async(epochs=1)) == "the execution"
    assert asyncio.run(train.with_options(name="b").remote_async(epochs=2)) == "the execution"
    assert [call[2] for call in launched] == [{"epochs": 1}, {"epochs": 2}]


@pytest.mark.parametrize(
    ("given", "suggested"),
    [("Run_12", "run-12"), ("2024 first run", "first-run"), ("X" * 62 + "__y", "x" * 62), ("My Run", "my-run")],
)
def test_a_name_that_is_suggested_is_one_and_keeps_its_number(given: str, suggested: str) -> None:
    with pytest.raises(InputError) as raised:
        execution_options({"name": given})
    assert f"Write {suggested!r}, for instance." in str(raised.value)
    assert execution_options({"name": suggested}).name == suggested
