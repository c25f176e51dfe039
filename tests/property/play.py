"""Plays a case: its cells run, and at each launch the call here is compared with the containers of the same task."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from case import Case, Cell, File, Launch
from container import Containers, in_a_fork, in_this_process, modules_of
from judge import Belongings, DifferenceError, compared
from kernel import Kernel
from launch import Launcher, TaskFailedError, Written


@dataclass(frozen=True)
class Played:
    """What is left of a case that has passed."""

    versions: list[str]  # of its launches
    known: dict[str, tuple[str, str]]  # the files that it has written, for another kernel: see `Launcher.known`


class Player:
    """Plays cases in one kernel process, one after another."""

    def __init__(self, kernel: Kernel, containers: Containers) -> None:
        self._kernel = kernel
        self._containers = containers
        self.counts = containers.counts  # of commands, by how they were run

    def play(
        self, case: Case, folder: Path, *, by_script: bool = False, known: Mapping[str, tuple[str, str]] | None = None
    ) -> Played:
        """Play the whole case, with its files below the folder.

        `known` are the files that another kernel has written for the same case: this one must find its versions among
        them, and run them.

        Raises:
            DifferenceError: something is another there than here.
        """
        self._kernel.begin()
        launcher = Launcher(folder / "run", self._containers)
        launcher.by_script = by_script
        launcher.modules = modules_of(str(case))
        launcher.known.update(known or {})
        told = _Told()
        last = max((number for number, step in enumerate(case.steps) if isinstance(step, Launch)), default=-1)
        for number, step in enumerate(case.steps):
            if isinstance(step, Launch):
                self._launch(step, launcher, told, is_last=number == last)
            else:
                self._run(step)
        if known is not None and launcher.known.keys() != known.keys():
            raise DifferenceError(f"the versions are {sorted(launcher.known)}; in the other kernel {sorted(known)}")
        return Played(told.versions, launcher.known)

    def _run(self, step: Cell | File) -> None:
        if isinstance(step, Cell):
            self._kernel.run(step.text)
            return
        path = self._kernel.folder / step.path
        path.parent.mkdir(exist_ok=True)
        path.write_text(step.text)
        for compiled in path.parent.glob("__pycache__/*"):  # whose time stamp is too coarse for a quick edit
            compiled.unlink()

    def _launch(self, step: Launch, launcher: Launcher, told: "_Told", *, is_last: bool) -> None:
        names = self._kernel.names
        entity = names[step.name]
        inputs = {name: self._kernel.value(text) for name, text in step.inputs}
        launcher.texts = [text for text in self._kernel.texts() if "@task" not in text]
        before = Belongings.now(names, self._kernel.own())
        written = launcher.prepare(entity)
        there = _attempted(lambda: _there(step, launcher, written, inputs))
        before.check(Belongings.now(names, self._kernel.own()))
        # What the call here changes is changed in a copy of the process, or when nothing comes after it.
        # Items of a map task are called in a copy each, whatever comes after them.
        is_in_copies = step.kind == "items" and not isinstance(there, Exception)
        call = in_this_process if is_last or is_in_copies else in_a_fork
        here = call(lambda: _here(step, entity, inputs, there, before))
        text, _, difference = here.partition("\0")
        if difference:
            raise DifferenceError(difference)
        told.note(step, written.version, text)
        if step.keep:
            names[step.keep] = there


class _Told:
    """The versions so far, and what the direct calls gave."""

    def __init__(self) -> None:
        self.versions: list[str] = []
        self._last: dict[str, str] = {}  # by name: the version
        self._first: dict[str, str] = {}
        self._by_version: dict[tuple[str, str], str] = {}

    def note(self, step: Launch, version: str, text: str) -> None:
        """Check the launch's version against those before.

        Raises:
            DifferenceError: it doesn't say what it should.
        """
        if step.is_unchanged and self._last[step.name] != version:
            raise DifferenceError(f"{step.name} means the same as before, and has another version")
        if step.is_back and self._first[step.name] != version:
            raise DifferenceError(f"{step.name} means the same as at first, and has another version")
        key = f"{step.name} {step.inputs}", version
        known = self._by_version.setdefault(key, text)
        if known != text:
            raise DifferenceError(f"{step.name} has the version of before, but gives\n{text}\nafter\n{known}")
        self._first.setdefault(step.name, version)
        self._last[step.name] = version
        self.versions.append(version)


def _there(step: Launch, launcher: Launcher, written: Written, inputs: Mapping[str, Any]) -> Any:
    if step.kind == "items":
        return launcher.run_items(written, inputs)
    if step.kind == "graph":
        return _plain(launcher.run_graph(written, inputs))
    value = launcher.run(written, inputs)
    return _plain(value)


def _plain(value: Any) -> Any:
    """Return several outputs as a plain tuple: they come back with their names, and are compared without."""
    return tuple(value) if type(value).__name__ == "Outputs" else value


def _here(step: Launch, entity: Any, inputs: Mapping[str, Any], there: Any, before: Belongings) -> str:
    """Call here, in a process of its own, and return what that gives and, after a NUL, what is different there."""
    if step.kind == "items":
        return _items_here(entity, inputs, there, before)
    here = _attempted(lambda: _plain(entity(**inputs)))
    text = _text(here)
    if isinstance(here, Exception) or isinstance(there, Exception):
        return f"{text}\0{_compared_errors(here, there)}"
    return f"{text}\0{compared(here, there, before)}"


def _items_here(entity: Any, inputs: Mapping[str, Any], there: Any, before: Belongings) -> str:
    """Call the mapped task once for each item: in containers, no item sees what another one has changed."""
    if isinstance(there, Exception):
        return f"\0{_compared_errors(_attempted(lambda: entity(**inputs)), there)}"
    texts, differences = [], []
    for index, value in enumerate(there):
        item = {name: items[index] for name, items in inputs.items()}
        found = in_a_fork(lambda item=item, value=value: _item(entity.mapped_task, item, value, before))
        text, _, difference = found.partition("\0")
        texts.append(text)
        differences += [f"item {index}: {difference}"] if difference else []
    return "\n".join(texts) + "\0" + "\n".join(differences)


def _item(task: Any, item: Mapping[str, Any], there: Any, before: Belongings) -> str:
    here = task(**item)
    return f"{_text(here)}\0{compared(here, there, before)}"


def _text(value: Any) -> str:
    from probing import show

    return f"{type(value).__name__}: {value}" if isinstance(value, Exception) else show(value)


def _attempted(call: Callable[[], Any]) -> Any:
    """Return what the call returns, or the exception that it raises."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - whatever the case raises is compared
        return error


def _compared_errors(here: Any, there: Any) -> str:
    if not isinstance(there, Exception):
        return f"here it raises {type(here).__name__}: {here}; there it gives a value"
    if not isinstance(here, Exception):
        return f"here it gives a value; there it raises {type(there).__name__}: {there}"
    own, other = _without_addresses(str(here)), _without_addresses(str(there))
    if type(here) is type(there) and own == other:  # told before anything was sent
        return ""
    is_told = isinstance(there, TaskFailedError) and type(here).__name__ in other and own in other
    return "" if is_told else f"here it raises {type(here).__name__}: {here}; there: {type(there).__name__}: {there}"


def _without_addresses(text: str) -> str:
    """Return an error's text without the addresses of objects that it shows: each process has its own."""
    return re.sub(" at 0x[0-9a-f]+", "", text)
