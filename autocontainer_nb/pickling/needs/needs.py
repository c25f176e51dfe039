"""Whether the packages that a task needs are here: looked at in the container, after verification, before unpickling.

A package that is missing, or older than where the task was captured, is an error. A newer one runs the code; objects of
its classes, pickled by another minor version, may not load: that is a warning, since most do.
"""

import sys
from dataclasses import dataclass
from typing import Any, Final

from autocontainer_nb.errors import PackageMismatchError

CODE, DATA = "code", "data"
MAX_NAMED: Final = 5  # tasks of a file in one message


@dataclass(frozen=True)
class Need:
    """A distribution that a task needs, and what asks for it."""

    distribution: str
    version: str
    modules: tuple[str, ...]  # by which it is imported: top-level names, or dotted ones in a namespace package
    by: tuple[str, ...]  # CODE: the task's code imports it; DATA: captured objects are of its classes

    def as_json(self) -> dict[str, Any]:
        """Return the entry of `metadata.json`."""
        return {
            "distribution": self.distribution,
            "version": self.version,
            "modules": list(self.modules),
            "by": list(self.by),
        }


def check_needs(path: str, metadata: dict[str, Any]) -> None:
    """Return if each package that the file's tasks need is installed, and not older; tell on stderr what may not fit.

    Raises:
        PackageMismatchError: packages are missing or older; all are named, with the line that mends it.
    """
    entries = metadata["needs"]
    if not entries:
        return
    from autocontainer_nb.pickling.needs.installed import installed_distributions, normalised
    from autocontainer_nb.pickling.needs.pep440 import is_older, is_same_minor

    here = installed_distributions()
    failures: list[tuple[Need, str]] = []
    for need in map(_need, entries):
        found = here.get(normalised(need.distribution))
        if found is None:
            if not _is_importable(need):
                failures.append((need, "isn't installed"))
        elif is_older(found.version, need.version):
            failures.append((need, f"is {found.version} here"))
        elif DATA in need.by and not is_same_minor(found.version, need.version):
            _warn(need, found.version)
    if failures:
        raise PackageMismatchError(_message(path, metadata, failures))


def tasks_of(metadata: dict[str, Any]) -> str:
    """Return the names of the file's tasks for a message."""
    names = [repr(str(entity.get("name"))) for entity in metadata["entities"]]
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return (", ".join(names[:MAX_NAMED]) or "The task") + more


def _message(path: str, metadata: dict[str, Any], failures: list[tuple[Need, str]]) -> str:
    wanted = "; ".join(
        f"{need.distribution} {need.version} or newer, which {found}"
        + (" (objects of its classes were captured)" if need.by == (DATA,) else "")
        for need, found in failures
    )
    pins = ", ".join(f'"{need.distribution}>={need.version}"' for need, _ in failures)
    return (
        f"{tasks_of(metadata)} in {path!r} needs {wanted}. Nothing of it was unpickled. "
        f"Add what is missing to the task's image: @task(container_image=ImageSpec(packages=[{pins}]))."
    )


def _warn(need: Need, found: str) -> None:
    sys.stderr.write(
        f"autocontainer_nb: captured objects were pickled with {need.distribution} {need.version}, and this "
        f"environment has {found}: if they don't load, or behave otherwise, use "
        f'ImageSpec(packages=["{need.distribution}=={need.version}"]).\n'
    )


def _is_importable(need: Need) -> bool:
    """Whether a module of that name is here all the same: of a distribution by another name, or without a description.

    Finding a top-level module imports nothing.
    """
    from importlib.util import find_spec

    tops = [module for module in need.modules if "." not in module]
    try:
        return bool(tops) and all(top in sys.modules or find_spec(top) is not None for top in tops)
    except (ImportError, ValueError):
        return False


def _need(entry: dict[str, Any]) -> Need:
    return Need(entry["distribution"], entry["version"], tuple(entry["modules"]), tuple(entry["by"]))
