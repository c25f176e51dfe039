"""One output area that follows one execution: what its card shows, and when a look inside is due."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Final

from autocontainer_nb.errors import AutocontainerError, RemoteError, shortened
from autocontainer_nb.remote import environment
from autocontainer_nb.views.card import Card
from autocontainer_nb.wire import OWN_LINE

if TYPE_CHECKING:
    from autocontainer_nb.remote.executions.execution import Execution
    from autocontainer_nb.remote.executions.look import LogLinks, Look, Turn
    from autocontainer_nb.remote.executions.state import ExecutionState
    from autocontainer_nb.remote.nodes.attempts import Attempt

_MAX_TOLD: Final = 5
_QUEUED: Final = "QUEUED"
_CALLS_FOR_REASON: Final = 4  # its graph, its nodes, their attempts
_QUEUED_LONG_S: Final = 3.0  # after which it is worth a look why


def card_of(execution: "Execution", state: "ExecutionState") -> Card:
    """Return the card for the execution in this state, as far as the state tells."""
    return Card(
        execution_id=execution.id,
        task=execution.task_name or "execution",
        phase=state.phase,
        is_done=state.is_done,
        elapsed_s=state.elapsed_s,
        log_tail=tuple(line.removeprefix(OWN_LINE) for line in state.log_tail),
        error=shortened(state.error),
        where=execution.where,
        note=state.note,
        changes=execution.changes,
    )


class LiveDisplay:
    """What is shown of one execution. It holds neither the notebook's task nor its results."""

    def __init__(self, execution: "Execution") -> None:
        self.execution = execution.reopened()
        self.display_id = f"autocontainer-nb-{environment.random_hex(32)}"
        self.shown: Card | None = None
        self.is_looked_at = False  # for the last time: it has ended
        self._task, self._changes = execution.task_name or "execution", execution.changes
        self._console_url = execution.console_url or ""
        self._look: Look = self.execution.look()
        self._told: tuple[str, ...] = ()
        self._note = self._waits_for = ""
        self._started_s = self._shown_s = self._nodes_s = self._log_s = environment.monotonic_s()
        self._phase_of_nodes = _QUEUED
        self._following = ExitStack()

    def follow(self, notify: Callable[[], object]) -> None:
        """Be told of what the watcher is answered, unless the execution has ended."""
        if not self.execution.known_state().is_done:
            self._following.enter_context(self.execution.followed(notify))

    def leave(self) -> None:
        """Be told no longer."""
        self._following.close()

    @property
    def has_ended(self) -> bool:
        """Whether it has, as far as is known, or nobody tells any more."""
        return self.execution.known_state().is_done or self.execution.known_refusal() is not None

    @property
    def is_final(self) -> bool:
        """Whether nothing on the card will change any more."""
        return self.has_ended and self.is_looked_at and self.shown == self.card()

    def card(self) -> Card:
        """Return what is to be shown now, without a request."""
        state, refusal = self.execution.known_state(), self.execution.known_refusal()
        attempt: Attempt | None = self._look.attempt
        lines = [line for line in self._look.lines if not line.startswith(OWN_LINE)]
        own = [line.removeprefix(OWN_LINE) for line in self._look.lines if line.startswith(OWN_LINE)]
        self._told = tuple(dict.fromkeys([*self._told, *own]))[:_MAX_TOLD]
        note = f"This display has stopped updating: {refusal}" if refusal is not None else state.note or self._note
        runs = not state.is_done and refusal is None
        return Card(
            execution_id=self.execution.id,
            task=self._task,
            phase=state.phase,
            is_done=state.is_done,
            elapsed_s=state.elapsed_s,
            since=_since(state) if runs else "",
            log_tail=tuple(lines),
            error=shortened(state.error),
            where=self.execution.where,
            note=note,
            changes=self._changes,
            told=self._told,
            attempt=attempt.number if attempt else 0,
            reason=self._reason(attempt) if runs else "",
            links=tuple((log.name, log.uri) for log in attempt.logs) if attempt and self._look.has_only_pages else (),
            console_url=self._console_url,
            cached=self._look.is_cached and state.phase == "SUCCEEDED",
        )

    def _reason(self, attempt: "Attempt | None") -> str:
        if attempt is None:
            return self._waits_for
        return (attempt.reason or "") if attempt.waits else ""

    @property
    def is_stale(self) -> bool:
        """Whether the page may count wrongly: reopened, it begins anew with the seconds that it was told."""
        age_s = environment.monotonic_s() - self._started_s
        return not self.has_ended and environment.monotonic_s() - self._shown_s > max(60.0, age_s / 2)

    def note_shown(self, card: Card) -> None:
        """Remember what was published."""
        self.shown, self._shown_s = card, environment.monotonic_s()

    def due_s(self, *, is_active: bool) -> float | None:
        """Return when the next look is due, by the clock of the environment; None if there is none to come."""
        state = self.execution.known_state()
        if self.is_looked_at or self.execution.known_refusal() is not None:
            return None
        if state.is_done or (state.phase not in {_QUEUED, self._phase_of_nodes} and not state.note):
            return 0.0
        age_s = environment.monotonic_s() - self._started_s
        if state.phase == _QUEUED and self._look.attempt is None:
            nodes_s = self._nodes_s + self._nodes_pause_s(age_s, is_active=is_active)
            return max(self._started_s + _QUEUED_LONG_S, nodes_s)
        nodes_s = self._nodes_s + self._nodes_pause_s(age_s, is_active=is_active)
        return min(nodes_s, self._log_s + _log_pause_s(age_s, is_active=is_active)) if self._has_logs else nodes_s

    def look(self, links: "LogLinks", turn: "Turn", *, is_active: bool) -> None:
        """Look inside, which may take seconds; nobody waits for it."""
        state = self.execution.known_state()
        now_s = environment.monotonic_s()
        try:
            if state.is_done or self._wants_nodes(state, now_s, is_active=is_active):
                self._phase_of_nodes, self._nodes_s = state.phase, now_s
                self._look.at_nodes(turn)
                self._waits_for = self._asked_why(turn) if self._look.is_without_attempt and not state.is_done else ""
            if state.is_done and not self.execution.is_known_whole:
                turn()
                _ = self.execution.error
            if self._has_logs:
                turn()  # a request to whatever serves logs, of which there may be as many
            self._look.at_log(links, is_done=state.is_done)
            self._note = ""
        except RemoteError as error:
            self._note = f"no log lines: {error.details or error}"
        except AutocontainerError as error:
            self._note = f"no log lines: {error}"
        self._log_s = environment.monotonic_s()
        self.is_looked_at = state.is_done

    def note_failure(self, error: Exception) -> None:
        """Show that a look has failed in an unforeseen way; the next one is due as after any other."""
        state, now_s = self.execution.known_state(), environment.monotonic_s()
        self._note = f"no log lines: {type(error).__name__}: {error}"
        self._phase_of_nodes, self._nodes_s, self._log_s = state.phase, now_s, now_s
        self.is_looked_at = state.is_done

    def _asked_why(self, turn: "Turn") -> str:
        """Return what a node waits for that runs without an attempt: a gate, most often."""
        for _ in range(_CALLS_FOR_REASON):
            turn()
        return self.execution.reason or ""

    @property
    def _has_logs(self) -> bool:
        return self._look.attempt is not None and bool(self._look.attempt.logs)

    def _wants_nodes(self, state: "ExecutionState", now_s: float, *, is_active: bool) -> bool:
        pause_s = self._nodes_pause_s(now_s - self._started_s, is_active=is_active)
        return state.phase != self._phase_of_nodes or now_s - self._nodes_s >= pause_s

    def _nodes_pause_s(self, age_s: float, *, is_active: bool) -> float:
        """Return how long after a look at the nodes the next one is due, where the phase is what it was."""
        if not is_active:
            return min(600.0, max(60.0, age_s))
        return min(30.0, max(0.3 if not self._has_logs else 2.0, age_s / 4))


def _since(state: "ExecutionState") -> str:
    """Return when it began, in the time of this machine; with the date if that isn't today."""
    began = state.started_at or state.created_at
    if began is None:
        return ""
    is_today = began.astimezone().date() == datetime.fromtimestamp(environment.now_s()).astimezone().date()
    return began.astimezone().strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M:%S")


def _log_pause_s(age_s: float, *, is_active: bool) -> float:
    return min(5.0, max(0.3, age_s / 10)) if is_active else min(60.0, max(10.0, age_s / 5))
