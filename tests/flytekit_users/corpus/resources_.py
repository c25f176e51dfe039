"""What a task asks of the cluster: CPU, memory, GPU, disk, as requests, limits, or both in one."""

from flytekit import PodTemplate, Resources, task, workflow
from flytekit.core.resources import Resources as SameResources
from kubernetes.client.models import V1Container, V1EnvVar, V1PodSpec, V1ResourceRequirements, V1Toleration


@task(requests=Resources(cpu="1", mem="2Gi", ephemeral_storage="1Gi"), limits=Resources(cpu="2", mem="4Gi", gpu="1"))
def heavy(x: int) -> int:
    return x + 1


@task(resources=Resources(cpu=("1", "2"), mem="1Gi"))
def ranged(x: int) -> int:
    return x + 2


@task(
    pod_template=PodTemplate(
        primary_container_name="main",
        labels={"app": "corpus"},
        annotations={"why": "to see"},
        pod_spec=V1PodSpec(
            containers=[
                V1Container(
                    name="main",
                    image="ghcr.io/example/main:v1",
                    resources=V1ResourceRequirements(limits={"cpu": "1"}),
                    env=[V1EnvVar(name="B", value="2")],
                ),
                V1Container(name="beside", image="ghcr.io/example/beside:v1"),
            ],
            tolerations=[V1Toleration(key="gpu", operator="Exists", effect="NoSchedule")],
        ),
    )
)
def in_a_pod(x: int) -> int:
    return x + 3


@task(pod_template_name="shared-template")
def by_name(x: int) -> int:
    return x + 4


@workflow
def pipeline(x: int = 0) -> int:
    return by_name(x=in_a_pod(x=ranged(x=heavy(x=x))))


assert SameResources is Resources
assert pipeline() == 10
assert heavy.resources.requests is not None and heavy.resources.limits is not None
