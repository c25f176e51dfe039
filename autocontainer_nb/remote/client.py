"""`FlyteRemote`, the client of a control plane, and the default one for `.remote()`."""

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

from flyteidl.admin import common_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.capture.own_classes import recognize_own_classes
from autocontainer_nb.core.entities.execution_options import NO_OPTIONS, ExecutionOptions, execution_options
from autocontainer_nb.core.entities.with_options import WithOptions
from autocontainer_nb.errors import UnimplementedError
from autocontainer_nb.pickling.meaning.changes import changes
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.config.flytekit_config import Config
from autocontainer_nb.remote.config.settings import Arguments, resolve_settings
from autocontainer_nb.remote.control.async_forms import Async, AsyncForms
from autocontainer_nb.remote.control.stopping import terminate_all
from autocontainer_nb.remote.control_plane import ControlPlane
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.executions.registered import RegisteredEntity
from autocontainer_nb.remote.executions.submit import submit
from autocontainer_nb.remote.flytekit_methods import FlytekitMethods
from autocontainer_nb.remote.register.last_runs import last_run, place_of
from autocontainer_nb.remote.register.register import Registrable, register, require_registrable
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.remote.verbs.async_verbs import AsyncVerbs
from autocontainer_nb.remote.verbs.fetches import Fetches
from autocontainer_nb.remote.verbs.lists import Lists
from autocontainer_nb.remote.verbs.plans import Plans

_lock = Lock()


class FlyteRemote(AsyncVerbs, Fetches, Lists, Plans, FlytekitMethods):
    """A control plane, a project and a domain. Omitted arguments come from the environment or a configuration file.

    Without an endpoint anywhere it is the sandbox of this machine, started when it is needed; `endpoint="sandbox"`
    and `home=...` say so explicitly. Nothing is sent before the first call. flytekit's `config`, `default_project`
    and `default_domain` mean the same. `control_plane` is what answers instead of a server: a fake, in tests.
    """

    def __init__(  # noqa: PLR0913 - the settings by our names and by flytekit's
        self,
        endpoint: "str | Config | None" = None,
        project: str | None = None,
        domain: str | None = None,
        *,
        config: Config | None = None,
        default_project: str | None = None,
        default_domain: str | None = None,
        interactive_mode_enabled: bool | None = None,  # noqa: ARG002 - flytekit's: here it always is
        insecure: bool | None = None,
        token: str | None = None,
        image: str | None = None,
        config_file: str | None = None,
        home: str | None = None,
        control_plane: ControlPlane | None = None,
    ) -> None:
        told = config if config is not None else endpoint if isinstance(endpoint, Config) else None
        if told is not None:
            endpoint, insecure = told.platform.endpoint or None, told.platform.insecure
            config_file = told.config_file or config_file
        arguments = Arguments(
            endpoint=endpoint if isinstance(endpoint, str) else None,
            project=project or default_project,
            domain=domain or default_domain,
            insecure=insecure,
            token=token,
            image=image,
            config_file=config_file,
            home=home,
        )
        settings = resolve_settings(arguments, environment.variables(), environment.home_directory())
        self._scope = Scope(settings, control_plane)
        recognize_own_classes()

    def __repr__(self) -> str:
        """Show the control plane, project and domain, without a request."""
        return f"<FlyteRemote {self.where}, project {self.project}, domain {self.domain}>"

    @property
    def project(self) -> str:
        """The project of all calls."""
        return self._scope.project

    @property
    def domain(self) -> str:
        """The domain of all calls."""
        return self._scope.domain

    @property
    def where(self) -> str:
        """A short name of the control plane: `sandbox`, or the endpoint."""
        return self._scope.where()

    @property
    def is_sandbox(self) -> bool:
        """Whether it is the sandbox of this machine."""
        return self._scope.settings.endpoint is None

    @property
    def endpoint(self) -> str:
        """`host:port` of the control plane; the sandbox is started to know it."""
        return self._scope.calls.endpoint.address.text

    def check(self) -> str:
        """Return the control plane's version, proving that it answers, takes the credentials and has the project.

        Raises:
            RemoteError: it doesn't, with the endpoint, the server's own words and a next step.
        """
        try:
            version = self._scope.calls.call(methods.GET_VERSION, methods.GET_VERSION.request())
        except UnimplementedError:
            if not self._scope.check_project():
                raise  # it serves neither call: this isn't a control plane
            return "unknown"
        self._scope.check_project()
        return version.control_plane_version.Version or "unknown"

    def launch(self, task: Registrable | WithOptions, /, **inputs: Any) -> Execution:
        """Start the task with these inputs and return its execution at once."""
        return submit(self._scope, task, (), inputs)

    def with_options(self, **options: Any) -> "LaunchesWithOptions":
        """Return what launches with these options: `remote.with_options(name="nightly").launch(train, epochs=3)`.

        The options are those of `core.entities.execution_options.ExecutionOptions`.

        Raises:
            InputError: an option is unknown, or has a value that Flyte refuses.
        """
        return LaunchesWithOptions(self, execution_options(options))

    def submit(
        self,
        task: Registrable | WithOptions,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        allow_credentials: bool = False,
        needs: str = "",
        trial: str = "",
        options: ExecutionOptions | Mapping[str, Any] | None = None,
    ) -> Execution:
        """Start the task as a call with positional and named arguments would, and return its execution at once.

        With `allow_credentials`, what looks like a credential is uploaded with it. `needs` is what its containers do
        where packages are missing or too old: "check" refuses, "warn" tells in the log, "off" doesn't look. `trial` is
        what is done where a new file doesn't load here: by default it is refused, "warn" tells, "off" doesn't try.
        `options` are those of the execution, as `with_options` takes them.
        """
        allowed: Any = {"allow_credentials": allow_credentials, "needs": needs, "trial": trial}
        return submit(self._scope, task, args, kwargs, **allowed, options=execution_options(options))

    def register(self, task: Registrable, *, allow_credentials: bool = False, trial: str = "") -> RegisteredEntity:
        """Register what isn't there yet, and return it: `.launch(**inputs)` starts it any number of times.

        With `allow_credentials`, what looks like a credential is uploaded with it; `trial`: see `submit`.
        """
        launched = require_registrable(task)
        registered = register(self._scope, launched, allow_credentials=allow_credentials, trial=trial)
        return RegisteredEntity(self._scope, task, registered, allow_credentials=allow_credentials)

    def changes(self, task: Registrable, parts: tuple[Mapping[str, Any], ...]) -> tuple[str, ...]:
        """Return what changed since the task ran last from this machine, one text each; nothing where nobody knows.

        `parts` are those of the task as it is captured now; nobody is asked.
        """
        before = last_run(place_of(self._scope, task.name))
        return () if before is None else tuple(change.text for change in changes(before.parts, parts))

    def execution(
        self,
        id: str,  # noqa: A002 - as Flyte calls it
        *,
        task: Registrable | None = None,
        project: str | None = None,
        domain: str | None = None,
    ) -> Execution:
        """Return an earlier execution, also of another kernel.

        With `task`, results have its declared types; without, the types that fit the registered interface best.

        Raises:
            NotFoundError: there is no such execution in this project and domain.
        """
        execution = Execution(self._scope.within(project, domain), id, task=task)
        _ = execution.phase
        return execution

    def logs(self, id: str) -> str:  # noqa: A002 - see execution
        """Return the output of an execution's containers."""
        return self.execution(id).logs()

    def terminate(self, id: str | Execution | Iterable[str | Execution], cause: str = "") -> None:  # noqa: A002 - see execution
        """Ask the control plane to stop an execution, or many at once; those that have ended already stay as they are.

        Raises:
            RemoteError: some couldn't be stopped; all were tried, and the message names those.
        """
        many = [id] if isinstance(id, str | Execution) else list(id)
        terminate_all([each if isinstance(each, Execution) else Execution(self._scope, each) for each in many], cause)

    def task(self, name: str, version: str) -> Any:
        """Return a registered task as the control plane has it, Flyte's message `Task`."""
        identifier = identifier_pb2.Identifier(
            resource_type=identifier_pb2.TASK, project=self.project, domain=self.domain, name=name, version=version
        )
        return self._scope.calls.call(methods.GET_TASK, common_pb2.ObjectGetRequest(id=identifier))

    def close(self) -> None:
        """Close the channel; the next call opens another."""
        self._scope.close()


class LaunchesWithOptions(AsyncForms):
    """A client's launches with the same options; returned by `FlyteRemote.with_options`."""

    launch_async: Async[Execution]

    def __init__(self, remote: FlyteRemote, options: ExecutionOptions) -> None:
        self._remote = remote
        self.options = options

    def with_options(self, **options: Any) -> "LaunchesWithOptions":
        """Return what launches with these options too; of what both name, these count."""
        return LaunchesWithOptions(self._remote, execution_options(options, self.options))

    def launch(self, task: Registrable | WithOptions, /, **inputs: Any) -> Execution:
        """Start the task with these inputs and the options, and return its execution at once.

        Raises:
            AlreadyExistsError: an execution of the name that the options give exists already.
        """
        return self._remote.submit(task, (), inputs, options=self.options)


_default: FlyteRemote | None = None


def default_remote() -> FlyteRemote:
    """Return the control plane that `task.remote(...)` uses; made from environment and files at first use."""
    global _default  # noqa: PLW0603 - one control plane for a process, replaced by set_default_remote
    with _lock:
        if _default is None:
            _default = FlyteRemote()
        return _default


def set_default_remote(remote: FlyteRemote | None) -> None:
    """Make `task.remote(...)` use this control plane from now on; None forgets the choice."""
    global _default  # noqa: PLW0603 - see above
    with _lock:
        _default = remote


def launch_task(
    task: Registrable,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    options: ExecutionOptions = NO_OPTIONS,
) -> Execution:
    """Return the execution at the control plane that counts now; what `.remote()` calls by the slot `launcher`."""
    return submit(default_remote()._scope, task, args, kwargs, options=options)  # noqa: SLF001 - of this module's class
