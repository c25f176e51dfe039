"""`Config`, by which flytekit's `FlyteRemote` is told its control plane."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class PlatformConfig:
    """Where the control plane is. An empty endpoint is looked for in the environment and the configuration file."""

    endpoint: str = ""
    insecure: bool | None = None


@dataclass(frozen=True)
class Config:
    """A control plane's address: `Config.auto()`, `Config.for_sandbox()` or `Config.for_endpoint("host:port")`."""

    platform: PlatformConfig = field(default_factory=PlatformConfig)
    config_file: str | None = None

    @classmethod
    def auto(cls, config_file: str | None = None) -> "Config":
        """Return what the environment and the configuration file say, by default in its usual places."""
        return cls(config_file=str(config_file) if config_file else None)

    @classmethod
    def for_sandbox(cls) -> "Config":
        """Return the sandbox of this machine."""
        return cls(PlatformConfig(endpoint="sandbox"))

    @classmethod
    def for_endpoint(cls, endpoint: str, insecure: bool | None = None, config_file: str | None = None) -> "Config":
        """Return the control plane at this endpoint."""
        return cls(PlatformConfig(endpoint, insecure), str(config_file) if config_file else None)
