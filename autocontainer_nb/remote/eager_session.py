"""The control plane as a container finds it: by its variables, or by a configuration file in its image."""

from autocontainer_nb.errors import ConfigError
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.config import Arguments, resolve_settings
from autocontainer_nb.remote.session import Session
from autocontainer_nb.wire import ENV_ENDPOINT, ENV_FLYTE_CONFIG, ENV_INSECURE


def session_in_container(owner: str, project: str, domain: str) -> Session:
    """Return the session of an eager task's container, in the project and domain of its own execution.

    Raises:
        ConfigError: neither variables nor a file name an endpoint; the message says what to set.
    """
    arguments = Arguments(project=project or None, domain=domain or None)
    settings = resolve_settings(arguments, environment.variables(), environment.home_directory())
    if settings.connection is None:
        raise ConfigError(
            f"Eager task {owner!r} starts what it calls at the control plane, and its container isn't told where that "
            f"is: no {ENV_ENDPOINT} among its variables, and no configuration file in its image. Set {ENV_ENDPOINT} "
            f"(and {ENV_INSECURE}=true for one without TLS) by @eager(environment=...) or in the cluster's defaults "
            "for all pods, or name a configuration file in the image by "
            f"{ENV_FLYTE_CONFIG}. Where the control plane wants credentials, set FLYTE_CREDENTIALS_CLIENT_ID, too, and "
            "FLYTE_CREDENTIALS_CLIENT_SECRET by secret_requests=[Secret(..., "
            'env_var="FLYTE_CREDENTIALS_CLIENT_SECRET")].'
        )
    return Session(settings)
