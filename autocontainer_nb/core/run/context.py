"""The context of a run: `current_context()` returns its parameters, and builders make changed copies."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flyteidl.core import identifier_pb2

from autocontainer_nb.core.environment import running
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.storage.access import FileAccess

if TYPE_CHECKING:
    from datetime import datetime
    from logging import Logger

    from autocontainer_nb.core.run.checkpoint import Checkpoint
    from autocontainer_nb.core.run.deck import Deck, TimeLineDeck
    from autocontainer_nb.core.run.secrets import SecretsManager
    from autocontainer_nb.core.run.stats import Stats
    from autocontainer_nb.core.settings.secret_requests import Secret

_ONCE = ("stats", "checkpoint", "execution_date", "logging")  # made when the run is first asked for them


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)  # each generated method slows down a container's start
class ExecutionParameters:
    """The parameters of a run, as `current_context()` returns them inside a task."""

    execution_id: identifier_pb2.WorkflowExecutionIdentifier
    task_id: identifier_pb2.Identifier
    attempt: int  # counted from 0, as in Flyte
    working_directory: str
    raw_output_prefix: str  # URI below which this run stores files
    output_metadata_prefix: str | None = None  # URI below which outputs.pb and deck.html are stored
    checkpoint_prefix: str | None = None
    previous_checkpoint_prefix: str | None = None
    is_local: bool = False  # in this process, without a control plane
    enable_deck: bool = False
    decks: "list[Deck]" = field(default_factory=list)  # in display order
    attributes: Mapping[str, Any] = field(default_factory=dict)  # set by `pre_execute`
    secret_requests: "tuple[Secret, ...]" = ()  # of the task
    _made: dict[str, Any] = field(default_factory=dict, repr=False)  # objects that live as long as the run

    @property
    def execution_date(self) -> "datetime":
        """The time when the run was first asked for it: timezone-aware, in UTC."""
        from autocontainer_nb.core.environment import now

        found: datetime = self._once("execution_date", now)
        return found

    @property
    def logging(self) -> "Logger":
        """The logger of the task's own messages."""
        from logging import getLogger

        found: Logger = self._once("logging", lambda: getLogger("autocontainer_nb.task"))
        return found

    @property
    def secrets(self) -> "SecretsManager":
        """The secrets that the control plane provides in variables and files."""
        from autocontainer_nb.core.environment import variables
        from autocontainer_nb.core.run.secrets import SecretsManager

        return SecretsManager.from_variables(variables(), is_local=self.is_local, requests=self.secret_requests)

    @property
    def checkpoint(self) -> "Checkpoint":
        """The checkpoint: reads the previous attempt's and writes this one's.

        Raises:
            ConfigError: the control plane passed no location for checkpoints.
        """
        from autocontainer_nb.core.run.checkpoint import Checkpoint, checkpoint_at

        found: Checkpoint = self._once(
            "checkpoint", lambda: checkpoint_at(self.checkpoint_prefix, self.previous_checkpoint_prefix)
        )
        return found

    @property
    def stats(self) -> "Stats":
        """Counters and timers for a StatsD server; without one configured, they do nothing."""
        from autocontainer_nb.core.environment import variables
        from autocontainer_nb.core.run.stats import Stats

        found: Stats = self._once("stats", lambda: Stats.from_variables(variables()))
        return found

    @property
    def default_deck(self) -> "Deck":
        """The deck named `default`, for anything that the task wants to show."""
        from autocontainer_nb.core.run.deck import Deck

        found: Deck = self._deck("default", Deck)
        return found

    @property
    def timeline_deck(self) -> "TimeLineDeck":
        """The deck with the time that each part of the run took."""
        from autocontainer_nb.core.run.deck import DeckField, TimeLineDeck

        found: TimeLineDeck = self._deck(DeckField.TIMELINE.value, TimeLineDeck)
        return found

    def write_decks(self) -> None:
        """Write the run's current decks to `deck.html` below its output prefix.

        Raises:
            StorageError: it can't be written.
        """
        from autocontainer_nb.core.run.deck import write_deck

        uri = write_deck(self.output_metadata_prefix, self.task_id.name or "Deck", self.decks)
        self.logging.info("decks written to %s", uri)

    def has_attr(self, attr_name: str) -> bool:
        """Whether `pre_execute` set an attribute of this name."""
        return attr_name in self.attributes or attr_name.upper() in self.attributes

    def get(self, key: str) -> Any:
        """Return the attribute of this name that `pre_execute` set."""
        return self.__getattr__(key)

    def with_attributes(self, **attributes: Any) -> "ExecutionParameters":
        """Return a copy with more attributes, for `pre_execute` to return."""
        return replace(self, attributes={**self.attributes, **attributes})

    def builder(self) -> "ParametersBuilder":
        """Return a builder for a changed copy of these parameters."""
        return ParametersBuilder(self)

    @staticmethod
    def new_builder(current: "ExecutionParameters | None" = None) -> "ParametersBuilder":
        """Return a builder for a changed copy of `current`, by default of a local run's parameters."""
        return (current or local_context().user_space_params).builder()

    def with_enable_deck(self, enable_deck: bool) -> "ParametersBuilder":
        """Return a builder with decks enabled or disabled."""
        made = self.builder()
        made.enable_deck = enable_deck
        return made

    def with_task_sandbox(self) -> "ParametersBuilder":
        """Return a builder with a new working directory and checkpoints stored in it."""
        from autocontainer_nb.core.run.checkpoint import Checkpoint
        from autocontainer_nb.storage.scratch import new_local_folder

        made = self.builder()
        made.working_dir = new_local_folder()
        made.checkpoint = Checkpoint(f"{made.working_dir}/__cp")
        return made

    def __getattr__(self, name: str) -> Any:
        attributes = self.__dict__.get("attributes", {})
        for key in (name, name.upper()):  # flytekit stores them in capitals: .spark_session is SPARK_SESSION
            if key in attributes:
                return attributes[key]
        raise AttributeError(f"the running task's context has no attribute {name!r}")

    def made_with(self, more: Mapping[str, Any]) -> dict[str, Any]:
        """Return the objects that this run has made so far, some of them replaced."""
        return {**self._made, **more}

    def _deck(self, name: str, kind: Any) -> Any:
        found = next((deck for deck in self.decks if deck.name == name), None)
        if found is None:
            found = kind(name, auto_add_to_deck=False)
            self.decks.append(found)
        return found

    def _once(self, name: str, make: Any) -> Any:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CodeOrigin:
    """The source of a container's code, so that further tasks can be registered with the same code."""

    distribution: str | None = None  # URI of the pickled-entity file, or of a tar.gz of sources
    destination: str | None = None  # in the container
    digest: str = ""  # of the pickled-entity file
    settings: str = ""  # the settings for its children's registration (`core.dynamic.carried_settings`)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FlyteContext:
    """The internal context of a run: its file access, the user's parameters, and the state of execution."""

    files: FileAccess
    user_space_params: ExecutionParameters
    running_task: str = ""  # the task whose own code is running; it can't run another task
    array_index: int | None = None  # the item that a map task's container processes; None for all of them
    item_tolerance: str = ""  # how many items may fail if one container runs all of a map task's items
    code: CodeOrigin | None = None  # in a container, the code for the tasks that a dynamic task makes


def current_context() -> ExecutionParameters:
    """Return the parameters of the current run; outside a run, those of a local run."""
    context: FlyteContext = running.get() or local_context()
    return context.user_space_params


def running_context() -> FlyteContext | None:
    """Return the context of the current run, or None outside a run."""
    context: FlyteContext | None = running.get()
    return context


@contextmanager
def entered(context: FlyteContext) -> Iterator[FlyteContext]:
    """Make `context` the current one within the block."""
    token = running.set(context)
    try:
        yield context
    finally:
        running.reset(token)


def local_context() -> FlyteContext:
    """Return the context of a local run, which stores files in a temporary folder of this process."""
    from autocontainer_nb.storage.scratch import local_file_access, local_prefix

    prefix = local_prefix()
    return FlyteContext(
        files=local_file_access(),
        user_space_params=ExecutionParameters(
            execution_id=identifier_pb2.WorkflowExecutionIdentifier(project="local", domain="local", name="local"),
            task_id=identifier_pb2.Identifier(resource_type=identifier_pb2.TASK, project="local", domain="local"),
            attempt=0,
            working_directory=prefix,
            raw_output_prefix=prefix,
            output_metadata_prefix=prefix,
            checkpoint_prefix=f"{prefix}/checkpoint",
            is_local=True,
        ),
    )


def context_in(context: FlyteContext, task_name: str, folder: str) -> FlyteContext:
    """Return the context of a task that runs in `folder` as a step of a local run: with its own name, files and decks.

    What it stores stays until this process ends.
    """
    from autocontainer_nb.storage.node_files import NodeFiles

    files = NodeFiles(folder)
    given = context.user_space_params
    task_id = identifier_pb2.Identifier()
    task_id.CopyFrom(given.task_id)
    task_id.name = task_name
    params = replace(
        given,
        task_id=task_id,
        working_directory=folder,
        raw_output_prefix=files.prefix,
        output_metadata_prefix=files.prefix,
        checkpoint_prefix=f"{files.prefix}/checkpoint",
        decks=[],
        _made={},
    )
    return replace(context, files=files, user_space_params=params)


def is_failure(error: BaseException) -> bool:
    """Whether a task that raises this has failed, as in a container; a person's interrupt ends the whole run."""
    return not isinstance(error, KeyboardInterrupt | GeneratorExit)


def refuse_inside_a_task(name: str) -> None:
    """Check that no task's body is running.

    Raises:
        DefinitionError: the task of this name is called inside another task's body.
    """
    outer = running_context()
    if outer is not None and outer.running_task:
        raise DefinitionError(
            f"Task {name!r} is called inside the body of task {outer.running_task!r}, but a task can't run another "
            "one. Move the shared code into a plain function and call that, or make the outer task a @dynamic task or "
            "a @workflow, whose calls become separate steps."
        )


class ParametersBuilder:
    """Builds a changed copy of a run's parameters: set attributes, `add_attr(...)`, then `build()`."""

    def __init__(self, current: Any) -> None:
        """Start from `current`, an `ExecutionParameters`."""
        self._current = current
        self.attrs: dict[str, Any] = dict(current.attributes)
        self.decks = current.decks
        self.raw_output_prefix: str = current.raw_output_prefix
        self.execution_id = current.execution_id
        self.task_id = current.task_id
        self.working_dir: str = current.working_directory
        self.logging = current.logging
        self.output_metadata_prefix: str | None = current.output_metadata_prefix
        self.enable_deck: bool = current.enable_deck
        self.stats: Any = None  # None keeps that of the copied run
        self.checkpoint: Any = None
        self.execution_date: Any = None

    def add_attr(self, key: str, v: Any) -> "ParametersBuilder":
        """Add an attribute, which the task's code reads as `current_context().KEY`, and return the builder."""
        self.attrs[key] = v
        return self

    def build(self) -> Any:
        """Return the changed copy, after creating its working directory."""
        os.makedirs(self.working_dir, exist_ok=True)
        return replace(
            self._current,
            attributes=dict(self.attrs),
            decks=self.decks,
            raw_output_prefix=self.raw_output_prefix,
            execution_id=self.execution_id,
            task_id=self.task_id,
            working_directory=self.working_dir,
            output_metadata_prefix=self.output_metadata_prefix,
            enable_deck=self.enable_deck,
            _made=self._current.made_with(
                {name: value for name in _ONCE if (value := getattr(self, name)) is not None}
            ),
        )
