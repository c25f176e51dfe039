"""Mocks in place of tasks: for runs here, within a block, and gone after it."""

import pytest

from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.run.mocks import patch, task_mock
from autocontainer_nb.core.tasks.shell_task import ShellTask
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import ConversionError, DefinitionError


@task
def double(x: int) -> int:
    return 2 * x


@workflow
def run(x: int) -> int:
    return double(x=double(x=x))


def test_the_mock_stands_for_the_task_in_calls_workflows_and_maps():
    """It gets the inputs by name, and what it returns is the output; after the block the task is itself."""
    with task_mock(double) as mock:
        mock.side_effect = lambda x: x + 100
        assert double(x=1) == 101
        assert run(x=1) == 201
        assert map_task(double)(x=[1, 2]) == [101, 102]
    assert mock.call_args.kwargs == {"x": 2}
    assert run(x=1) == 4
    assert "execute" not in vars(double)


def test_inputs_and_outputs_are_still_checked():
    with task_mock(double) as mock:
        mock.return_value = "text"
        with pytest.raises(ConversionError, match="expected an int, got 'text'"):
            double(x=1)
        with pytest.raises(ConversionError, match="expected an int, got 'one'"):
            double(x="one")


def test_blocks_within_blocks():
    """The inner mock counts within its block, and then the outer one again."""
    with task_mock(double) as outer:
        outer.return_value = 1
        with task_mock(double) as inner:
            inner.return_value = 2
            assert double(x=0) == 2
        assert double(x=0) == 1


def test_it_is_gone_after_an_error():
    with pytest.raises(ZeroDivisionError), task_mock(double):
        raise ZeroDivisionError
    assert double(x=1) == 2


def test_the_decorator_passes_the_mock_first():
    shell = ShellTask("a.script", script="exit 1")

    @patch(shell)
    @patch(double)
    def check(of_shell, of_double):
        of_double.return_value = 7
        of_shell.return_value = None
        assert run(x=1) == 7
        assert shell() is None
        return "done"

    assert check() == "done"


def test_only_tasks_can_be_mocked():
    with pytest.raises(DefinitionError, match="task_mock: expected a task, got a function"):
        task_mock(lambda: None).__enter__()
