"""An entity with the options of the executions that it starts: what `train.with_options(...)` returns."""

from collections.abc import Mapping
from typing import Any

from autocontainer_nb.core.entities.execution_options import ExecutionOptions, execution_options
from autocontainer_nb.errors import InputError
from autocontainer_nb.slots import filled


class WithOptions:
    """A task, workflow, launch plan or reference, and options for its executions; the entity itself is unchanged."""

    def __init__(self, entity: Any, options: ExecutionOptions | Mapping[str, Any]) -> None:
        self.entity = entity
        self.options = execution_options(options)

    @property
    def name(self) -> str:
        """The name under which the entity is registered."""
        return str(self.entity.name)

    @property
    def short_name(self) -> str:
        """The last part of the name."""
        return str(self.entity.short_name)

    @property
    def python_interface(self) -> Any:
        """Inputs and outputs of the entity in Python types."""
        return self.entity.python_interface

    def with_options(self, **options: Any) -> "WithOptions":
        """Return the same entity with these options too; of what both name, these count."""
        return WithOptions(self.entity, execution_options(options, self.options))

    def remote(self, *args: Any, **kwargs: Any) -> Any:
        """Run it on the control plane with the options; returns the `Execution` at once, while it runs.

        Raises:
            AlreadyExistsError: an execution of the name that the options give exists already.
            UserError: what `remote` of the entity itself raises.
        """
        chosen = getattr(self.entity, "for_call", None)
        entity = self.entity if chosen is None else chosen(args, kwargs)
        return filled("launcher")(entity, args, kwargs, self.options)

    async def remote_async(self, *args: Any, **kwargs: Any) -> Any:
        """Do what `remote` does, without blocking the running event loop."""
        import asyncio

        return await asyncio.to_thread(self.remote, *args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - whatever is passed
        """Raise an error: options belong to an execution, and a call makes none.

        Raises:
            InputError: always.
        """
        name = getattr(self.entity, "short_name", "it")
        raise InputError(
            f"{name}.with_options(...) has options for executions: start one with .remote(...). To run it here, or as "
            f"a node of a workflow, call {name}(...) itself; the settings of a node are set by .with_overrides(...)."
        )

    def __repr__(self) -> str:
        """Show the entity, and the options that are set."""
        said = {name: value for name, value in vars(self.options).items() if value is not None}
        shown = ", ".join(f"{name}={value!r}" for name, value in said.items())
        return f"<{self.entity!r} with {shown or 'no options'}>"
