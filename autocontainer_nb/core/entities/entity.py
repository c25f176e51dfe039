"""A name, an interface, `.remote()`; and which variable holds it."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flyteidl.core import interface_pb2

from autocontainer_nb.core.entities.interface import Interface
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.slots import filled
from autocontainer_nb.wire import PACKAGE_NAME

if TYPE_CHECKING:
    from types import FrameType

    from autocontainer_nb.core.entities.with_options import WithOptions


class TrackedInstance:
    """Remembers the module that it was instantiated in; finds the variable of that module that holds it."""

    def __init__(self) -> None:
        self._instantiated_in = _instantiating_module(self)
        self._lhs: str | None = None

    @property
    def instantiated_in(self) -> str:
        """The name of the module in which this object was made."""
        return self._instantiated_in

    @property
    def lhs(self) -> str | None:
        """The variable that holds this object, once `find_lhs` has found it."""
        return self._lhs

    @property
    def location(self) -> str:
        """The dotted path by which this object can be imported: module and variable."""
        return f"{self.instantiated_in}.{self.find_lhs()}"

    def find_lhs(self) -> str:
        """Return the name of the module variable that holds this object.

        Raises:
            DefinitionError: no variable of the module holds it (it lives in a function, a list, a closure).
        """
        if self._lhs is None:
            module = sys.modules.get(self.instantiated_in)
            names = [name for name, value in vars(module).items() if value is self] if module else []
            if not names:
                raise DefinitionError(
                    f"{type(self).__name__} made in {self.instantiated_in!r} isn't held by a variable of that module, "
                    "so it can't be imported by name. Assign it to a module-level variable."
                )
            self._lhs = names[0]
        return self._lhs


def _instantiating_module(instance: object) -> str:
    """Return the module of the nearest frame that is no constructor of the instance and not of this package."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - inspect would be imported for this
    while frame is not None:
        module = str(frame.f_globals.get("__name__", "__main__"))
        is_ours = module.partition(".")[0] == PACKAGE_NAME and frame.f_code.co_name != "<module>"
        if not is_ours and not _constructs(frame, instance):
            return module
        frame = frame.f_back
    return "__main__"


def _constructs(frame: "FrameType", instance: object) -> bool:
    """Whether the frame runs a subclass' constructor, wherever that class is defined."""
    code = frame.f_code
    return code.co_name == "__init__" and frame.f_locals.get(code.co_varnames[0]) is instance


class Entity(TrackedInstance):
    """Something with a name and an interface that the control plane can start. Subclasses set both."""

    noun = "Task"  # what messages call it
    _name: str
    _python_interface: Interface

    @property
    def name(self) -> str:
        """The name under which it is registered."""
        return self._name

    @property
    def short_name(self) -> str:
        """The last part of the name: of a function, its own, which may be registered in another spelling."""
        own = str(self.__dict__.get("__name__", ""))
        return self.name.rpartition(".")[2] if own.isascii() else own

    @property
    def python_interface(self) -> Interface:
        """Inputs and outputs in Python types; the inputs that are free, with their defaults."""
        return self._python_interface

    @property
    def interface(self) -> interface_pb2.TypedInterface:
        """The same in Flyte's types."""
        return self._python_interface.typed()

    def remote(self, *args: Any, **kwargs: Any) -> Any:
        """Run it on the control plane; returns the `Execution` at once, while it runs.

        Raises:
            InputError: an argument is missing or unknown; nothing was uploaded.
            ConversionError: an argument has another type than declared; nothing was uploaded.
            CaptureError: something that it reaches can't be carried; nothing was uploaded.
            RemoteError: the control plane can't be reached or refuses.
        """
        return filled("launcher")(self.for_call(args, kwargs), args, kwargs)

    async def remote_async(self, *args: Any, **kwargs: Any) -> Any:
        """Do what `remote` does, without blocking the running event loop."""
        import asyncio

        return await asyncio.to_thread(self.remote, *args, **kwargs)

    def with_options(self, **options: Any) -> "WithOptions":
        """Return this with options for its executions: `train.with_options(name="nightly", tags=["v2"]).remote(x=1)`.

        The options are those of `core.entities.execution_options.ExecutionOptions`: name, labels, annotations, tags,
        environment, overwrite_cache, interruptible, max_parallelism, raw_output_prefix, service_account, cluster_pool,
        project, domain and notifications. This itself stays as it is.

        Raises:
            InputError: an option is unknown, or has a value that Flyte refuses.
        """
        from autocontainer_nb.core.entities.with_options import WithOptions

        return WithOptions(self, options)

    def for_call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002 - for those that differ
        """Return what a call with these arguments runs: this entity, unless it says otherwise."""
        return self
