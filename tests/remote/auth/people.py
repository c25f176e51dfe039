"""Who signs in: clients that a provider knows, a control plane that asks it, and a person who follows addresses."""

import socket
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from threading import Thread

import grpc
import openid_provider
from flyteidl.admin import project_pb2
from flyteidl.service import auth_pb2


def free_port() -> int:
    """Return the number of a port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def registered(served: openid_provider.OpenIdProvider) -> None:
    """Register the two clients; the redirect of the public one leads to a free port."""
    redirect_uri = f"http://localhost:{free_port()}/callback"
    served.clients["flytectl"] = openid_provider.Client("flytectl", redirect_uris=(redirect_uri,))
    served.clients["robot"] = openid_provider.Client(
        "robot", "s3cret/+", scopes=("all",), grant_types=("client_credentials",)
    )


def guard(plane, served: openid_provider.OpenIdProvider) -> None:
    """Let the control plane take the provider's tokens, and name it as Flyte does."""
    plane.trouble = lambda metadata: served.trouble(metadata.get("flyte-authorization", ""))
    plane.answers |= {
        "GetProject": project_pb2.Project(id="x"),
        "GetPublicClientConfig": auth_pb2.PublicClientAuthConfigResponse(
            client_id="flytectl",
            scopes=["all", "offline"],
            authorization_metadata_key="flyte-authorization",
            redirect_uri=served.clients["flytectl"].redirect_uris[0],
        ),
        "GetOAuth2Metadata": auth_pb2.OAuth2MetadataResponse(
            authorization_endpoint=f"{served.url}/authorize",
            token_endpoint=f"{served.url}/token",
            device_authorization_endpoint=f"{served.url}/device",
        ),
    }


@dataclass
class Person:
    """Somebody who follows addresses; `said` is what was shown, `pasted` what was given back."""

    said: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    pasted: list[str] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)
    comes: bool = True

    @property
    def asked(self) -> int:
        """How often a sign-in was begun."""
        return sum("sign in" in text.lower() for text in self.said)

    def address(self) -> str:
        """Return the address that was shown last."""
        return next(line for text in reversed(self.said) for line in text.splitlines() if line.startswith("http"))

    def follow(self, address: str) -> str:
        """Go to the address; return the one that the browser ends at, whether or not that loads."""
        return _redirect_of(address)

    def browse(self, address: str) -> bool:
        """Open a browser, which goes wherever it is sent."""
        self.opened.append(address)
        if self.comes:
            thread = Thread(target=lambda: _read(self.follow(address)))
            thread.start()
            self.threads.append(thread)
        return True

    def paste(self) -> str:
        """Follow the address that was shown, and copy the last one."""
        self.pasted.append(self.follow(self.address()))
        return self.pasted[-1]

    def confirm(self) -> None:
        """Open the address of a device code."""
        text = next(text for text in reversed(self.said) if "confirm the code" in text)
        _read(text.split()[4])


class _Stop(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def _read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=5) as answer:
        return answer.read()


def _redirect_of(address: str) -> str:
    try:
        urllib.request.build_opener(_Stop).open(address, timeout=5)
    except urllib.error.HTTPError as answer:
        with answer:
            if answer.code == 302:
                return answer.headers["Location"]
            raise AssertionError(answer.read().decode()) from answer
    raise AssertionError(f"{address} leads nowhere")


def grpc_credentials(key: bytes, chain: bytes) -> grpc.ServerCredentials:
    """What a gRPC server takes."""
    return grpc.ssl_server_credentials([(key, chain)])
