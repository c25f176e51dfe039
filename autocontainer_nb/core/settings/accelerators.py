"""Accelerators and shared memory: resources of a container beyond CPU and memory.

Source: `flyteidl/core/tasks.proto`, messages ExtendedResources, GPUAccelerator and SharedMemory; the device names are
the node labels in Flyte's documentation.
"""

from dataclasses import dataclass
from typing import Final

from flyteidl.core import tasks_pb2

_SHARED_MEMORY_NAME: Final = "flyte-shared-memory"  # the volume's name and mount path in Flyte's own SDK
_SHARED_MEMORY_PATH: Final = "/dev/shm"  # noqa: S108 - a mount point in the container, no file of ours


@dataclass(frozen=True)
class BaseAccelerator:
    """A kind of device; `device` is the label of the cluster's nodes."""

    device: str


@dataclass(frozen=True)
class GPUAccelerator(BaseAccelerator):
    """A GPU model, one partition of it (`"1g.5gb"`), or explicitly the whole device (`unpartitioned=True`)."""

    partition: str | None = None
    unpartitioned: bool = False


@dataclass(frozen=True)
class MultiInstanceGPUAccelerator(BaseAccelerator):
    """A device that can be divided: `A100.partition_1g_5gb`, `V5E.slice_2x4`, `A100.unpartitioned`.

    Used directly, it is the device, divided or not.
    """

    sizes: tuple[str, ...] = ()

    @property
    def unpartitioned(self) -> GPUAccelerator:
        """The whole device, not a part of it."""
        return GPUAccelerator(self.device, unpartitioned=True)

    def partitioned(self, partition_size: str) -> GPUAccelerator:
        """Return the part of this size, as the cluster names it."""
        return GPUAccelerator(self.device, partition_size)

    def __getattr__(self, name: str) -> GPUAccelerator:
        for size in self.__dict__.get("sizes", ()):
            if name in {f"partition_{size.replace('.', '_')}", f"slice_{size}"}:
                return self.partitioned(size)
        raise AttributeError(f"{self.__dict__.get('device', 'the accelerator')!r} has no part {name!r}")

    def __dir__(self) -> list[str]:
        kind = "slice_" if self.device.startswith("tpu") else "partition_"
        return [*super().__dir__(), *(kind + size.replace(".", "_") for size in self.sizes)]


A10G: Final = GPUAccelerator("nvidia-a10g")
H100: Final = GPUAccelerator("nvidia-h100")
H200: Final = GPUAccelerator("nvidia-h200")
K80: Final = GPUAccelerator("nvidia-tesla-k80")
L4: Final = GPUAccelerator("nvidia-l4")
L40S: Final = GPUAccelerator("nvidia-l40s")
L4_VWS: Final = GPUAccelerator("nvidia-l4-vws")
M60: Final = GPUAccelerator("nvidia-tesla-m60")
P100: Final = GPUAccelerator("nvidia-tesla-p100")
P4: Final = GPUAccelerator("nvidia-tesla-p4")
RTX_PRO_6000: Final = GPUAccelerator("nvidia-rtx-pro-6000")
T4: Final = GPUAccelerator("nvidia-tesla-t4")
V100: Final = GPUAccelerator("nvidia-tesla-v100")

A100: Final = MultiInstanceGPUAccelerator("nvidia-tesla-a100", ("1g.5gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb"))
A100_80GB: Final = MultiInstanceGPUAccelerator(
    "nvidia-a100-80gb", ("1g.10gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb")
)
_TPU_SLICES: Final = ("1x1", "2x2", "2x4", "4x4", "4x8", "8x8", "8x16", "16x16")
V5E: Final = MultiInstanceGPUAccelerator("tpu-v5-lite-podslice", _TPU_SLICES)
V6E: Final = MultiInstanceGPUAccelerator("tpu-v6e-slice", _TPU_SLICES)
V5P: Final = MultiInstanceGPUAccelerator(
    "tpu-v5p-slice",
    ("2x2x1", "2x2x2", "2x4x4", "4x4x4", "4x4x8", "4x8x8", "8x8x8", "8x8x16", "8x16x16", "16x16x16", "16x16x24"),
)


def extended_resources(
    accelerator: BaseAccelerator | None, shared_memory: bool | str | None
) -> tasks_pb2.ExtendedResources | None:
    """Return accelerator and shared memory as a message, or None if there are none.

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
