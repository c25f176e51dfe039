"""Where the control plane is and how to speak to it: argument, environment, configuration file, sandbox, in this order.

A file that is an argument goes ahead of the environment, as any argument does. The variables have flytekit's names
(`FLYTE_PLATFORM_*`, `FLYTE_CREDENTIALS_*`), the file's options flytectl's (`admin.*`, `console.endpoint`, `images`,
`task.project`, `task.domain`).

What a source says of TLS and credentials belongs to the endpoint in it (`_Sources`), so that no secret goes to a server
that it wasn't meant for.
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
from autocontainer_nb.remote.config.hidden import Hidden
from autocontainer_nb.wire import (
    DEFAULT_DOMAIN,
    DEFAULT_PROJECT,
    ENV_ENDPOINT,
    ENV_INSECURE,
    ENV_INTERNAL_IMAGE,
    INTERPRETER_IMAGE_PREFIX,
)

_CREDENTIALS = "FLYTE_CREDENTIALS_"
_LOOPBACK = "127.0.0.1"
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

    def place(variable: str, option: str) -> str:
        by_file, by_variable = file.text(option), environment.get(variable, "")
        return (by_file or by_variable) if arguments.config_file else (by_variable or by_file)

    project = arguments.project or place("FLYTE_LOCAL_PROJECT", "task.project") or DEFAULT_PROJECT
    domain = arguments.domain or place("FLYTE_LOCAL_DOMAIN", "task.domain") or DEFAULT_DOMAIN
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
    sources = _Sources.of(address, arguments, environment, file)
    by_file, by_variable = images.pop(DEFAULT_IMAGE_NAME, ""), environment.get(ENV_INTERNAL_IMAGE, "")
    by_default = (by_file or by_variable) if arguments.config_file else (by_variable or by_file)
    default_image = arguments.image or by_default
    return Settings(
        project=project,
        domain=domain,
        images=images,
        default_image=default_image,
        console_endpoint=sources.text("FLYTE_PLATFORM_CONSOLE_ENDPOINT", "console.endpoint"),
        endpoint=_endpoint(address, arguments, sources),
    )


def _endpoint_text(arguments: Arguments, environment: Mapping[str, str], file: ConfigFile) -> str | None:
    if arguments.endpoint == SANDBOX_NAME or (arguments.home and not arguments.endpoint):
        return None
    by_file, by_variable = file.text("admin.endpoint"), environment.get(ENV_ENDPOINT)
    by_default = (by_file or by_variable) if arguments.config_file else (by_variable or by_file)
    return arguments.endpoint or by_default or None


@dataclass(frozen=True, kw_only=True)
class _Sources:
    """What the environment and the file say about one endpoint, which is theirs; the rest of them is left out.

    The variables' endpoint is FLYTE_PLATFORM_URL. Where that isn't set, their credentials belong to the file's
    endpoint; what they say of TLS is no secret, and counts for every endpoint.
    """

    environment: Mapping[str, str]  # for what the file itself names
    tls: Mapping[str, str]
    credentials: Mapping[str, str]
    file: ConfigFile
    is_file_first: bool = False
    unused: str = ""

    @classmethod
    def of(cls, address: Address, arguments: Arguments, environment: Mapping[str, str], file: ConfigFile) -> "_Sources":
        """Return what belongs to the address."""
        in_file, in_environment = file.text("admin.endpoint"), environment.get(ENV_ENDPOINT, "")
        is_files, is_environments = _same(address, in_file), _same(address, in_environment)
        has_credentials = is_environments or (is_files and not in_environment)
        unused = ""
        if not has_credentials and any(environment.get(name) for name in environment if name.startswith(_CREDENTIALS)):
            owner = f"FLYTE_PLATFORM_URL, which {f'is {in_environment}' if in_environment else 'is not set'}"
            unused = f"The variables {_CREDENTIALS}* aren't used for {address.text}: they belong to {owner}."
        nothing: Mapping[str, str] = {}
        return cls(
            environment=environment,
            tls=environment if is_environments or not in_environment else nothing,
            credentials=environment if has_credentials else nothing,
            # Secrets in variables that the file names are the file's.
            file=file if is_files else ConfigFile(file.path),
            is_file_first=bool(arguments.config_file) and is_files,
            unused=unused,
        )

    def text(self, variable: str, option: str, *, is_secret: bool = False) -> str:
        """Return what the source that comes first says."""
        by_file = self.file.text(option) if option else ""
        by_variable = (self.credentials if is_secret else self.tls).get(variable, "")
        return (by_file or by_variable) if self.is_file_first else (by_variable or by_file)

    def words(self, variable: str, option: str) -> tuple[str, ...]:
        """Return a command or a list; in a variable commas separate, as flytekit splits them."""
        text, by_file = self.credentials.get(variable, ""), self.file.words(option)
        by_variable = tuple(text.split(",")) if text else ()
        return (by_file or by_variable) if self.is_file_first else (by_variable or by_file)

    def flag(self, variable: str, option: str) -> bool | None:
        """Return a switch; None if nobody says."""
        by_variable = _flag(self.tls.get(variable), f"the variable {variable}")
        by_file = _flag(self.file.get(option), f"{option} in {self.file.path!r}")
        first, second = (by_file, by_variable) if self.is_file_first else (by_variable, by_file)
        return second if first is None else first


def _same(address: Address, text: str) -> bool:
    """Whether the text is the same server, in whatever form: scheme, and the protocol's own port, may be left out."""
    if not text:
        return False
    other = parse_address(text)
    hosts = [_LOOPBACK if each.is_loopback else each.host for each in (address, other)]
    if hosts[0] != hosts[1]:
        return False
    if address.port == other.port:
        return True
    usual = {80} if address.insecure or other.insecure else {443}
    return {address.port, other.port} == {None, *usual}


def _endpoint(address: Address, arguments: Arguments, sources: _Sources) -> Endpoint:
    said = arguments.insecure
    if said is None and sources.is_file_first:
        said = _flag(sources.file.get("admin.insecure"), f"admin.insecure in {sources.file.path!r}")
    if said is None:
        said = _flag(sources.tls.get(ENV_INSECURE), f"the variable {ENV_INSECURE}")
    if said is not None and address.insecure is not None and said != address.insecure:
        scheme = "http" if address.insecure else "https"
        raise ConfigError(
            f"Endpoint '{scheme}://{address.text}' and insecure={said} contradict each other: remove one of them."
        )
    if said is None:
        said = _flag(sources.file.get("admin.insecure"), f"admin.insecure in {sources.file.path!r}")
    insecure = said if address.insecure is None else address.insecure
    endpoint = Endpoint(
        address=address,
        insecure=bool(insecure),
        insecure_said=bool(said),
        insecure_skip_verify=bool(sources.flag("FLYTE_PLATFORM_INSECURE_SKIP_VERIFY", "admin.insecureSkipVerify")),
        ca_cert_file=sources.text("FLYTE_PLATFORM_CA_CERT_FILE_PATH", "admin.caCertFilePath"),
        http_proxy=sources.text("FLYTE_PLATFORM_HTTP_PROXY_URL", "admin.httpProxyURL"),
        auth=_auth(arguments, sources),
    )
    if endpoint.auth.token:
        endpoint.require_private()
    return endpoint


def _auth(arguments: Arguments, sources: _Sources) -> AuthSettings:
    def text(variable: str, option: str) -> str:
        return sources.text(variable, option, is_secret=True)

    secret, origin = _client_secret(sources)
    return AuthSettings(
        mode=text("FLYTE_CREDENTIALS_AUTH_MODE", "admin.authType"),
        token=Hidden(arguments.token or ""),
        command=sources.words("FLYTE_CREDENTIALS_COMMAND", "admin.command"),
        proxy_command=sources.words("FLYTE_CREDENTIALS_PROXY_COMMAND", "admin.proxyCommand"),
        client_id=text("FLYTE_CREDENTIALS_CLIENT_ID", "admin.clientId"),
        client_secret=secret,
        client_secret_file=""
        if secret
        else text("FLYTE_CREDENTIALS_CLIENT_SECRET_LOCATION", "admin.clientSecretLocation"),
        secret_origin=origin,
        scopes=sources.words("FLYTE_CREDENTIALS_SCOPES", "admin.scopes"),
        audience=text("FLYTE_CREDENTIALS_AUDIENCE", "admin.audience"),
        unused=sources.unused,
        token_url=sources.file.text("admin.tokenUrl"),
        header_key=sources.file.text("admin.authorizationHeader"),
    )


def _client_secret(sources: _Sources) -> tuple[str, str]:
    """Return the secret, empty if it is in a file or nowhere, and where it is from."""
    own = "FLYTE_CREDENTIALS_CLIENT_SECRET"
    named = sources.text("FLYTE_CREDENTIALS_CLIENT_SECRET_ENV_VAR", "admin.clientSecretEnvVar", is_secret=True)
    by_variable = [(sources.credentials.get(own, ""), f"the variable {own}")]
    by_file = (
        [(sources.environment.get(named, ""), f"the variable {named} (admin.clientSecretEnvVar)")] if named else []
    )
    by_file.append((sources.file.text("admin.clientSecret"), f"admin.clientSecret in {sources.file.path!r}"))
    ordered = [*by_file, *by_variable] if sources.is_file_first else [*by_variable, *by_file]
    for secret, origin in ordered:
        if secret:
            return Hidden(secret), origin
    path = sources.text("FLYTE_CREDENTIALS_CLIENT_SECRET_LOCATION", "admin.clientSecretLocation", is_secret=True)
    if path:
        return "", f"the file {path!r} (admin.clientSecretLocation)"
    return "", by_file[0][1] if named else ""


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
