"""What a launch plan may say of the executions that it starts, besides inputs and times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from flyteidl.admin import launch_plan_pb2

from autocontainer_nb.core.security import Secret
from autocontainer_nb.errors import DefinitionError

_SKIP: Final = int(launch_plan_pb2.CONCURRENCY_LIMIT_BEHAVIOR_SKIP)  # the only behavior that the protocol has


@dataclass(frozen=True)
class Labels:
    """Labels of an execution's Kubernetes objects; a plain dict will do, too."""

    values: Mapping[str, str]


@dataclass(frozen=True)
class Annotations:
    """Annotations of an execution's Kubernetes objects; a plain dict will do, too."""

    values: Mapping[str, str]


@dataclass(frozen=True)
class RawOutputDataConfig:
    """Where large outputs go: a URI prefix; a plain string will do, too."""

    output_location_prefix: str


@dataclass(frozen=True)
class AuthRole:
    """As whom an execution runs, in the older form: a security context's `run_as` says the same."""

    assumable_iam_role: str | None = None
    kubernetes_service_account: str | None = None


@dataclass(frozen=True)
class Identity:
    """As whom an execution runs: a role of the cloud, a service account of Kubernetes, or a user of the platform."""

    iam_role: str | None = None
    k8s_service_account: str | None = None
    execution_identity: str | None = None


@dataclass(frozen=True)
class SecurityContext:
    """As whom an execution runs, and which secrets it may see."""

    run_as: Identity | None = None
    secrets: Sequence[Secret] = ()


@dataclass(frozen=True)
class ConcurrencyPolicy:
    """How many executions of a launch plan may run at once; further ones are skipped."""

    max_concurrency: int
    behavior: int = _SKIP


@dataclass(frozen=True, kw_only=True)
class LaunchOptions:
    """The options of a launch plan. None leaves a thing to the control plane."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    raw_output_data_config: str | None = None
    max_parallelism: int | None = None  # nodes that run at once
    security_context: SecurityContext | None = None
    overwrite_cache: bool | None = None
    auto_activate: bool = False  # whether registering it makes its schedule count
    concurrency: ConcurrencyPolicy | None = None


def launch_options(name: str, given: Mapping[str, Any]) -> LaunchOptions:
    """Return the options as given to a launch plan, flytekit's classes and plain values alike.

    Raises:
        DefinitionError: an option is unknown, is given in two forms, or has another type than it should.
    """
    options = {key: value for key, value in given.items() if value is not None}
    known = [each.name for each in fields(LaunchOptions)]
    for key in options:
        if key not in [*known, "auth_role"]:
            raise DefinitionError(f"Launch plan {name!r}: there is no option {key!r}. Known: {', '.join(known)}.")
    role = options.pop("auth_role", None)
    if role is not None:
        if "security_context" in options:
            raise DefinitionError(f"Launch plan {name!r}: auth_role and security_context say the same: leave one out.")
        identity = Identity(iam_role=role.assumable_iam_role, k8s_service_account=role.kubernetes_service_account)
        options["security_context"] = SecurityContext(run_as=identity)
    for key in ("labels", "annotations"):
        if key in options:
            options[key] = _texts(name, key, getattr(options[key], "values", None), options[key])
    config = options.get("raw_output_data_config")
    if isinstance(config, RawOutputDataConfig):
        options["raw_output_data_config"] = config.output_location_prefix
    parallelism = options.get("max_parallelism", 0)
    if isinstance(parallelism, bool) or not isinstance(parallelism, int) or parallelism < 0:
        raise DefinitionError(f"Launch plan {name!r}: max_parallelism: a whole number expected, got {parallelism!r}.")
    return LaunchOptions(**options)


def _texts(name: str, key: str, values: Any, given: Any) -> dict[str, str]:
    """Return the labels: a dict's `values` is its method, of Labels it is the dict."""
    found = given if isinstance(given, Mapping) else values
    if not isinstance(found, Mapping) or not all(isinstance(text, str) for pair in found.items() for text in pair):
        raise DefinitionError(f"Launch plan {name!r}: {key}: a dict of texts expected, got {given!r}.")
    return dict(found)
