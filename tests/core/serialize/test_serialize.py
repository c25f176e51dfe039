"""A task's registered form, against golden messages; serializing changes nothing of the task."""

import os
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from google.protobuf import text_format

from autocontainer_nb.core.capture.capture import Capture, registered_form
from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.python_auto_container import default_task_resolver, get_registerable_container_image
from autocontainer_nb.core.serialize.tasks import task_spec, task_template
from autocontainer_nb.core.settings.accelerators import GPUAccelerator
from autocontainer_nb.core.settings.resources import Resources
from autocontainer_nb.core.settings.secret_requests import Secret
from autocontainer_nb.core.settings.serialization import FastSerializationSettings, SerializationSettings
from autocontainer_nb.core.tasks.container_task import ContainerTask
from autocontainer_nb.core.tasks.shell_task import ShellTask
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import ImageError
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.wire import FLYTEKIT_PROTOCOL_VERSION

GOLDEN = Path(__file__).parent.parent / "golden"
SETTINGS = SerializationSettings(
    image_config=ImageConfig(default_image=Image("default", "example.org/team/image", "v1")),
    project="flytesnacks",
    domain="development",
    version="v7",
    env={"SHARED": "1", "OWN": "below"},
)


class Result(NamedTuple):
    score: float
    names: list[str]


@task
def plain(x: int, y: str = "a") -> float:
    return x * 1.0


@task(
    retries=2,
    timeout=timedelta(minutes=5),
    interruptible=True,
    deprecated="use plain",
    environment={"OWN": "above"},
    resources=Resources(cpu=("1", "2"), mem="1.5Gi", gpu=1),
    secret_requests=[Secret(group="g", key="k", mount_requirement=Secret.MountType.ENV_VAR)],
    pod_template_name="spot",
    accelerator=GPUAccelerator(device="nvidia-tesla-a100", partition="1g.5gb"),
    shared_memory="2Gi",
    labels={"team": "a"},
    annotations={"note": "b"},
    container_image="{{.image.default.fqn}}:special",
)
def full() -> Result:
    return Result(1.0, [])


@pytest.mark.parametrize("definition", [plain, full], ids=["plain", "full"])
def test_the_template_is_the_golden_one(definition) -> None:
    """The message equals the stored one, field by field (WRITE_GOLDEN=1 stores it anew)."""
    path = GOLDEN / f"{definition.short_name}.textproto"
    template = task_template(definition, SETTINGS)
    assert template.metadata.runtime.version == FLYTEKIT_PROTOCOL_VERSION
    template.metadata.runtime.version = "VERSION"
    if os.environ.get("WRITE_GOLDEN"):
        path.write_text(text_format.MessageToString(template))
    assert text_format.MessageToString(template) == path.read_text()


@dynamic
def draws(x: int) -> int:
    return x


shell = ShellTask("shell", script="true")


@pytest.mark.parametrize(
    "definition",
    [
        plain,
        draws,
        map_task(plain),
        shell,
        ContainerTask("container", image="example.org/x:1", command=["true"]),
    ],
    ids=lambda each: type(each).__name__,
)
def test_every_kind_of_task_is_registered_as_one_that_takes_offloaded_values(definition) -> None:
    """Flyte compares the version with flytekit's: below 1.13.14 a value of 10 MB doesn't reach the task."""
    runtime = task_template(definition, SETTINGS).metadata.runtime
    assert tuple(map(int, runtime.version.split("."))) >= (1, 13, 14)
    assert (runtime.type, runtime.flavor) == (runtime.FLYTE_SDK, "python")


def test_the_fast_command_wraps_the_command() -> None:
    """The code is fetched first, into the destination, then the same command runs."""
    fast = FastSerializationSettings(enabled=True, destination_dir=".", distribution_location="s3://b/entities.pkl")
    settings = SerializationSettings(image_config=SETTINGS.image_config, fast_serialization_settings=fast)
    args = list(task_spec(plain, settings).template.container.args)
    assert args[:6] == [
        "pyflyte-fast-execute",
        "--additional-distribution",
        "s3://b/entities.pkl",
        "--dest-dir",
        ".",
        "--",
    ]
    assert args[6:] == plain.get_default_command(settings)


def test_the_command_can_be_replaced_and_reset() -> None:
    """`set_command_fn` changes what is registered; `reset_command_fn` takes it back."""
    default = plain.get_command(SETTINGS)
    plain.set_command_fn(lambda settings: ["run", settings.version])
    assert plain.get_container(SETTINGS).args == ["run", "v7"]
    plain.reset_command_fn()
    assert plain.get_command(SETTINGS) == default == plain.get_default_command(SETTINGS)


def test_serializing_changes_nothing_of_the_task() -> None:
    """The user's object is the same before and after (design section 9, line 8)."""
    before = dict(vars(plain))
    task_spec(plain, SETTINGS)
    assert {key: value for key, value in vars(plain).items() if key != "_lhs"} == {
        key: value for key, value in before.items() if key != "_lhs"
    }


def test_capturing_changes_nothing_of_the_task(tmp_path: Path) -> None:
    """The copy that travels has the notebook's resolver, the user's task keeps its own."""
    captured = Capture(plain).write(str(tmp_path / "entities.pkl"))
    assert plain.task_resolver is default_task_resolver
    assert registered_form(plain).task_resolver is not default_task_resolver
    assert registered_form(plain) is not plain
    assert captured.size_bytes == (tmp_path / "entities.pkl").stat().st_size


def test_code_that_no_image_has_needs_capture() -> None:
    """A module of the user's own, a cell and a script travel; an installed package doesn't."""
    namespace = {"__name__": "__main__", "task": task}
    exec("@task\ndef f() -> int:\n    return 1\n", namespace)
    assert Capture(namespace["f"]).is_needed
    assert Capture(plain).is_needed
    import json

    assert not Capture(task(_installed(json.dumps))).is_needed


def _installed(like):
    def function() -> int:
        return 1

    function.__module__ = like.__module__
    return function


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (None, "example.org/team/image:v1"),
        ("other:1", "other:1"),
        ("{{.image.default.fqn}}:{{.image.default.version}}", "example.org/team/image:v1"),
        ("{{.image.default}}", "example.org/team/image:v1"),
    ],
)
def test_image_names_are_resolved(image: str | None, expected: str) -> None:
    assert get_registerable_container_image(image, SETTINGS.image_config) == expected


def test_an_unknown_image_is_told() -> None:
    with pytest.raises(ImageError, match="nope"):
        get_registerable_container_image("{{.image.nope.fqn}}", SETTINGS.image_config)
    with pytest.raises(ImageError):
        get_registerable_container_image(None, ImageConfig())
