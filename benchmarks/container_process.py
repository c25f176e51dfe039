"""The whole-process time of `pyflyte-execute` on a trivial pickled task: ours, flytekit's, and the floor below both."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from flyteidl.core import literals_pb2

from timing import Command

HERE = Path(__file__).parent

OURS = "pyflyte-execute of autocontainer_nb"
PEER = "pyflyte-execute of flytekit"
FLOOR = "floor: bare Python, Flyte's messages, cloudpickle"

FLOOR_CODE = "import cloudpickle; from flyteidl.core import errors_pb2, interface_pb2, literals_pb2, types_pb2"
X = 21

# What Flyte sets in a container (flyteplugins, flytek8s/k8s_resource_adds.go).
FLYTE_VARIABLES = {
    "FLYTE_INTERNAL_EXECUTION_ID": "bench",
    "FLYTE_INTERNAL_EXECUTION_PROJECT": "flytesnacks",
    "FLYTE_INTERNAL_EXECUTION_DOMAIN": "development",
    "FLYTE_INTERNAL_TASK_PROJECT": "flytesnacks",
    "FLYTE_INTERNAL_TASK_DOMAIN": "development",
    "FLYTE_INTERNAL_TASK_NAME": "double",
    "FLYTE_INTERNAL_TASK_VERSION": "1",
    "FLYTE_INTERNAL_NAME": "double",
    "FLYTE_INTERNAL_PROJECT": "flytesnacks",
    "FLYTE_INTERNAL_DOMAIN": "development",
    "FLYTE_INTERNAL_VERSION": "1",
    "FLYTE_ATTEMPT_NUMBER": "0",
}


def environment(python: Path, home: Path) -> dict[str, str]:
    """Return a container's environment: its own Python first on the path, bytecode caches in use, no user settings."""
    return {"PATH": f"{python.parent}:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", **FLYTE_VARIABLES}


def prepared(python: Path, maker: str, folder: Path) -> dict[str, list[str] | str]:
    """Let the script write its pickle and return how the container is told to load it."""
    folder.mkdir(parents=True)
    made = subprocess.run(
        [str(python), str(HERE / maker), str(folder)],
        env={**environment(python, folder), "AUTOCONTAINER_NB_HOME": str(folder / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise RuntimeError(f"{maker} ended with {made.returncode}:\n{made.stderr}")
    return json.loads(made.stdout.splitlines()[-1])


def execute_command(python: Path, maker: str, folder: Path) -> Command:
    """Return the installed console script's command on the maker's task, in a folder that holds the pickle alone."""
    loading = prepared(python, maker, folder / "work")
    inputs, outputs = folder / "inputs.pb", folder / "outputs"
    literal = literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(integer=X)))
    inputs.write_bytes(literals_pb2.LiteralMap(literals={"x": literal}).SerializeToString())
    outputs.mkdir()
    result = outputs / "outputs.pb"

    def check() -> None:
        found = literals_pb2.LiteralMap.FromString(result.read_bytes()).literals["o0"].scalar.primitive.integer
        if found != 2 * X:
            raise RuntimeError(f"{maker}: the task returned {found}, expected {2 * X}")
        result.unlink()  # so that the next run can't be credited with this one's

    return Command(
        args=[
            *[str(python.parent / "pyflyte-execute"), "--inputs", str(inputs), "--output-prefix", str(outputs)],
            *["--raw-output-data-prefix", str(folder / "raw"), "--checkpoint-path", str(folder / "checkpoint")],
            *["--prev-checkpoint", "", "--resolver", loading["resolver"], "--", *loading["loader_args"]],
        ],
        cwd=folder / "work",
        env=environment(python, folder),
        check=check,
    )


def commands(python: Path, peer: Path | None, folder: Path) -> Mapping[str, Command]:
    """Return the processes to compare; without a peer, ours and the floor."""
    floor = Command(args=[str(python), "-c", FLOOR_CODE], cwd=folder, env=environment(python, folder))
    found = {FLOOR: floor, OURS: execute_command(python, "ours.py", folder / "ours")}
    if peer:
        found[PEER] = execute_command(peer, "peer.py", folder / "peer")
    return found
