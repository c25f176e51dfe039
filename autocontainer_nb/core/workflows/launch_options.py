"""Options of a launch plan, beside inputs and schedule, for the executions that it starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any, Protocol

from flyteidl.admin import launch_plan_pb2
from google.protobuf.message import Message

from autocontainer_nb.core.settings.options import check_classes, check_forms
from autocontainer_nb.core.settings.secret_requests import Secret
from autocontainer_nb.core.workflows.schedule import OnSchedule
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.wording import with_article


@dataclass(frozen=True)
class Labels:
    """Labels of an execution's Kubernetes objects; a plain dict also works."""

    values: Mapping[str, str]


@dataclass(frozen=True)
class Annotations:
    """Annotations of an execution's Kubernetes objects; a plain dict also works."""

    values: Mapping[str, str]


@dataclass(frozen=True)
class RawOutputDataConfig:
    """The URI prefix for large outputs; a plain string also works."""

    output_location_prefix: str


@dataclass(frozen=True)
class AuthRole:
    """The identity that an execution runs under, in the older form of a security context's `run_as`."""

    assumable_iam_role: str | None = None
    kubernetes_service_account: str | None = None


@dataclass(frozen=True)
class OAuth2Client:
    """A client of an identity provider; it names its secret and never contains it."""

    client_id: str
    client_secret: Secret

    def __post_init__(self) -> None:
        """Refuse a secret in plain text: everyone with access to the project can read a registered launch plan."""
        if not isinstance(self.client_secret, Secret):
            raise DefinitionError(
                f"OAuth2Client {self.client_id!r}: client_secret: expected a Secret(group=..., key=...), which the "
                f"control plane fills in, got {with_article(type(self.client_secret))}."
            )


@dataclass(frozen=True)
class OAuth2TokenRequest:
    """A named token that the control plane requests from an identity provider for an execution."""

    class Type(IntEnum):
        """How the token is requested; the numbers are the protocol's."""

        CLIENT_CREDENTIALS = 0

    name: str
    client: OAuth2Client
    idp_discovery_endpoint: str | None = None
    token_endpoint: str | None = None
    type_: "OAuth2TokenRequest.Type" = Type.CLIENT_CREDENTIALS


@dataclass(frozen=True)
class Identity:
    """The identity that an execution runs under: an IAM role, a Kubernetes service account, or a user."""

    iam_role: str | None = None
    k8s_service_account: str | None = None
    oauth2_client: OAuth2Client | None = None
    execution_identity: str | None = None


@dataclass(frozen=True)
class SecurityContext:
    """The identity, secrets and tokens of an execution. A single secret or token needs no list."""

    run_as: Identity | None = None
    secrets: Sequence[Secret] | Secret = ()
    tokens: Sequence[OAuth2TokenRequest] | OAuth2TokenRequest = ()

    def __post_init__(self) -> None:
        """Turn a single secret or token into a sequence."""
        for field_, kind in (("secrets", Secret), ("tokens", OAuth2TokenRequest)):
            given = getattr(self, field_)
            object.__setattr__(self, field_, (given,) if isinstance(given, kind) else tuple(given or ()))


class ConcurrencyLimitBehavior(IntEnum):
    """What happens to a start beyond the limit; the protocol has no other behavior so far."""

    SKIP = int(launch_plan_pb2.CONCURRENCY_LIMIT_BEHAVIOR_SKIP)


@dataclass(frozen=True)
class ConcurrencyPolicy:
    """The number of executions of a launch plan that may run at once; further starts are skipped."""

    max_concurrency: int
    behavior: ConcurrencyLimitBehavior | None = ConcurrencyLimitBehavior.SKIP  # None means SKIP


@dataclass(frozen=True, kw_only=True)
class LaunchOptions:
    """The options of a launch plan; None leaves the choice to the control plane."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    raw_output_data_config: str | None = None
    max_parallelism: int | None = None  # nodes that run at once
    security_context: SecurityContext | None = None
    overwrite_cache: bool | None = None
    auto_activate: bool = False  # whether registering it activates its schedule
    concurrency: ConcurrencyPolicy | None = None
    trigger: Any = None  # starts it by other means than a schedule, see `Trigger`


class Trigger(Protocol):
    """A value of `trigger` besides `OnSchedule`: a platform's extension, with a message for the launch plan."""

    def to_flyte_idl(self, launch_plan: Any) -> Message:
        """Return the message for the launch plan's `launch_conditions`."""


def launch_options(name: str, given: Mapping[str, Any]) -> LaunchOptions:
    """Return the options passed to a launch plan, as flytekit's classes or plain values.

    Raises:
        DefinitionError: an option is unknown, is passed in two forms, or has the wrong type.
    """
    options = {key: value for key, value in given.items() if value is not None}
    known = [each.name for each in fields(LaunchOptions)]
    for key in options:
        if key not in [*known, "auth_role"]:
            raise DefinitionError(
                f"Launch plan {name!r}: there is no option {key!r}. Known options: {', '.join(known)}."
            )
    flags = [(key, options.get(key), "flag") for key in ("overwrite_cache", "auto_activate")]
    check_forms(f"Launch plan {name!r}", flags)
    check_classes(f"Launch plan {name!r}", [("security_context", options.get("security_context"), SecurityContext)])
    role = options.pop("auth_role", None)
    if role is not None:
        check_classes(f"Launch plan {name!r}", [("auth_role", role, AuthRole)])
        if "security_context" in options:
            raise DefinitionError(
                f"Launch plan {name!r}: auth_role and security_context mean the same. Pass only one of them."
            )
        identity = Identity(iam_role=role.assumable_iam_role, k8s_service_account=role.kubernetes_service_account)
        options["security_context"] = SecurityContext(run_as=identity)
    for key in ("labels", "annotations"):
        if key in options:
            options[key] = _texts(name, key, getattr(options[key], "values", None), options[key])
    config = options.get("raw_output_data_config")
    if isinstance(config, RawOutputDataConfig):
        options["raw_output_data_config"] = config.output_location_prefix
    check_forms(f"Launch plan {name!r}", [("raw_output_data_config", options.get("raw_output_data_config"), "text")])
    parallelism = options.get("max_parallelism", 0)
    if isinstance(parallelism, bool) or not isinstance(parallelism, int) or parallelism < 0:
        raise DefinitionError(
            f"Launch plan {name!r}: max_parallelism: expected an int, 0 or more, got {parallelism!r}."
        )
    trigger = options.get("trigger")
    if trigger is not None and not callable(getattr(trigger, "to_flyte_idl", None)):
        raise DefinitionError(
            f"Launch plan {name!r}: trigger: expected OnSchedule(...), or an object of your platform with "
            f"to_flyte_idl(launch_plan), got {trigger!r}."
        )
    _check_concurrency(name, options.get("concurrency"))
    return LaunchOptions(**options)


def _check_concurrency(name: str, policy: Any) -> None:
    if policy is None:
        return
    if not isinstance(policy, ConcurrencyPolicy):
        raise DefinitionError(f"Launch plan {name!r}: concurrency: expected a ConcurrencyPolicy, got {policy!r}.")
    limit = policy.max_concurrency
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise DefinitionError(
            f"Launch plan {name!r}: concurrency: max_concurrency: expected an int, 1 or more, got {limit!r}."
        )
    if policy.behavior is not None and policy.behavior not in list(ConcurrencyLimitBehavior):
        known = ", ".join(f"ConcurrencyLimitBehavior.{each.name}" for each in ConcurrencyLimitBehavior)
        raise DefinitionError(
            f"Launch plan {name!r}: concurrency: behavior: expected {known}, got {policy.behavior!r}."
        )


def schedule_of(name: str, schedule: Any, options: dict[str, Any]) -> Any:
    """Return the schedule, whether it is passed as `schedule` or as a trigger, which is then removed from the options.

    Raises:
        DefinitionError: it is passed in both forms.
    """
    if not isinstance(options.get("trigger"), OnSchedule):
        return schedule
    if schedule is not None:
        raise DefinitionError(
            f"Launch plan {name!r}: schedule and trigger=OnSchedule(...) mean the same. Pass only one of them."
        )
    return options.pop("trigger").schedule


def _texts(name: str, key: str, values: Any, given: Any) -> dict[str, str]:
    """Return the labels as a dict: `values` is a method of a dict, but the dict itself in Labels."""
    found = given if isinstance(given, Mapping) else values
    if not isinstance(found, Mapping) or not all(isinstance(text, str) for pair in found.items() for text in pair):
        raise DefinitionError(f"Launch plan {name!r}: {key}: expected a dict[str, str], got {given!r}.")
    return dict(found)
