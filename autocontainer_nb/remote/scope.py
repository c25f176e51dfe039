"""One control plane, project and domain, as all operations share it."""

from threading import Lock

from autocontainer_nb.errors import ConfigError, NotFoundError, PermissionDeniedError, UnimplementedError
from autocontainer_nb.image.config import ImageConfig
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.config.endpoint import parse_address
from autocontainer_nb.remote.config.settings import Arguments, Settings, resolve_settings
from autocontainer_nb.remote.files import RemoteFiles
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.rpc.calls import Calls
from autocontainer_nb.wire import ENV_ENDPOINT, ENV_FLYTE_CONFIG, ENV_INSECURE


class Scope:
    """One control plane, one project, one domain. The channel opens at the first call."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.project = settings.project
        self.domain = settings.domain
        self._calls: Calls | None = None
        self._project_checked = False
        self._lock = Lock()

    @property
    def calls(self) -> Calls:
        """The calls to the control plane; the sandbox is started here if it is the one and isn't running."""
        with self._lock:
            if self._calls is None:
                self._calls = Calls(self.settings.find_endpoint())
            return self._calls

    @property
    def image_config(self) -> ImageConfig:
        """The images that tasks may ask for."""
        return self.settings.image_config(self.calls.endpoint)

    def files(self, scratch: str) -> RemoteFiles:
        """Return access to the files of inputs and results; what is fetched is put below `scratch`."""
        return RemoteFiles(self.calls, self.project, self.domain, scratch)

    def where(self) -> str:
        """Return the control plane in a few words, for displays; asks nobody."""
        endpoint = self._calls.endpoint if self._calls else self.settings.endpoint
        return endpoint.address.text if endpoint and not endpoint.is_sandbox else "sandbox"

    def check_project(self) -> bool:
        """Return whether the server has proved that project and domain exist; False where it doesn't tell.

        Asked until it has, before an upload.

        Raises:
            NotFoundError: there is no such project, in the server's own words.
            ConfigError: the project hasn't this domain; the message lists those it has.
        """
        if self._project_checked:
            return True
        try:
            project = self.calls.call(methods.GET_PROJECT, methods.GET_PROJECT.request(id=self.project))
        except (UnimplementedError, PermissionDeniedError):
            return False
        except NotFoundError as error:
            raise NotFoundError(
                f"Control plane {error.endpoint} has no project {self.project!r}: {error.details}. Check "
                "FlyteRemote(project=...), or have the project registered.",
                endpoint=error.endpoint,
                method=error.method,
                status=error.status,
                details=error.details,
            ) from None
        domains = [domain.id for domain in project.domains]
        if domains and self.domain not in domains:
            raise ConfigError(
                f"Project {self.project!r} at {self.where()} has no domain {self.domain!r}; it has: "
                f"{', '.join(domains)}. Choose one by FlyteRemote(domain=...)."
            )
        self._project_checked = True
        return True

    def console_url(self, execution: str) -> str | None:
        """Return the page of an execution in Flyte's console; None for the sandbox, which has none."""
        endpoint = self.settings.endpoint
        if endpoint is None:
            return None
        console = parse_address(self.settings.console_endpoint) if self.settings.console_endpoint else None
        at = console or endpoint.address
        insecure = at.insecure if at.insecure is not None else endpoint.insecure
        scheme = "http" if insecure else "https"
        return f"{scheme}://{at.text}/console/projects/{self.project}/domains/{self.domain}/executions/{execution}"

    def close(self) -> None:
        """Close the channel; the next call opens another."""
        with self._lock:
            calls, self._calls = self._calls, None
        if calls:
            calls.close()


def scope_in_container(owner: str, project: str, domain: str) -> Scope:
    """Return the scope of an eager task's container: the project and domain of its own execution.

    Raises:
        ConfigError: neither variables nor a file name an endpoint; the message says what to set.
    """
    arguments = Arguments(project=project or None, domain=domain or None)
    settings = resolve_settings(arguments, environment.variables(), environment.home_directory())
    if settings.endpoint is None:
        raise ConfigError(
            f"Eager task {owner!r} starts what it calls at the control plane, and its container isn't told where that "
            f"is: no {ENV_ENDPOINT} among its variables, and no configuration file in its image. Set {ENV_ENDPOINT} "
            f"(and {ENV_INSECURE}=true for one without TLS) by @eager(environment=...) or in the cluster's defaults "
            "for all pods, or name a configuration file in the image by "
            f"{ENV_FLYTE_CONFIG}. Where the control plane wants credentials, set FLYTE_CREDENTIALS_CLIENT_ID, too, and "
            "FLYTE_CREDENTIALS_CLIENT_SECRET by secret_requests=[Secret(..., "
            'env_var="FLYTE_CREDENTIALS_CLIENT_SECRET")].'
        )
    return Scope(settings)
