"""Tasks by what `@task` is told: attempts, limits, cache, environment, secrets, images, names."""

import datetime as dt

from flytekit import Resources, Secret, task


# %% plain
@task
def plain(x: int) -> int:
    return x


# %% with_parentheses
@task()
def plain(x: int) -> int:
    return x


# %% retries
@task(retries=3)
def t() -> int:
    return 1


# %% timeout_seconds
@task(timeout=90)
def t() -> int:
    return 1


# %% timeout_timedelta
@task(timeout=dt.timedelta(minutes=5, milliseconds=250))
def t() -> int:
    return 1


# %% timeout_zero
@task(timeout=0)
def t() -> int:
    return 1


# %% interruptible
@task(interruptible=True)
def t() -> int:
    return 1


# %% not_interruptible
@task(interruptible=False)
def t() -> int:
    return 1


# %% deprecated
@task(deprecated="use other")
def t() -> int:
    return 1


# %% environment
@task(environment={"A": "1", "B": ""})
def t() -> int:
    return 1


# %% environment_over_settings
@task(environment={"OWN": "above"})
def t() -> int:
    return 1


# %% cached
@task(cache=True, cache_version="1.0")
def t(x: int) -> int:
    return x


# %% cached_serialized
@task(cache=True, cache_version="1.0", cache_serialize=True)
def t(x: int) -> int:
    return x


# %% cached_ignoring_inputs
@task(cache=True, cache_version="1.0", cache_ignore_input_vars=("y",))
def t(x: int, y: int) -> int:
    return x


# %% cache_object
from flytekit import Cache


@task(cache=Cache(version="2", serialize=True, ignored_inputs=("y",)))
def t(x: int, y: int) -> int:
    return x


# %% cache_object_with_salt
from flytekit import Cache


@task(cache=Cache(version="2", salt="s"))
def t(x: int) -> int:
    return x


# %% task_metadata
from flytekit import PythonFunctionTask, TaskMetadata


def work(x: int) -> int:
    return x


t = PythonFunctionTask(None, work, metadata=TaskMetadata(retries=2, interruptible=True, timeout=30))


# %% secret_any
@task(secret_requests=[Secret(group="g", key="k")])
def t() -> int:
    return 1


# %% secret_by_environment
@task(secret_requests=[Secret(group="g", key="k", mount_requirement=Secret.MountType.ENV_VAR, env_var="KEY")])
def t() -> int:
    return 1


# %% secret_by_file
@task(secret_requests=[Secret(group="g", key="k", group_version="2", mount_requirement=Secret.MountType.FILE)])
def t() -> int:
    return 1


# %% secrets_of_one_group
@task(secret_requests=[Secret(group="g"), Secret(group="g", key="k2")])
def t() -> int:
    return 1


# %% image_name
@task(container_image="example.org/other:2")
def t() -> int:
    return 1


# %% image_placeholders
@task(container_image="{{.image.default.fqn}}:{{.image.default.version}}")
def t() -> int:
    return 1


# %% image_placeholder_name_and_tag
@task(container_image="{{.image.default.fqn}}:special")
def t() -> int:
    return 1


# %% image_placeholder_whole
@task(container_image="{{.image.default}}")
def t() -> int:
    return 1


# %% image_by_its_own_name
from flytekit.configuration import Image, ImageConfig, SerializationSettings

settings = SerializationSettings(
    image_config=ImageConfig(
        default_image=Image("default", "example.org/team/image", "v1"),
        images=[Image("default", "example.org/team/image", "v1"), Image("gpu", "example.org/gpu", "v9")],
    ),
    project="p",
    domain="d",
    version="v",
)


@task(container_image="{{.image.gpu}}")
def t() -> int:
    return 1


@task(container_image="{{.image.gpu.fqn}}:{{.image.gpu.version}}")
def u() -> int:
    return 1


# %% image_with_digest
from flytekit.configuration import Image, ImageConfig, SerializationSettings

settings = SerializationSettings(
    image_config=ImageConfig(
        default_image=Image("default", "example.org/team/image", None, "sha256:" + "0" * 64),
    ),
    project="p",
    domain="d",
    version="v",
)


@task
def t() -> int:
    return 1


# %% fast_registration
from flytekit.configuration import FastSerializationSettings, Image, ImageConfig, SerializationSettings

settings = SerializationSettings(
    image_config=ImageConfig(default_image=Image("default", "example.org/team/image", "v1")),
    project="p",
    domain="d",
    version="v",
    fast_serialization_settings=FastSerializationSettings(
        enabled=True, destination_dir="/somewhere", distribution_location="s3://bucket/code.tar.gz"
    ),
)


@task
def t() -> int:
    return 1


# %% fast_registration_location_open
from flytekit.configuration import FastSerializationSettings, Image, ImageConfig, SerializationSettings

settings = SerializationSettings(
    image_config=ImageConfig(default_image=Image("default", "example.org/team/image", "v1")),
    project="p",
    domain="d",
    version="v",
    fast_serialization_settings=FastSerializationSettings(enabled=True),
)


@task
def t() -> int:
    return 1


# %% labels_and_annotations
@task(labels={"team": "a"}, annotations={"note": "b"})
def t() -> int:
    return 1


# %% pod_template_name
@task(pod_template_name="spot")
def t() -> int:
    return 1


# %% decks_enabled
@task(enable_deck=True)
def t() -> int:
    return 1


# %% decks_disabled
@task(enable_deck=False)
def t() -> int:
    return 1


# %% deck_fields
from flytekit.deck import DeckField


@task(enable_deck=True, deck_fields=(DeckField.INPUT, DeckField.OUTPUT))
def t() -> int:
    return 1


# %% docstring_short
@task
def t(x: int) -> int:
    """Give it back."""
    return x


# %% docstring_google
@task
def t(x: int, y: str = "a") -> int:
    """Give it back.

    At some length,
    over two lines.

    Args:
        x: The number.
        y: The text.

    Returns:
        The number again.
    """
    return x


# %% docstring_numpy
@task
def t(x: int, y: str = "a") -> int:
    """Give it back.

    Parameters
    ----------
    x : int
        The number.
    y : str
        The text.

    Returns
    -------
    int
        The number again.
    """
    return x


# %% docstring_rest
@task
def t(x: int, y: str = "a") -> int:
    """Give it back.

    :param x: The number.
    :param y: The text.
    :return: The number again.
    """
    return x


# %% docs_object
from flytekit import Documentation


@task(docs=Documentation(short_description="s"))
def t(x: int) -> int:
    return x


# %% two_tasks_of_one_cell
@task
def first(x: int) -> int:
    return x


@task(retries=1)
def second(x: int) -> int:
    return first(x=x)


# %% async_task
@task
async def t(x: int) -> int:
    return x


# %% own_kind_of_task
from flytekit.core.interface import Interface
from flytekit.core.python_auto_container import PythonAutoContainerTask


class Own(PythonAutoContainerTask):
    def __init__(self, name, **kwargs):
        super().__init__(name, None, "own-kind", **kwargs)

    def execute(self, **kwargs):
        return None

    def get_config(self, settings):
        return {"a": "b"}

    def get_custom(self, settings):
        return {"number": 1, "list": [1, "x"], "none": None}


own = Own(
    "definition.own",
    interface=Interface(inputs={"a": int}, outputs={"o0": str}),
    environment={"A": "1"},
    requests=Resources(cpu="1"),
    task_type_version=2,
)


# %% changed_command
@task
def t() -> int:
    return 1


t.set_command_fn(lambda settings: ["run", settings.version])
