"""Flyte's configuration file (`config.yaml`, as flytectl writes it), with access by dotted names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autocontainer_nb.errors import ConfigError
from autocontainer_nb.wire import ENV_FLYTE_CONFIG


@dataclass(frozen=True)
class ConfigFile:
    """The content of a configuration file; `path` is empty if there is none."""

    path: str = ""
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def get(self, dotted: str) -> Any:
        """Return the value at `section.option`, or None."""
        value: Any = self.content
        for name in dotted.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def text(self, dotted: str) -> str:
        """Return the value as text; empty if there is none."""
        value = self.get(dotted)
        if isinstance(value, (Mapping, list)):
            raise ConfigError(f"{dotted!r} in {self.path!r}: expected text, got a {type(value).__name__}.")
        return "" if value is None else str(value)

    def words(self, dotted: str) -> tuple[str, ...]:
        """Return the value as texts: a list as it is, a single text as the only element."""
        value = self.get(dotted)
        if isinstance(value, list):
            return tuple(str(each) for each in value)
        return (str(value),) if value not in (None, "") else ()


def read_config_file(argument: str | None, environment: Mapping[str, str], home_directory: str) -> ConfigFile:
    """Return the file of the argument, of the variable FLYTECTL_CONFIG, or `~/.flyte/config.yaml` if there is one.

    Raises:
        ConfigError: the named file doesn't exist, or the file can't be used.
    """
    named = argument or environment.get(ENV_FLYTE_CONFIG, "")
    path = Path(named).expanduser() if named else Path(home_directory, ".flyte", "config.yaml")
    if not named and not path.is_file():
        return ConfigFile()
    origin = "the argument config_file" if argument else f"the variable {ENV_FLYTE_CONFIG}" if named else "the default"
    return ConfigFile(str(path), _load(path, origin))


def _load(path: Path, origin: str) -> Mapping[str, Any]:
    import yaml

    try:
        with path.open(encoding="utf-8") as file:
            content = yaml.safe_load(file)
    except OSError as error:
        raise ConfigError(
            f"Flyte configuration file {str(path)!r} ({origin}) can't be read: {error.strerror}."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # The parser's message may quote a line, which may contain a secret: the line number is enough.
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ConfigError(f"Flyte configuration file {str(path)!r} ({origin}) isn't valid YAML{where}.") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(
            f"Flyte configuration file {str(path)!r} ({origin}): expected sections such as 'admin:', got a "
            f"{type(content).__name__}. INI files of older flytekit versions aren't supported: use a config.yaml."
        )
    return content
