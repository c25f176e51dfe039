"""Secrets at run time, found where Flyte puts them: in variables, or in files below one folder.

Names and defaults are those of flytekit's `configuration.SecretsConfig`, which the control plane's webhook follows.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from autocontainer_nb.errors import ConfigError

_ENV_PREFIX: Final = "_FSEC_"
_FOLDER: Final = "/etc/secrets"


@dataclass(frozen=True, repr=False)
class SecretsManager:
    """Gives the values of secrets: `secrets.get("group", "key")`, or `secrets.group.key`. It never shows one."""

    variables: Mapping[str, str]
    env_prefix: str = _ENV_PREFIX
    folder: str = _FOLDER
    file_prefix: str = ""
    is_local: bool = False  # a plain variable without the prefix counts too

    @classmethod
    def from_variables(cls, variables: Mapping[str, str], *, is_local: bool = False) -> "SecretsManager":
        """Return a manager that looks where the variables say, or where Flyte puts secrets by default."""
        return cls(
            variables,
            env_prefix=variables.get("FLYTE_SECRETS_ENV_PREFIX", _ENV_PREFIX).strip(),
            folder=variables.get("FLYTE_SECRETS_DEFAULT_DIR", _FOLDER).strip(),
            file_prefix=variables.get("FLYTE_SECRETS_FILE_PREFIX", "").strip(),
            is_local=is_local,
        )

    def get(
        self, group: str | None = None, key: str | None = None, group_version: str | None = None, encode_mode: str = "r"
    ) -> Any:
        """Return the secret's value without surrounding blanks: text, or bytes of a file for `encode_mode="rb"`.

        Raises:
            ConfigError: no variable and no file holds it; the message names both places, and no value.
        """
        names = [self.get_secrets_env_var(group, key, group_version)]
        if self.is_local:
            names.append(names[0].removeprefix(self.env_prefix))
        for name in names:
            if name in self.variables:
                return self.variables[name].strip()
        path = self.get_secrets_file(group, key, group_version)
        if os.path.isfile(path):
            with open(path, encode_mode, encoding=None if "b" in encode_mode else "utf-8") as file:
                return file.read().strip()
        raise ConfigError(
            f"No secret {key!r} of the group {group!r} here: neither the variable {' nor '.join(names)} nor the file "
            f"{path!r} exists. Ask for it: @task(secret_requests=[Secret(group={group!r}, key={key!r})])."
        )

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
        if group.startswith("_"):  # what copying and pickling ask for is no secret
            raise AttributeError(group)
        return _Group(self, group)

    def __repr__(self) -> str:
        return f"<secrets in {self.env_prefix}* and {self.folder}>"

    def __reduce__(self) -> Any:
        raise TypeError("secrets can't be pickled: ask current_context().secrets where the task runs")


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
        raise ConfigError("A secret is asked for by its group, its key or both; neither was given.")
    return parts
