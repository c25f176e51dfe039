"""Caching of a task's results: the settings that decide whether the outputs of an earlier run are reused."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from autocontainer_nb.core.settings.options import check_forms
from autocontainer_nb.errors import DefinitionError


@dataclass(frozen=True)
class VersionParameters:
    """The properties of a task that a cache policy may use."""

    func: Callable[..., Any]
    container_image: Any = None
    pod_template: Any = None
    pod_template_name: str | None = None


@runtime_checkable
class CachePolicy(Protocol):
    """Provides a part of a cache version."""

    def get_version(self, salt: str, params: VersionParameters) -> str:
        """Return a str that changes whenever earlier results must no longer be used."""


@dataclass(frozen=True)
class Cache:
    """How a task's results are cached: `@task(cache=Cache(version="2"))`.

    Without `version` and `policies`, the version is the fingerprint of the task's code.
    """

    version: str | None = None
    serialize: bool = False  # whether equal runs at the same time wait for the first one's result
    ignored_inputs: tuple[str, ...] | str = ()  # inputs that the cache ignores
    salt: str = ""
    policies: Sequence[CachePolicy] | CachePolicy | None = None

    def __post_init__(self) -> None:
        """Raise DefinitionError for values of another form."""
        inputs = self.get_ignored_inputs()
        texts = [("version", self.version, "text"), ("salt", self.salt, "text"), ("ignored_inputs", inputs, "texts")]
        check_forms("Cache", [*texts, ("serialize", self.serialize, "flag")])

    def get_ignored_inputs(self) -> tuple[str, ...]:
        """Return the names of the inputs that the cache ignores."""
        return (self.ignored_inputs,) if isinstance(self.ignored_inputs, str) else tuple(self.ignored_inputs)

    def get_version(self, params: VersionParameters) -> str:
        """Return the explicit version, or that of the policies, or the code's fingerprint."""
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
    """Return `@task`'s caching options as fields of `TaskMetadata`.

    Raises:
        DefinitionError: a `Cache` was passed together with one of the separate options.
    """
    if not isinstance(cache, Cache):
        if not isinstance(cache, bool):
            raise DefinitionError(f"cache: expected True, False or a Cache, got {cache!r}.")
        return {
            "cache": bool(cache),
            "cache_serialize": bool(serialize),
            "cache_version": version or "",
            "cache_ignore_input_vars": tuple(ignored_inputs or ()),
        }
    if serialize is not None or version is not None or ignored_inputs is not None:
        raise DefinitionError(
            "cache=Cache(...) was passed together with cache_serialize, cache_version or cache_ignore_input_vars. "
            "Move these into it: Cache(version=..., serialize=..., ignored_inputs=...)."
        )
    # The fingerprint is computed at registration: the code may refer to things defined or changed later.
    by_code = cache.version is None and cache.policies is None and not cache.salt
    return {
        "cache": True,
        "cache_serialize": cache.serialize,
        "cache_version": "" if by_code else cache.get_version(params),
        "cache_ignore_input_vars": cache.get_ignored_inputs(),
    }


def fingerprint(function: Callable[..., Any], salt: str = "") -> str:
    """Return the SHA-256, in hexadecimal, of the meaning of a function and everything that it refers to.

    It covers the user's own code and data, including helpers, classes and frames, and the names of installed packages.
    Comments, positions and the function's own docstring don't count.
    """
    from autocontainer_nb.pickling.capture.buffers import current_hashes
    from autocontainer_nb.pickling.code.cells import cells
    from autocontainer_nb.pickling.code.sources import SourceCollector
    from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter

    fingerprinter = Fingerprinter(SourceCollector(cells), current_hashes())
    fingerprinter.never_count("attribute _lhs")  # the variable that holds a task isn't part of its meaning
    wrapped: Any = function
    while wrapped is not None:  # a decorator's wrapper also has the docstring
        fingerprinter.leave_out(wrapped, "doc")
        wrapped = getattr(wrapped, "__wrapped__", None)
    digest = fingerprinter.digest(function)
    return hashlib.sha256(f"{salt}\0{digest}".encode("utf-8", "surrogatepass")).hexdigest()
