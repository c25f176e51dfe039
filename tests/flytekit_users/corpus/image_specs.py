"""Images by specification: packages, bases, copies; whether the code runs within one; several in one workflow."""

from flytekit import ImageSpec, Resources, task, workflow
from flytekit.image_spec.image_spec import ImageSpec as SameSpec

plain = ImageSpec(name="plain", packages=["pandas"], registry="localhost:30000")
spec = ImageSpec(
    name="learning",
    python_version="3.11",
    packages=["scikit-learn", "tensorflow"],
    apt_packages=["git"],
    env={"DEBUG": "1"},
    registry="ghcr.io/example",
    requirements=None,
    cuda="12",
)
more = spec.with_packages(["torch"]).with_apt_packages(["curl"]).with_commands(["echo done"])

if plain.is_container() and spec.is_container():
    imported = True


@task(container_image=plain)
def load() -> int:
    return 3


@task(container_image=spec, requests=Resources(cpu="1"))
def train(x: int) -> int:
    return x + 1


@task(container_image="ghcr.io/example/other:latest")
def other(x: int) -> int:
    return x * 2


@workflow
def pipeline() -> int:
    return other(x=train(x=load()))


assert SameSpec is ImageSpec
assert pipeline() == 8
assert load.container_image is plain and other.container_image == "ghcr.io/example/other:latest"
assert "torch" in more.packages and "torch" not in spec.packages
assert "curl" in more.apt_packages and more.commands == ["echo done"]
pinned = ImageSpec.from_env(name="pinned", pinned_packages=["pandas"], packages=["tabulate"])
assert pinned.packages[0] == "tabulate" and pinned.packages[1].startswith("pandas==")
assert plain.tag != spec.tag
assert plain.is_container()
assert spec.image_name().startswith("ghcr.io/example/learning:")
