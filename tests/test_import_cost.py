"""What each process loads, measured in fresh interpreters by module names: never by the clock.

The container commands pay for every import on every task, so they load what Flyte's messages and cloudpickle need and
little else. A module that isn't loaded can't be slow, can't be missing from an image, and can't break there.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = "autocontainer_nb"
PACKAGE = Path(__file__).parent.parent / ROOT

# The floor of the design: a bare interpreter that imports Flyte's messages and cloudpickle.
FLOOR = "import cloudpickle; from flyteidl.core import errors_pb2, interface_pb2, literals_pb2, types_pb2"

NEVER_IN_A_CONTAINER = {
    "IPython", "ipykernel", "jupyter_client", "tornado", "zmq", "traitlets", "grpc", "google.rpc", "google.api",
    "docstring_parser", "psutil", "filelock", "urllib3", "requests", "detect_secrets",  # libraries of the notebook
}  # fmt: skip
NOT_AT_START = NEVER_IN_A_CONTAINER | {
    "obstore", "pandas", "numpy", "pyarrow", "msgpack", "sklearn", "yaml",  # loaded when a value needs them
    "asyncio", "concurrent.futures", "multiprocessing", "socket", "ssl", "http", "urllib.request", "sqlite3", "email",
    "argparse", "importlib.metadata", "pathlib", "shutil", "subprocess", "tempfile", "uuid", "zipfile", "json",
    "unittest", "decimal", "hashlib", "unicodedata",
}  # fmt: skip
OURS_MAX = 60  # modules of this package in a container command, after import
THEIRS_MAX = 12  # standard-library modules beyond the floor


def loaded_by(code: str, *, cwd: Path | None = None) -> set[str]:
    """Return the names of all modules in a fresh interpreter after it ran `code`."""
    report = "\nimport sys\nsys.stdout.flush()\nsys.stderr.write('\\n@@' + ' '.join(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("@@")[2].split())


def within(modules: set[str], names: set[str]) -> set[str]:
    """Return those modules that are one of the names or lie below one."""
    return {module for module in modules if any(module == name or module.startswith(name + ".") for name in names)}


def ours(modules: set[str]) -> set[str]:
    """Return the names of this package's modules, without the root's name and without the root."""
    return {module.removeprefix(ROOT + ".") for module in modules if module.startswith(ROOT + ".")}


@pytest.fixture(scope="module")
def floor() -> set[str]:
    return loaded_by(FLOOR)


@pytest.mark.parametrize("command", ["execute", "fast_execute"])
def test_a_container_command_starts_with_the_floor_and_little_else(command, floor):
    """Neither command loads at its start anything of the forbidden list that the floor doesn't load itself."""
    modules = loaded_by(f"import {ROOT}.runtime.{command}")
    assert within(modules, NOT_AT_START) - floor == set()
    assert within(modules, NEVER_IN_A_CONTAINER) == set()


@pytest.mark.parametrize("command", ["execute", "fast_execute"])
def test_a_container_command_loads_few_modules(command, floor):
    """The number of modules stays near the floor's: a ceiling for ours and for the standard library."""
    modules = loaded_by(f"import {ROOT}.runtime.{command}")
    beyond = {module for module in modules - floor if not module.startswith(ROOT)}
    foreign = {module for module in beyond if module.split(".")[0] not in sys.stdlib_module_names}
    assert {module for module in foreign if not module.startswith(("flyteidl", "google.protobuf"))} == set()
    assert len(beyond - foreign) <= THEIRS_MAX, sorted(beyond - foreign)
    assert len(ours(modules)) <= OURS_MAX, sorted(ours(modules))


@pytest.mark.parametrize("command", ["execute", "fast_execute"])
def test_a_container_command_knows_nothing_of_clients(command):
    """No module of remote, sandbox, notebook, server or cli is loaded in a container."""
    loaded = {module.split(".")[0] for module in ours(loaded_by(f"import {ROOT}.runtime.{command}"))}
    assert loaded & {"remote", "sandbox", "notebook", "server", "cli"} == set()


def test_importing_the_package_loads_the_root_alone():
    """`import autocontainer_nb` loads no other module of ours, and none that a bare interpreter has not."""
    modules = loaded_by(f"import {ROOT}")
    assert ours(modules) == set()
    assert modules - loaded_by("pass") == {ROOT}


def test_the_version_costs_one_module():
    """Asking for `__version__` loads the wire constants, not the core."""
    assert ours(loaded_by(f"import {ROOT}; {ROOT}.__version__")) == {"wire"}


def test_defining_a_task_needs_no_client_and_no_notebook():
    """`from autocontainer_nb import task` loads neither grpc nor IPython, and no client."""
    modules = loaded_by(f"from {ROOT} import task\n@task\ndef f(x: int) -> int:\n    return x\nassert f(x=1) == 1")
    assert within(modules, NEVER_IN_A_CONTAINER) == set()
    assert {module.split(".")[0] for module in ours(modules)} & {"remote", "sandbox", "notebook", "cli"} == set()


def test_the_sandbox_knows_messages_and_command_lines_only():
    """All modules of the sandbox together load nothing of the task model, of the archive, or of the client."""
    names = [path.relative_to(PACKAGE.parent) for path in sorted((PACKAGE / "sandbox").rglob("*.py"))]
    dotted = [".".join(name.with_suffix("").parts).removesuffix(".__init__") for name in names]
    runnable = [name for name in dotted if not name.endswith("__main__")]
    modules = loaded_by("import " + ", ".join(runnable))
    loaded = {module.split(".")[0] for module in ours(modules)}
    assert loaded & {"core", "type_engine", "pickling", "runtime", "remote", "notebook", "server", "cli"} == set()
    assert within(modules, {"cloudpickle", "IPython", "pandas", "numpy", "msgpack"}) == set()


ARCHIVE = f"""
from {ROOT} import dump_pickled_entity, PickledEntity, PickledEntityMetadata, task
import platform

def loaded() -> list[str]:
    import sys
    return sorted(sys.modules)

loaded.__module__ = "__main__"
entity = task(loaded)
"""


@pytest.fixture
def archive(tmp_path) -> Path:
    """A pickled-entity file made by a process of its own, with one task that returns the modules it finds loaded."""
    return made_archive(tmp_path, ARCHIVE)


def made_archive(tmp_path: Path, definition: str) -> Path:
    code = definition + (
        "entities = {entity.name: entity}\n"
        "metadata = PickledEntityMetadata(python_version=platform.python_version())\n"
        "print(entity.name, dump_pickled_entity(PickledEntity(metadata, entities), 'entities.pkl'))\n"
    )
    (tmp_path / "make.py").write_text(code, encoding="utf-8")
    made = subprocess.run([sys.executable, "make.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    name, digest = made.stdout.split()
    (tmp_path / "name").write_text(name, encoding="utf-8")
    (tmp_path / "digest").write_text(digest, encoding="utf-8")
    return tmp_path / "entities.pkl"


def test_a_whole_run_in_the_container_needs_neither_grpc_nor_ipython(archive):
    """A task that runs in `pyflyte-execute` finds neither in sys.modules, nor any client, nor asyncio."""
    modules = modules_of_a_run(archive)
    assert f"{ROOT}.runtime.execute" in modules
    assert within(modules, NEVER_IN_A_CONTAINER | {"asyncio", "numpy", "pandas", "obstore"}) == set()
    assert {module.split(".")[0] for module in ours(modules)} & {"remote", "sandbox", "notebook", "cli"} == set()
    assert ours(modules) & {"pickling.load.packages", "pickling.capture.packages"} == set()  # it needs no package


def test_packages_are_compared_without_importlib_metadata(tmp_path):
    """A task whose code imports an installed package: what is here is told by the names of folders."""
    code = ARCHIVE.replace("    import sys\n", "    import sys\n    if not sys.modules:\n        import yaml\n")
    modules = modules_of_a_run(made_archive(tmp_path, code))
    assert {"pickling.load.packages"} <= ours(modules)
    assert within(modules, {"importlib.metadata", "email", "zipfile", "pathlib", "yaml", "packaging"}) == set()
    assert ours(modules) & {"pickling.capture.packages", "pickling.code.imports", "pickling.writer"} == set()


def modules_of_a_run(archive: Path) -> set[str]:
    """Return the modules that the archive's task finds loaded when `pyflyte-execute` runs it."""
    from flyteidl.core import literals_pb2

    where = archive.parent
    name, digest = ((where / part).read_text(encoding="utf-8") for part in ("name", "digest"))
    (where / "inputs.pb").write_bytes(literals_pb2.LiteralMap().SerializeToString())
    arguments = [
        "pyflyte-execute", "--inputs", str(where / "inputs.pb"), "--output-prefix", str(where / "out"),
        "--raw-output-data-prefix", str(where / "raw"),
        "--resolver", f"{ROOT}.core.python_auto_container.default_notebook_task_resolver",
        "--", "entity-name", name, "digest", digest,
    ]  # fmt: skip
    code = f"import sys; sys.argv = {arguments!r}; from {ROOT}.runtime.execute import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], cwd=where, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outputs = literals_pb2.LiteralMap.FromString((where / "out" / "outputs.pb").read_bytes())
    [result] = outputs.literals.values()
    return {item.scalar.primitive.string_value for item in result.collection.literals}


def test_inspecting_a_file_is_cheap(archive):
    """`autocontainer-nb inspect FILE` loads neither grpc nor IPython nor cloudpickle, and no task model."""
    code = (
        f"import sys; sys.argv = ['autocontainer-nb', 'inspect', {str(archive)!r}, '--json']\n"
        f"from {ROOT}.cli.main import main\n"
        "try:\n    status = main()\nexcept SystemExit as end:\n    status = end.code\nassert not status, status\n"
    )
    modules = loaded_by(code)
    assert within(modules, {"grpc", "IPython", "tornado", "cloudpickle", "flyteidl", "google.protobuf"}) == set()
    assert {module.split(".")[0] for module in ours(modules)} <= {
        "cli", "pickling", "pickled_names", "errors", "wire", "storage",
    }  # fmt: skip


def test_loading_the_extension_needs_no_pickler_and_no_client():
    """`%load_ext autocontainer_nb` loads neither the side of pickling that writes and explains, nor grpc."""
    modules = loaded_by(
        "from IPython.core.interactiveshell import InteractiveShell\n"
        f"InteractiveShell.instance().run_line_magic('load_ext', '{ROOT}')"
    )
    assert within(modules, {"cloudpickle", "grpc", "urllib3", "filelock", "detect_secrets"}) == set()
    writing = {f"pickling.{name}" for name in ("writer", "capture", "explain", "inspect", "meaning", "symbolic")}
    assert within(ours(modules), writing) == set()
    drawing = {"core.workflows", "core.graph.node", "core.graph.promise", "core.graph.binding", "core.graph.gates"}
    assert within(ours(modules), drawing) == set()
    assert "flyteidl.admin" not in modules  # messages of entities: loaded when one is described or registered
