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

_SERVER = "\n".join((Path(__file__).parent / each).read_text() for each in ("large_pages.py", "warm.py"))
_WITH_MODELS = (
    *("numpy", "attrs", "pydantic.fields", "pydantic.main", "pydantic.plugin._loader", "pydantic.type_adapter"),
    *("pydantic.types", "pydantic._internal._dataclasses"),
)
_MODULES = (  # (what a case's text has, the modules that it needs): the first that is there decides
    (
        "pd.",
        (*_WITH_MODELS, "pandas", "pandas.core.methods.to_dict", "pyarrow.pandas_compat", "pyarrow.vendored.version"),
    ),
    ("pydantic.", _WITH_MODELS),
    ("attrs.", ("attrs",)),
    ("np.", ("numpy",)),
    ("", ()),
)
_OFTEN = (
    *("cloudpickle", "importlib.metadata", "msgpack", "pickle", "datetime", "decimal", "fractions", "uuid", "copy"),
    *("collections", "functools", "itertools", "dataclasses", "typing", "enum", "abc", "string", "asyncio", "pathlib"),
    *("zoneinfo", "ipaddress", "random", "inspect", "linecache", "contextlib", "operator", "array", "probing"),
)


def modules_of(text: str) -> tuple[str, ...]:
    """Return the modules that the containers of a case may have loaded before."""
    return next(modules for mark, modules in _MODULES if mark in text)


@dataclass(frozen=True)
class Ran:
    """What is left of a command: its exit code, and all that it wrote."""

    code: int
    log: str


class Containers:
    """Runs the commands of registered tasks. `by_script` starts the installed script, as a pod does.

    There are several warm processes, since a fork of one that has loaded pandas takes longer than most tasks do.
    """

    def __init__(self, packages: Path, texts: Sequence[str] = ()) -> None:
        """Prepare for warm processes; `packages` is the folder of packages that are installed for the tests.

        The forks need not compile again the `texts`, which many notebooks have as cells.
        """
        self._texts = list(texts)
        path = filter(None, [str(packages), os.environ.get("PYTHONPATH")])
        self._environment = {"PATH": f"{_SCRIPTS}:/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(path)}
        self._warm: dict[tuple[str, ...], subprocess.Popen[str]] = {}
        self.counts = {"forks": 0, "scripts": 0}

    def _process(self, modules: tuple[str, ...]) -> "subprocess.Popen[str]":
        if modules not in self._warm:
            settings = {
                "texts": self._texts,
                "modules": _OFTEN,
                "modules_of_case": modules,
                "timeout_s": _TIMEOUT_S,
            }
            process = self._warm[modules] = subprocess.Popen(
                [sys.executable, "-c", _SERVER, json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=self._environment,
            )
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", "the warm container process didn't start"
        return self._warm[modules]

    def run(
        self,
        command: Sequence[str],
        folder: Path,
        variables: Mapping[str, str] | None = None,
        *,
        by_script: bool = False,
        modules: tuple[str, ...] = _MODULES[0][1],
        texts: Sequence[str] = (),
    ) -> Ran:
        """Run the command in the folder, which is the container's working directory; its scratch is below it, too.

        `modules` and the `texts` of cells are loaded and compiled before the fork.
        """
        scratch = folder / "tmp"
        scratch.mkdir()
        environment = {**self._environment, "TMPDIR": str(scratch), **(variables or {})}
        log = folder / "log"
        if by_script:
            self.counts["scripts"] += 1
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
        self.counts["forks"] += 1
        request = {"command": list(command[1:]), "folder": str(folder), "env": environment, "texts": list(texts)}
        warm = self._process(modules)
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
        text = in_this_process(answer)
        with os.fdopen(writing, "w", errors="surrogatepass") as stream:
            stream.write(text)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, errors="surrogatepass") as stream:
        text = stream.read()
    os.waitpid(child, 0)
    return text


def in_this_process(answer: "object") -> str:
    """Return the text that is made here and now."""
    assert callable(answer)
    try:
        return str(answer())
    except BaseException as error:  # noqa: BLE001 - whatever a cell raises is compared
        return f"{type(error).__name__}: {error}"
