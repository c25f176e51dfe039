"""A user's project in a folder of its own, a process that captures from it, and a container that loads the file."""

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# What a capturing process begins with: the project's folder on sys.path, as a kernel has its notebook's.
_CAPTURE = """
import sys, warnings, json
sys.dont_write_bytecode = True  # files are edited within a second, and bytecode knows its source's time by the second
sys.path[:0] = [{folder!r}, {here!r}]
from pathlib import Path
from archives import write
from autocontainer_nb.errors import AutocontainerError
told = []
warnings.showwarning = lambda message, *_: told.append(str(message))
def capture(function):
    try:
        written = write(function, Path({path!r}), function)
    except AutocontainerError as error:
        print(json.dumps({{"error": f"{{type(error).__name__}}: {{error}}", "told": told}}))
    else:
        members = [name for name in written.metadata["members"] if name.startswith("modules/")]
        modules = {{entry["name"]: entry for entry in written.metadata["modules"]}}
        print(json.dumps({{"digest": written.digest, "members": members, "modules": modules, "told": told}}))
"""
_LOAD = """
import sys
{before}
from autocontainer_nb.errors import AutocontainerError
from autocontainer_nb.pickling.reader import open_verified
try:
    function = open_verified({path!r}, {digest!r}).unpickle(owns_process={owns})
except AutocontainerError as error:
    print(f"{{type(error).__name__}}: {{error}}")
else:
    print(repr(function({arguments})))
"""


@dataclass
class Project:
    """The user's folder, and where the container's working directory is."""

    folder: Path
    container: Path

    def write(self, **files: str) -> None:
        """Write files; `acme__core="..."` is acme/core.py, and a name with a dot in it is taken as it stands."""
        for name, text in files.items():
            path = self.folder / (name if "." in name else name.replace("__", "/", 1) + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")

    def capture(self, code: str, python: str = sys.executable, **env: str) -> dict[str, Any]:
        """Run the code, which calls `capture(function)`, in a process of its own; returns what that told."""
        begin = _CAPTURE.format(folder=str(self.folder), here=str(HERE), path=str(self.path))
        return json.loads(self.run(python, begin + textwrap.dedent(code), self.folder, env).splitlines()[-1])

    def load(
        self, told: dict[str, Any], arguments: str = "", *, before: str = "", owns: bool = True,
        python: str = sys.executable, **env: str,
    ) -> str:  # fmt: skip
        """Load the function in a process that knows nothing of the project, call it, and return what was printed."""
        code = _LOAD.format(before=before, path=str(self.path), digest=told["digest"], owns=owns, arguments=arguments)
        return self.run(python, code, self.container, env).strip()

    @property
    def path(self) -> Path:
        """Where the pickled-entity file is."""
        return self.container / "entities.pkl"

    @staticmethod
    def run(python: str, code: str, folder: Path, env: dict[str, str]) -> str:
        """Run code in a new process and return its output."""
        path = os.pathsep.join(filter(None, [env.get("PYTHONPATH"), os.environ.get("PYTHONPATH")]))
        environ = {**os.environ, **env, "PYTHONPATH": path}
        done = subprocess.run(
            [python, "-c", code], cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
