"""What a task's container asks for: CPU, memory, devices, shared memory, pods."""

from flytekit import Resources, task


# %% requests
@task(requests=Resources(cpu="1", mem="500Mi"))
def t() -> int:
    return 1


# %% limits
@task(limits=Resources(cpu="2", mem="1Gi"))
def t() -> int:
    return 1


# %% requests_and_limits
@task(requests=Resources(cpu="1", mem="500Mi"), limits=Resources(cpu="2", mem="1Gi"))
def t() -> int:
    return 1


# %% all_kinds
@task(requests=Resources(cpu="500m", mem="1.5Gi", gpu="1", ephemeral_storage="10Gi"))
def t() -> int:
    return 1


# %% resources_single_values
@task(resources=Resources(cpu="1", mem="500Mi"))
def t() -> int:
    return 1


# %% resources_pairs
@task(resources=Resources(cpu=("1", "2"), mem=("500Mi", "1Gi"), gpu="1"))
def t() -> int:
    return 1


# %% resources_numbers
@task(resources=Resources(cpu=2, mem=1024))
def t() -> int:
    return 1


# %% requests_as_numbers
@task(requests=Resources(cpu=2, mem=1024, gpu=1), limits=Resources(cpu=2.5))
def t() -> int:
    return 1


# %% no_shared_memory
@task(shared_memory=False)
def t() -> int:
    return 1


# %% zero
@task(requests=Resources(cpu="0", gpu="0"))
def t() -> int:
    return 1


# %% accelerator
from flytekit.extras.accelerators import GPUAccelerator


@task(accelerator=GPUAccelerator("nvidia-tesla-t4"), limits=Resources(gpu="1"))
def t() -> int:
    return 1


# %% accelerator_known
from flytekit.extras.accelerators import T4


@task(accelerator=T4)
def t() -> int:
    return 1


# %% accelerator_partition
from flytekit.extras.accelerators import A100


@task(accelerator=A100.partition_1g_5gb)
def t() -> int:
    return 1


# %% accelerator_unpartitioned
from flytekit.extras.accelerators import A100


@task(accelerator=A100.unpartitioned)
def t() -> int:
    return 1


# %% accelerator_with_any_partition
from flytekit.extras.accelerators import A100


@task(accelerator=A100.partitioned("2g.10gb"))
def t() -> int:
    return 1


# %% shared_memory
@task(shared_memory=True)
def t() -> int:
    return 1


# %% shared_memory_size
@task(shared_memory="2Gi")
def t() -> int:
    return 1


# %% accelerator_and_shared_memory
from flytekit.extras.accelerators import GPUAccelerator


@task(accelerator=GPUAccelerator("nvidia-tesla-t4"), shared_memory="2Gi")
def t() -> int:
    return 1


# %% pod_template
from flytekit import PodTemplate
from kubernetes.client import V1Container, V1EnvVar, V1PodSpec, V1ResourceRequirements


@task(
    pod_template=PodTemplate(
        pod_spec=V1PodSpec(
            node_selector={"disk": "fast"},
            containers=[
                V1Container(name="main", env=[V1EnvVar(name="A", value="1")]),
                V1Container(
                    name="side", image="example.org/side:1", resources=V1ResourceRequirements(limits={"cpu": "1"})
                ),
            ],
        ),
        primary_container_name="main",
        labels={"a": "b"},
        annotations={"c": "d"},
    ),
    requests=Resources(cpu="1"),
    environment={"B": "2"},
)
def t() -> int:
    return 1


# %% pod_template_bare
from flytekit import PodTemplate


@task(pod_template=PodTemplate(primary_container_name="main", labels={"a": "b"}))
def t() -> int:
    return 1


# %% pod_template_image_of_the_container
from flytekit import PodTemplate
from kubernetes.client import V1Container, V1PodSpec


@task(
    pod_template=PodTemplate(
        pod_spec=V1PodSpec(containers=[V1Container(name="primary", image="example.org/other:3")]),
    )
)
def t() -> int:
    return 1
