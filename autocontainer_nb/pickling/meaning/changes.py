"""What changed between two captures of a task, in words: from the parts that each archive's metadata names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

ARROW: Final = " ► "
SETTING: Final = "setting"  # the kind of a part of the registered form: image, resources, interface
MAX_TOLD: Final = 6
# What is not registered where a task doesn't ask for it.
_DEFAULTS: Final = {"cache": "False", "cache_serializable": "False", "retries": "0"}

Parts = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Change:
    """One part that isn't what it was; `text` is what people read: `threshold 0.5 ► 0.7`, `clean(): 2 lines`."""

    name: str
    kind: str  # of the part: function, class, value, reference, module, setting, python
    text: str


def changes(before: Parts, after: Parts) -> list[Change]:
    """Return what differs, in the order of `after`, what is gone last; each difference once, where it begins.

    Where only one of both has settings, as an archive by itself has none, they don't count.
    """
    if not _has_settings(before) or not _has_settings(after):
        before = [part for part in before if part.get("kind") != SETTING]
        after = [part for part in after if part.get("kind") != SETTING]
    old = {str(part["name"]): part for part in before}
    new = {str(part["name"]): part for part in after}
    found = [name for name in new if name not in old or old[name]["digest"] != new[name]["digest"]]
    found += [name for name in old if name not in new]
    retyped = {name for name in found if name in old and name in new and old[name].get("type") != new[name].get("type")}
    found = [name for name in found if retyped.isdisjoint(_outers(name))]
    outers = {outer: sign for name in found for outer, sign in _outers(name).items()}
    outers |= {outer: "." for name in found for outer, sign in _outers(name).items() if sign == "."}
    changed = frozenset(found)
    told = [
        name
        for name in found
        if name in retyped or not _is_told_by(name, (new.get(name) or old[name]), changed, outers)
    ]
    own = [name for name in told if not name.startswith("@")]  # what a task keeps of its settings, told by those
    return [
        Change(name, "value", f"{name} in another order")
        if _is_reordered(name, old, new)
        else _change(name, old.get(name), new.get(name))
        for name in own or told
    ]


def changes_text(found: Sequence[Change]) -> str:
    """Return the first changes in one line, and how many more there are; empty for none."""
    texts = [change.text for change in found[:MAX_TOLD]]
    if len(found) > MAX_TOLD:
        texts.append(f"and {len(found) - MAX_TOLD} more")
    return ", ".join(texts)


def _has_settings(parts: Parts) -> bool:
    return any(part.get("kind") == SETTING for part in parts)


def _is_told_by(name: str, part: Mapping[str, Any], found: frozenset[str], outers: Mapping[str, str]) -> bool:
    """Whether something within the part changed, or the class that it is an instance of: that is told instead.

    `outers` are the names that the found ones are within, each with the sign behind it, a dot if it is one of several.
    """
    if part.get("kind") == "function":
        return False
    kind = str(part.get("type", ""))
    return name in outers or kind in found or outers.get(kind) == "."


def _outers(name: str) -> dict[str, str]:
    """Return all names that this one is within, with the sign that follows them, a dot if it is one of several."""
    return {name[:at]: sign for at, sign in enumerate(name) if sign in ".[("}


def _is_within(name: str, outer: str) -> bool:
    return name.startswith((f"{outer}.", f"{outer}[", f"{outer}("))


def _is_reordered(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a dictionary has the entries that it had, in another order."""
    if any(side.get(name, {}).get("type") != "dict" for side in (old, new)):
        return False
    before, after = ([each for each in side if _is_within(each, name)] for side in (old, new))
    return before != after and sorted(before) == sorted(after)


def _change(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Change:
    kind = str((new or old or {}).get("kind", "value"))
    default = _DEFAULTS.get(name.rpartition(": ")[2]) if kind == SETTING else None
    if default is not None and (old is None or new is None):
        old, new = old or {"shown": default}, new or {"shown": default}
    if old is None:
        shown = str((new or {}).get("shown", ""))
        return Change(name, kind, f"{name} {shown} is new" if shown else f"{name} is new")
    if new is None:
        return Change(name, kind, f"{name} is gone")
    if kind == "function" and old.get("kind") == kind:
        count = _changed_lines(old.get("lines", ()), new.get("lines", ()))
        return Change(name, kind, f"{name}: {count} line{'' if count == 1 else 's'}" if count else f"{name} changed")
    was, now = str(old.get("shown", "")), str(new.get("shown", ""))
    if was == now:
        return Change(name, kind, f"{name} changed ({now})" if now else f"{name} changed")
    return Change(name, kind, f"{name} {was or old.get('type', '')}{ARROW}{now or new.get('type', '')}")


def _changed_lines(old: Sequence[str], new: Sequence[str]) -> int:
    from difflib import SequenceMatcher

    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in steps if tag != "equal")
