"""What cells have changed in other modules is so in the task's process, is a part of the version, and is told."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_NOTEBOOK = """
import json, sys, types
from autocontainer_nb.pickling.code.cells import Cell, cells
sys.path.insert(0, sys.argv[2])
main = sys.modules["__main__"] = types.ModuleType("__main__")
for number, text in enumerate(json.loads(sys.argv[1])):
    name = f"/tmp/ipykernel_of_tests/{number}.py"
    cells.record(Cell(name, text, f"id{number}", number))
    exec(compile(text, name, "exec", dont_inherit=True), vars(main))
from autocontainer_nb import task
from autocontainer_nb.core.capture.capture import Capture
capture = Capture(task(main.f))
before = set(sys.modules)
found = {"version": capture.version, "parts": [part["name"] for part in capture.parts]}
found["rows"] = [row.name for row in capture.explanation.rows]
found["loaded"] = sorted({"pandas", "polars", "sklearn", "numpy"} & (set(sys.modules) - before))
capture.write(sys.argv[2] + "/entities.pkl")
found["value"] = repr(main.f(1))
print(json.dumps(found))
"""
_CONTAINER = """
import json, sys
from autocontainer_nb.core.resolvers.pickled_entity import load_pickled_entity
[entity] = load_pickled_entity(sys.argv[1] + "/entities.pkl", owns_process=True).entities.values()
loaded = sorted({"pandas", "polars", "sklearn"} & set(sys.modules))
print(json.dumps({"loaded": loaded, "value": repr(entity.task_function(1))}))
"""
_FRAMES = "import pandas as pd"
_ACCESSOR = """
@pd.api.extensions.register_dataframe_accessor('own')
class Own:
    def __init__(self, frame): self.frame = frame
    def total(self): return int(self.frame['a'].sum()) + OFF
"""
_NAMESPACE = """
@pl.api.register_expr_namespace('own')
class Own:
    def __init__(self, expression): self.expression = expression
    def twice(self): return self.expression * 2
"""
_SCALER = """from sklearn.preprocessing import StandardScaler
    return type(StandardScaler().fit_transform(pd.DataFrame({'a': [1, 2]}))).__name__"""
_SEARCH = """try: from sklearn.model_selection import HalvingGridSearchCV as found
    except ImportError: return None
    return found.__name__"""
# name: (cells, of which the second changes what another module has; the body of the task; what tells it)
CASES: dict[str, tuple[list[str], str, str]] = {
    "the root logger's level": (
        ["import logging", "logging.getLogger().setLevel(logging.INFO)"],
        "return logging.getLogger('any').getEffectiveLevel()",
        "logging root",
    ),
    "a root logger with a handler": (
        ["import logging", "logging.basicConfig(level=5, format='%(message)s!', stream=__import__('sys').stderr)"],
        "root = logging.getLogger(); return root.level, [h.formatter._fmt for h in root.handlers]",
        "logging root",
    ),
    "another logger's level": (
        ["import logging", "logging.getLogger('library').setLevel(logging.DEBUG)"],
        "return logging.getLogger('library.part').isEnabledFor(10)",
        "logging library",
    ),
    "decimal precision": (
        ["import decimal", "decimal.getcontext().prec = 6; decimal.getcontext().traps[decimal.Inexact] = False"],
        "return str(decimal.Decimal(1) / 3)",
        "decimal context",
    ),
    "numpy's print options": (
        ["import numpy as np", "np.set_printoptions(precision=2, suppress=True)"],
        "return repr(np.array([1 / 3, 1e-9]))",
        "numpy set_printoptions",
    ),
    "numpy's errors": (
        ["import numpy as np", "np.seterr(divide='raise')"],
        "try: return float((np.array([1.0]) / 0)[0])\n    except FloatingPointError as error: return str(error)",
        "numpy seterr",
    ),
    "pandas' options": (
        [_FRAMES, "pd.set_option('display.precision', 2); pd.options.display.max_rows = 4"],
        "return repr(pd.DataFrame({'a': [each / 3 for each in range(9)]}))",
        "pandas display.precision",
    ),
    "pandas' options that hold code": (
        [_FRAMES, "pd.set_option('display.float_format', lambda value: f'<{value:.1f}>')"],
        "return repr(pd.Series([1 / 3]))",
        "pandas display.float_format",
    ),
    "an accessor of a cell": (
        [
            f"{_FRAMES}\nOFF = 1",
            _ACCESSOR,
        ],
        "return getattr(pd.DataFrame({'a': [1, 2]}), 'own', None) and pd.DataFrame({'a': [1, 2]}).own.total()",
        "pandas DataFrame.own",
    ),
    "a method of a cell": (
        [_FRAMES, "def twice(self): return self * 2\npd.Series.twice = twice"],
        "return hasattr(pd.Series, 'twice') and pd.Series([x]).twice().tolist()",
        "pandas Series.twice",
    ),
    "an import for its accessor": (
        [_FRAMES, "import local_accessors"],
        "return hasattr(pd.DataFrame, 'shapes') and pd.DataFrame({'a': [1, 2]}).shapes.area()",
        "import local_accessors",
    ),
    "a namespace of polars": (
        [
            "import polars as pl",
            _NAMESPACE,
        ],
        "return hasattr(pl.col('a'), 'own') and pl.DataFrame({'a': [x]}).select(pl.col('a').own.twice()).item()",
        "polars Expr.own",
    ),
    "an implementation for a module's function": (
        ["import local_generic", "@local_generic.render.register(int)\ndef _(x): return f'number {x}'"],
        "return local_generic.page(x)",
        "local_generic render",
    ),
    "sklearn's configuration": (
        ["import sklearn, pandas as pd", "sklearn.set_config(transform_output='pandas')"],
        _SCALER,
        "sklearn transform_output",
    ),
    "an experiment of sklearn's": (
        ["import sklearn", "from sklearn.experimental import enable_halving_search_cv"],
        _SEARCH,
        "import sklearn.experimental.enable_halving_search_cv",
    ),
}
_FILES = {
    "local_accessors.py": "import pandas as pd\n"
    "@pd.api.extensions.register_dataframe_accessor('shapes')\nclass Shapes:\n"
    "    def __init__(self, frame): self.frame = frame\n    def area(self): return self.frame.size\n",
    "local_generic.py": "import functools\n@functools.singledispatch\ndef render(x): return 'default'\n"
    "def page(x): return f'<{render(x)}>'\n",
}


def ran(script: str, *arguments: str) -> dict[str, Any]:
    """What the script's process has found."""
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """A folder with local modules, in which the file is written as well."""
    for name, text in _FILES.items():
        (tmp_path / name).write_text(text)
    return str(tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_what_cells_changed_is_so_in_the_container(folder: str, name: str) -> None:
    """The task gives there what it gives here; the version is another one than without, and both say what it is."""
    cells, body, told = CASES[name]
    function = f"def f(x: int) -> object:\n    {body}"
    found = ran(_NOTEBOOK, json.dumps([*cells, function]), folder)
    there = ran(_CONTAINER, folder)
    assert there["value"] == found["value"]
    assert told in found["parts"]
    assert told in found["rows"]
    assert not found["loaded"]
    without = ran(_NOTEBOOK, json.dumps([cells[0], function]), folder)
    assert without["version"] != found["version"]
    assert without["value"] != found["value"]
    assert told not in without["parts"]


def test_equal_changes_have_equal_versions(folder: str) -> None:
    """What another kernel's cells have changed in the same way."""
    cells, body, _ = CASES["pandas' options that hold code"]
    texts = json.dumps([*cells, f"def f(x: int) -> object:\n    {body}"])
    assert ran(_NOTEBOOK, texts, folder)["version"] == ran(_NOTEBOOK, texts, folder)["version"]


@pytest.mark.parametrize("name", ["pandas' options", "an accessor of a cell", "sklearn's configuration"])
def test_what_a_task_does_not_need_is_neither_told_nor_loaded(folder: str, name: str) -> None:
    """Options of a package that the task never uses change neither its version nor what its process loads."""
    cells, _, told = CASES[name]
    function = "def f(x: int) -> object:\n    return x + 1"
    found = ran(_NOTEBOOK, json.dumps([*cells, function]), folder)
    assert told not in found["parts"]
    assert ran(_NOTEBOOK, json.dumps([cells[0], function]), folder)["version"] == found["version"]
    assert ran(_CONTAINER, folder) == {"loaded": [], "value": "2"}


def test_a_setting_waits_for_its_package(folder: str) -> None:
    """A task that imports pandas when it runs has the options then, and its process doesn't load it before."""
    body = "def f(x: int) -> object:\n    import pandas\n    return pandas.get_option('display.width')"
    found = ran(_NOTEBOOK, json.dumps(["import pandas", "pandas.set_option('display.width', 99)", body]), folder)
    assert found["value"] == "99"
    assert ran(_CONTAINER, folder) == {"loaded": [], "value": "99"}


LOGGERS = {
    "level": "log.setLevel(7)",
    "a handler": "log.addHandler(logging.StreamHandler()); log.handlers[0].setLevel(3)",
    "no propagation": "log.propagate = False",
    "a filter": "log.addFilter(len)",
    "disabled": "log.disabled = True",
    "a class": "class Own(logging.Logger):\n    def loud(self): return 'LOUD'\nlogging.setLoggerClass(Own)\n"
    "log = logging.getLogger('of own'); log.extra = [1]\nlogging.setLoggerClass(logging.Logger)",
    "no name that others know": "log = logging.Logger('free', 9)",
}


@pytest.mark.parametrize("kind", LOGGERS)
def test_captured_loggers_are_as_they_are(folder: str, kind: str) -> None:
    """A logger that the task uses keeps what a cell has set of it, its class as well."""
    function = """
def f(x: int) -> object:
    known = logging.getLogger(log.name) is log
    handlers = [(type(one).__name__, one.level) for one in log.handlers]
    loud = log.loud() + str(log.extra) if hasattr(log, "loud") else ""
    return log.level, log.getEffectiveLevel(), known, handlers, log.propagate, log.disabled, log.filters, loud
"""
    cells = ["import logging\nlog = logging.getLogger('of.cell')", LOGGERS[kind], function]
    found = ran(_NOTEBOOK, json.dumps(cells), folder)
    assert ran(_CONTAINER, folder)["value"] == found["value"]
    without = ran(_NOTEBOOK, json.dumps([cells[0], function]), folder)
    assert (without["version"], without["value"]) != (found["version"], found["value"])
    assert without["version"] != found["version"]
