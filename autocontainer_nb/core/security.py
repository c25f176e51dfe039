"""Secrets that a task asks for: named here, filled in by the control plane, never carried by the task."""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Secret:
    """One secret that the container gets, by environment variable or by file.

    Field names and their meaning are those of `flyteidl/core/security.proto`, message Secret.
    """

    class MountType(Enum):
        """How the secret appears in the container; the numbers are the protocol's."""

        ANY = 0
        ENV_VAR = 1
        FILE = 2

    group: str | None = None
    key: str | None = None
    group_version: str | None = None
    mount_requirement: "Secret.MountType" = MountType.ANY
    env_var: str | None = None
