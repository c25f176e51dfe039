"""Caching of a task's results: what decides whether an earlier run's outputs are used again."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from autocontainer_nb.errors import DefinitionError


@dataclass(frozen=True)
class VersionParameters:
    """What a cache policy may look at."""

    func: Callable[..., Any]
    container_image: Any = None
    pod_template: Any = None
    pod_template_name: str | None = None


@runtime_checkable
class CachePolicy(Protocol):
    """Makes a part of a cache version."""

    def get_version(self, salt: str, params: VersionParameters) -> str:
        """Return a text that changes whenever earlier results mustn't be used any more."""


@dataclass(frozen=True)
class Cache:
    """How a task's results are cached: `@task(cache=Cache(version="2"))`.

    Without `version` and `policies`, the version is the fingerprint of the task's code.
    """

    version: str | None = None
    serialize: bool = False  # equal runs at the same time wait for the first one's result
    ignored_inputs: tuple[str, ...] | str = ()  # inputs whose values don't matter
    salt: str = ""
    policies: Sequence[CachePolicy] | CachePolicy | None = None

    def get_ignored_inputs(self) -> tuple[str, ...]:
        """Return the names of the inputs whose values don't matter."""
        return (self.ignored_inputs,) if isinstance(self.ignored_inputs, str) else tuple(self.ignored_inputs)

    def get_version(self, params: VersionParameters) -> str:
        """Return the explicit version, or what the policies make, or the code's fingerprint."""
        if self.version is not None:
            return self.version
        if self.policies is None:
            return fingerprint(params.func, self.salt)
        policies = [self.policies] if isinstance(self.policies, CachePolicy) else list(self.policies)
        texts = "".join(policy.get_version(self.salt, params) for policy in policies)
        return hashlib.sha256(texts.encode()).hexdigest()


def cache_options(
    cache: bool | Cache, params: VersionParameters, *, serialize: bool | None, version: str | None,
    ignored_inputs: tuple[str, ...] | None,
) -> dict[str, Any]:  # fmt: skip
    """Return the fields of `TaskMetadata` that `@task`'s caching options mean.

    Raises:
        DefinitionError: a `Cache` was given together with one of the separate options.
    """
    if not isinstance(cache, Cache):
        return {
            "cache": bool(cache),
            "cache_serialize": bool(serialize),
            "cache_version": version or "",
            "cache_ignore_input_vars": tuple(ignored_inputs or ()),
        }
    if serialize is not None or version is not None or ignored_inputs is not None:
        raise DefinitionError(
            "cache=Cache(...) was given together with cache_serialize, cache_version or cache_ignore_input_vars. "
            "Write them into it: Cache(version=..., serialize=..., ignored_inputs=...)."
        )
    # The fingerprint is left to registration: what the code refers to may be defined or changed later.
    by_code = cache.version is None and cache.policies is None and not cache.salt
    return {
        "cache": True,
        "cache_serialize": cache.serialize,
        "cache_version": "" if by_code else cache.get_version(params),
        "cache_ignore_input_vars": cache.get_ignored_inputs(),
    }


def fingerprint(function: Callable[..., Any], salt: str = "") -> str:
    """Return the SHA-256, in hexadecimal, of what the function means, and of all that it refers to.

    The user's own code and data count, helpers, classes and frames too; installed packages by name. Comments, places
    and the function's own docstring don't count.
    """
    from autocontainer_nb.pickling.capture.buffers import current_hashes
    from autocontainer_nb.pickling.code.cells import cells
    from autocontainer_nb.pickling.code.sources import SourceCollector
    from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter

    fingerprinter = Fingerprinter(SourceCollector(cells), current_hashes())
    fingerprinter.never_count("attribute _lhs")  # which variable holds a task is no part of what it is
    wrapped: Any = function
    while wrapped is not None:  # a decorator's wrapper has the docstring, too
        fingerprinter.leave_out(wrapped, "doc")
        wrapped = getattr(wrapped, "__wrapped__", None)
    digest = fingerprinter.digest(function)
    return hashlib.sha256(f"{salt}\0{digest}".encode("utf-8", "surrogatepass")).hexdigest()
