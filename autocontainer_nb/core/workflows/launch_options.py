"""What a launch plan may say of the executions that it starts, besides inputs and times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any, Protocol

from flyteidl.admin import launch_plan_pb2
from google.protobuf.message import Message

from autocontainer_nb.core.settings.secret_requests import Secret
from autocontainer_nb.core.workflows.schedule import OnSchedule
from autocontainer_nb.errors import DefinitionError


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
class OAuth2Client:
    """A client of an identity provider; its secret is named, never carried."""

    client_id: str
    client_secret: Secret

    def __post_init__(self) -> None:
        """Refuse a secret in plain text: a registered launch plan can be read by everybody who may read the project."""
        if not isinstance(self.client_secret, Secret):
            raise DefinitionError(
                f"OAuth2Client {self.client_id!r}: client_secret: a Secret(group=..., key=...) that the control plane "
                f"fills in expected, got {type(self.client_secret).__name__}."
            )


@dataclass(frozen=True)
class OAuth2TokenRequest:
    """A token that the control plane gets from an identity provider for an execution, under a name."""

    class Type(IntEnum):
        """How the token is asked for; the numbers are the protocol's."""

        CLIENT_CREDENTIALS = 0

    name: str
    client: OAuth2Client
    idp_discovery_endpoint: str | None = None
    token_endpoint: str | None = None
    type_: "OAuth2TokenRequest.Type" = Type.CLIENT_CREDENTIALS


@dataclass(frozen=True)
class Identity:
    """As whom an execution runs: a role of the cloud, a service account of Kubernetes, or a user of the platform."""

    iam_role: str | None = None
    k8s_service_account: str | None = None
    oauth2_client: OAuth2Client | None = None
    execution_identity: str | None = None


@dataclass(frozen=True)
class SecurityContext:
    """As whom an execution runs, and which secrets and tokens it may see. One secret or token needs no list."""

    run_as: Identity | None = None
    secrets: Sequence[Secret] | Secret = ()
    tokens: Sequence[OAuth2TokenRequest] | OAuth2TokenRequest = ()

    def __post_init__(self) -> None:
        """Make sequences of single ones."""
        for field_, kind in (("secrets", Secret), ("tokens", OAuth2TokenRequest)):
            given = getattr(self, field_)
            object.__setattr__(self, field_, (given,) if isinstance(given, kind) else tuple(given or ()))


class ConcurrencyLimitBehavior(IntEnum):
    """What happens to a start beyond the limit; the numbers are the protocol's, which has no other so far."""

    SKIP = int(launch_plan_pb2.CONCURRENCY_LIMIT_BEHAVIOR_SKIP)


@dataclass(frozen=True)
class ConcurrencyPolicy:
    """How many executions of a launch plan may run at once; further ones are skipped."""

    max_concurrency: int
    behavior: ConcurrencyLimitBehavior | None = ConcurrencyLimitBehavior.SKIP  # None is SKIP, too


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
    trigger: Any = None  # what starts it besides times: an object of the platform's own, see `Trigger`


class Trigger(Protocol):
    """What `trigger` takes besides `OnSchedule`: an extension of a platform, with its message for the launch plan."""

    def to_flyte_idl(self, launch_plan: Any) -> Message:
        """Return what goes into the launch plan's `launch_conditions`."""


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
    trigger = options.get("trigger")
    if trigger is not None and not callable(getattr(trigger, "to_flyte_idl", None)):
        raise DefinitionError(
            f"Launch plan {name!r}: trigger: OnSchedule(...) expected, or an object of your platform with "
            f"to_flyte_idl(launch_plan), got {trigger!r}."
        )
    _check_concurrency(name, options.get("concurrency"))
    return LaunchOptions(**options)


def _check_concurrency(name: str, policy: Any) -> None:
    if policy is None:
        return
    if not isinstance(policy, ConcurrencyPolicy):
        raise DefinitionError(f"Launch plan {name!r}: concurrency: a ConcurrencyPolicy expected, got {policy!r}.")
    limit = policy.max_concurrency
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise DefinitionError(f"Launch plan {name!r}: concurrency: max_concurrency is 1 or more, got {limit!r}.")
    if policy.behavior is not None and policy.behavior not in list(ConcurrencyLimitBehavior):
        known = ", ".join(f"ConcurrencyLimitBehavior.{each.name}" for each in ConcurrencyLimitBehavior)
        raise DefinitionError(
            f"Launch plan {name!r}: concurrency: behavior: {known} expected, got {policy.behavior!r}."
        )


def schedule_of(name: str, schedule: Any, options: dict[str, Any]) -> Any:
    """Return the schedule, be it given as such or as a trigger, which is then taken out of the options.

    Raises:
        DefinitionError: it is given in both forms.
    """
    if not isinstance(options.get("trigger"), OnSchedule):
        return schedule
    if schedule is not None:
        raise DefinitionError(
            f"Launch plan {name!r}: schedule and trigger=OnSchedule(...) say the same: leave one out."
        )
    return options.pop("trigger").schedule


def _texts(name: str, key: str, values: Any, given: Any) -> dict[str, str]:
    """Return the labels: a dict's `values` is its method, of Labels it is the dict."""
    found = given if isinstance(given, Mapping) else values
    if not isinstance(found, Mapping) or not all(isinstance(text, str) for pair in found.items() for text in pair):
        raise DefinitionError(f"Launch plan {name!r}: {key}: a dict of texts expected, got {given!r}.")
    return dict(found)
