"""The layer table of the design, and that every import keeps to it: down only, never sideways, never up, no cycle.

Every import counts: at the top, inside a function, under TYPE_CHECKING, and by `import_module("...")`.
"""

import ast
import graphlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = "autocontainer_nb"
TREE = Path(__file__).parent.parent / ROOT

LAYERS = {
    8: {"flytekit_paths"},
    7: {"notebook", "server", "cli"},
    6: {"remote", "runtime"},
    5: {"core", "views"},
    4: {"type_engine", "sandbox"},
    3: {"pickling", "compiler"},
    2: {"idl", "storage", "image"},
    1: {"errors", "wire", "slots", "pickled_names"},
}
LAYER_OF = {package: layer for layer, packages in LAYERS.items() for package in packages}

# The design's column "must never import": ours by package, others by distribution.
NEVER = {
    "idl": {"grpc", "IPython"},
    "storage": {"grpc", "IPython"},
    "image": {"grpc", "IPython"},
    "type_engine": {"core", "grpc", "IPython"},
    "pickling": {"core", "type_engine", "grpc", "IPython"},
    "compiler": {"core", "type_engine", "storage", "image", "slots", "grpc", "IPython"},
    "core": {"grpc", "IPython", "remote"},
    "runtime": {"grpc", "IPython", "tornado", "remote", "notebook", "sandbox", "server"},
    "remote": {"IPython", "sandbox", "notebook"},
    "sandbox": {"core", "type_engine", "pickling", "runtime", "remote", "cloudpickle", "IPython"},
    "notebook": {"server"},
    "views": {"core", "grpc", "IPython"},
    "server": {"IPython", "notebook", "core"},
    "cli": {"notebook", "server", "IPython"},
}
NEVER_ANYWHERE = {"flytekit"}  # the peer: spoken to on the wire, never linked ...
EXCEPTIONS = {("runtime.execute", "flytekit")}  # ... but its tasks are handed over to it (design, section 6)

MODULES_MAX = 16  # in one folder: more want a folder with a name of their own

# What a container may load of `pickling`: the side that reads. Writing, explaining and comparing stay in the notebook.
READING_SIDE = ("pickling.reader", "pickling.archive", "pickling.load", "pickling.portable")

# One edge inside layer 1: `slots` raises the `SlotError` that `errors` defines.
SIDEWAYS_ALLOWED = {("slots", "errors")}


@dataclass(frozen=True)
class Edge:
    """One import: `place` imports the module `target`; both are dotted names, ours without the root."""

    source: str
    place: str
    target: str
    ours: bool


def modules_of(tree: Path) -> dict[str, Path]:
    """Return dotted name ► file, the root's own __init__ left out: it is the one module that may import all others."""
    found = {}
    for path in sorted(tree.rglob("*.py")):
        parts = path.relative_to(tree).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found


def imported_names(node: ast.AST, package: list[str]) -> Iterator[str]:
    """Yield the absolute dotted names that the statement or call imports; `package` resolves relative imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = package[: len(package) - node.level + 1] if node.level else []
        prefix = ".".join([*base, *([node.module] if node.module else [])])
        yield from (f"{prefix}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in {"import_module", "__import__"} and node.args and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)


def edges_of(tree: Path) -> list[Edge]:
    modules = modules_of(tree)
    edges = []
    for source, path in modules.items():
        package = [ROOT, *path.relative_to(tree).parts[:-1]]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in imported_names(node, package):
                ours = name.split(".")[0] == ROOT
                target = name.removeprefix(ROOT).removeprefix(".") if ours else name
                while ours and target and target not in modules and "." in target:
                    target = target.rpartition(".")[0]  # a name in a module is that module
                if ours and isinstance(node, ast.ImportFrom) and node.module == ROOT and not node.level:
                    target = ""  # `from autocontainer_nb import x` runs the root, whatever x is
                edges.append(Edge(source, f"{path.relative_to(tree)}:{node.lineno}", target, ours))
    return edges


def complaint(edge: Edge) -> str | None:
    """Return what is wrong with the edge, or None."""
    package, target = edge.source.split(".")[0], edge.target.split(".")[0]
    if not edge.ours:
        target = "grpc" if edge.target.split(".")[0] == "flyteidl" and "_pb2_grpc" in edge.target else target
        banned = target in NEVER.get(package, set()) | NEVER_ANYWHERE and (edge.source, target) not in EXCEPTIONS
        return f"{edge.place} imports {edge.target} ({package} must never import {target})" if banned else None
    if not edge.target:
        return f"{edge.place} imports the package root: import from the module that defines the name"
    if package not in LAYER_OF or target not in LAYER_OF:
        unknown = package if package not in LAYER_OF else target
        return f"{edge.place} imports {edge.target}, and {unknown} is in no layer: give it one in tests/test_layers.py"
    if target in NEVER.get(package, set()):
        return f"{edge.place} imports {edge.target} ({package} must never import {target})"
    here, there = LAYER_OF[package], LAYER_OF[target]
    if there > here or (there == here and package != target and (package, target) not in SIDEWAYS_ALLOWED):
        return f"{edge.place} imports {edge.target} (layer {here} -> {there})"
    return None


def complaints(tree: Path) -> list[str]:
    return [text for text in map(complaint, edges_of(tree)) if text]


def cycle(tree: Path) -> list[str]:
    """Return the modules of one import cycle, the first repeated at the end, or nothing."""
    graph: dict[str, set[str]] = {}
    for edge in edges_of(tree):
        if edge.ours and edge.target != edge.source:
            graph.setdefault(edge.source, set()).add(edge.target)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def folder_edges(tree: Path) -> dict[str, dict[str, set[str]]]:
    """Return folder ► (what stands in it ► what beside it that imports), a folder inside taken as one thing."""
    graphs: dict[str, dict[str, set[str]]] = {}
    folders = {str(path.parent.relative_to(tree)).replace("/", ".") for path in tree.rglob("*.py")}
    for edge in edges_of(tree):
        if not edge.ours or not edge.target or edge.source == edge.target:
            continue
        source, target = edge.source.split("."), edge.target.split(".")
        shared = 0
        while shared < min(len(source), len(target)) and source[shared] == target[shared]:
            shared += 1
        if shared == min(len(source), len(target)):
            continue  # a folder's own __init__
        parent = ".".join(source[:shared])
        here, there = (".".join(name[: shared + 1]) for name in (source, target))
        named = [f"{name}/" if name in folders else name for name in (here, there)]
        graphs.setdefault(parent, {}).setdefault(named[0], set()).add(named[1])
    return graphs


def folder_cycle(tree: Path) -> list[str]:
    """Return what stands in one folder and imports itself through its neighbours, or nothing."""
    circles = (circle_in(graph) for graph in folder_edges(tree).values())
    return next((circle for circle in circles if circle), [])


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """Return one circle of the graph, the first node repeated at the end, or nothing."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def reach_of(tree: Path, starts: tuple[str, ...]) -> set[str]:
    """Return every module of ours that `starts` (modules, or folders with all in them) may load, lazy imports taken."""
    graph: dict[str, set[str]] = {}
    for edge in edges_of(tree):
        if edge.ours:
            graph.setdefault(edge.source, set()).add(edge.target)
    todo = [name for name in modules_of(tree) if name in starts or name.startswith(tuple(f"{one}." for one in starts))]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += graph.get(name, ())
    return seen


def crowded(tree: Path) -> dict[str, int]:
    """Return the folders that hold more modules than a reader takes in, with their number."""
    counts: dict[str, int] = {}
    for path in tree.rglob("*.py"):
        if path.stem not in {"__init__", "__main__"}:
            folder = str(path.parent.relative_to(tree))
            counts[folder] = counts.get(folder, 0) + 1
    return {folder: count for folder, count in counts.items() if count > MODULES_MAX}


def test_folders_are_floors():
    """Inside every folder the imports of its modules and folders have no circle, a folder taken as one thing."""
    found = folder_cycle(TREE)
    assert not found, "folders import each other: " + " -> ".join(found)


def test_no_folder_is_crowded():
    """A folder holds at most 16 modules."""
    assert crowded(TREE) == {}


def test_a_container_takes_the_reading_side_only():
    """Whatever reading a pickled-entity file may load of `pickling`, lazy imports taken, stands in its reading side."""
    reached = {name for name in reach_of(TREE, READING_SIDE) if name.startswith("pickling.")}
    assert {name for name in reached if not name.startswith(READING_SIDE)} == set()
    assert {"pickling.archive.metadata", "pickling.load.rebuild"} <= reached


def test_every_import_goes_down():
    """No module imports a higher layer, a neighbour on its own layer, the root, or what the table forbids it."""
    found = complaints(TREE)
    assert not found, "\n" + "\n".join(found)


def test_one_folder_knows_grpc():
    """In the client nothing outside of `remote/rpc` imports grpc, and one module, the seam, imports what does.

    The sandbox, a server, is the other side of the wire. `methods` are the procedures' names, without gRPC.
    """
    edges = [edge for edge in edges_of(TREE) if not edge.source.startswith(("remote.rpc", "sandbox"))]
    assert [edge.place for edge in edges if not edge.ours and edge.target.split(".")[0] == "grpc"] == []
    below = {(edge.source, edge.target) for edge in edges if edge.target.startswith("remote.rpc")}
    assert {edge for edge in below if edge[1] != "remote.rpc.methods"} == {
        ("remote.control_plane", "remote.rpc.calls"),
    }


def test_no_import_cycle():
    """The graph of modules has no cycle, imports inside functions and for type checkers counted."""
    found = cycle(TREE)
    assert not found, "import cycle: " + " -> ".join(found)


def test_every_package_has_a_layer():
    """A new folder or module at the top must be put on a layer before it can be used."""
    tops = {name.split(".")[0] for name in modules_of(TREE)}
    assert tops <= set(LAYER_OF), f"on no layer: {sorted(tops - set(LAYER_OF))}"


# --- the checker itself -----------------------------------------------------------------------------------------------
def write(tree: Path, **files: str) -> Path:
    """Write a synthetic package; `core__x="..."` is core/x.py."""
    for name, text in files.items():
        path = tree.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")
    return tree


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"core__x": "from autocontainer_nb.remote.client import y", "remote__client": ""}, "(core must never"),
        (
            {"pickling__x": "import autocontainer_nb.sandbox.y", "sandbox__y": ""},
            "pickling/x.py:1 imports sandbox.y (l",
        ),
        ({"wire": "from autocontainer_nb.errors import E", "errors": ""}, "wire.py:1 imports errors (layer 1 -> 1)"),
        (
            {"idl__x": "def f():\n    import autocontainer_nb.core.y", "core__y": ""},
            "idl/x.py:2 imports core.y (layer 2 -",
        ),
        ({"idl__x": "from ..storage import y", "storage__y": ""}, "idl/x.py:1 imports storage.y (layer 2 -> 2)"),
        ({"core__x": "import autocontainer_nb"}, "core/x.py:1 imports the package root"),
        ({"core__x": "from autocontainer_nb import wire", "wire": ""}, "core/x.py:1 imports the package root"),
        (
            {"runtime__x": "def f():\n    import IPython.display"},
            "runtime/x.py:2 imports IPython.display (runtime must",
        ),
        ({"idl__x": "from flyteidl.service import admin_pb2_grpc"}, "(idl must never import grpc)"),
        ({"cli__x": "m = import_module('autocontainer_nb.notebook.y')", "notebook__y": ""}, "(cli must never import"),
        ({"core__x": "if TYPE_CHECKING:\n    from autocontainer_nb.cli.y import z", "cli__y": ""}, "core/x.py:2"),
        ({"core__x": "import flytekit"}, "core/x.py:1 imports flytekit"),
        ({"core__x": "from autocontainer_nb.extra.y import z", "extra__y": ""}, "extra is in no layer"),
    ],
)
def test_the_checker_catches(tmp_path, files, expected):
    """One forbidden import in a tree gives one complaint, which tells file, line, module and the rule."""
    [found] = complaints(write(tmp_path, **files))
    assert expected in found


def test_the_checker_lets_good_imports_pass(tmp_path):
    """Imports of lower layers, of the same package and of third parties are no complaint."""
    tree = write(
        tmp_path,
        core__x="import json\nimport cloudpickle\nfrom autocontainer_nb.core import y\nfrom . import z\n",
        core__y="from autocontainer_nb.pickling.a import b\nfrom autocontainer_nb.errors import CaptureError\n",
        core__z="",
        pickling__a="",
        slots="from autocontainer_nb.errors import SlotError",
        errors="",
        remote__x="import grpc\nfrom autocontainer_nb.core.y import b",
    )
    assert complaints(tree) == []
    assert cycle(tree) == []


def test_the_checker_catches_a_lazy_cycle(tmp_path):
    """Two modules of one package that import each other, one of them inside a function, are a cycle."""
    tree = write(
        tmp_path,
        core__x="from autocontainer_nb.core.y import b",
        core__y="def b():\n    from autocontainer_nb.core import x",
    )
    assert set(cycle(tree)) == {"core.x", "core.y"}


def test_the_checker_catches_folders_that_import_each_other(tmp_path):
    """Two folders of one package that need each other are found, though no module is in a circle; so is a module."""
    tree = write(
        tmp_path / "folders",
        core__a__x="from autocontainer_nb.core.b.y import z",
        core__b__y="",
        core__b__z="def f():\n    from autocontainer_nb.core.a import w",
        core__a__w="",
    )
    assert cycle(tree) == []
    assert set(folder_cycle(tree)) == {"core.a/", "core.b/"}
    tree = write(
        tmp_path / "module",
        core__a__x="from autocontainer_nb.core.top import z",
        core__top="import autocontainer_nb.core.a.y",
        core__a__y="",
    )
    assert set(folder_cycle(tree)) == {"core.a/", "core.top"}


def test_the_checker_counts_modules_and_follows_imports(tmp_path):
    """17 modules in a folder are too many; what a module reaches is told through imports inside functions."""
    files = {f"core__m{number}": "" for number in range(MODULES_MAX + 1)}
    tree = write(tmp_path, **files, pickling__reader="def f():\n    import autocontainer_nb.pickling.writer")
    assert crowded(tree) == {"core": MODULES_MAX + 1}
    assert reach_of(write(tree, pickling__writer=""), ("pickling.reader",)) == {"pickling.reader", "pickling.writer"}
