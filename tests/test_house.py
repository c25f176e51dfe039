"""The figures of the house: how long a module or function may be, how many parameters, what is documented.

A module or function over its limit stands in a table below with the reason; the table must not hold what isn't there.
"""

import ast
import io
import re
import shutil
import statistics
import subprocess
import tokenize
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
PACKAGE = REPOSITORY / "autocontainer_nb"

MODULE_LINES_MAX = 400
MODULE_LINES_MEDIAN = 130
FUNCTION_LINES_MAX = 60
FUNCTION_LINES_P95 = 40
PARAMETERS_MAX = 8
DOCUMENTED_FUNCTIONS = 0.95
TYPE_IGNORES_PER_1000_LINES = 3

# Over the limit, each with its reason.
LONG_MODULES = {"pickled_names.py": "tables with a line for each name, which only grow"}
# Decorators, and signatures that the seed or Flyte's own names prescribe: they have one parameter for each thing a
# user may say of a task.
MANY_PARAMETERS = {
    "ContainerTask.__init__": "flytekit's constructor",
    "FlyteRemote.__init__": "the settings by our names and by flytekit's",
    "PythonAutoContainerTask.__init__": "the seed's constructor",
    "PythonFunctionTask.__init__": "the seed's constructor and the function",
    "PythonTask.__init__": "the base of the seed's constructor",
    "task": "the decorator, with flytekit's options",
}
KNOWN_HOSTS = {
    "example", "example.com", "example.org", "invalid", "localhost", "test",  # reserved for examples (RFC 2606)
    "amazonaws.com", "apache.org", "flyte.org", "github.com", "googleapis.com", "ipython.org", "jupyter.org",
    "keepachangelog.com", "python.org", "semver.org", "w3.org", "windows.net",
}  # fmt: skip
# Turns of phrase that no native writer uses, which once were all over the package, and what to write instead.
UNENGLISH = {
    r"(?<!was )(?<!were )(?<!is )(?<!are )\bexpected(?=, (?:but )?got\b|[.;]|$)": "expected X, got Y",
    r"\bexpected @ ": "PATH: expected X, got Y",
    r", too(?=[.,;:)\"'`]|$)": "also, as well",
    r"\b[Ww]hoever\b": "the caller, anyone who",
    r"\b[Ww]here there (?:is|are) none\b": "if there is none",
    r"\bas long as (?:it|they) likes?\b": "without limit",
}
# Folders whose English isn't done yet: take yours out when it is.
ENGLISH_TO_COME: set[str] = set()
VAGUE_MODULES = {"utils", "util", "helpers", "helper", "common", "misc"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def sources() -> dict[str, str]:
    """Return the text of each module by its path."""
    return {str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def trees() -> dict[str, ast.Module]:
    """Return the syntax tree of each module by its path."""
    return {name: ast.parse(text) for name, text in sources().items()}


def definitions(tree: ast.AST, outer: str = "") -> list[tuple[str, ast.AST]]:
    """Return (qualified name, node) of each class and function, nested ones included."""
    found = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function | ast.ClassDef):
            name = f"{outer}{node.name}"
            found.append((name, node))
            found += definitions(node, f"{name}.")
        else:
            found += definitions(node, outer)
    return found


def all_functions() -> list[tuple[str, str, Function]]:
    return [
        (module, name, node)
        for module, tree in trees().items()
        for name, node in definitions(tree)
        if isinstance(node, Function)
    ]


def own_lines(node: Function) -> int:
    """Lines from `def` to the end, the docstring not counted."""
    first = node.body[0]
    is_doc = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return node.end_lineno - node.lineno + 1 - (first.end_lineno - first.lineno + 1 if is_doc else 0)


def is_public(name: str) -> bool:
    """Whether each part of the name is public; a nested function is its owner's own business."""
    return not any(part.startswith("_") for part in name.split("."))


def tracked_files() -> list[Path]:
    """What the repository carries: git's list, new files included, or every file of an unpacked copy."""
    if (REPOSITORY / ".git").exists() and shutil.which("git"):
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        output = subprocess.run(listed, cwd=REPOSITORY, capture_output=True, check=True).stdout.decode()
        paths = [REPOSITORY / name for name in output.split("\0") if name]
    else:
        paths = [
            path for path in REPOSITORY.rglob("*") if not re.search(r"/(\.venv|\.\w+_cache|__pycache__)", str(path))
        ]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def test_modules_are_short():
    """No module has more than 400 lines, and the one in the middle at most 130."""
    lines = {name: len(text.splitlines()) for name, text in sources().items()}
    assert {name for name, count in lines.items() if count > MODULE_LINES_MAX} == set(LONG_MODULES)
    assert statistics.median(lines.values()) <= MODULE_LINES_MEDIAN


def test_functions_are_short():
    """No function has more than 60 lines, and 95 in 100 have at most 40 (docstrings not counted)."""
    lines = {f"{module}:{node.lineno} {name}": own_lines(node) for module, name, node in all_functions()}
    assert {name: count for name, count in lines.items() if count > FUNCTION_LINES_MAX} == {}
    assert sorted(lines.values())[int(len(lines) * 0.95)] <= FUNCTION_LINES_P95


def test_functions_have_few_parameters():
    """No function has more than 8 parameters, `self` not counted, but those whose signature is given."""
    found = {}
    for module, name, node in all_functions():
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        count = len([argument for argument in arguments if argument.arg not in {"self", "cls"}])
        if count > PARAMETERS_MAX and name not in MANY_PARAMETERS:
            found[f"{module}:{node.lineno} {name}"] = count
    assert found == {}


def test_public_things_are_documented():
    """Every module and public class has a docstring, and 95 in 100 public functions."""
    bare_modules = [name for name, tree in trees().items() if not ast.get_docstring(tree)]
    assert bare_modules == []
    public = [
        (f"{module}:{node.lineno} {name}", node)
        for module, tree in trees().items()
        for name, node in definitions(tree)
        if is_public(name)
    ]
    classes = [(where, node) for where, node in public if isinstance(node, ast.ClassDef)]
    assert [where for where, node in classes if not ast.get_docstring(node)] == []
    functions = [(where, node) for where, node in public if isinstance(node, Function)]
    bare = [where for where, node in functions if not ast.get_docstring(node)]
    assert len(bare) <= len(functions) * (1 - DOCUMENTED_FUNCTIONS), bare


def test_a_docstring_tells_in_its_first_line():
    """The first line of a public docstring stands alone: it ends as a sentence does."""
    found = []
    for module, tree in trees().items():
        for name, node in definitions(tree):
            text = ast.get_docstring(node)
            if text and is_public(name) and not text.splitlines()[0].rstrip().endswith((".", "?", ":", "!")):
                found.append(f"{module}:{node.lineno} {name}: {text.splitlines()[0]!r}")
    assert found == []


def test_every_function_says_what_it_returns():
    """Each function has a return annotation."""
    assert [f"{m}:{node.lineno} {name}" for m, name, node in all_functions() if node.returns is None] == []


def comments(text: str) -> list[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


def test_what_is_silenced_has_a_code_and_a_reason():
    """Each `type: ignore` and `noqa` names its code and says why; there are few of the former."""
    found, ignores = [], 0
    for name, text in sources().items():
        for line, comment in comments(text):
            if "type: ignore" in comment:
                ignores += 1
                if not re.search(r"type: ignore\[[\w, -]+\]\s*(#|-)\s*\w+", comment):
                    found.append(f"{name}:{line} {comment}")
            if "noqa" in comment and not re.search(r"noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*\s*(#|-|—)+\s*\w+", comment):
                found.append(f"{name}:{line} {comment}")
    assert found == []
    total = sum(len(text.splitlines()) for text in sources().values())
    assert ignores <= total * TYPE_IGNORES_PER_1000_LINES / 1000


def test_packages_open_with_a_table_of_contents():
    """An __init__.py holds no class, no loop, no call at import: a docstring, imports, names, lazy access to them."""
    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.If, ast.FunctionDef, ast.Expr)
    for name, tree in trees().items():
        if not name.endswith("__init__.py"):
            continue
        for node in tree.body:
            assert isinstance(node, allowed), f"{name}:{node.lineno} {type(node).__name__}"
            assert not isinstance(node, ast.FunctionDef) or node.name in {"__getattr__", "__dir__"}, name
            assert not isinstance(node, ast.Expr) or isinstance(node.value, ast.Constant), (
                f"{name}:{node.lineno} a call"
            )


def test_modules_are_named_after_what_they_hold():
    """There is no utils, helpers, common or misc."""
    assert [name for name in sources() if Path(name).stem in VAGUE_MODULES] == []


def prose(tree: ast.AST) -> list[tuple[int, str]]:
    """Return (line, text) of each string of a module, on one line; `{}` for each placeholder."""
    found, inner = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inner |= {id(part) for part in ast.walk(node)}
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            found.append((node.lineno, " ".join(text.split())))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            found.append((node.lineno, " ".join(node.value.split())))
    return found


@pytest.mark.parametrize(("pattern", "instead"), UNENGLISH.items())
def test_messages_and_docstrings_are_natural_english(pattern, instead):
    """No string of the package has a turn of phrase that was translated word by word."""
    found = [
        f"{name}:{line} {text[max(0, match.start() - 40) : match.end() + 20]!r}"
        for name, tree in trees().items()
        if not any(name.startswith(f"{folder}/") for folder in ENGLISH_TO_COME)
        for line, text in prose(tree)
        for match in re.finditer(pattern, text)
    ]
    assert found == [], f"write: {instead}"


def test_the_folders_whose_english_is_to_come_exist():
    """The list of them names folders that are there, so that it can only shrink."""
    assert [folder for folder in ENGLISH_TO_COME if not (PACKAGE / folder).is_dir()] == []


def texts() -> list[tuple[str, str]]:
    """Return (name, content) of every tracked text file but this one, which spells out what it looks for."""
    found = []
    for path in tracked_files():
        content = path.read_bytes()
        if path != Path(__file__) and path.suffix != ".bin" and b"\0" not in content:
            found.append((str(path.relative_to(REPOSITORY)), content.decode("utf-8")))
    return found


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a home directory", r"/(?:home|Users)/(?!me/|you/|user/|jovyan/)[a-z][\w.-]+/|/root/"),
        ("a file URI with a path of some machine", r"file:///(?:opt|srv|mnt|root|home)/"),
        ("a package index", r"--(?:extra-)?index-url|--find-links"),
        ("a host of some private network", r"\b[\w-]+\.(?:internal|corp|intra|lan)\b"),
        ("a secret", r"AKIA[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36}|-----BEGIN [A-Z ]*PRIVATE KEY"),
    ],
)
def test_no_file_knows_the_machine_it_was_made_on(what, pattern):
    """No tracked file holds a path of somebody's machine, a package index, a private host or a credential."""
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1} {match.group()}"
        for name, text in texts()
        for match in re.finditer(pattern, text)
    ]
    assert found == [], what


def test_urls_lead_to_known_places():
    """Each URL leads to this machine, to a reserved example name, or to a public site of the list."""
    found = [
        f"{name}: {host}"
        for name, text in texts()
        for host in re.findall(r"https?://([A-Za-z0-9.-]+\.[a-z]{2,}|localhost)", text)
        if not any(host == known or host.endswith("." + known) for known in KNOWN_HOSTS)
    ]
    assert found == []


@pytest.mark.parametrize("lock", ["constraints.txt", "benchmarks/peer-constraints.txt"])
def test_locks_name_versions_only(lock):
    """Each line of a lock is `name==version`, with a marker at most: no host, no path, no option."""
    lines = (REPOSITORY / lock).read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.lstrip().startswith("#")]
    assert pins
    assert [line for line in pins if not re.fullmatch(r"[a-z0-9.-]+==[\w.!+]+( ; [\w .<>=!'()*-]+)?", line)] == []
    assert [line for line in lines if "://" in line] == []
