"""`Node`: one step of an execution, as a person looks at it. What needs a call is asked for when it is looked at."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from autocontainer_nb.remote.nodes.attempts import Attempt, LogLink
from autocontainer_nb.remote.nodes.graph import EAGER, GATE, Entity
from autocontainer_nb.remote.nodes.once import asked_once
from autocontainer_nb.remote.nodes.values import Values

if TYPE_CHECKING:
    from collections.abc import Sequence

ENDED = frozenset({"SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT", "SKIPPED", "RECOVERED"})
FAILED = frozenset({"FAILED", "FAILING", "TIMED_OUT"})


class Looks(Protocol):
    """What can be asked about one node; each is called once."""

    def entity(self) -> Entity:
        """Return what it runs."""

    def attempts(self) -> tuple[Attempt, ...]:
        """Return its attempts."""

    def values(self) -> tuple[Values, Values]:
        """Return inputs and outputs."""

    def children(self) -> "Sequence[Node]":
        """Return the nodes inside it."""

    def deck(self) -> str | None:
        """Return the HTML of its deck."""

    def error(self) -> tuple[str, str]:
        """Return code and message of its error, both empty without one."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What a list tells of a node; the names are `Node`'s."""

    id: str
    execution_id: str
    phase: str
    started_at: datetime | None = None
    duration: timedelta | None = None
    cache_status: str = ""
    may_have_children: bool = False
    started_execution: str = ""


class Node:
    """One step of an execution at the moment it was listed, returned by `execution.nodes`. Threads may share it."""

    def __init__(self, listed: Listed, looks: Looks) -> None:
        self._listed = listed
        self._looks = looks

    def __repr__(self) -> str:
        """Show what is known without a request."""
        entity = self.__dict__.get("_entity")
        named = f" {entity.kind} {entity.name}".rstrip() if entity else ""
        return f"<Node {self.id}{named}: {self.phase}>"

    @property
    def id(self) -> str:
        """Flyte's id of the node, `ID[INDEX]` of a map's item; of what an eager task called, its execution's name."""
        return self._listed.id

    @property
    def execution_id(self) -> str:
        """The execution that it is a node of: for what is inside a launch plan, the one that the plan started."""
        return self._listed.execution_id

    @property
    def started_execution(self) -> str:
        """The execution that it started: of a launch plan, and of what an eager task called; else empty."""
        return self._listed.started_execution

    @property
    def phase(self) -> str:
        """QUEUED, RUNNING, SUCCEEDED, FAILING, FAILED, ABORTED, SKIPPED, TIMED_OUT or RECOVERED."""
        return self._listed.phase

    @property
    def started_at(self) -> datetime | None:
        """When it began, in UTC."""
        return self._listed.started_at

    @property
    def duration(self) -> timedelta | None:
        """How long it ran, or has run so far; None before it began."""
        return self._listed.duration

    @property
    def cache_status(self) -> str:
        """`HIT`, `POPULATED`, `MISS` and the like, Flyte's words; empty where nothing is to be cached."""
        return self._listed.cache_status

    @property
    def may_have_children(self) -> bool:
        """Whether a list says that it has nodes inside, which for an eager task none does."""
        return self._listed.may_have_children

    @property
    def entity(self) -> str:
        """The short name of what it runs; of a gate its name, of a map its task's."""
        return self._entity.name

    @property
    def kind(self) -> str:
        """What it runs: `task`, `map`, `dynamic`, `eager`, `workflow`, `launch plan`, `branch` or `gate`."""
        return self._entity.kind

    @property
    def is_done(self) -> bool:
        """Whether it had ended."""
        return self.phase in ENDED

    @property
    def is_eager(self) -> bool:
        """Whether it runs an eager task, whose children are executions of their own."""
        return self.kind == EAGER

    @property
    def cached(self) -> bool:
        """Whether it wasn't run, since the cache had its outputs."""
        return self.cache_status == "HIT"

    @asked_once
    def attempts(self) -> tuple[Attempt, ...]:
        """Its attempts in order; none for what runs no container, and for what the cache had."""
        return self._looks.attempts()

    @property
    def attempt(self) -> int:
        """The number of the last attempt, from 1; 0 if there is none."""
        return self.attempts[-1].number if self.attempts else 0

    @property
    def max_attempts(self) -> int:
        """How often it may be tried as its task is declared, 1 without retries."""
        return self._entity.retries + 1

    @asked_once
    def reason(self) -> str | None:
        """Why it hasn't begun or waits, such as `Back-off pulling image ...`; None once it runs or has ended."""
        if self.is_done:
            return None
        if self.kind == GATE:
            return _gate_reason(self._entity)
        last = self.attempts[-1] if self.attempts else None
        return last.reason if last and last.waits else None

    @property
    def inputs(self) -> Values:
        """Its inputs by name. Each is converted, and fetched if it is a file, when it is looked at."""
        return self._values[0]

    @property
    def outputs(self) -> Values:
        """Its outputs by name, empty while it has none. Each is converted when it is looked at."""
        return self._values[1]

    @property
    def error(self) -> str | None:
        """The error's message, with the user's traceback; None without an error."""
        return self._error[1] or None

    @property
    def error_code(self) -> str:
        """The error's code, such as `USER:ValueError`; empty without one."""
        return self._error[0]

    @property
    def logs(self) -> tuple[LogLink, ...]:
        """The links to the output of all its attempts, first attempt first."""
        return tuple(link for attempt in self.attempts for link in attempt.logs)

    @asked_once
    def deck(self) -> str | None:
        """The HTML of its deck; None if it has none.

        Raises:
            RemoteError: the control plane refuses to tell where it is.
            StorageError: it can't be read there.
        """
        return self._looks.deck()

    @asked_once
    def children(self) -> "Sequence[Node]":
        """The nodes inside it, asked for once.

        They are those of a subworkflow, a branch, a dynamic task or a launch plan, a map's items by index, and the
        executions that an eager task started: all of one execution's eager tasks, since Flyte keeps no more of them.
        """
        return self._looks.children()

    @property
    def known_children(self) -> "Sequence[Node] | None":
        """The children if they have been looked at, else None: no request is made."""
        return self.__dict__.get("children")

    @property
    def known_attempts(self) -> tuple[Attempt, ...]:
        """The attempts if they have been looked at, else none: no request is made."""
        found: tuple[Attempt, ...] = self.__dict__.get("attempts", ())
        return found

    @property
    def known_reason(self) -> str | None:
        """The reason if it has been looked at."""
        return self.__dict__.get("reason")

    @property
    def known_error(self) -> str | None:
        """The error's message if it has been looked at."""
        found: tuple[str, str] = self.__dict__.get("_error", ("", ""))
        return found[1] or None

    @asked_once
    def _entity(self) -> Entity:
        return self._looks.entity()

    @asked_once
    def _values(self) -> tuple[Values, Values]:
        return self._looks.values()

    @asked_once
    def _error(self) -> tuple[str, str]:
        return self._looks.error() if self.phase in FAILED or self.phase == "ABORTED" else ("", "")


def _gate_reason(entity: Entity) -> str:
    gate, name = entity.gate, entity.name
    condition = gate.WhichOneof("condition") if gate is not None else None
    if condition == "sleep":
        return f"It waits for time to pass: {name}."
    if condition == "signal":
        return f"Gate {name!r} waits for a value: execution.set_input({name!r}, VALUE)."
    return f"Gate {name!r} waits for an answer: execution.approve({name!r}) or execution.reject({name!r})."
