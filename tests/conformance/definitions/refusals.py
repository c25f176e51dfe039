"""Definitions that neither package takes: the mistake is told at once, not on the cluster."""

import enum

from flytekit import Resources, task, workflow


@task
def inc(x: int) -> int:
    return x + 1


@task
def shout(text: str) -> str:
    return text


@task
def work() -> None:
    pass


# %% enum_of_numbers
class Level(enum.IntEnum):
    LOW = 1


@task
def t(x: Level) -> int:
    return 1


# %% parameter_without_annotation
@task
def t(x) -> int:
    return 1


# %% annotation_that_is_not_defined
@task
def t(x: "Missing") -> int:
    return 1


# %% resources_with_requests
@task(resources=Resources(cpu="1"), requests=Resources(cpu="1"))
def t() -> int:
    return 1


# %% pair_in_requests
@task(requests=Resources(cpu=("1", "2")))
def t() -> int:
    return 1


# %% unknown_image
@task(container_image="{{.image.unknown.fqn}}:{{.image.unknown.version}}")
def t() -> int:
    return 1


# %% cache_without_version
from flytekit.core.base_task import TaskMetadata

m = TaskMetadata(cache=True)

# %% serialized_without_cache
from flytekit.core.base_task import TaskMetadata

m = TaskMetadata(cache_serialize=True)

# %% ignored_inputs_without_cache
from flytekit.core.base_task import TaskMetadata

m = TaskMetadata(cache_ignore_input_vars=("x",))


# %% timeout_of_a_wrong_kind
@task(timeout="soon")
def t() -> int:
    return 1


# %% promise_of_a_wrong_type
@workflow
def wf(x: str) -> int:
    return inc(x=x)


# %% promise_of_a_wrong_type_from_a_node
@workflow
def wf(x: int) -> str:
    return shout(text=inc(x=x))


# %% constant_of_a_wrong_type
@workflow
def wf() -> int:
    return inc(x="text")


# %% input_missing
@workflow
def wf() -> int:
    return inc()


# %% input_unknown
@workflow
def wf(x: int) -> int:
    return inc(x=x, y=x)


# %% input_given_twice
@workflow
def wf(x: int) -> int:
    return inc(x, x=x)


# %% output_missing
@workflow
def wf(x: int) -> int:
    inc(x=x)


# %% outputs_too_few
@workflow
def wf(x: int) -> tuple[int, int]:
    return inc(x=x)


# %% outputs_too_many
@workflow
def wf(x: int) -> int:
    return inc(x=x), inc(x=x)


# %% output_of_a_wrong_type
@workflow
def wf(x: int) -> str:
    return inc(x=x)


# %% output_of_a_void_task
@workflow
def wf() -> int:
    return work()


# %% output_not_declared
@workflow
def wf(x: int):
    return inc(x=x)


# %% truth_of_a_promise
@workflow
def wf(x: int) -> int:
    if inc(x=x):
        return inc(x=1)
    return inc(x=2)


# %% loop_over_a_promise
@workflow
def wf(xs: list[int]) -> int:
    for x in inc(x=1):
        inc(x=x)
    return inc(x=1)


# %% node_name_that_is_none
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(node_name="Not A Name!")


# %% override_cache_without_version
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(cache=True)


# %% override_unknown
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(colour="red")


# %% override_resources_with_requests
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(resources=Resources(cpu="1"), requests=Resources(cpu="1"))


# %% failure_handler_with_other_inputs
@task
def clean_up(z: int):
    pass


@workflow(on_failure=clean_up)
def wf(x: int) -> int:
    return inc(x=x)


# %% default_of_a_wrong_type
@workflow
def wf(x: int = "text") -> int:
    return inc(x=x)


# %% task_default_of_a_wrong_type
@task
def t(x: int = "text") -> int:
    return x


# %% output_named_tuple_without_types
import collections

Bare = collections.namedtuple("Bare", ["a", "b"])


@task
def t(x: int) -> Bare:
    return Bare(1, 2)


# %% tuple_of_any_length
@task
def t(x: int) -> tuple[int, ...]:
    return (1,)


# %% variable_arguments
@task
def t(*args: int, **kwargs: int) -> int:
    return 1


# %% class_decorated
@task
class NoFunction:
    pass


# %% plan_with_unknown_default
from flytekit import LaunchPlan


@workflow
def wf(x: int) -> int:
    return inc(x=x)


plan = LaunchPlan.get_or_create(workflow=wf, name="definition.unknown", default_inputs={"y": 1})

# %% plan_with_default_of_a_wrong_type
from flytekit import LaunchPlan


@workflow
def wf(x: int) -> int:
    return inc(x=x)


plan = LaunchPlan.get_or_create(workflow=wf, name="definition.wrong", default_inputs={"x": "text"})

# %% plan_without_a_name
from flytekit import LaunchPlan


@workflow
def wf(x: int) -> int:
    return inc(x=x)


plan = LaunchPlan.get_or_create(workflow=wf, default_inputs={"x": 1})

# %% cron_that_is_none
from flytekit import CronSchedule

schedule = CronSchedule(schedule="every now and then")

# %% rate_of_seconds
import datetime as dt

from flytekit import FixedRate

schedule = FixedRate(duration=dt.timedelta(seconds=30))

# %% condition_without_else
from flytekit import conditional


@workflow
def wf(x: int) -> int:
    return conditional("half").if_(x > 0).then(inc(x=x))


# %% condition_with_and_keyword
from flytekit import conditional


@workflow
def wf(x: int) -> int:
    return conditional("and").if_((x > 0) and (x < 9)).then(inc(x=x)).else_().then(inc(x=1))


# %% condition_on_a_container
from flytekit import conditional


@workflow
def wf(xs: list[int]) -> int:
    return conditional("list").if_(xs == [1]).then(inc(x=1)).else_().then(inc(x=2))


# %% map_of_a_workflow
from flytekit import map_task


@workflow
def wf(x: int) -> int:
    return inc(x=x)


mapped = map_task(wf)

# %% map_with_two_outputs
from flytekit import map_task


@task
def pair(x: int) -> tuple[int, int]:
    return x, x


mapped = map_task(pair)

# %% map_over_no_list
from flytekit import map_task


@workflow
def wf(x: int) -> list[int]:
    return map_task(inc)(x=x)
