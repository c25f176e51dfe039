"""The two processes, seen from the tests: started once in a session, asked one thing at a time, stopped at its end."""

import os
import pickle
import struct
import subprocess
import sys
import threading
from pathlib import Path

from definition_cells import Definition
from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core import interface_pb2, literals_pb2, types_pb2

HERE = Path(__file__).parent
_MESSAGES = {
    each.DESCRIPTOR.full_name: each
    for each in (
        launch_plan_pb2.LaunchPlanSpec,
        literals_pb2.Literal,
        task_pb2.TaskSpec,
        interface_pb2.ParameterMap,
        interface_pb2.TypedInterface,
        types_pb2.LiteralType,
        workflow_pb2.WorkflowSpec,
    )
}


class RefusedError(Exception):
    """The process raised an error; the message is its type and text, `module` that of its class."""

    def __init__(self, line: str, module: str, details: str) -> None:
        super().__init__(line)
        self.module = module
        self.details = details


class Side:
    """One package in a process of its own. `ask` is one request and its reply."""

    def __init__(self, package: str, python: str, folder: Path) -> None:
        self.package = package
        self._process = subprocess.Popen(
            [python, "-W", "ignore", str(HERE / "side_process.py"), package, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "FLYTE_PYTHON_PACKAGE_ROOT": "."},  # flytekit takes the module's name as it is
        )
        self._said: list[bytes] = []
        # It lives as long as the process, so it runs no code of this file: local runs of other tests would keep clear.
        self._listener = threading.Thread(target=self._said.extend, args=(self._process.stderr,))
        self._listener.start()

    def ask(self, request, *arguments):
        """Return the reply.

        Raises:
            RefusedError: the process answered with an error.
        """
        data = pickle.dumps((request, arguments))
        self._process.stdin.write(struct.pack(">I", len(data)) + data)
        self._process.stdin.flush()
        header = self._process.stdout.read(4)
        if len(header) < 4:
            said = b"".join(self._said).decode(errors="replace")
            raise RuntimeError(f"{self.package}: the process ended during {request!r}.\n{said}")
        verdict, *reply = pickle.loads(self._process.stdout.read(struct.unpack(">I", header)[0]))
        if verdict == "error":
            raise RefusedError(*reply)
        return reply[0]

    def define(self, definition: Definition) -> dict:
        """Run the definition and return {variable: message} of its entities."""
        reply = self.ask("define", *definition.texts_for(self.package), definition.path)
        return {name: message(*packed) for name, packed in reply.items()}

    def stop(self) -> None:
        """Let the process end by itself, which it does when nothing more can be asked."""
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._listener.join()
            self._process.stderr.close()
        if self._process.returncode:
            raise RuntimeError(f"{self.package}: exit status {self._process.returncode}\n{b''.join(self._said)!r}")


def message(kind: str, data: bytes):
    """Return the message of a full name such as `flyteidl.admin.TaskSpec`."""
    return _MESSAGES[kind].FromString(data)


def start_sides(peer_python: Path, folder: Path) -> tuple[Side, Side]:
    """Return (ours, flytekit's), starting."""
    ours = Side("autocontainer_nb", sys.executable, folder / "ours")
    return ours, Side("flytekit", str(peer_python), folder / "theirs")
