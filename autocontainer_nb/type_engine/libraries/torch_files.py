"""Transformers for PyTorch tensors and modules: a blob written by `torch.save`. Imported only if torch is loaded."""

from typing import Any, ClassVar

import torch

from autocontainer_nb.type_engine.families.library_files import LibraryFileTransformer
from autocontainer_nb.wire import TORCH_MODULE_FORMAT, TORCH_TENSOR_FORMAT


class _TorchTransformer(LibraryFileTransformer):
    file_name = "value.pt"
    weights_only: ClassVar[bool]

    def save(self, value: Any, path: str) -> None:
        """Write the value with torch."""
        torch.save(value, path)

    def load(self, path: str) -> Any:
        """Return the value in the file, on the first GPU if there is one."""
        place = "cuda:0" if torch.cuda.is_available() else "cpu"
        return torch.load(path, map_location=place, weights_only=self.weights_only)


class TensorTransformer(_TorchTransformer):
    """torch.Tensor; reading one never runs its writer's code."""

    tag = "PyTorch Tensor"
    form = TORCH_TENSOR_FORMAT
    weights_only = True


class ModuleTransformer(_TorchTransformer):
    """torch.nn.Module as a whole: its class is unpickled, which can run its writer's code."""

    tag = "PyTorch Module"
    form = TORCH_MODULE_FORMAT
    weights_only = False
