"""The version of a capture: what its entities mean, as one digest, one for each, and part by part."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter
from autocontainer_nb.pickling.meaning.named_parts import NamedPart, named_parts

MAX_PARTS: Final = 2000  # of one archive: its metadata must stay readable at once
MAX_LINES: Final = 50_000


@dataclass(frozen=True)
class Versions:
    """`version` is that of all entities together; `parts` are in the order in which the entities reach them."""

    version: str
    entities: dict[str, str]
    parts: tuple[NamedPart, ...]


def versions_of(
    entities: Mapping[str, Any],
    besides: Any,
    modules: list[str],
    packages: Mapping[str, str],
    fingerprinter: Fingerprinter,
) -> Versions:
    """Return the versions of the entities by their names; `besides` is what else travels and counts.

    The minor version of Python counts: code and many objects are written as it has them. So do the versions of the
    packages that the entities need, {distribution: version}: a container that has older ones refuses the file.
    """
    found = {name: fingerprinter.digest(entity) for name, entity in entities.items()}
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    parts = [NamedPart("python", "python", "str", sha256(python.encode()).hexdigest(), python)]
    for name, number in packages.items():
        digest = sha256(f"{name}=={number}".encode()).hexdigest()
        parts.append(NamedPart(f"package {name}", "package", "str", digest, number))
    told, lines = {part.name for part in parts}, MAX_LINES
    for name, entity in entities.items():
        for part in named_parts(name.rpartition(".")[2], entity, fingerprinter):
            if part.name not in told and len(parts) < MAX_PARTS:
                told.add(part.name)
                lines -= len(part.lines)
                parts.append(part if lines > 0 else replace(part, lines=()))
    all_modules = fingerprinter.modules_digest(modules).hex()
    content = sha256(f"{python}\0{fingerprinter.digest(besides)}\0{all_modules}".encode())
    for name, number in packages.items():
        content.update(f"\0{name}=={number}".encode())
    for name, digest in sorted(found.items()):
        content.update(f"\0{name}\0{digest}".encode())
    return Versions(content.hexdigest(), found, tuple(parts))
