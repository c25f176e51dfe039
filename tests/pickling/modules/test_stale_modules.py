"""The file on disk is what travels; where this process has imported another code, one line says so."""

import pytest
from projects import Project

FIRST = '''
RATE = 7
LIMIT = 0.5
names = ["a"]

def scale(x):
    """Scale."""
    return x * RATE

class Box:
    def __init__(self, x):
        self.x = x

    @property
    def double(self):
        return self.x * 2

    @staticmethod
    def make():
        return Box(1)

def generic(*, key="k", many=(1, 2)):
    def inner(x):
        return [x for _ in range(2)]
    return inner
'''
USE = "import helpers\nfrom helpers import scale\n"


def edited(project: Project, change: str, call: str = "capture(lambda x: scale(x))") -> dict:
    project.write(helpers=FIRST)
    return project.capture(f"{USE}path = Path('helpers.py')\ntext = path.read_text()\n{change}\n{call}\n")


@pytest.mark.parametrize(
    "change",
    [
        "path.write_text('# a comment\\n\\n' + text)",
        "path.write_text(text.replace('    return x * RATE', '    # so\\n    return x * RATE'))",
        "helpers.names.append('b')",
        "path.touch()",
        "path.write_text(text.replace('RATE = 7', 'RATE = 8')); import importlib; importlib.reload(helpers)",
    ],
)
def test_where_nothing_differs_nothing_is_said(project: Project, change: str) -> None:
    """Comments, moved lines, a touched file, a list that was filled, a reloaded module."""
    assert edited(project, change)["told"] == []


DECORATED = """
import functools

def twice(function):
    @functools.wraps(function)
    def wrapper(*args):
        return 2 * function(*args)
    return wrapper

@twice
def scale(x):
    return x
"""


@pytest.mark.parametrize(("new", "told"), [("return x", 0), ("return x + 1", 1)])
def test_a_function_that_its_own_module_decorates_is_compared_itself(project: Project, new: str, told: int) -> None:
    """Not its wrapper, which bears its name: told if it was edited, and only then."""
    project.write(helpers=DECORATED)
    edit = f"path = Path('helpers.py')\npath.write_text(path.read_text().replace('return x', {new!r}))"
    assert len(project.capture(f"{USE}{edit}\ncapture(lambda x: scale(x))\n")["told"]) == told


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("return x * RATE", "return x + RATE", "scale"),
        ("return self.x * 2", "return self.x * 3", "Box.double"),
        ("return Box(1)", "return Box(2)", "Box.make"),
        ("range(2)", "range(3)", "generic"),
        ("class Box:", "def more():\\n    pass\\n\\nclass Box:", "more"),
    ],
)
def test_an_edited_module_is_told_in_one_line_and_the_new_one_runs(
    project: Project, old: str, new: str, name: str
) -> None:
    """It names what differs, which of the two runs where, and how to reload."""
    told = edited(project, f"path.write_text(text.replace({old!r}, '''{new}'''))")
    [line] = told["told"]
    assert f"'helpers' was changed after this process imported it ({name})" in line
    assert "the remote run uses the file as it is now" in line
    assert "importlib.reload" in line
    assert line.endswith("; and run `from helpers import scale` again") == (name == "scale")
    assert "\n" not in line
    assert project.load(told, "2") == ("9" if name == "scale" else "14")


def test_a_changed_constant_is_told_with_both_values(project: Project) -> None:
    """Whether the file was edited or the notebook has set it."""
    for change in ("path.write_text(text.replace('RATE = 7', 'RATE = 8'))", "helpers.RATE = 9"):
        told = edited(project, change)
        [line] = told["told"]
        here, file = (7, 8) if "path" in change else (9, 7)
        assert line.startswith(f"`helpers.RATE` is {here} in this process and {file} in its file: the remote run uses")
        assert project.load(told, "2") == str(2 * file)


def test_a_function_replaced_by_the_notebook_is_told(project: Project) -> None:
    [line] = edited(project, "helpers.scale = lambda x: x", "capture(lambda x: helpers.scale(x))")["told"]
    assert "`helpers.scale` was replaced with a function of this notebook" in line


@pytest.mark.parametrize(
    "change",
    [
        "helpers.names.append(own)",
        "helpers.names = {'a': own}",
        "helpers.names.append(type('own', (), {'__module__': '__main__'}))",
    ],
)
def test_a_register_that_holds_the_notebooks_own_is_told(project: Project, change: str) -> None:
    """A function or class that a cell has put into a list or dictionary of a module."""
    [line] = edited(project, f"def own(): pass\n{change}")["told"]
    assert line.startswith("`helpers.names` holds `own` of this notebook: the remote run uses the one in the file")


def test_what_the_file_has_no_longer_is_refused(project: Project) -> None:
    """A function that the notebook still holds, and that was renamed in the file since."""
    error = edited(project, "path.write_text(text.replace('def scale', 'def scaled'))")["error"]
    assert "The task uses helpers.scale" in error
    assert "no longer has 'scale'" in error


def test_after_a_reload_the_newer_function_travels(project: Project) -> None:
    """Also where the notebook still holds the older function, class or instance by another name."""
    change = (
        "box = helpers.Box(4)\n"
        "path.write_text(text.replace('return x * RATE', 'return -x').replace('self.x * 2', 'self.x * 5'))\n"
        "import importlib; importlib.reload(helpers)"
    )
    told = edited(project, change, "capture(lambda x: (scale(x), box.double, type(box) is helpers.Box))")
    [line] = told["told"]
    assert line == (
        "`scale`, `Box` here are from before helpers was reloaded; the remote run uses the newer code: "
        "run `from helpers import scale, Box` again"
    )
    assert project.load(told, "2") == "(-2, 20, True)"


def test_a_reloaded_modules_function_is_shown_as_the_modules(project: Project) -> None:
    """The older function that the notebook holds counts as the newer one, by name, and isn't taken for a new one."""
    project.write(helpers=FIRST)
    told = project.capture(
        """
        from helpers import scale
        import importlib, helpers
        importlib.reload(helpers)
        from autocontainer_nb.pickling.meaning.parts import imported_as
        assert scale is not helpers.scale
        told.append([imported_as(scale), imported_as(helpers.Box)])
        capture(lambda x: scale(x))
        """
    )
    assert told["told"] == [[["helpers", "scale"], ["helpers", "Box"]]]


def test_a_default_that_a_reload_changed_is_told(project: Project) -> None:
    change = "path.write_text(text.replace('scale(x)', 'scale(x, y=1)')); import importlib; importlib.reload(helpers)"
    [line] = edited(project, change)["told"]
    assert line.startswith("`scale` here is from before helpers was reloaded")


@pytest.mark.parametrize(
    "call",
    ["capture(lambda: helpers.STATE)", "def f():\n    from helpers import STATE\n    return STATE\ncapture(f)"],
)
def test_an_attribute_that_the_file_lacks_is_told_where_it_is_read(project: Project, call: str) -> None:
    """The notebook has set it: in the container the module is imported anew, from the file."""
    [line] = edited(project, "helpers.STATE = 5", call)["told"]
    assert line.startswith(
        "`helpers.STATE` is 5 in this process, but isn't in its file: the remote run will not find it. Pass"
    )


def test_an_attribute_that_the_modules_own_code_reads_is_told_without_its_text(project: Project) -> None:
    project.write(helpers="def get():\n    return TOKEN\n")
    [line] = project.capture("import helpers\nhelpers.TOKEN = 'abcdef'\ncapture(helpers.get)")["told"]
    assert "`helpers.TOKEN` is set (str) in this process" in line
    assert "abcdef" not in line


@pytest.mark.parametrize(
    ("change", "call"),
    [
        ("helpers.STATE = 5", "capture(lambda: helpers.RATE)"),  # nobody reads it
        ("helpers.STATE = 5; from helpers import STATE", "capture(lambda: (helpers.RATE, STATE))"),  # by value
        ("import acme.core", "capture(lambda: (acme.core.X, helpers.RATE))"),  # a module of the package
        ("import setting", "capture(lambda: (setting.X, helpers.EXTRA))"),  # code that travels sets it
    ],
)
def test_other_attributes_are_not_told(project: Project, change: str, call: str) -> None:
    project.write(acme____init__="", acme__core="X = 1\n", setting="import helpers\nhelpers.EXTRA = 1\nX = 1\n")
    assert edited(project, change, call)["told"] == []


def test_an_edit_gives_another_digest_and_a_comment_another_file_only(project: Project) -> None:
    """What a module means counts in the version: see the fingerprint; the archive itself has the text."""
    from autocontainer_nb.pickling.modules.collector import ModuleSource

    def canonical(text: str) -> bytes:
        return ModuleSource("helpers", "modules/helpers.py", "helpers.py", text.encode()).canonical

    assert canonical(FIRST) == canonical("# a comment\n" + FIRST.replace("\n\n", "\n\n\n"))
    assert canonical(FIRST) != canonical(FIRST.replace("RATE = 7", "RATE = 8"))
    first, second = (edited(project, change)["digest"] for change in ("", "path.write_text(text + 'X = 1')"))
    assert first != second
