"""The options of one execution: what `.with_options(...)` and `FlyteRemote.launch` take beside inputs, checked at once.

The rules are Flyte's own, where it has any (`execution_validator.go`, `validation.go` of flyteadmin), else those of
Kubernetes, which gets labels, annotations, variables and names in the end.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from autocontainer_nb.errors import InputError

MAX_NAME_CHARS: Final = 63
_MAX_LABELS: Final = 16
_MAX_PREFIX_CHARS: Final = 253
_MAX_INT32: Final = 2**31 - 1
_NAME: Final = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_QUALIFIED: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_DNS: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_VARIABLE: Final = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]*")
_PREFIX: Final = re.compile(r"[a-z][a-z0-9+.-]*://\S+")


@dataclass(frozen=True, kw_only=True)
class ExecutionOptions:
    """The options of an execution; None leaves the choice to the launch plan and the control plane.

    `name` is the execution's own, of `a-z`, `0-9` and `-`, at most 63; each may exist once in a project and domain.
    `labels` (at most 16), `annotations` and `environment` go to its pods. `tags` are found again in lists.
    `overwrite_cache` runs cached tasks again and keeps the new outputs. `max_parallelism` is how many nodes run at
    once, 0 the platform's number. `raw_output_prefix` is the URI below which files of its tasks are stored.
    `notifications` are those of launch plans, `Email(...)` and others; an empty list sends none. `project` and `domain`
    are where it runs, and where what it runs is registered.
    """

    name: str | None = None
    labels: Mapping[str, str] | None = None
    annotations: Mapping[str, str] | None = None
    tags: Sequence[str] | None = None
    environment: Mapping[str, str] | None = None
    overwrite_cache: bool | None = None
    interruptible: bool | None = None
    max_parallelism: int | None = None
    raw_output_prefix: str | None = None
    service_account: str | None = None
    cluster_pool: str | None = None
    project: str | None = None
    domain: str | None = None
    notifications: Sequence[Any] | None = None

    def __post_init__(self) -> None:
        """Raise InputError for what Flyte or Kubernetes would refuse."""
        for option in ("labels", "annotations"):  # flytekit's Labels and Annotations hold a dict
            given = getattr(self, option)
            if given is not None and not isinstance(given, Mapping):
                object.__setattr__(self, option, getattr(given, "values", given))
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                _CHECKS[field.name](field.name, value)


NO_OPTIONS: Final = ExecutionOptions()


def execution_options(
    given: "ExecutionOptions | Mapping[str, Any] | None", before: ExecutionOptions = NO_OPTIONS
) -> ExecutionOptions:
    """Return the options; of those that are given by name, what they don't say is as it was before.

    Raises:
        InputError: there is no option of that name, or its value isn't one that Flyte accepts.
    """
    if given is None:
        return before
    if isinstance(given, ExecutionOptions):
        said = {field.name: getattr(given, field.name) for field in fields(given)}
        return replace(before, **{name: value for name, value in said.items() if value is not None})
    if not isinstance(given, Mapping):
        raise InputError(f"options: expected a dict such as {{'name': 'my-run'}}, got {given!r}.")
    known = [field.name for field in fields(ExecutionOptions)]
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(str(name), known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Options: {', '.join(known)}."
            raise InputError(f"Executions have no option {name!r}. {hint}")
    return replace(before, **given)


def _fail(option: str, expected: str, value: Any, hint: str = "") -> None:
    raise InputError(f"Option {option}: expected {expected}, got {value!r}.{hint}")


def _check_name(option: str, value: Any) -> None:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        words = re.sub(r"[^a-z0-9]+", "-", value.lower()) if isinstance(value, str) else ""
        suggestion = words.lstrip("-0123456789")[:MAX_NAME_CHARS].rstrip("-")
        hint = f" Write {suggestion!r}, for instance." if suggestion else ""
        _fail(option, "a lower-case letter, then letters, digits and '-', a letter or digit at the end", value, hint)
    if len(value) > MAX_NAME_CHARS:
        _fail(option, f"at most {MAX_NAME_CHARS} characters", value, f" It has {len(value)}.")


def _check_texts(option: str, value: Any) -> None:
    if not isinstance(value, Mapping) or not all(isinstance(part, str) for pair in value.items() for part in pair):
        _fail(option, "a dict[str, str]", value)


def _check_key(option: str, key: str) -> None:
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > _MAX_PREFIX_CHARS or not _DNS.fullmatch(prefix)):
        _fail(option, "before the '/' of a key a DNS name such as 'example.com'", key)
    if len(name) > MAX_NAME_CHARS or not _QUALIFIED.fullmatch(name):
        _fail(option, "keys of at most 63 letters, digits, '-', '_' and '.', a letter or digit at both ends", key)


def _check_labels(option: str, value: Any) -> None:
    _check_texts(option, value)
    if len(value) > _MAX_LABELS:
        _fail(option, f"at most {_MAX_LABELS}", sorted(value), f" These are {len(value)}: put some into annotations.")
    for key, text in value.items():
        _check_key(option, key)
        if text and (len(text) > MAX_NAME_CHARS or not _QUALIFIED.fullmatch(text)):
            rule = "as value at most 63 letters, digits, '-', '_' and '.', a letter or digit at both ends"
            _fail(f"{option}[{key!r}]", rule, text, " An annotation may have any text.")


def _check_annotations(option: str, value: Any) -> None:
    _check_texts(option, value)
    for key in value:
        _check_key(option, key)


def _check_environment(option: str, value: Any) -> None:
    _check_texts(option, value)
    for key in value:
        if not _VARIABLE.fullmatch(key):
            _fail(option, "names of letters, digits, '_', '.' and '-' that begin with no digit", key)


def _check_tags(option: str, value: Any) -> None:
    if isinstance(value, str) or not (
        isinstance(value, Sequence) and all(isinstance(tag, str) and tag for tag in value)
    ):
        _fail(option, "a list of texts", value, f" Write [{value!r}]." if isinstance(value, str) else "")


def _check_flag(option: str, value: Any) -> None:
    if not isinstance(value, bool):
        _fail(option, "True or False", value)


def _check_number(option: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_INT32:
        _fail(option, f"an int from 0 to {_MAX_INT32}", value)


def _check_prefix(option: str, value: Any) -> None:
    if not isinstance(value, str) or not _PREFIX.fullmatch(value):
        _fail(option, "a URI such as 's3://bucket/folder'", value)


def _check_account(option: str, value: Any) -> None:
    if not isinstance(value, str) or len(value) > _MAX_PREFIX_CHARS or not _DNS.fullmatch(value):
        _fail(option, "the name of a Kubernetes service account, of lower-case letters, digits, '-' and '.'", value)


def _check_text(option: str, value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        _fail(option, "a text", value)


def _check_notifications(option: str, value: Any) -> None:
    if not (isinstance(value, Sequence) and all(hasattr(each, "recipients_email") for each in value)):
        _fail(option, "a list of Email(...), Slack(...) or PagerDuty(...)", value)


_CHECKS: Final[dict[str, Callable[[str, Any], None]]] = {
    "name": _check_name,
    "labels": _check_labels,
    "annotations": _check_annotations,
    "tags": _check_tags,
    "environment": _check_environment,
    "overwrite_cache": _check_flag,
    "interruptible": _check_flag,
    "max_parallelism": _check_number,
    "raw_output_prefix": _check_prefix,
    "service_account": _check_account,
    "cluster_pool": _check_text,
    "project": _check_text,
    "domain": _check_text,
    "notifications": _check_notifications,
}
