"""What the extension puts into a shell, and takes back."""

import sys
import traceback

import pytest
from IPython.core.completer import provisionalcompleter

from autocontainer_nb import errors
from autocontainer_nb.core.entities.notebook_scope import notebook_scope
from autocontainer_nb.notebook.cells.error_lines import error_line, is_one_line, without_our_frames
from autocontainer_nb.notebook.extension import load_ipython_extension, unload_ipython_extension
from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.remote import observers

TASK = """
from autocontainer_nb import task
@task
def train(epochs: int, rate: float = 0.1) -> float:
    return epochs * rate
"""


@pytest.fixture
def loaded(shell):
    load_ipython_extension(shell)
    yield shell
    unload_ipython_extension(shell)


def state_of(shell):
    """Everything that the extension may touch, as comparable values."""
    formatters = [shell.display_formatter.ipython_display_formatter, *shell.display_formatter.formatters.values()]
    return {
        "events": {name: list(callbacks) for name, callbacks in shell.events.callbacks.items()},
        "magics": {kind: sorted(names) for kind, names in shell.magics_manager.magics.items()},
        "completers": list(shell.Completer.custom_matchers),
        "formatters": [(sorted(map(str, one.type_printers)), sorted(one.deferred_printers)) for one in formatters],
        "errors": (shell.custom_exceptions, shell.CustomTB),
        "compiler": sorted(vars(shell.compile)),
        "observers": [list(one) for one in (observers.on_launch, observers.on_wait, observers.on_interrupt)],
        "cells": len(cells),
        "scope": notebook_scope.is_open,
    }


def test_unloading_takes_everything_back(shell):
    """A shell is after `%unload_ext` what it was before `%load_ext`, also after tasks were defined and errors shown."""
    before = state_of(shell)
    load_ipython_extension(shell)
    during = state_of(shell)
    assert {key for key in before if before[key] != during[key]} == set(before) - {"cells"}
    shell.run_cell(TASK, store_history=True)
    assert len(cells) == 1
    unload_ipython_extension(shell)
    assert state_of(shell) == before


def test_unloading_forgets_the_class_of_executions_after_it_was_loaded(shell):
    """Once an execution was shown, IPython keeps our formatter by class; that entry goes as well."""
    from autocontainer_nb.remote.executions.execution import Execution

    before = state_of(shell)
    load_ipython_extension(shell)
    assert shell.display_formatter.formatters["text/plain"].lookup_by_type(Execution)
    unload_ipython_extension(shell)
    assert state_of(shell) == before


def test_loading_twice_is_the_same_as_once(loaded):
    once = state_of(loaded)
    load_ipython_extension(loaded)
    assert state_of(loaded) == once
    unload_ipython_extension(loaded)
    after = state_of(loaded)
    unload_ipython_extension(loaded)
    assert state_of(loaded) == after


def test_handlers_of_others_keep_working(shell, capsys):
    """A custom exception handler that was there before is asked for its own classes, and is there again afterwards."""
    seen = []

    def other(self, etype, value, tb, tb_offset=None):
        seen.append(value)

    shell.set_custom_exc((KeyError,), other)
    load_ipython_extension(shell)
    shell.run_cell("raise KeyError('theirs')")
    shell.run_cell("from autocontainer_nb.errors import UserError\nraise UserError('ours')")
    unload_ipython_extension(shell)
    assert [str(error) for error in seen] == ["'theirs'"]
    assert "UserError: ours" in capsys.readouterr().out
    assert shell.custom_exceptions == (KeyError,)


def test_a_handler_installed_after_ours_survives_the_unloading(loaded):
    loaded.set_custom_exc((KeyError,), lambda *_, **__: None)
    theirs = loaded.CustomTB
    unload_ipython_extension(loaded)
    assert loaded.CustomTB is theirs


def test_code_of_a_cell_leads_to_the_cell(loaded):
    """The file name of a function's code finds the cell with the text that was compiled, and its number."""
    loaded.run_cell("x = 1", store_history=True)
    loaded.run_cell("%time y = 2\ndef f():\n    return x", store_history=True)
    found = cells.lookup(loaded.user_ns["f"].__code__.co_filename)
    assert found.label == "Cell In[2]"
    assert found.raw.startswith("%time y = 2")
    assert "run_line_magic('time', 'y = 2')" in found.source
    assert found.source.split("\n")[loaded.user_ns["f"].__code__.co_firstlineno - 1] == "def f():"
    assert cells.defining("x").label == "Cell In[1]"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("train.remote(epochs='x')", ["ConversionError", "int", "expected", "train(inputs).epochs", "'x'"]),
        ("train.remote()", ["InputError", "'train'", "epochs"]),
        ("train.remote(epochs=1, epoch=2)", ["InputError", "'epoch'", "epochs"]),
        ("@task\ndef bad(x):\n    pass", ["DefinitionError", "'bad'", "'x'", "annotation"]),
        ("%flyte rnu", ["UserError", "'rnu'", "Did you mean 'run'?"]),
        ("%flyte run trian", ["UserError", "'trian'", "Did you mean 'train'?"]),
        ("%flyte run", ["UserError", "needs the name of a task", "train"]),
        ("%flyte run train 3", ["UserError", "Expected NAME=VALUE", "'3'"]),
        ("%flyte run train epoch=3", ["InputError", "'epoch'", "epochs"]),
        ("%flyte run train epochs=3 rate=rat", ["UserError", "rat", "no variable"]),
        ("%flyte run print x=3", ["UserError", "'print'", "no task"]),
        ("x = 3\n%flyte run x", ["UserError", "'x' is of type int, not a task"]),
        ("%flyte inspect", ["UserError", "one task or one file"]),
        ("%flyte inspect nothing.pkl", ["UserError", "nothing.pkl"]),
        ("%flyte inspect 'unclosed", ["UserError", "unclosed"]),
        ("%flyte runs many", ["UserError", "'many'"]),
        ("%flyte runs 0", ["UserError", "'0'"]),
        ("%flyte tasks all", ["UserError", "'all'"]),
        ("%flyte logs", ["UserError", "No execution was launched"]),
        ("%flyte nodes", ["UserError", "No execution was launched"]),
        ("%flyte stop", ["UserError", "No execution was launched"]),
        ("%flyte connect a b", ["UserError", "%flyte connect", "[endpoint]"]),
        ("%flyte connect --tls", ["UserError", "--tls"]),
    ],
)
def test_a_users_mistake_is_one_line(loaded, capsys, code, words):
    """No traceback and no frame of ours; the line names the thing, what was expected, and what to write."""
    loaded.run_cell(TASK)
    capsys.readouterr()
    result = loaded.run_cell(code)
    printed = capsys.readouterr().out
    assert result.error_in_exec is not None
    assert len(printed.strip().split("\n")) == 1
    for word in words:
        assert word in printed


def test_a_real_error_keeps_its_traceback(loaded, capsys):
    loaded.run_cell(TASK)
    loaded.run_cell("def broken():\n    return 1 / 0\n")
    for code in ("broken()", "%flyte run train epochs=broken()"):
        loaded.run_cell(code)
        printed = capsys.readouterr().out
        assert "ZeroDivisionError" in printed
        assert "return 1 / 0" in printed


def test_an_interrupt_of_the_users_own_code_keeps_its_traceback(loaded, capsys):
    """Only an interrupt that hit this package's code is one line: the user knows nothing of where it was."""
    loaded.run_cell("def loop():\n    raise KeyboardInterrupt\n")
    loaded.run_cell("loop()")
    printed = capsys.readouterr().out
    assert "loop()" in printed
    assert "raise KeyboardInterrupt" in printed


def test_the_whole_traceback_of_a_one_line_error_can_be_had(loaded, capsys):
    """`%tb` shows where it was raised, for who wants to know."""
    loaded.run_cell(TASK)
    loaded.run_cell("train.remote(epochs='x')")
    capsys.readouterr()
    loaded.run_cell("%tb")
    printed = capsys.readouterr().out
    assert "train.remote(epochs='x')" in printed
    assert "ConversionError" in printed


def test_which_errors_are_one_line():
    """Whatever a user can put right by the message is; what the server did wrong, or the task's code raised, isn't."""
    one_line = {
        name for name in dir(errors) if isinstance(getattr(errors, name), type) and _one_line(getattr(errors, name))
    }
    assert {"InputError", "CaptureError", "DigestMismatchError", "UnavailableError", "NotFoundError"} <= one_line
    assert not {"ExecutionFailedError", "InternalError", "UnknownError", "RecoverableError"} & one_line
    assert error_line(errors.UserError("text")) == "UserError: text"


def _one_line(kind):
    return issubclass(kind, errors.AutocontainerError) and is_one_line(kind("x"))


def test_a_failed_execution_loses_our_frames_only():
    from autocontainer_nb.remote.executions.outcome import result_of

    try:
        result_of(None, None)
    except AttributeError:
        tb = sys.exc_info()[2]
    assert [frame.name for frame in traceback.extract_tb(tb)] == [
        "test_a_failed_execution_loses_our_frames_only",
        "result_of",
    ]
    kept = [frame.name for frame in traceback.extract_tb(without_our_frames(tb))]
    assert kept == ["test_a_failed_execution_loses_our_frames_only"]
    assert without_our_frames(None) is None


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("%flyte ", ["run", "tasks", "runs", "inspect", "explain", "logs", "nodes", "stop", "connect", "help"]),
        ("%flyte ru", ["run", "runs"]),
        ("job = %flyte ru", ["run", "runs"]),
        ("%flyte run ", ["score", "train"]),
        ("%flyte run tr", ["train"]),
        ("%flyte inspect s", ["score"]),
        ("%flyte run train ", ["epochs=", "rate="]),
        ("%flyte run train epochs=3 ", ["rate="]),
        ("%flyte run train epochs=3 r", ["rate="]),
        ("%flyte logs ru", []),
        ("%flyte connect --", ["--project", "--domain", "--insecure"]),
        ("%flyte connect host --project p --", ["--domain", "--insecure"]),
        ("%flyte connect s", ["sandbox"]),
        ("%flyte tasks e", []),
        ("%flyte run unknown e", []),
    ],
)
def test_tab_completes_subcommands_tasks_inputs_and_options(loaded, line, candidates):
    loaded.run_cell(TASK + "@task\ndef score(model: str) -> float:\n    return 1.0")
    with provisionalcompleter():
        found = {one.text for one in loaded.Completer.completions(line, len(line))}
    if candidates:
        assert found == set(candidates)
    else:
        assert not found & {"run", "train", "score", "epochs=", "rate=", "--project"}


def test_everything_that_can_be_run_is_completed_and_listed(loaded):
    """Workflows, launch plans, maps, shells and containers, with their inputs; a plain value is none of them."""
    loaded.run_cell(TASK)
    loaded.run_cell("""
from autocontainer_nb import ContainerTask, LaunchPlan, ShellTask, map_task, reference_task, workflow
@workflow
def whole(epochs: int) -> float:
    return train(epochs=epochs)
plan = LaunchPlan.get_or_create(whole)
mapped = map_task(train)
shell = ShellTask("shell", script="true", inputs={"z": int})
container = ContainerTask("container", "a/b:1", ["true"])
@reference_task(project="p", domain="d", name="n", version="v")
def other(x: int) -> int: ...
value = 3
""")
    everything = {"train", "whole", "plan", "mapped", "shell", "container", "other"}
    with provisionalcompleter():
        for line in ("%flyte run ", "%flyte inspect "):
            assert {one.text for one in loaded.Completer.completions(line, len(line))} == everything
        for name, inputs in {"plan": {"epochs="}, "mapped": {"epochs=", "rate="}, "shell": {"z="}}.items():
            line = f"%flyte run {name} "
            assert {one.text for one in loaded.Completer.completions(line, len(line))} == inputs
    rows = loaded.run_cell("%flyte tasks").result.rows
    assert {row[0] for row in rows} == everything
    for name in ("whole", "plan", "mapped"):
        (entity,) = loaded.run_cell(f"%flyte inspect {name}").result.data["entities"]
        assert entity["name"].endswith(".train")


def test_a_value_is_completed_from_the_notebooks_variables(loaded):
    loaded.run_cell(TASK + "epochs_wanted = 3")
    line = "%flyte run train epochs=epo"
    with provisionalcompleter():
        assert "epochs_wanted" in {one.text for one in loaded.Completer.completions(line, len(line))}


def test_help_lists_every_subcommand(loaded, capsys):
    loaded.run_cell("%flyte")
    alone = capsys.readouterr().out
    loaded.run_cell("%flyte help")
    assert capsys.readouterr().out == alone
    for word in ("run", "tasks", "runs", "inspect", "logs", "nodes", "stop", "connect"):
        assert f"%flyte {word}" in alone


def test_tasks_lists_signatures_and_cells(loaded):
    loaded.run_cell(TASK, store_history=True)
    view = loaded.run_cell("%flyte tasks").result
    assert [tuple(row) for row in view.rows] == [("train", "(epochs: int, rate: float = 0.1) -> float", "Cell In[1]")]
    loaded.run_cell("del train")
    assert "No task" in repr(loaded.run_cell("%flyte tasks").result)


def test_inspect_shows_what_would_travel_and_what_is_in_a_file(loaded, tmp_path, monkeypatch):
    """A task's name is captured and described; a path is read; neither is executed, and nothing is uploaded."""
    monkeypatch.chdir(tmp_path)
    loaded.run_cell(
        TASK + "@task\ndef uses() -> float:\n    return helper()\nCOUNT = 3\ndef helper():\n    return COUNT"
    )
    view = loaded.run_cell("%flyte inspect uses").result
    entity = view.data["entities"][0]
    assert {"helper", "COUNT"} <= {one["name"] for one in entity["captures"]}
    assert "def uses() -> float:" in entity["source"]
    loaded.run_cell(
        "from autocontainer_nb.core.capture.capture import Capture\ncaptured = Capture(uses).write('my file.pkl')"
    )
    from_file = loaded.run_cell("%flyte inspect 'my file.pkl'").result
    assert from_file.data["digest"] == view.data["digest"]


def test_a_very_long_error_is_shown_with_its_end():
    """A cell's one line has the beginning and the end of the message; the error itself has it whole."""
    error = errors.CaptureError("'train' can't be captured:" + " `x` is a lock;" * 10_000 + " and that is why")
    shown = error_line(error)
    assert shown.startswith("CaptureError: 'train' can't be captured:")
    assert shown.endswith("and that is why")
    assert len(shown) < 10_200 < len(str(error))
