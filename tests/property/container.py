"""The containers: each command in a process of its own, forked from a warm one or started by the installed script."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SCRIPTS = Path(sys.executable).parent
_TIMEOUT_S = 60

# What a fork need not import again. It does what `pyflyte-fast-execute` does after it has parsed its arguments, without
# the supervisor, which would be a second fork.
_SERVER = """
import gc, importlib, json, os, pkgutil, signal, sys
sys.path[:] = [each for each in sys.path if each]
import cloudpickle, importlib.metadata, msgpack, numpy, attrs
import pydantic.fields, pydantic.main, pydantic.plugin._loader, pydantic.types
texts, with_pandas = json.loads(sys.argv[1])
if with_pandas:
    import pandas, pandas.core.methods.to_dict, pyarrow.pandas_compat
import pickle, datetime, decimal, fractions, uuid, collections, functools, itertools, dataclasses, typing, enum, abc
import autocontainer_nb
for each in ("core", "pickling", "runtime", "storage", "type_engine"):
    package = importlib.import_module(f"autocontainer_nb.{each}")
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__"):
            try:
                importlib.import_module(found.name)
            except ImportError:  # for a library that isn't installed
                pass
from autocontainer_nb.pickling.portable.scopes import scope_table
from autocontainer_nb.runtime import fast_execute
from autocontainer_nb.runtime.arguments import parse_fast_execute
from autocontainer_nb.runtime.environment import container_environment

def run(request):
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    log = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    arguments = parse_fast_execute(request["command"])
    inner = fast_execute._inner_execute(arguments)
    return fast_execute._fetch_and_run(arguments, inner, container_environment())

for text in texts:
    scope_table(text, "<source>", 0, by_statement=True)
gc.collect()
gc.freeze()
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if not child:
        try:
            signal.alarm(TIMEOUT)
            code = run(json.loads(line))
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            import traceback
            traceback.print_exc()
            code = 99
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
""".replace("TIMEOUT", str(_TIMEOUT_S))


@dataclass(frozen=True)
class Ran:
    """What is left of a command: its exit code, and all that it wrote."""

    code: int
    log: str


class Containers:
    """Runs the commands of registered tasks. `by_script` starts the installed script, as a pod does.

    There are two warm processes, since a fork of one that has loaded pandas takes longer than most tasks do.
    """

    def __init__(self, packages: Path, texts: Sequence[str] = ()) -> None:
        """Prepare for warm processes; `packages` is the folder of packages that are installed for the tests.

        The forks need not compile again the `texts`, which many notebooks have as cells.
        """
        self._texts = list(texts)
        path = filter(None, [str(packages), os.environ.get("PYTHONPATH")])
        self._environment = {"PATH": f"{_SCRIPTS}:/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(path)}
        self._warm: dict[bool, subprocess.Popen[str]] = {}

    def _process(self, with_pandas: bool) -> "subprocess.Popen[str]":
        if with_pandas not in self._warm:
            process = self._warm[with_pandas] = subprocess.Popen(
                [sys.executable, "-c", _SERVER, json.dumps([self._texts, with_pandas])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=self._environment,
            )
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", "the warm container process didn't start"
        return self._warm[with_pandas]

    def run(
        self,
        command: Sequence[str],
        folder: Path,
        variables: Mapping[str, str] | None = None,
        *,
        by_script: bool = False,
        with_pandas: bool = True,
    ) -> Ran:
        """Run the command in the folder, which is the container's working directory; its scratch is below it, too."""
        scratch = folder / "tmp"
        scratch.mkdir()
        environment = {**self._environment, "TMPDIR": str(scratch), **(variables or {})}
        log = folder / "log"
        if by_script:
            done = subprocess.run(
                [_SCRIPTS / command[0], *command[1:]],
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=_TIMEOUT_S,
            )
            return Ran(done.returncode, done.stdout)
        request = {"command": list(command[1:]), "folder": str(folder), "env": environment}
        warm = self._process(with_pandas)
        assert warm.stdin is not None
        assert warm.stdout is not None
        warm.stdin.write(json.dumps(request) + "\n")
        warm.stdin.flush()
        code = int(warm.stdout.readline())
        return Ran(code, log.read_text(errors="replace") if log.exists() else "")

    def close(self) -> None:
        """End the warm processes."""
        for process in self._warm.values():
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
            process.kill()
            process.wait(timeout=30)
        self._warm.clear()


def in_a_fork(answer: "object") -> str:
    """Return the text that a copy of this process makes; what that changes is changed there only."""
    assert callable(answer)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            text = answer()
        except BaseException as error:  # noqa: BLE001 - whatever a cell raises is compared
            text = f"{type(error).__name__}: {error}"
        with os.fdopen(writing, "w", errors="surrogatepass") as stream:
            stream.write(text)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, errors="surrogatepass") as stream:
        text = stream.read()
    os.waitpid(child, 0)
    return text
