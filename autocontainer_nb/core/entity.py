"""What tasks, workflows and launch plans have in common: a name, an interface, and a start on the control plane."""

from typing import Any

from flyteidl.core import interface_pb2

from autocontainer_nb.core.interface import Interface
from autocontainer_nb.core.tracker import TrackedInstance
from autocontainer_nb.slots import filled


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
        return filled("launcher")(self, args, kwargs)
