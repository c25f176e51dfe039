"""Caching of a task's results: what decides whether an earlier run's outputs are used again."""

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Final, Protocol, runtime_checkable

from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.pickling.captures import inner_function, references, travels_by_value
from autocontainer_nb.pickling.code import dump_code

# File names that many texts share: what `linecache` holds for them may be another one (`python -c`, from 3.13 on).
_SHARED_NAMES: Final = frozenset({"<string>", "<stdin>"})
_PLAIN: Final = (bool, int, float, complex, str, bytes, type(None))


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
    """Return the SHA-256, in hexadecimal, of the function's code and of the user's own code that it reaches.

    Comments, blank lines, docstrings and decorators don't count; plain constants that it refers to do.
    """
    inner = inner_function(function)
    parts = [salt, *(_parts(inner) if inner is not None else [repr(function)])]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _parts(function: FunctionType) -> list[str]:
    parts: list[str] = []
    queue, seen = [function], {id(function)}
    while queue:
        current = queue.pop(0)
        parts.append(_normalised(current))
        for name, value in references(current):
            if isinstance(value, _PLAIN):
                parts.append(f"{name}={value!r}")
            inner = inner_function(value)
            if inner is not None and id(inner) not in seen and travels_by_value(inner):
                seen.add(id(inner))
                queue.append(inner)
    return parts


def _normalised(function: FunctionType) -> str:
    """Return the function's source without what doesn't change its results; its whole code where there is no source."""
    whole_code = dump_code(function.__code__, lambda _: "").hex()
    if function.__code__.co_filename in _SHARED_NAMES:
        return whole_code
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return whole_code
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            node.decorator_list = []
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
