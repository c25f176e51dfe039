"""The surroundings of the sandbox: variables, the clock, randomness, processors. No other module reads them."""

import os
import secrets
import socket
import time
from pathlib import Path
from typing import Final

from autocontainer_nb.wire import ENV_HOME

DEFAULT_HOME: Final = "~/.autocontainer-nb"
# The alphabet and length of the names that flyteadmin generates (pkg/common/executions.go, apimachinery's rand).
NAME_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"
EXECUTION_NAME_LENGTH: Final = 20
MINIMUM_PARALLELISM: Final = 2
SYSTEM_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Without these a Python of this machine may not start, find its accelerator, or reach the network.
MACHINE_VARIABLES: Final = (
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
    *("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)


def home_directory(home: str | None) -> Path:
    """Return the absolute home of this package's state: `home`, else $AUTOCONTAINER_NB_HOME, else the default."""
    return Path(home or os.environ.get(ENV_HOME) or DEFAULT_HOME).expanduser().absolute()


def user_home() -> str:
    """Return the user's home directory, where the interpreter's user site packages are."""
    return str(Path.home())


def machine_variables() -> dict[str, str]:
    """Return those of the machine's variables that every task gets, as they were when the sandbox was started."""
    return {name: os.environ[name] for name in MACHINE_VARIABLES if name in os.environ}


def host_name() -> str:
    """Return the name of this machine."""
    return socket.gethostname()


def user_name() -> str:
    """Return the user of this process, as the system knows it rather than a variable."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def parallelism() -> int:
    """Return how many containers run at the same time: one per processor, but at least two."""
    return max(MINIMUM_PARALLELISM, processors())


def now_ns() -> int:
    """Return the wall clock in nanoseconds since 1970."""
    return time.time_ns()


def monotonic_s() -> float:
    """Return a clock in seconds that never jumps, for waiting."""
    return time.monotonic()


def pause(duration_s: float) -> None:
    """Return after `duration_s` seconds."""
    time.sleep(duration_s)


def new_secret() -> str:
    """Return a new unguessable text that fits a header and a file."""
    return secrets.token_urlsafe(32)


def random_text(length: int) -> str:
    """Return `length` random characters that are safe in names, paths and URLs."""
    return "".join(secrets.choice(NAME_ALPHABET) for _ in range(length))


def new_execution_name() -> str:
    """Return a new name as flyteadmin makes them: `a` and 19 characters."""
    return "a" + random_text(EXECUTION_NAME_LENGTH - 1)
