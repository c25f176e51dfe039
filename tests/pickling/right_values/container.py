"""A container process for tests: each captured function is loaded and called in a fork that has loaded nothing yet."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_SERVER = """
import json, os, pickle, sys, traceback
import autocontainer_nb.pickling.portable.classes, autocontainer_nb.pickling.portable.objects
from autocontainer_nb.pickling.reader import open_verified
from autocontainer_nb.pickling.values import dumps

def answer(path, arguments):
    function = open_verified(path).unpickle(owns_process=True)
    try:
        value = function(*pickle.loads(bytes.fromhex(arguments)))
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"text": repr(value), "pickle": dumps(value).hex()}

for line in sys.stdin:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            found = answer(*json.loads(line))
        except BaseException:
            found = {"failure": traceback.format_exc()}
        with os.fdopen(writing, "w") as stream:
            json.dump(found, stream)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        print(stream.read(), flush=True)
    os.waitpid(child, 0)
"""


class Container:
    """Runs captured functions, each in a process of its own; started once, since imports take their time."""

    def __init__(self, installed: Path) -> None:
        """Start it; `installed` is a folder of packages that both sides have."""
        command = [sys.executable, "-c", _SERVER]
        path = os.pathsep.join(filter(None, [str(installed), os.environ.get("PYTHONPATH")]))
        environment = {**os.environ, "PYTHONPATH": path}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def run(self, path: Path, *arguments: Any) -> dict[str, str]:
        """Return what the function in the file gives: the `text` and the `pickle` of its value, or its `error`.

        Raises:
            RuntimeError: the file can't be loaded, or the value not be pickled.
        """
        from autocontainer_nb.pickling.values import dumps

        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(path), dumps(arguments).hex()]) + "\n")
        self._process.stdin.flush()
        found: dict[str, str] = json.loads(self._process.stdout.readline())
        if "failure" in found:
            raise RuntimeError(found["failure"])
        return found

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()
