"""Where the control plane is and how to speak to it: argument, environment, configuration file, sandbox, in this order.

The variables have flytekit's names (`FLYTE_PLATFORM_*`, `FLYTE_CREDENTIALS_*`), the file's options flytectl's
(`admin.*`, `console.endpoint`, `images`, `task.project`, `task.domain`).

What a file says of TLS and credentials belongs to the endpoint in that file: with another endpoint (by argument or by
variable) it doesn't count, so that no secret goes to a server it wasn't meant for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autocontainer_nb.errors import ConfigError
from autocontainer_nb.image.config import DEFAULT_IMAGE_NAME, ImageConfig
from autocontainer_nb.image.interpreter import this_interpreter_image
from autocontainer_nb.remote.config.config_file import ConfigFile, read_config_file
from autocontainer_nb.remote.config.endpoint import (
    SANDBOX_NAME,
    Address,
    AuthSettings,
    Endpoint,
    parse_address,
    sandbox_endpoint,
)
from autocontainer_nb.wire import (
    DEFAULT_DOMAIN,
    DEFAULT_PROJECT,
    ENV_ENDPOINT,
    ENV_INSECURE,
    ENV_INTERNAL_IMAGE,
    INTERPRETER_IMAGE_PREFIX,
)

_TRUE, _FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off"}


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """The arguments of FlyteRemote; None and empty mean that they weren't passed."""

    endpoint: str | None = None
    project: str | None = None
    domain: str | None = None
    insecure: bool | None = None
    token: str | None = field(default=None, repr=False)
    image: str | None = None
    config_file: str | None = None
    home: str | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The result of all sources. `endpoint` is None for the sandbox, which is located when needed."""

    project: str
    domain: str
    images: Mapping[str, str]
    default_image: str
    console_endpoint: str = ""
    endpoint: Endpoint | None = None
    home: str | None = None
    token: str | None = field(default=None, repr=False)

    def find_endpoint(self) -> Endpoint:
        """Return the endpoint; if this is the sandbox and it isn't running, it is started."""
        return self.endpoint or sandbox_endpoint(self.home, token=self.token)

    def image_config(self, endpoint: Endpoint) -> ImageConfig:
        """Return the images that tasks may ask for at this control plane.

        If the sandbox runs tasks with an interpreter, it uses that of this process: code captured here belongs to this
        Python and needs its packages, whatever process started the sandbox.
        """
        default = self.default_image or endpoint.default_image
        if not self.default_image and default.startswith(INTERPRETER_IMAGE_PREFIX):
            default = this_interpreter_image()
        return ImageConfig.auto(img_name=default or None, images=self.images)


def resolve_settings(arguments: Arguments, environment: Mapping[str, str], home_directory: str) -> Settings:
    """Return the settings from all sources.

    Raises:
        ConfigError: a source can't be used, or two sources contradict each other.
    """
    file = read_config_file(arguments.config_file, environment, home_directory)
    images = _images(file)
    common = {
        "project": arguments.project or environment.get("FLYTE_LOCAL_PROJECT") or file.text("task.project"),
        "domain": arguments.domain or environment.get("FLYTE_LOCAL_DOMAIN") or file.text("task.domain"),
    }
    project, domain = common["project"] or DEFAULT_PROJECT, common["domain"] or DEFAULT_DOMAIN
    text = _endpoint_text(arguments, environment, file)
    if text is None:
        images.pop(DEFAULT_IMAGE_NAME, None)  # a cluster's image says nothing of the sandbox
        return Settings(
            project=project,
            domain=domain,
            images=images,
            default_image=arguments.image or "",
            home=arguments.home,
            token=arguments.token,
        )
    address = parse_address(text)
    own_file = file if _same(address, file.text("admin.endpoint")) else ConfigFile(file.path)
    default_image = arguments.image or environment.get(ENV_INTERNAL_IMAGE) or images.pop(DEFAULT_IMAGE_NAME, "")
    return Settings(
        project=project,
        domain=domain,
        images=images,
        default_image=default_image,
        console_endpoint=environment.get("FLYTE_PLATFORM_CONSOLE_ENDPOINT") or own_file.text("console.endpoint"),
        endpoint=_endpoint(address, arguments, environment, own_file),
    )


def _endpoint_text(arguments: Arguments, environment: Mapping[str, str], file: ConfigFile) -> str | None:
    if arguments.endpoint == SANDBOX_NAME or (arguments.home and not arguments.endpoint):
        return None
    return arguments.endpoint or environment.get(ENV_ENDPOINT) or file.text("admin.endpoint") or None


def _same(address: Address, text: str) -> bool:
    if not text:
        return False
    other = parse_address(text)
    return (other.host, other.port) == (address.host, address.port)


def _endpoint(address: Address, arguments: Arguments, environment: Mapping[str, str], file: ConfigFile) -> Endpoint:
    insecure = arguments.insecure
    if insecure is None:
        insecure = _flag(environment.get(ENV_INSECURE), f"the variable {ENV_INSECURE}")
    if insecure is not None and address.insecure is not None and insecure != address.insecure:
        scheme = "http" if address.insecure else "https"
        raise ConfigError(
            f"Endpoint '{scheme}://{address.text}' and insecure={insecure} contradict each other: remove one of them."
        )
    if insecure is None:
        insecure = address.insecure
    if insecure is None:
        insecure = _flag(file.get("admin.insecure"), f"admin.insecure in {file.path!r}")
    skip = _flag(environment.get("FLYTE_PLATFORM_INSECURE_SKIP_VERIFY"), "FLYTE_PLATFORM_INSECURE_SKIP_VERIFY")
    if skip is None:
        skip = _flag(file.get("admin.insecureSkipVerify"), f"admin.insecureSkipVerify in {file.path!r}")
    return Endpoint(
        address=address,
        insecure=bool(insecure),
        insecure_skip_verify=bool(skip),
        ca_cert_file=environment.get("FLYTE_PLATFORM_CA_CERT_FILE_PATH") or file.text("admin.caCertFilePath"),
        auth=_auth(arguments, environment, file),
    )


def _auth(arguments: Arguments, environment: Mapping[str, str], file: ConfigFile) -> AuthSettings:
    def words(variable: str, option: str) -> tuple[str, ...]:
        text = environment.get(variable, "")
        return tuple(text.split(",")) if text else file.words(option)  # commas, as flytekit splits its variables

    def text(variable: str, option: str) -> str:
        return environment.get(variable) or file.text(option)

    secret_variable = text("FLYTE_CREDENTIALS_CLIENT_SECRET_ENV_VAR", "admin.clientSecretEnvVar")
    secret = environment.get("FLYTE_CREDENTIALS_CLIENT_SECRET") or environment.get(secret_variable, "")
    return AuthSettings(
        mode=text("FLYTE_CREDENTIALS_AUTH_MODE", "admin.authType"),
        token=arguments.token or "",
        command=words("FLYTE_CREDENTIALS_COMMAND", "admin.command"),
        proxy_command=words("FLYTE_CREDENTIALS_PROXY_COMMAND", "admin.proxyCommand"),
        client_id=text("FLYTE_CREDENTIALS_CLIENT_ID", "admin.clientId"),
        client_secret=secret,
        client_secret_file=text("FLYTE_CREDENTIALS_CLIENT_SECRET_LOCATION", "admin.clientSecretLocation"),
        scopes=words("FLYTE_CREDENTIALS_SCOPES", "admin.scopes"),
        audience=text("FLYTE_CREDENTIALS_AUDIENCE", "admin.audience"),
        http_proxy=text("FLYTE_PLATFORM_HTTP_PROXY_URL", "admin.httpProxyURL"),
    )


def _images(file: ConfigFile) -> dict[str, str]:
    section = file.get("images") or {}
    if not isinstance(section, Mapping):
        raise ConfigError(f"'images' in {file.path!r}: expected a mapping of names to images.")
    return {str(name): str(text) for name, text in section.items()}


def _flag(value: object, source: str) -> bool | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ConfigError(f"{source}: expected true or false, got {value!r}.")
    return word in _TRUE
