"""Task classes of one's own: with an execution of their own, before and after it, with a configuration."""

from typing import Any, Optional

from flytekit import ExecutionParameters, task, workflow
from flytekit.extend import Interface, PythonTask, context_manager


class Waiting(PythonTask):
    _TYPE = "corpus-waiting"

    def __init__(self, name: str, limit: int = 3, **kwargs):
        super().__init__(
            task_type=self._TYPE,
            name=name,
            task_config=None,
            interface=Interface(inputs={"path": str}, outputs={"path": str}),
            **kwargs,
        )
        self._limit = limit

    def execute(self, **kwargs) -> Any:
        context = context_manager.FlyteContext.current_context()
        assert context.user_space_params is not None
        return f"{kwargs['path']} after {self._limit}"


wait = Waiting(name="corpus.waiting", limit=2)


@task
def shout(text: str) -> str:
    return text.upper()


@workflow
def pipeline(path: str) -> str:
    return shout(text=wait(path=path))


assert wait(path="a") == "a after 2"
assert pipeline(path="x") == "X AFTER 2"
assert wait.task_type == "corpus-waiting"
