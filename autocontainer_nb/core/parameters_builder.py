"""Changed copies of a run's parameters, made step by step: for `pre_execute`, by flytekit's names."""

import os
from dataclasses import replace
from typing import Any

_ONCE = ("stats", "checkpoint", "execution_date")  # what a run makes when it is first asked for


class ParametersBuilder:
    """A copy in the making: set what differs, `add_attr` what is new, and `build()`."""

    def __init__(self, current: Any) -> None:
        """Begin with what `current`, an `ExecutionParameters`, has."""
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
        self.stats: Any = None  # None: as the copied run has it
        self.checkpoint: Any = None
        self.execution_date: Any = None

    def add_attr(self, key: str, v: Any) -> "ParametersBuilder":
        """Add what the task's code finds as `current_context().KEY`, and return the builder."""
        self.attrs[key] = v
        return self

    def build(self) -> Any:
        """Return the changed copy; its working directory exists."""
        os.makedirs(self.working_dir, exist_ok=True)
        return replace(
            self._current,
            attributes=dict(self.attrs),
            decks=self.decks,
            raw_output_prefix=self.raw_output_prefix,
            execution_id=self.execution_id,
            task_id=self.task_id,
            working_directory=self.working_dir,
            logging=self.logging,
            output_metadata_prefix=self.output_metadata_prefix,
            enable_deck=self.enable_deck,
            _made=self._current.made_with(
                {name: value for name in _ONCE if (value := getattr(self, name)) is not None}
            ),
        )
