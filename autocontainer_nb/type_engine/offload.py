"""Large literals: stored in a file of their own beside the outputs, as Flyte's propeller asks for by two variables."""

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
    """From which size a literal is offloaded, and from which it is refused."""

    min_bytes: int
    max_bytes: int


def limits_from(variables: Mapping[str, str]) -> OffloadLimits | None:
    """Return the limits that Flyte set for this container, or None where nothing is offloaded.

    Raises:
        ConfigError: a variable is no number of megabytes.
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
        raise ConfigError(f"The variable {name} holds {text!r}: a whole number of megabytes expected.") from None


def offload(
    outputs: literals_pb2.LiteralMap,
    output_types: Mapping[str, types_pb2.LiteralType],
    output_prefix: str,
    limits: OffloadLimits | None,
) -> tuple[literals_pb2.LiteralMap, dict[str, bytes]]:
    """Return the outputs with large literals replaced by their places, and name ► content of the files to write there.

    The files belong below `output_prefix`, beside `outputs.pb`, and must be written before it. `output_types` are the
    types that the literals have: of a map task's container, the elements'.

    Raises:
        ConversionError: a literal is too large even for that; it names the output, its size and the limit.
    """
    if limits is None:
        return outputs, {}
    kept = literals_pb2.LiteralMap()
    files: dict[str, bytes] = {}
    for name, literal in outputs.literals.items():
        size = literal.ByteSize()
        if size >= limits.max_bytes:
            raise ConversionError(
                f"The output {name!r} is {size / _MB:.1f} MB as a literal, and the limit here is "
                f"{limits.max_bytes // _MB} MB: return a FlyteFile or a frame instead, whose content is stored apart."
            )
        if size < limits.min_bytes:
            kept.literals[name].CopyFrom(literal)
            continue
        content = literal.SerializeToString(deterministic=True)
        file_name = name + OFFLOADED_FILE_SUFFIX
        files[file_name] = content
        place = literals_pb2.LiteralOffloadedMetadata(
            uri=join(output_prefix, file_name), size_bytes=size, inferred_type=output_types[name]
        )
        replaced = literals_pb2.Literal(offloaded_metadata=place, hash=literal.hash or _digest(content))
        kept.literals[name].CopyFrom(replaced)
    return kept, files


def _digest(content: bytes) -> str:
    # Opaque to Flyte: it only has to be the same for the same content. flytekit hashes a JSON form, much slower.
    return b64encode(hashlib.sha256(content).digest()).decode()
