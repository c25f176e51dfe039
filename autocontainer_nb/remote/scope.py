"""One control plane, project and domain, as all operations share it."""

from dataclasses import replace
from threading import Lock

from autocontainer_nb.errors import ConfigError, NotFoundError, PermissionDeniedError, UnimplementedError
from autocontainer_nb.image.config import ImageConfig
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.config.console import console_site
from autocontainer_nb.remote.config.settings import Arguments, Settings, resolve_settings
from autocontainer_nb.remote.control_plane import ControlPlane, control_plane_at
from autocontainer_nb.remote.files import RemoteFiles
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.wire import ENV_ENDPOINT, ENV_FLYTE_CONFIG, ENV_INSECURE


class Scope:
    """One control plane, one project, one domain. The channel opens at the first call.

    `control_plane` is what answers, instead of what the settings name: another implementation of the seam.
    """

    def __init__(self, settings: Settings, control_plane: ControlPlane | None = None) -> None:
        self.settings = settings if control_plane is None else replace(settings, endpoint=control_plane.endpoint)
        self._given = control_plane
        self.project = settings.project
        self.domain = settings.domain
        self._calls: ControlPlane | None = None
        self._around: Scope | None = None  # whose connection it uses
        self._project_checked = False
        self._lock = Lock()

    def within(self, project: str | None = None, domain: str | None = None) -> "Scope":
        """Return the scope of another project or domain, by the same connection; this one where neither is another."""
        project, domain = project or self.project, domain or self.domain
        if (project, domain) == (self.project, self.domain):
            return self
        moved = Scope(replace(self.settings, project=project, domain=domain))
        moved._around = self._around or self
        return moved

    @property
    def calls(self) -> ControlPlane:
        """What calls the control plane; if this is the sandbox and it isn't running, it is started here."""
        if self._around is not None:
            return self._around.calls
        with self._lock:
            if self._calls is None:
                self._calls = self._given or control_plane_at(self.settings.find_endpoint())
            return self._calls

    @property
    def image_config(self) -> ImageConfig:
        """The images that tasks may ask for."""
        return self.settings.image_config(self.calls.endpoint)

    def files(self, scratch: str) -> RemoteFiles:
        """Return the access to files of inputs and results; fetched files are put below `scratch`."""
        return RemoteFiles(self.calls, self.project, self.domain, scratch)

    def where(self) -> str:
        """Return a short name of the control plane for displays, without a request."""
        if self._around is not None:
            return self._around.where()
        endpoint = self._calls.endpoint if self._calls else self.settings.endpoint
        return endpoint.address.text if endpoint and not endpoint.is_sandbox else "sandbox"

    def check_project(self) -> bool:
        """Return whether the server has confirmed that project and domain exist; False if it doesn't say.

        Before an upload, the server is asked until it has confirmed it once.

        Raises:
            NotFoundError: there is no such project; the message has the server's own words.
            ConfigError: the project doesn't have this domain; the message lists its domains.
        """
        if self._project_checked:
            return True
        try:
            project = self.calls.call(methods.GET_PROJECT, methods.GET_PROJECT.request(id=self.project))
        except (UnimplementedError, PermissionDeniedError):
            return False
        except NotFoundError as error:
            raise NotFoundError(
                f"Control plane {error.endpoint} has no project {self.project!r}: {error.details.rstrip('.')}. "
                "Check FlyteRemote(project=...), or ask for the project to be registered.",
                endpoint=error.endpoint,
                method=error.method,
                status=error.status,
                details=error.details,
            ) from None
        domains = [domain.id for domain in project.domains]
        if domains and self.domain not in domains:
            raise ConfigError(
                f"Project {self.project!r} at {self.where()} has no domain {self.domain!r}. Choose one of "
                f"{', '.join(domains)} with FlyteRemote(domain=...)."
            )
        self._project_checked = True
        return True

    def console_url(self, execution: str) -> str | None:
        """Return the page of an execution in Flyte's console; None for the sandbox, which has no console.

        It is at `console.endpoint` of the configuration, else at the host of the control plane.
        """
        if self.settings.endpoint is None:
            return None
        site = console_site(self.settings.console_endpoint, self.settings.endpoint)
        return f"{site}/console/projects/{self.project}/domains/{self.domain}/executions/{execution}"

    def close(self) -> None:
        """Close the channel; the next call opens another."""
        with self._lock:
            calls, self._calls = self._calls, None
        if calls:
            calls.close()


def scope_in_container(owner: str, project: str, domain: str) -> Scope:
    """Return the scope of an eager task's container: the project and domain of its own execution.

    Raises:
        ConfigError: no variable or file has an endpoint; the message says what to set.
    """
    arguments = Arguments(project=project or None, domain=domain or None)
    settings = resolve_settings(arguments, environment.variables(), environment.home_directory())
    if settings.endpoint is None:
        raise ConfigError(
            f"Eager task {owner!r} has to start executions at the control plane, but its container has no "
            f"address of it: {ENV_ENDPOINT} isn't set, and the image has no configuration file. Set {ENV_ENDPOINT} "
            f"(and {ENV_INSECURE}=true for a server without TLS) with @eager(environment=...) or in the cluster's "
            f"defaults for all pods, or set {ENV_FLYTE_CONFIG} to a configuration file in the image. If the control "
            "plane requires credentials, also set FLYTE_CREDENTIALS_CLIENT_ID, and FLYTE_CREDENTIALS_CLIENT_SECRET "
            'with secret_requests=[Secret(..., env_var="FLYTE_CREDENTIALS_CLIENT_SECRET")].'
        )
    return Scope(settings)
