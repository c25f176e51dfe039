"""Secrets of a running task, read where Flyte puts them: from variables, or from files below one folder.

Names and defaults are those of flytekit's `configuration.SecretsConfig`, which the control plane's webhook follows.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from autocontainer_nb.core.environment import variables
from autocontainer_nb.errors import ConfigError

if TYPE_CHECKING:
    from autocontainer_nb.core.settings.secret_requests import Secret

_ENV_PREFIX: Final = "_FSEC_"
_FOLDER: Final = "/etc/secrets"


@dataclass(frozen=True, repr=False)
class SecretsManager:
    """Returns the values of secrets: `secrets.get("group", "key")` or `secrets.group.key`. Its repr shows none."""

    variables: Mapping[str, str] = field(default_factory=variables)
    env_prefix: str = _ENV_PREFIX
    folder: str = _FOLDER
    file_prefix: str = ""
    is_local: bool = False  # if True, a variable without the prefix also counts
    requests: "Sequence[Secret]" = ()  # of the running task, whose `env_var` has the secret as well

    @classmethod
    def from_variables(
        cls, variables: Mapping[str, str], *, is_local: bool = False, requests: "Sequence[Secret]" = ()
    ) -> "SecretsManager":
        """Return a manager that looks where the variables say, by default where Flyte puts secrets."""
        return cls(
            variables,
            env_prefix=variables.get("FLYTE_SECRETS_ENV_PREFIX", _ENV_PREFIX).strip(),
            folder=variables.get("FLYTE_SECRETS_DEFAULT_DIR", _FOLDER).strip(),
            file_prefix=variables.get("FLYTE_SECRETS_FILE_PREFIX", "").strip(),
            is_local=is_local,
            requests=requests,
        )

    def get(
        self, group: str | None = None, key: str | None = None, group_version: str | None = None, encode_mode: str = "r"
    ) -> Any:
        """Return the secret's value without surrounding whitespace: str, or bytes of a file if `encode_mode="rb"`.

        Raises:
            ConfigError: neither a variable nor a file has it; the message names both places, and no value.
        """
        names = [self.get_secrets_env_var(group, key, group_version)]
        if self.is_local:
            names.append(names[0].removeprefix(self.env_prefix))
        own = [each for each in self.requests if (each.group, each.key) == (group, key)]
        names += [each.env_var for each in own if each.env_var and each.group_version in {None, group_version}]
        for name in names:
            if name in self.variables:
                return self.variables[name].strip()
        path = self.get_secrets_file(group, key, group_version)
        if os.path.isfile(path):
            with open(path, encode_mode, encoding=None if "b" in encode_mode else "utf-8") as file:
                return file.read().strip()
        raise ConfigError(
            f"The secret {key!r} of the group {group!r} isn't available: neither the variable {' nor '.join(names)} "
            f"nor the file {path!r} exists. {self._way_out(group, key, names[-1], is_requested=bool(own))}"
        )

    def _way_out(self, group: str | None, key: str | None, name: str, *, is_requested: bool) -> str:
        if not is_requested:
            return f"Request it: @task(secret_requests=[Secret(group={group!r}, key={key!r})])."
        return f"Set {name} here." if self.is_local else "The task requests it: let the control plane have it."

    def get_secrets_env_var(
        self, group: str | None = None, key: str | None = None, group_version: str | None = None
    ) -> str:
        """Return the name of the variable that would hold the secret."""
        return self.env_prefix + "_".join(part.upper() for part in _parts(group, key, group_version))

    def get_secrets_file(
        self, group: str | None = None, key: str | None = None, group_version: str | None = None
    ) -> str:
        """Return the path of the file that would hold the secret."""
        *folders, name = (part.lower() for part in _parts(group, key, group_version))
        return os.path.join(self.folder, *folders, self.file_prefix + name)

    def __getattr__(self, group: str) -> "_Group":
        if group.startswith("_"):  # asked for by copying and pickling
            raise AttributeError(group)
        return _Group(self, group)

    def __repr__(self) -> str:
        return f"<secrets in {self.env_prefix}* and {self.folder}>"

    def __reduce__(self) -> Any:
        raise TypeError("Secrets can't be pickled. Read current_context().secrets in the running task.")


class _Group:
    """The secrets of one group, by attribute."""

    def __init__(self, manager: SecretsManager, group: str) -> None:
        self._manager = manager
        self._group = group

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        return self._manager.get(self._group, key)


def _parts(group: str | None, key: str | None, group_version: str | None) -> list[str]:
    parts = [part for part in (group, group_version, key) if part]
    if not parts:
        raise ConfigError("Secret: expected a group, a key or both, got neither.")
    return parts
