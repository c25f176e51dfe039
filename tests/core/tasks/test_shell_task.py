"""Scripts and foreign images as tasks: run here and now, described for a cluster, refused where they can't work."""

import os
from pathlib import Path

import pytest

from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.settings.serialization import FastSerializationSettings, SerializationSettings
from autocontainer_nb.core.tasks.container_task import ContainerTask
from autocontainer_nb.core.tasks.shell_task import OutputLocation, ShellTask
from autocontainer_nb.errors import DefinitionError, ImageError, RecoverableError
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile

SETTINGS = SerializationSettings(
    image_config=ImageConfig(Image("default", "example.org/image", "v1")),
    fast_serialization_settings=FastSerializationSettings(enabled=True, distribution_location="s3://b/entities.pkl"),
)
STAND_IN = """#!/bin/sh
# Runs what a container would, here: the volume's folder by a variable instead of a mount.
while [ "$1" != --entrypoint ]; do
  [ "$1" = --volume ] && export OUTPUTS="${2%%:*}"
  shift
done
command=$2; shift 3
exec "$command" "$@"
"""


def test_a_script_runs_with_its_inputs_and_leaves_its_outputs(tmp_path: Path) -> None:
    """Numbers are filled in as text, files by their local path, braces are doubled."""
    source = tmp_path / "in.txt"
    source.write_text("a\nb\n")
    out = OutputLocation("counted", FlyteFile, str(tmp_path / "out-{inputs.n}.txt"))
    count = ShellTask(
        "count",
        script="for i in 1 2; do x=${{i}}; done; wc -l < {inputs.source} > {outputs.counted}",
        inputs={"source": FlyteFile, "n": int},
        output_locs=[out],
    )
    left = count(source=FlyteFile(str(source)), n=7)
    assert os.fspath(left) == str(tmp_path / "out-7.txt")
    assert Path(left).read_text().strip() == "2"


def test_a_script_that_fails_tells_what_it_wrote() -> None:
    with pytest.raises(RecoverableError, match=r"(?s)exit code 3.*said.*wrong"):
        ShellTask("fails", script="echo said; echo wrong >&2; exit 3")()


def test_a_script_file_is_read_when_the_task_is_made(tmp_path: Path) -> None:
    """So that it travels with the task."""
    script = tmp_path / "run.sh"
    script.write_text("echo {inputs.x}")
    made = ShellTask("reads", script_file=str(script), inputs={"x": int})
    script.unlink()
    assert made(x=1) is None
    with pytest.raises(DefinitionError, match="can't be read"):
        ShellTask("missing", script_file=str(script))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either `script` or `script_file`"),
        ({"script": "echo {inputs.y}"}, r"\{inputs.y\} in its script .* unknown. Known names: none"),
        ({"script": "echo ${x"}, "braces in"),
        (
            {"script": "x", "output_locs": [OutputLocation("o", int, "x")]},
            "'o': expected FlyteFile or FlyteDirectory, got int",
        ),
    ],
)
def test_a_script_that_cannot_work_is_told(options: dict, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        ShellTask("broken", **options)


def test_a_foreign_image_runs_its_own_command() -> None:
    """Nothing is fetched before it, and its data goes where the task says."""
    made = ContainerTask(
        "raw", "alpine:3", ["echo", "{{.inputs.x}}"], {"x": int}, outputs={"y": str}, output_data_dir="/var/outputs"
    )
    container = to_spec(made, SETTINGS).template.container
    assert (container.image, list(container.command), list(container.args)) == (
        "alpine:3",
        ["echo", "{{.inputs.x}}"],
        [],
    )
    assert (container.data_config.enabled, container.data_config.output_path) == (True, "/var/outputs")


def test_a_placeholder_must_name_an_input() -> None:
    with pytest.raises(DefinitionError, match=r"names the input 'z', which doesn't exist\. Its inputs: x"):
        ContainerTask("raw", "alpine:3", ["echo", "{{.inputs.z}}"], {"x": int})


def test_a_container_runs_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By docker or podman, of which a stand-in takes the command: values are filled in, outputs read by their types."""
    engine = tmp_path / "docker"
    engine.write_text(STAND_IN)
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    script = "echo $(($0 * 2)) > $OUTPUTS/doubled; printf '%s' $1 > $OUTPUTS/flag"
    made = ContainerTask(
        "raw",
        "alpine:3",
        ["sh", "-c", script, "{{.inputs.x}}"],
        {"x": int, "on": bool},
        arguments=["{{.inputs.on}}"],
        outputs={"doubled": int, "flag": bool},
        output_data_dir="/var/outputs",
    )
    assert made(x=4, on=False) == (8, False)
    empty = ContainerTask("raw", "alpine:3", ["true"], outputs={"y": str}, output_data_dir="/var/outputs")
    with pytest.raises(RecoverableError, match="left no file 'y'"):
        empty()
    with pytest.raises(RecoverableError, match="exit code 1"):
        ContainerTask("raw", "alpine:3", ["false"])()


def test_without_an_engine_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageError, match="neither docker nor podman is installed"):
        ContainerTask("raw", "alpine:3", ["true"])()
