"""What flytekit's `FlyteRemote` calls otherwise, in its words, for code that was written for it."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from autocontainer_nb.core.entities.execution_options import execution_options
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.control.signals import Gate
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.executions.registered import RegisteredEntity

_OWN_NAMES: Final = {"execution_name": "name", "envs": "environment"}
_WITHOUT_EFFECT: Final = frozenset({"version", "type_hints", "image_config", "serialization_settings"})
_PREFIX_DIGITS: Final = 10


def _own_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return flytekit's options by our names; `options` holds more of them."""
    said = {name: value for name, value in given.items() if value is not None and name not in _WITHOUT_EFFECT}
    more, prefix = said.pop("options", None), said.pop("execution_name_prefix", None)
    own = {_OWN_NAMES.get(name, name): value for name, value in said.items()}
    if prefix:
        own.setdefault("name", f"{str(prefix).rstrip('-')}-{environment.random_hex(_PREFIX_DIGITS)}")
    merged = execution_options(own, execution_options(more))
    return {name: value for name, value in vars(merged).items() if value is not None}


class FlytekitMethods:
    """The base of `FlyteRemote`: each method here is one of it by another name."""

    @property
    @abstractmethod
    def project(self) -> str:
        """The project of all calls."""

    @property
    @abstractmethod
    def domain(self) -> str:
        """The domain of all calls."""

    @property
    def default_project(self) -> str:
        """The project of all calls."""
        return self.project

    @property
    def default_domain(self) -> str:
        """The domain of all calls."""
        return self.domain

    @abstractmethod
    def launch(self, task: Any, /, **inputs: Any) -> Execution:
        """Start the task, and return its execution at once."""

    @abstractmethod
    def register(self, task: Any, *, allow_credentials: bool = False) -> RegisteredEntity:
        """Register what isn't there yet, and return it."""

    @abstractmethod
    def execution(
        self,
        id: str,  # noqa: A002 - as Flyte calls it
        *,
        task: Any = None,
        project: str | None = None,
        domain: str | None = None,
    ) -> Execution:
        """Return an earlier execution."""

    @abstractmethod
    def submit(self, task: Any, args: tuple[Any, ...], kwargs: dict[str, Any], *, options: Any = None) -> Execution:
        """Start the task with options, and return its execution at once."""

    def execute(
        self, entity: Any, inputs: Mapping[str, Any] | None = None, *, wait: bool = False, **options: Any
    ) -> Execution:
        """Start the entity with these inputs, and return its execution: at once, or with `wait` when it has ended.

        Options are flytekit's (`execution_name`, `execution_name_prefix`, `envs`, ...) or those of `ExecutionOptions`.

        Raises:
            InputError: another option is given.
        """
        wanted = _own_options(options)
        if isinstance(entity, RegisteredEntity):
            started = entity.with_options(**wanted).launch(**(inputs or {}))
        else:
            started = self.submit(entity, (), dict(inputs or {}), options=wanted)
        return started.wait() if wait else started

    def register_task(self, entity: Any, *_settings: Any, **_options: Any) -> RegisteredEntity:
        """Register the task, and return it. Its version is what it means, whatever version is passed."""
        return self.register(entity)

    def register_workflow(self, entity: Any, *_settings: Any, **_options: Any) -> RegisteredEntity:
        """Register the workflow and all that it needs, and return it. Its version is what it means."""
        return self.register(entity)

    def register_launch_plan(self, entity: Any, *_settings: Any, **_options: Any) -> RegisteredEntity:
        """Register the launch plan and all that it needs, and return it. Its version is what it means."""
        return self.register(entity)

    def fast_register_workflow(self, entity: Any, *_settings: Any, **_options: Any) -> RegisteredEntity:
        """Register the workflow and all that it needs, and return it; registering always sends code, not images."""
        return self.register(entity)

    @abstractmethod
    def activate(self, plan: Any, version: str | None = None) -> Any:
        """Make the launch plan's schedule start executions."""

    @abstractmethod
    def deactivate(self, plan: Any, version: str | None = None) -> Any:
        """Let the launch plan's schedule start nothing any more."""

    def activate_launchplan(self, ident: Any) -> None:
        """Make the launch plan of the identifier the active version."""
        self.activate(ident.name, ident.version)

    def deactivate_launchplan(self, ident: Any) -> None:
        """Make the launch plan of the identifier inactive."""
        self.deactivate(ident.name, ident.version)

    def fetch_execution(self, project: str | None = None, domain: str | None = None, name: str = "") -> Execution:
        """Return an earlier execution."""
        return self.execution(name, project=project, domain=domain)

    def list_signals(
        self, execution_name: str, project: str | None = None, domain: str | None = None, **_pages: Any
    ) -> list[Gate]:
        """Return the gates of the execution that wait for an answer."""
        return self.execution(execution_name, project=project, domain=domain).gates

    def approve(
        self, signal_id: str, execution_name: str, project: str | None = None, domain: str | None = None
    ) -> None:
        """Let the workflow go on behind the gate."""
        self.execution(execution_name, project=project, domain=domain).approve(signal_id)

    def reject(
        self, signal_id: str, execution_name: str, project: str | None = None, domain: str | None = None
    ) -> None:
        """Let the workflow fail at the gate."""
        self.execution(execution_name, project=project, domain=domain).reject(signal_id)

    def set_input(
        self,
        signal_id: str,
        execution_name: str,
        value: Any,
        project: str | None = None,
        domain: str | None = None,
        **_types: Any,
    ) -> None:
        """Give the gate the value that it waits for; its type is the gate's own, whatever type is passed."""
        self.execution(execution_name, project=project, domain=domain).set_input(signal_id, value)

    def wait(self, execution: Execution, timeout: Any = None, **_polling: Any) -> Execution:
        """Wait until the execution has ended, at most this long (a timedelta, or seconds), and return it."""
        seconds = timeout.total_seconds() if hasattr(timeout, "total_seconds") else timeout
        return execution.wait(seconds)

    def sync(self, execution: Execution, *_options: Any, **_more: Any) -> Execution:
        """Ask for the execution's present state, and return it."""
        _ = execution.phase
        return execution

    sync_execution = sync

    def generate_console_url(self, execution: Execution) -> str:
        """Return the execution's page in Flyte's console; empty for the sandbox."""
        return execution.console_url or ""
