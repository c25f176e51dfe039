"""Offloading of large literals to files beside the outputs, as two variables set by Flyte's propeller ask for."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.errors import ConfigError, ConversionError
from autocontainer_nb.storage.uris import join
from autocontainer_nb.wire import ENV_OFFLOAD_MAX_MB, ENV_OFFLOAD_MIN_MB, OFFLOADED_FILE_SUFFIX

_MB = 1024 * 1024
_DEFAULT_MAX_MB = 1000  # flytekit's bin/entrypoint.py


@dataclass(frozen=True, kw_only=True)
class OffloadLimits:
    """The size from which a literal is offloaded, and the size from which it is refused."""

    min_bytes: int
    max_bytes: int


def limits_from(variables: Mapping[str, str]) -> OffloadLimits | None:
    """Return the limits that Flyte set for this container, or None if nothing is to be offloaded.

    Raises:
        ConfigError: a variable isn't a whole number.
    """
    if ENV_OFFLOAD_MIN_MB not in variables:
        return None
    return OffloadLimits(
        min_bytes=_megabytes(variables, ENV_OFFLOAD_MIN_MB, 0) * _MB,
        max_bytes=_megabytes(variables, ENV_OFFLOAD_MAX_MB, _DEFAULT_MAX_MB) * _MB,
    )


def _megabytes(variables: Mapping[str, str], name: str, default: int) -> int:
    text = variables.get(name, str(default))
    try:
        return int(text)
    except ValueError:
        raise ConfigError(f"The variable {name}: expected a whole number of megabytes, got {text!r}.") from None


def offload(
    outputs: literals_pb2.LiteralMap,
    output_types: Mapping[str, types_pb2.LiteralType],
    output_prefix: str,
    limits: OffloadLimits | None,
) -> tuple[literals_pb2.LiteralMap, dict[str, bytes]]:
    """Return the outputs with large literals replaced by their locations, and the files to write (name ► content).

    The files belong below `output_prefix`, beside `outputs.pb`, and must be written before it. `output_types` are the
    types of these literals: in a map task's container, the element types.

    Raises:
        ConversionError: a literal is too large even for that; the message names the output, its size and the limit.
    """
    if limits is None:
        return outputs, {}
    kept = literals_pb2.LiteralMap()
    files: dict[str, bytes] = {}
    for name, literal in outputs.literals.items():
        size = literal.ByteSize()
        if size >= limits.max_bytes:
            raise ConversionError(
                f"The output {name!r} is {size / _MB:.1f} MB as a literal, but the limit here is "
                f"{limits.max_bytes // _MB} MB. Return a FlyteFile or a DataFrame, whose content is stored separately."
            )
        if size < limits.min_bytes:
            kept.literals[name].CopyFrom(literal)
            continue
        content = literal.SerializeToString(deterministic=True)
        file_name = name + OFFLOADED_FILE_SUFFIX
        files[file_name] = content
        kept.literals[name].CopyFrom(offloaded(literal, join(output_prefix, file_name), output_types[name]))
    return kept, files


def offloaded(literal: literals_pb2.Literal, uri: str, kind: types_pb2.LiteralType) -> literals_pb2.Literal:
    """Return the literal that stands for this one, whose deterministic wire form is the file at `uri`."""
    content = literal.SerializeToString(deterministic=True)
    place = literals_pb2.LiteralOffloadedMetadata(uri=uri, size_bytes=len(content), inferred_type=kind)
    return literals_pb2.Literal(offloaded_metadata=place, hash=literal.hash or _digest(content))


def _digest(content: bytes) -> str:
    # Opaque to Flyte: equal content must have equal hashes. flytekit hashes a JSON form, which is much slower.
    return b64encode(hashlib.sha256(content).digest()).decode()
