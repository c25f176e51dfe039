"""What is registered, to be launched any number of times without looking at the notebook again."""

from dataclasses import replace
from typing import Any

from flyteidl.core import identifier_pb2

from autocontainer_nb.core.capture.credential_check import refuse_credentials_in_inputs
from autocontainer_nb.core.entities.execution_options import NO_OPTIONS, execution_options
from autocontainer_nb.remote.control.async_forms import Async, AsyncForms
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.executions.launch_options import refuse_credentials_in_options
from autocontainer_nb.remote.executions.submit import checked_inputs, start
from autocontainer_nb.remote.register.register import Registered, Registrable
from autocontainer_nb.remote.scope import Scope


class RegisteredEntity(AsyncForms):
    """A task or launch plan at the control plane, returned by `FlyteRemote.register`; of a workflow its plan."""

    launch_async: "Async[Execution]"

    def __init__(
        self, scope: Scope, entity: Registrable, registered: Registered, *, allow_credentials: bool = False
    ) -> None:
        self._scope, self._entity = scope, entity
        self._allows_credentials = allow_credentials
        self._registered = replace(registered, written=None)  # which holds the notebook's data
        self._options = NO_OPTIONS

    def __repr__(self) -> str:
        """Tell its name and version."""
        return f"<registered {self.name} {self.version} in {self.project}/{self.domain}>"

    def __eq__(self, other: object) -> bool:
        """Whether the other one is registered under the same identifier."""
        return self.identifier == other.identifier if isinstance(other, RegisteredEntity) else NotImplemented

    def __hash__(self) -> int:
        """Go by name and version."""
        return hash((self.name, self.version))

    @property
    def identifier(self) -> identifier_pb2.Identifier:
        """Flyte's message that names it."""
        return self._registered.identifier

    @property
    def project(self) -> str:
        """The project that it is registered in."""
        return self.identifier.project

    @property
    def domain(self) -> str:
        """The domain that it is registered in."""
        return self.identifier.domain

    @property
    def name(self) -> str:
        """The registered name."""
        return self.identifier.name

    @property
    def version(self) -> str:
        """The version, made of what it means."""
        return self.identifier.version

    def with_options(self, **options: Any) -> "RegisteredEntity":
        """Return the same with options for its executions: see `ExecutionOptions`.

        Raises:
            InputError: an option is unknown, or has a value that Flyte refuses.
        """
        made = RegisteredEntity(self._scope, self._entity, self._registered, allow_credentials=self._allows_credentials)
        made._options = execution_options(options, self._options)
        return made

    def launch(self, **inputs: Any) -> Execution:
        """Start it with these inputs and return the execution at once.

        What runs is what was registered, whatever has changed in the notebook since. Nothing is captured or looked at.

        Raises:
            InputError: an input is missing or unknown.
            ConversionError: an input has another type than declared.
            CredentialError: an input may be a credential, and it wasn't registered with `allow_credentials`.
            RemoteError: the control plane refuses, or can't be reached.
        """
        values = checked_inputs(self._entity, (), inputs)
        refuse_credentials_in_inputs(self._entity, values, allowed=self._allows_credentials)
        refuse_credentials_in_options(self._options, self._entity, allowed=self._allows_credentials)
        scope = self._scope.within(self._options.project, self._options.domain)
        execution = start(scope, self._entity, self._registered, values, options=self._options)
        self._registered = replace(self._registered, was_new=False)  # what the next one's display says
        return execution
