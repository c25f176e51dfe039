"""The warm container process: loads what containers load, then runs each command that it is told in a fork of its own.

`container.py` starts it by its text and that of `large_pages.py`, so this folder isn't on its path. It does what
`pyflyte-fast-execute` does after it has parsed its arguments, without the supervisor, which would be a second fork.
"""

import __future__

import gc
import importlib
import json
import linecache
import os
import pkgutil
import signal
import sys
import traceback
from contextlib import suppress

# Where code is that classes of these libraries hold.
LIBRARIES = ("attr._make", "attr.setters", "pydantic.main", "pydantic._internal._model_construction")
texts_of_libraries = {}  # with the flags that they are compiled with
sys.path[:] = [each for each in sys.path if each]
settings = json.loads(sys.argv[1])  # "texts", "modules", "modules_of_case", "timeout_s"
for name in (*settings["modules"], *settings["modules_of_case"]):
    importlib.import_module(name)

import autocontainer_nb
from autocontainer_nb.pickled_names import lasting_path
from autocontainer_nb.pickling.archive.hashing import sha256_hex
from autocontainer_nb.pickling.code.ownership import is_installed_file
from autocontainer_nb.pickling.load.packages import installed_distributions
from autocontainer_nb.pickling.load.versions import is_older
from autocontainer_nb.pickling.portable.scopes import scope_table
from autocontainer_nb.runtime import fast_execute
from autocontainer_nb.runtime.arguments import parse_fast_execute
from autocontainer_nb.runtime.environment import container_environment


def load_everything():
    """Import all that a container's command may import of this package."""
    for each in ("core", "image", "pickling", "runtime", "storage", "type_engine"):
        package = importlib.import_module(f"{autocontainer_nb.__name__}.{each}")
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            is_of_a_library = ".libraries" in found.name and not settings["modules_of_case"]
            if not found.name.endswith("__main__") and not is_of_a_library:
                with suppress(ImportError):  # for a library that isn't installed
                    importlib.import_module(found.name)


def fill_caches():
    """Call what keeps its answers and is asked in every container."""
    installed_distributions()
    is_older("1.0", "2.0rc1")
    sha256_hex(b"")
    is_installed_file(__file__ if "__file__" in globals() else "/nowhere/file.py")
    lasting_path(lasting_path)
    if "pydantic.plugin._loader" in sys.modules:
        list(sys.modules["pydantic.plugin._loader"].get_plugins())
    libraries = [sys.modules[name] for name in LIBRARIES if name in sys.modules]
    for module in libraries:
        text = "".join(linecache.getlines(module.__file__))
        texts_of_libraries.update({(text, __future__.annotations.compiler_flag): None, (text, 0): None})
    compile_texts(settings["texts"])


def compile_texts(texts):
    """Compile the texts of cells, which code that comes back is looked up in; what doesn't compile alone fails later.

    Those of libraries as well: only the last of many hundred texts are kept.
    """
    for text, flags in (*texts_of_libraries, *((text, 0) for text in texts)):
        with suppress(SyntaxError):
            scope_table(text, "<source>", flags, by_statement=True)


def run(request):
    """Run the command as a container does, and return its exit code."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    log = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    arguments = parse_fast_execute(request["command"])
    inner = fast_execute._inner_execute(arguments)
    return fast_execute._fetch_and_run(arguments, inner, container_environment())


def main():
    """Answer each line, a request, with the exit code of a fork."""
    load_everything()
    fill_caches()
    gc.collect()
    gc.freeze()
    use_large_pages()  # noqa: F821 - its text stands before this one
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        compile_texts(request["texts"])
        child = os.fork()
        if not child:
            try:
                signal.alarm(settings["timeout_s"])
                code = run(request)
                sys.stdout.flush()
                sys.stderr.flush()
            except BaseException:  # noqa: BLE001 - whatever it is, the log has it
                traceback.print_exc()
                code = 99
            os._exit(code)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


main()
