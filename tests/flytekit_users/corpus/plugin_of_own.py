"""A function task with a configuration of one's own: a class for it, used by its name in tasks."""

from typing import Any, Callable, Dict

from flytekit import PythonFunctionTask, current_context, task, workflow
from flytekit.configuration import SerializationSettings
from flytekit.core.context_manager import ExecutionParameters


class Session:
    def __init__(self, size: int):
        self.size = size


class SessionTask(PythonFunctionTask):
    def __init__(self, task_config: int, task_function: Callable, **kwargs):
        super().__init__(task_config=task_config, task_type="corpus-session", task_function=task_function, **kwargs)

    def get_custom(self, settings: SerializationSettings) -> Dict[str, Any]:
        return {"size": self.task_config}

    def pre_execute(self, user_params: ExecutionParameters) -> ExecutionParameters:
        return user_params.builder().add_attr("SESSION", Session(self.task_config)).build()

    def post_execute(self, user_params: ExecutionParameters, rval: Any) -> Any:
        return rval + 1


def _double(x: int) -> int:
    return x * current_context().session.size


doubled = SessionTask(2, _double)


@task
def plain(x: int) -> int:
    return x


@workflow
def pipeline(x: int) -> int:
    return plain(x=doubled(x=x))


assert doubled(x=5) == 11
assert pipeline(x=1) == 3
assert doubled.task_type == "corpus-session"
assert doubled.get_custom(None) == {"size": 2}
