"""A function task with a configuration of one's own: a class for it, used by its name in tasks."""

from typing import Any, Callable, Dict

from flytekit import PythonFunctionTask, current_context, task, workflow
from flytekit.configuration import SerializationSettings
from flytekit.core.context_manager import ExecutionParameters
from flytekit.extend import TaskPlugins


class Session:
    def __init__(self, size: int):
        self.size = size


class Sessions:
    def __init__(self, size: int):
        self.size = size


class SessionTask(PythonFunctionTask):
    def __init__(self, task_config: Sessions, task_function: Callable, **kwargs):
        super().__init__(task_config=task_config, task_type="corpus-session", task_function=task_function, **kwargs)

    def get_custom(self, settings: SerializationSettings) -> Dict[str, Any]:
        return {"size": self.task_config.size}

    def pre_execute(self, user_params: ExecutionParameters) -> ExecutionParameters:
        return user_params.builder().add_attr("SESSION", Session(self.task_config.size)).build()

    def post_execute(self, user_params: ExecutionParameters, rval: Any) -> Any:
        return rval + 1


def _double(x: int) -> int:
    return x * current_context().session.size


doubled = SessionTask(Sessions(2), _double)


TaskPlugins.register_pythontask_plugin(Sessions, SessionTask)


@task(task_config=Sessions(3), retries=1)
def tripled(x: int) -> int:
    return x * current_context().session.size


@task
def plain(x: int) -> int:
    return x


@workflow
def pipeline(x: int) -> int:
    return plain(x=doubled(x=x))


assert isinstance(tripled, SessionTask) and tripled(x=5) == 16 and tripled.metadata.retries == 1
assert doubled(x=5) == 11
assert pipeline(x=1) == 3
assert doubled.task_type == "corpus-session"
assert doubled.get_custom(None) == {"size": 2}
remote_runs = [(tripled, {"x": 5}, 16)]
