"""The exception tree: the drawing is true, the gRPC table complete, every error survives a trip between processes."""

import ast
import copy
import inspect
import pickle
from pathlib import Path

import grpc
import pytest

from autocontainer_nb import errors

DRAWN_ROOT = "AutocontainerError"
CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, Exception) and value.__module__ == errors.__name__
}


def drawing() -> dict[str, str]:
    """Return class ► parent as drawn in the module's docstring; a line may hold several classes of one parent."""
    parents: dict[str, str] = {}
    path: list[tuple[int, str]] = []  # the column and the last class of each line above that is less indented
    lines = inspect.getdoc(errors).splitlines()
    for line in lines[lines.index(DRAWN_ROOT) :]:
        words = line.strip("│├└─ ").split()
        names = words if set(words) <= set(CLASSES) else words[:1]  # one class and prose, or classes alone
        indent = line.index(words[0])
        while path and path[-1][0] >= indent:
            path.pop()
        parents |= {name: path[-1][1] for name in names if path}
        path.append((indent, names[-1]))
    return parents


def test_the_drawing_is_the_tree():
    """What stands at the top of errors.py is the real inheritance, complete."""
    real = {
        name: next(base.__name__ for base in cls.__bases__ if base.__name__ in CLASSES)
        for name, cls in CLASSES.items()
        if name != DRAWN_ROOT
    }
    assert drawing() == real


def test_every_grpc_status_has_its_error():
    """Each gRPC status but OK maps to an error class of its own."""
    assert set(errors.BY_GRPC_STATUS) == {status.name for status in grpc.StatusCode} - {"OK"}
    assert len(set(errors.BY_GRPC_STATUS.values())) == len(errors.BY_GRPC_STATUS)
    assert all(issubclass(cls, errors.RemoteError) for cls in errors.BY_GRPC_STATUS.values())


def test_only_a_status_that_may_pass_is_retried():
    """Retried are the statuses for which gRPC's own table says that the same call may succeed later."""
    assert {name for name, cls in errors.BY_GRPC_STATUS.items() if cls.retryable} == {
        "DEADLINE_EXCEEDED",
        "ABORTED",
        "UNAVAILABLE",
    }


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_an_error_says_what_it_means(name):
    """Each class has a docstring of its own, which ends as a sentence."""
    text = CLASSES[name].__doc__
    assert text
    assert text.strip().splitlines()[0].endswith(".")


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_an_error_survives_pickling_and_copying(name):
    """The message and the attributes are the same on the other side."""
    error = CLASSES[name]("what, expected, found, next")
    if isinstance(error, errors.RemoteError):
        error = CLASSES[name]("no", endpoint="h:1", method="CreateTask", status="ABORTED", details="d")
    if isinstance(error, errors.ExecutionFailedError):
        error = CLASSES[name]("no", code="USER", kind="USER", execution_id="a1")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)


def test_a_user_error_is_what_python_would_raise_too():
    """`except TypeError` around a wrong call works as with any other function; so does ValueError for values."""
    assert issubclass(errors.DefinitionError, TypeError)
    assert issubclass(errors.InputError, TypeError)
    assert issubclass(errors.ConversionError, TypeError)
    assert issubclass(errors.ImageError, ValueError)
    assert issubclass(errors.ConfigError, ValueError)


def test_the_tree_stands_in_one_file():
    """No other module adds a class to the tree; a signal between modules (`Misfit`) derives from Exception itself."""
    package = Path(errors.__file__).parent
    found = [
        f"{path.relative_to(package)}:{node.lineno} {node.name}"
        for path in sorted(package.rglob("*.py"))
        if path != Path(errors.__file__)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and {ast.unparse(base).rpartition(".")[2] for base in node.bases} & set(CLASSES)
    ]
    assert found == []


def test_a_very_long_message_keeps_its_end():
    """A traceback's last line is the reason: what isn't shown is the middle, and how much it is; the error has all."""
    frames = "\n".join(f'  File "cell", line {number}, in f' for number in range(2000))
    whole = f"train failed:\n{frames}\nZeroDivisionError: division by zero"
    text = errors.shortened(whole)
    assert text.startswith("train failed:")
    assert text.endswith("ZeroDivisionError: division by zero")
    assert "characters left out" in text
    assert len(text) < 10_100
    assert errors.shortened("short") == "short"
    assert str(errors.ExecutionError(whole)) == whole
