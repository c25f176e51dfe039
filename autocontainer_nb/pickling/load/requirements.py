"""What a task itself says of the packages that it needs: `pandas>=2.1,<3`, read and compared without `packaging`.

An image need not have `packaging`; a test compares this with it over generated versions.
"""

import re
from typing import Final, NamedTuple

from autocontainer_nb.pickling.load.versions import AFTER, BEFORE, Key, order_key

_REQUIREMENT: Final = (
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[A-Za-z0-9._,\s-]*\])?\s*(?P<specifiers>[^;@]*)"
)
_SPECIFIER: Final = r"(?P<operator>~=|==|!=|<=|>=|<|>)\s*(?P<version>\S+)"
_NO_DEV: Final = (1, 0)
_ANY: Final = ".*"


class Requirement(NamedTuple):
    """A distribution by name, and the versions that will do; without specifiers each will."""

    text: str
    name: str
    specifiers: tuple[tuple[str, str], ...]

    def admits(self, found: str) -> bool:
        """Whether a version will do; one of another form than PEP 440's always does."""
        key = order_key(found)
        return key is None or all(_admits(key, operator, version) for operator, version in self.specifiers)


def requirement_of(text: str) -> Requirement | None:
    """Return what a text such as `pandas>=2.1,<3` asks for, or None if it has another form."""
    found = re.fullmatch(_REQUIREMENT, text.strip())
    if found is None:
        return None
    specifiers = []
    for each in filter(None, (part.strip() for part in found["specifiers"].strip().strip("()").split(","))):
        specifier = re.fullmatch(_SPECIFIER, each)
        if specifier is None or not _is_sound(specifier["operator"], specifier["version"]):
            return None
        specifiers.append((specifier["operator"], specifier["version"]))
    return Requirement(text.strip(), found["name"], tuple(specifiers))


def _is_sound(operator: str, version: str) -> bool:
    if version.endswith(_ANY):
        base = order_key(version.removesuffix(_ANY))
        return operator in {"==", "!="} and base is not None and not _is_before(base)
    return order_key(version) is not None and (operator != "~=" or len(_numbers(version)) > 1)


def _admits(found: Key, operator: str, version: str) -> bool:  # noqa: PLR0911 - one for each operator
    if version.endswith(_ANY):
        return _starts_with(found, version.removesuffix(_ANY)) is (operator == "==")
    wanted = order_key(version)
    if wanted is None:
        return False
    if operator in {"==", "!="}:
        return (found == wanted) is (operator == "==")
    if operator == "<=":
        return found <= wanted
    if operator == ">=":
        return found >= wanted
    if operator == "~=":
        return found >= wanted and _starts_with(found, ".".join(map(str, _numbers(version)[:-1])), wanted[0])
    if operator == "<":  # without the versions that come before what is excluded itself
        return found < (wanted if _is_before(wanted) else _first_of(wanted))
    is_no_post = wanted[3] < 0 and wanted[4] == _NO_DEV
    return found > wanted and not (is_no_post and found[:3] == wanted[:3] and found[3] >= 0)


def _first_of(release: Key) -> Key:
    """Return the first development version of a release, or of a post-release."""
    epoch, numbers, _, post, _ = release
    return epoch, numbers, (AFTER if post >= 0 else BEFORE), post, (0, 0)


def _starts_with(found: Key, prefix: str, epoch: int | None = None) -> bool:
    numbers = _numbers(prefix)
    if epoch is None:
        epoch = (order_key(prefix) or found)[0]
    padded = (*found[1], *(0 for _ in numbers))
    return found[0] == epoch and padded[: len(numbers)] == numbers


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of the release, zeros at its end included."""
    found = re.match(r"v?(?:[0-9]+!)?([0-9]+(?:\.[0-9]+)*)", version.strip().lower())
    return tuple(int(number) for number in found[1].split(".")) if found else ()


def _is_before(key: Key) -> bool:
    """Whether it comes before a release: an alpha, a candidate, a development version."""
    return key[2] != AFTER or key[4] != _NO_DEV
