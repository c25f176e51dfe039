"""Encoders and decoders of data frames as flytekit's users write them, and the engine that takes them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.core.context_manager import FlyteContext
from autocontainer_nb.core.conversion.type_transformer import context_with
from autocontainer_nb.core.run.renderers import Renderable, register_renderer
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.libraries.dataframes import FrameTransformer
from autocontainer_nb.type_engine.values.frame_files import is_frame_type
from autocontainer_nb.type_engine.values.frame_handlers import FrameHandler, register_handler
from autocontainer_nb.type_engine.values.structured_dataset import StructuredDataset
from autocontainer_nb.type_engine.wording import show_value

T = TypeVar("T")


class _Coder(ABC, Generic[T]):
    """What is common to both: the type, the format and the protocol of the URI."""

    def __init__(
        self,
        python_type: type[T],
        protocol: str | None = None,
        supported_format: str | None = None,
        additional_protocols: list[str] | None = None,
    ) -> None:
        self._python_type = python_type
        self._protocol = protocol.replace("://", "") if protocol else None
        self._supported_format = supported_format or ""
        self._additional_protocols = additional_protocols or []

    @property
    def python_type(self) -> type[T]:
        """The type of the frames."""
        return self._python_type

    @property
    def protocol(self) -> str | None:
        """The beginning of the URIs that it is for; None for all."""
        return self._protocol

    @property
    def supported_format(self) -> str:
        """The format of what is stored; empty for any."""
        return self._supported_format


class StructuredDatasetEncoder(_Coder[T]):
    """Stores frames of a type: subclass it, and pass an instance to `StructuredDatasetTransformerEngine.register`."""

    @abstractmethod
    def encode(
        self,
        ctx: FlyteContext,
        structured_dataset: StructuredDataset,
        structured_dataset_type: types_pb2.StructuredDatasetType,
    ) -> literals_pb2.StructuredDataset:
        """Store `structured_dataset.dataframe`, and return where it is."""


class StructuredDatasetDecoder(_Coder[T]):
    """Reads frames of a type: subclass it, and pass an instance to `StructuredDatasetTransformerEngine.register`."""

    @abstractmethod
    def decode(
        self,
        ctx: FlyteContext,
        flyte_value: literals_pb2.StructuredDataset,
        current_task_metadata: literals_pb2.StructuredDatasetMetadata,
    ) -> Any:
        """Return the frame, or a generator of its parts; the metadata has the columns that the task asks for."""


@dataclass(frozen=True)
class CoderRegistration:
    """One encoder, decoder or renderer that a notebook has registered; containers register it again."""

    coder: Any
    python_type: Any

    def apply(self) -> None:
        """Register it in this process."""
        if isinstance(self.coder, StructuredDatasetEncoder | StructuredDatasetDecoder):
            register_handler(_handler(self.coder))
            if isinstance(self.python_type, type) and not is_frame_type(self.python_type):
                type_engine.register(FramesOf(self.python_type), FrameTransformer)
        else:
            register_renderer(self.python_type, self.coder)
        _registrations.append(self)

    def says_the_same(self, other: "CoderRegistration") -> bool:
        """Whether the other one is of the same class for the same type."""
        return type(self.coder) is type(other.coder) and self.python_type is other.python_type


@dataclass(frozen=True)
class FramesOf:
    """Whether a type is the user's own type of frames; types with a rule of their own, such as arrays, keep it."""

    python_type: Any

    def __call__(self, python_type: Any) -> bool:
        """Return whether it is that type."""
        return python_type is self.python_type and self.python_type.__module__.partition(".")[0] != "numpy"


_registrations: list[CoderRegistration] = []


def coder_registrations() -> list[CoderRegistration]:
    """Return what has been registered in this process, in order."""
    return list(_registrations)


def register_again(registrations: list[CoderRegistration]) -> None:
    """Register here what was registered in the notebook, unless it already is."""
    for each in registrations:
        if not any(each.says_the_same(known) for known in _registrations):
            each.apply()


class StructuredDatasetTransformerEngine:
    """Takes encoders, decoders and renderers of data frames, by flytekit's names."""

    @classmethod
    def register(
        cls,
        h: StructuredDatasetEncoder[Any] | StructuredDatasetDecoder[Any],
        default_for_type: bool = False,  # noqa: ARG003 - the last one registered is the default anyway
        override: bool = False,  # noqa: ARG003 - and it takes precedence
        default_format_for_type: bool = False,  # noqa: ARG003 - see above
        default_storage_for_type: bool = False,  # noqa: ARG003 - see above
    ) -> None:
        """Store or read frames of the handler's type by it, here and in containers.

        Raises:
            DefinitionError: it is no instance of an encoder or decoder.
        """
        if not isinstance(h, StructuredDatasetEncoder | StructuredDatasetDecoder):
            raise DefinitionError(
                "StructuredDatasetTransformerEngine.register: expected an instance of a StructuredDatasetEncoder or "
                f"StructuredDatasetDecoder, got {show_value(h)}."
            )
        CoderRegistration(h, h.python_type).apply()

    @classmethod
    def register_renderer(cls, python_type: Any, renderer: Renderable) -> None:
        """Show values of the type in decks by `renderer.to_html(value)`."""
        CoderRegistration(renderer, python_type).apply()


def register_csv_handlers() -> None:
    """Do nothing: pandas frames can be stored and read as csv without it."""


def _handler(coder: StructuredDatasetEncoder[Any] | StructuredDatasetDecoder[Any]) -> FrameHandler:
    form = coder.supported_format or None
    if isinstance(coder, StructuredDatasetEncoder):
        return FrameHandler(coder.python_type, form, store=lambda *given: _encode(coder, *given))
    return FrameHandler(coder.python_type, form, fetch=lambda *given: _decode(coder, *given))


def _encode(
    encoder: StructuredDatasetEncoder[Any], dataset: Any, declared: types_pb2.StructuredDatasetType, files: FileAccess
) -> literals_pb2.StructuredDataset:
    context = context_with(files)
    found = encoder.encode(context, dataset, declared)
    if not isinstance(found, literals_pb2.StructuredDataset):
        raise DefinitionError(
            f"{type(encoder).__name__}.encode: expected flytekit.models.literals.StructuredDataset(uri=...), got "
            f"{show_value(found)}."
        )
    found.uri = context.file_access.place_of(found.uri)
    return found


def _decode(
    decoder: StructuredDatasetDecoder[Any],
    stored: literals_pb2.StructuredDataset,
    metadata: literals_pb2.StructuredDatasetMetadata,
    files: FileAccess,
) -> Any:
    return decoder.decode(context_with(files), stored, metadata)
