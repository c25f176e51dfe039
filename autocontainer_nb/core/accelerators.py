"""Accelerators and shared memory: what a container needs beyond CPU and memory.

Source: `flyteidl/core/tasks.proto`, messages ExtendedResources, GPUAccelerator and SharedMemory.
"""

from dataclasses import dataclass
from typing import Final

from flyteidl.core import tasks_pb2

_SHARED_MEMORY_NAME: Final = "flyte-shared-memory"  # the volume's name and place that Flyte's own SDK asks for
_SHARED_MEMORY_PATH: Final = "/dev/shm"  # noqa: S108 - a mount point in the container, no file of ours


@dataclass(frozen=True, kw_only=True)
class BaseAccelerator:
    """A kind of device; `device` is the name that the cluster's nodes are labelled with."""

    device: str


@dataclass(frozen=True, kw_only=True)
class GPUAccelerator(BaseAccelerator):
    """A GPU model; one partition of it (`"1g.5gb"`), or expressly the whole device (`unpartitioned=True`)."""

    partition: str | None = None
    unpartitioned: bool = False


def extended_resources(
    accelerator: BaseAccelerator | None, shared_memory: bool | str | None
) -> tasks_pb2.ExtendedResources | None:
    """Return accelerator and shared memory as a message, None where there are none.

    `shared_memory` True means as much as the container has memory; a string is a Kubernetes quantity.
    """
    if accelerator is None and not shared_memory:
        return None
    message = tasks_pb2.ExtendedResources()
    if accelerator is not None:
        message.gpu_accelerator.device = accelerator.device
        if isinstance(accelerator, GPUAccelerator):
            if accelerator.partition is not None:
                message.gpu_accelerator.partition_size = accelerator.partition
            elif accelerator.unpartitioned:
                message.gpu_accelerator.unpartitioned = True
    if shared_memory:
        message.shared_memory.mount_name = _SHARED_MEMORY_NAME
        message.shared_memory.mount_path = _SHARED_MEMORY_PATH
        if isinstance(shared_memory, str):
            message.shared_memory.size_limit = shared_memory
    return message
