"""Options of a wrong form are told where something is defined, in one line that names the option and the value."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from autocontainer_nb import (
    Cache,
    ContainerTask,
    CronSchedule,
    ImageSpec,
    LaunchPlan,
    Resources,
    Secret,
    TaskMetadata,
    map_task,
    task,
    workflow,
)
from autocontainer_nb.errors import AutocontainerError


@task
def inc(size: int) -> int:
    return size + 1


@workflow
def run(size: int) -> int:
    return inc(size=size)


def made(**options: Any) -> Any:
    def fit(size: int) -> int:
        return size

    return task(**options)(fit)


TASK = {
    "cache": ["yes", 1],
    "cache_serialize": ["yes"],
    "cache_version": [1, b"1"],
    "cache_ignore_input_vars": ["size", [1], 3],
    "retries": ["3", 1.5, True, -1],
    "timeout": ["30s", True, 1.5, -1],
    "interruptible": ["yes", 1],
    "deprecated": [1],
    "container_image": [3, "", ["image"]],
    "environment": [{"DEBUG": 1}, {1: "a"}, ["A=1"], "A=1"],
    "requests": ["1", {"cpu": 1}],
    "limits": ["1"],
    "resources": ["1"],
    "secret_requests": [Secret(group="a"), ["a"], "a"],
    "task_resolver": ["resolver"],
    "enable_deck": ["yes", 1],
    "disable_deck": ["no"],
    "pod_template": ["template"],
    "pod_template_name": [3],
    "accelerator": ["a100"],
    "shared_memory": [1, ["1Gi"]],
    "labels": [{"a": 1}, "a=1"],
    "annotations": [{"a": 1}],
    "allow_credentials": ["yes"],
}
IMAGE = {
    "python_version": [3.10, 3, "3", "three"],
    "name": [3],
    "packages": ["pandas", [1]],
    "apt_packages": ["git"],
    "env": [{"A": 1}, ["A"], "A=1"],
    "requirements": [["pandas"]],
    "registry": [3],
    "commands": ["ls"],
    "base_image": [3],
    "cuda": [12.4],
    "platform": [3],
    "builder": [3],
    "source_root": [3],
}
PLAN = {
    "schedule": ["* * * * *"],
    "notifications": [3, "me@example.com", ["me@example.com"]],
    "fixed_inputs": [3, [1]],
    "default_inputs": [3, [("size", 1)]],
    "max_parallelism": ["3", -1],
    "overwrite_cache": ["yes"],
    "auto_activate": ["yes"],
    "concurrency": [3],
    "auth_role": ["role"],
    "raw_output_data_config": [3],
    "security_context": [3],
    "labels": [3],
}
CONTAINER = {
    "command": ["echo hi", [1], 3],
    "arguments": ["hi"],
    "inputs": [["x"], {1: int}],
    "outputs": [["x"]],
    "environment": [{"DEBUG": 1}],
    "secret_requests": [Secret(group="a")],
    "requests": ["1"],
    "limits": [{"cpu": 1}],
    "resources": ["1"],
}
MAP = {"concurrency": ["3", 1.5, -1], "min_successes": ["3", -1], "min_success_ratio": ["half", 2, True]}
SECRET = {"group": [3], "key": [3], "group_version": [3], "mount_requirement": ["file"], "env_var": [3, "lower"]}
METADATA = {"interruptible": ["yes"], "labels": [{"a": 1}], "cache_version": [3], "cache_ignore_input_vars": ["size"]}
CACHE = {"version": [1], "salt": [1], "serialize": ["yes"], "ignored_inputs": [[1]]}
RESOURCES = {"gpu": ["0.5", 0.5, "500m", "two"], "cpu": ["one", -1, True], "mem": ["1Q"]}


def the_plan(**options: Any) -> LaunchPlan:
    return LaunchPlan.create("plan of wrong options", run, **options)


def the_container(**options: Any) -> ContainerTask:
    return ContainerTask(**{"name": "container", "image": "a:b", "command": ["ls"], **options})


def the_secret(**options: Any) -> Secret:
    return Secret(**{"group": "a", **options})


def the_metadata(**options: Any) -> TaskMetadata:
    return TaskMetadata(**{"cache": True, **options})


MAKERS: list[tuple[Callable[..., Any], dict[str, list[Any]]]] = [
    (made, TASK),
    (ImageSpec, IMAGE),
    (the_plan, PLAN),
    (the_container, CONTAINER),
    (partial(map_task, inc), MAP),
    (the_secret, SECRET),
    (the_metadata, METADATA),
    (Cache, CACHE),
    (Resources, RESOURCES),
]
CASES = [
    pytest.param(make, name, value, id=f"{getattr(make, '__name__', 'map_task')}-{name}-{value!r}"[:60])
    for make, options in MAKERS
    for name, values in options.items()
    for value in values
]


@pytest.mark.parametrize(("make", "name", "value"), CASES)
def test_an_option_of_another_form_is_named(make, name, value):
    """The message has the option, what was expected and what came, in one line."""
    extra = {"cache": True} if make is made and name.startswith("cache_") else {}
    with pytest.raises(AutocontainerError) as caught:
        make(**extra, **{name: value})
    message = str(caught.value)
    assert name in message
    assert "expected" in message
    assert "\n" not in message
    assert repr(value) in message or type(value).__name__ in message or str(value) in message or "a str" in message


def test_a_request_above_its_limit():
    """Impossible pairs are refused, in whatever units they are written."""
    for resources in (Resources(cpu=("1", "500m")), Resources(mem=("2Gi", "1G"))):
        with pytest.raises(AutocontainerError, match="more than the limit"):
            made(resources=resources)


def test_right_forms_are_accepted():
    """What flytekit's users write passes, abstract kinds of lists and mappings among them."""
    made(
        cache=Cache(version="1", ignored_inputs="size"), retries=2, timeout=dt.timedelta(seconds=3), interruptible=True,
        environment={"DEBUG": "1"}, secret_requests=[Secret(group="a", key="b", env_var="A_B")], labels={"a": "b"},
        shared_memory="1Gi", enable_deck=True, resources=Resources(gpu="1", cpu=("500m", 1), mem="1.5Gi"),
        container_image=ImageSpec(python_version="3.12", env={"A": "1"}, registry="localhost:1"),
    )  # fmt: skip
    made(cache=True, cache_version="1", cache_ignore_input_vars=("size",), shared_memory=True, timeout=30)
    made(cache=True, cache_ignore_input_vars=["size"], requests=Resources(gpu=2.0), limits=Resources(gpu=2))
    the_container(command=("ls",), arguments=["-l"], inputs={"x": int}, environment={"A": "1"})
    the_plan(schedule=CronSchedule(schedule="* * * * *"), fixed_inputs={"size": 1}, labels={"a": "b"})
    map_task(inc, concurrency=0, min_success_ratio=1)
