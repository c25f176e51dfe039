"""Settings of a task for one of its uses: resources, names, retries, timeouts, images, interruptibility."""

from datetime import timedelta
from typing import List

from flytekit import PodTemplate, Resources, dynamic, task, workflow
from flytekit.extras.accelerators import A100, T4


@task(requests=Resources(cpu="1", mem="100Mi"), limits=Resources(cpu="2", mem="200Mi"))
def count(numbers: List[int]) -> int:
    return len(numbers)


@task(retries=1, timeout=timedelta(hours=1), interruptible=True, environment={"A": "1"}, deprecated="soon")
def double(x: int) -> int:
    return 2 * x


@task(requests=Resources(gpu="1"), accelerator=T4)
def train(x: int) -> int:
    return x


@task(requests=Resources(gpu="1"), accelerator=A100.partition_2g_10gb, shared_memory=True)
def train_more(x: int) -> int:
    return x + 1


@workflow
def pipeline(numbers: List[int] = [1, 2]) -> int:
    size = count(numbers=numbers).with_overrides(limits=Resources(cpu="6", mem="500Mi"), node_name="the-count")
    doubled = double(x=size).with_overrides(retries=3, timeout=60, interruptible=False, name="twice")
    trained = train(x=doubled).with_overrides(requests=Resources(gpu="2"), accelerator=A100)
    return train_more(x=trained).with_overrides(container_image="ghcr.io/example/train:v2")


@dynamic(requests=Resources(cpu="1"))
def spread(n: int) -> List[int]:
    return [double(x=k).with_overrides(limits=Resources(cpu="1")) for k in range(n)]


assert pipeline() == 5
assert spread(n=3) == [0, 2, 4]
assert {node.id for node in pipeline.nodes} >= {"the-count"}
assert (
    double.metadata.timeout == timedelta(hours=1)
    and double.metadata.interruptible
    and double.metadata.deprecated == "soon"
)
assert double.environment == {"A": "1"}
