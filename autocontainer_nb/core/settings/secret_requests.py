"""Secrets that a task requests: it names them, and the control plane provides them in the container."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from flyteidl.core import security_pb2

from autocontainer_nb.core.settings.options import check_classes, check_forms
from autocontainer_nb.errors import DefinitionError

_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]*")


@dataclass(frozen=True)
class Secret:
    """A secret for the container, in an environment variable or a file.

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

    def __post_init__(self) -> None:
        """Raise DefinitionError for a secret that the control plane would refuse."""
        if not self.group and not self.key:
            raise DefinitionError("Secret: expected a group, a key or both, got neither.")
        texts = [
            ("group", self.group),
            ("key", self.key),
            ("group_version", self.group_version),
            ("env_var", self.env_var),
        ]
        check_forms("Secret", [(name, value, "text") for name, value in texts])
        check_classes("Secret", [("mount_requirement", self.mount_requirement, Secret.MountType)])
        if self.env_var is not None and not _VARIABLE.fullmatch(self.env_var):
            raise DefinitionError(
                "Secret: env_var: expected capital letters, digits and '_', starting with no digit, got "
                f"{self.env_var!r}."
            )


def security_context(secrets: Sequence[Secret]) -> security_pb2.SecurityContext:
    """Return the secrets as Flyte's message."""
    return security_pb2.SecurityContext(secrets=[secret_message(secret) for secret in secrets])


def secret_message(secret: Secret) -> security_pb2.Secret:
    """Return one secret as Flyte's message."""
    return security_pb2.Secret(
        group=secret.group or "",
        key=secret.key or "",
        group_version=secret.group_version or "",
        mount_requirement=security_pb2.Secret.MountType.Name(secret.mount_requirement.value),
        env_var=secret.env_var or "",
    )
