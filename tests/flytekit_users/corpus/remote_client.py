"""The client of a control plane: configured, with its project and domain."""

from flytekit import LaunchPlan, task, workflow
from flytekit.configuration import Config, Image, ImageConfig, PlatformConfig, SerializationSettings
from flytekit.remote import FlyteRemote
from flytekit.remote.remote import FlyteRemote as SameRemote


@task
def double(x: int) -> int:
    return 2 * x


@workflow
def pipeline(x: int) -> int:
    return double(x=double(x=x))


assert SameRemote is FlyteRemote
config = Config.for_endpoint("flyte.example.org", insecure=False)
remote = FlyteRemote(config, default_project="team", default_domain="staging")
assert remote.default_project == "team" and remote.default_domain == "staging"
other = FlyteRemote(
    config=Config(platform=PlatformConfig(endpoint="localhost:30080", insecure=True)),
    default_project="p",
    default_domain="d",
)
assert Config.auto() is not None
settings = SerializationSettings(
    image_config=ImageConfig(default_image=Image(name="default", fqn="example.org/team/image", tag="v1")),
    project="p",
    domain="d",
    version="v",
)
assert settings.image_config.default_image.full == "example.org/team/image:v1"
assert pipeline(x=1) == 4
