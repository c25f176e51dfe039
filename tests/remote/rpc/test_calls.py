"""Calls to a real gRPC server: what comes back, what is retried, and what the user is told."""

import socket
import threading
from types import SimpleNamespace

import grpc
import pytest
from flyteidl.admin import project_pb2, version_pb2

from autocontainer_nb import slots
from autocontainer_nb.errors import (
    BY_GRPC_STATUS,
    ConfigError,
    DeadlineExceededError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    RemoteError,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
    UnimplementedError,
)
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.config.endpoint import Endpoint, parse_address, sandbox_endpoint
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.rpc.calls import Calls
from autocontainer_nb.remote.rpc.repetition import Repetition
from autocontainer_nb.wire import PACKAGE_VERSION

REQUEST = project_pb2.ProjectGetRequest(id="flytesnacks")


def test_the_table_of_statuses_is_complete():
    """Each gRPC status but OK has its class, and there is none that gRPC doesn't have."""
    assert set(BY_GRPC_STATUS) == {code.name for code in grpc.StatusCode} - {"OK"}


def test_a_call_sends_the_token_and_the_user_agent(control_plane, calls):
    """The answer comes back; the server sees a bearer token and which client asks."""
    control_plane.token = "right"
    control_plane.answers["GetProject"] = project_pb2.Project(id="flytesnacks")
    assert calls(token="right").call(methods.GET_PROJECT, REQUEST).id == "flytesnacks"
    sent = control_plane.metadata[0]
    assert sent["authorization"] == "Bearer right"
    assert sent["user-agent"].startswith(f"autocontainer_nb/{PACKAGE_VERSION}")


@pytest.mark.parametrize("status", sorted(BY_GRPC_STATUS))
def test_each_status_is_its_class_and_what_passes_is_retried(control_plane, calls, refuse, status):
    """The message has endpoint, call, status and the server's words; who can't be helped is asked only once."""
    control_plane.answers["GetProject"] = refuse(status, "the server's own words")
    with pytest.raises(BY_GRPC_STATUS[status]) as caught:
        calls().call(methods.GET_PROJECT, REQUEST, patience_s=1.2)
    error = caught.value
    assert (error.status, error.details, error.method) == (status, "the server's own words", "GetProject")
    assert f"127.0.0.1:{control_plane.port}" == error.endpoint
    for words in (error.endpoint, "GetProject", status, "the server's own words"):
        assert words in str(error)
    passes = status in {"UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED", "RESOURCE_EXHAUSTED"}
    assert (control_plane.counts["GetProject"] > 1) == error.retryable == passes
    assert error.may_have_worked == (passes and status != "RESOURCE_EXHAUSTED")


def test_too_many_nodes_are_told_with_the_way_out(control_plane, calls, refuse):
    """How many a workflow may have is the control plane's own setting, so it is known only from its answer."""
    words = 'number of nodes in workflow [resource_type:WORKFLOW name:"w"] exceeds limit (201 > 100)'
    control_plane.answers["GetProject"] = refuse("INVALID_ARGUMENT", words)
    with pytest.raises(RemoteError, match=r"\(201 > 100\)\. Call some of the tasks in workflows of their own"):
        calls().call(methods.GET_PROJECT, REQUEST)


def test_a_retry_that_helps_is_not_seen(control_plane, calls, refuse):
    """UNAVAILABLE once, then the answer."""
    answers = iter([refuse("UNAVAILABLE", "warming up"), project_pb2.Project(id="x")])
    control_plane.answers["GetProject"] = lambda request: next(answers)
    assert calls().call(methods.GET_PROJECT, REQUEST).id == "x"
    assert control_plane.counts["GetProject"] == 2


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("RESOURCE_EXHAUSTED", "too many requests"),
        ("INTERNAL", "Received RST_STREAM with error code 2"),
        ("UNKNOWN", "Stream removed"),
        ("CANCELLED", "Received RST_STREAM with error code 8"),
        ("UNAVAILABLE", "Received http2 header with status: 503"),
    ],
)
def test_a_limit_of_calls_and_what_proxies_say_is_waited_out(control_plane, calls, refuse, status, words):
    """Twice refused, then the answer, and nobody sees an error."""
    answers = iter([refuse(status, words), refuse(status, words), project_pb2.Project(id="x")])
    control_plane.answers["GetProject"] = lambda request: next(answers)
    assert calls().call(methods.GET_PROJECT, REQUEST).id == "x"
    assert control_plane.counts["GetProject"] == 3


def test_what_the_server_itself_has_decided_is_not_asked_again(control_plane, calls, refuse):
    """INTERNAL in flyteadmin's own words comes from its database or store: it is told at once."""
    control_plane.answers["GetProject"] = refuse("INTERNAL", "failed to update the database")
    with pytest.raises(InternalError, match="failed to update"):
        calls().call(methods.GET_PROJECT, REQUEST)
    assert control_plane.counts["GetProject"] == 1


def test_a_message_too_large_is_told_apart_from_a_limit_of_calls(control_plane, calls):
    """The server's own limit of 4 MiB: it is sent once, and the message says what to do with large inputs."""
    control_plane.answers["GetProject"] = project_pb2.Project()
    with pytest.raises(ResourceExhaustedError, match=r"larger than max.*DataFrame, an array or a FlyteFile") as caught:
        calls().call(methods.GET_PROJECT, project_pb2.ProjectGetRequest(id="x" * 5_000_000))
    assert not caught.value.retryable


def test_long_words_come_whole(control_plane, calls, refuse):
    """How a workflow differs from the registered one is told in the status, beyond gRPC's own limit of 8 KiB."""
    control_plane.answers["GetProject"] = refuse("INVALID_ARGUMENT", "it differs: " + "x" * 20_000)
    with pytest.raises(InvalidArgumentError, match=r"x{20000}"):
        calls().call(methods.GET_PROJECT, REQUEST)


def test_a_call_that_took_too_long_is_made_again_by_another_connection(control_plane, calls):
    """The first connection may lead nowhere: the second attempt doesn't use it, and has more time."""
    control_plane.answers["GetProject"] = project_pb2.Project(id="x")
    shared = calls()
    shared.call(methods.GET_PROJECT, REQUEST)
    peers, hold = [], threading.Event()

    def slow_once(request):
        peers.append(request)
        if len(peers) == 1:
            hold.wait(10)
        return project_pb2.Project(id="x")

    control_plane.answers["GetProject"] = slow_once
    first = shared._opened
    try:
        assert shared.call(methods.GET_PROJECT, REQUEST, timeout_s=0.3).id == "x"
    finally:
        hold.set()
    # Nor does the next call, where this one isn't made again: a wait asks so.
    assert len(peers) == 2
    assert shared._opened is not first
    control_plane.answers["GetProject"] = lambda request: hold.wait(0.5) or project_pb2.Project()
    hold.clear()
    with pytest.raises(DeadlineExceededError):
        shared.call(methods.GET_PROJECT, REQUEST, timeout_s=0.1, patience_s=0)
    control_plane.answers["GetProject"] = project_pb2.Project(id="x")
    assert shared.call(methods.GET_PROJECT, REQUEST, patience_s=0).id == "x"
    assert shared._opened.credentials is first.credentials


def test_a_restart_of_a_server_that_is_known_goes_unnoticed(control_plane, calls):
    """It is away for longer than an unknown server would be waited for between two attempts, and comes back."""
    control_plane.answers["GetProject"] = project_pb2.Project(id="x")
    shared = calls()
    shared.call(methods.GET_PROJECT, REQUEST)
    port = control_plane.port
    control_plane.stop()
    back = threading.Timer(1.5, lambda: control_plane.start(port))
    back.start()
    try:
        assert shared.call(methods.GET_PROJECT, REQUEST).id == "x"
    finally:
        back.join()


def test_what_takes_long_is_told_once(control_plane, calls, refuse, caplog, monkeypatch):
    """However many calls wait: one line in the log, with the reason."""
    monkeypatch.setattr("autocontainer_nb.remote.rpc.calls.TOLD_AFTER_S", 0.1)
    control_plane.answers["GetProject"] = refuse("UNAVAILABLE", "no healthy upstream")
    shared = calls()
    for _ in range(2):
        with pytest.raises(UnavailableError):
            shared.call(methods.GET_PROJECT, REQUEST, patience_s=0.8)
    [line] = [each.getMessage() for each in caplog.records]
    assert line == f"Control plane 127.0.0.1:{control_plane.port}: UNAVAILABLE: no healthy upstream. Trying again."


def test_a_call_that_is_under_way_while_the_server_is_stopped_is_made_again(control_plane, calls):
    """The server cancels it, which no user has done."""
    control_plane.answers["GetProject"] = project_pb2.Project(id="x")
    shared, begun, port = calls(), threading.Event(), control_plane.port
    shared.call(methods.GET_PROJECT, REQUEST)
    ended = threading.Event()

    def held(request):
        begun.set()
        ended.wait(5)
        return project_pb2.Project(id="late")

    def restart():
        begun.wait(5)
        control_plane.stop()
        control_plane.answers["GetProject"] = project_pb2.Project(id="x")
        control_plane.start(port)

    control_plane.answers["GetProject"] = held
    thread = threading.Thread(target=restart)
    thread.start()
    try:
        assert shared.call(methods.GET_PROJECT, REQUEST).id == "x"
    finally:
        ended.set()
        thread.join()


def test_patience_is_for_servers_that_are_known(monkeypatch):
    """30 s away: borne where the server has answered before, or where a gateway speaks for it; else told within 5 s."""

    def attempts(words, *, has_answered, lasts_s, status="UNAVAILABLE"):
        now = [0.0]
        monkeypatch.setattr(environment, "monotonic_s", lambda: now[0])
        asked = Repetition(6.0, 60.0)
        while now[0] < lasts_s:
            pause_s = asked.pause_s(status, words, has_answered=has_answered)
            if pause_s is None:
                return now[0], asked.failures
            now[0] += pause_s
        return now[0], asked.failures

    refused = "failed to connect to all addresses; connect: Connection refused (111)"
    lasted_s, failures = attempts(refused, has_answered=True, lasts_s=30)
    assert lasted_s >= 30
    assert 10 < failures < 60
    assert attempts("Received http2 header with status: 503", has_answered=False, lasts_s=30)[0] >= 30
    assert attempts("too many requests", has_answered=False, lasts_s=30, status="RESOURCE_EXHAUSTED")[0] >= 30
    lasted_s, failures = attempts(refused, has_answered=False, lasts_s=30)
    assert 2 < lasted_s < 5
    assert failures > 4
    untrusted = "Ssl handshake failed: SSL_ERROR_SSL: CERTIFICATE_VERIFY_FAILED: self-signed certificate"
    assert attempts(untrusted, has_answered=False, lasts_s=30) == (0, 1)
    assert attempts(refused, has_answered=True, lasts_s=300)[0] < 60


def test_nothing_listens_at_the_endpoint(calls):
    """No server: the endpoint, and that nothing listens there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = Endpoint(address=parse_address(f"127.0.0.1:{port}"), insecure=True)
    with pytest.raises(
        UnavailableError, match=f"127.0.0.1:{port} didn't answer GetProject.*Nothing listens at port {port}"
    ):
        calls(endpoint=endpoint).call(methods.GET_PROJECT, REQUEST, patience_s=0.5)


def test_an_unknown_host_is_told(calls):
    """A host name that nobody knows is named."""
    endpoint = Endpoint(address=parse_address("no-such-host.invalid:443"))
    with pytest.raises(RemoteError, match=r"no-such-host\.invalid.*can't be resolved"):
        calls(endpoint=endpoint).call(methods.GET_PROJECT, REQUEST, patience_s=0.5)


def test_a_server_that_says_nothing_is_given_up(calls):
    """Something accepts the connection and never answers: the deadline ends it, with a next step."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = Endpoint(address=parse_address(f"127.0.0.1:{silent.getsockname()[1]}"), insecure=True)
        with pytest.raises(DeadlineExceededError, match="No answer came in time"):
            calls(endpoint=endpoint).call(methods.GET_PROJECT, REQUEST, timeout_s=0.3, patience_s=0.5)


def test_what_speaks_http_but_not_grpc_is_told(blobs, calls):
    """A web server's port instead of the control plane's."""
    endpoint = Endpoint(address=parse_address(blobs.url), insecure=True)
    with pytest.raises(RemoteError, match=r"check the port|didn't answer"):
        calls(endpoint=endpoint).call(methods.GET_PROJECT, REQUEST, patience_s=0.5)


def test_tls_where_there_is_none(control_plane, calls):
    """A TLS connection to a plain-text server says what to change."""
    with pytest.raises(UnavailableError, match=r"doesn't speak TLS.*insecure=True.*--insecure of"):
        calls(insecure=False).call(methods.GET_PROJECT, REQUEST)


@pytest.fixture
def tls_control_plane(control_plane, certificate):
    """The control plane behind a self-signed certificate."""
    control_plane.stop()
    control_plane.answers["GetProject"] = project_pb2.Project(id="x")
    return control_plane.start(credentials=certificate.server_credentials())


def test_plain_text_where_there_is_tls(tls_control_plane, calls):
    """A plain-text connection to a TLS server says what to change."""
    with pytest.raises(UnavailableError, match=r"speaks TLS.*insecure: false"):
        calls(insecure=True).call(methods.GET_PROJECT, REQUEST)


def test_an_untrusted_certificate_is_told(tls_control_plane, calls):
    """A certificate of an unknown authority: the reason, and the two settings that help."""
    with pytest.raises(UnavailableError, match=r"isn't trusted here \(.*caCertFilePath.*insecureSkipVerify"):
        calls(insecure=False).call(methods.GET_PROJECT, REQUEST)


def test_insecure_skip_verify_trusts_what_the_server_shows(tls_control_plane, calls):
    """The server's name isn't even in its certificate, and the call comes through."""
    assert calls(insecure=False, insecure_skip_verify=True).call(methods.GET_PROJECT, REQUEST).id == "x"


def test_a_named_authority_is_trusted(tls_control_plane, calls, certificate):
    """With caCertFilePath the certificate is trusted; for another host's name it is still refused, with that reason."""
    with pytest.raises(UnavailableError):
        calls(insecure=False, ca_cert_file=str(certificate.cert)).call(methods.GET_PROJECT, REQUEST)
    with pytest.raises(ConfigError, match=r"caCertFilePath .*nowhere\.pem"):
        calls(insecure=False, ca_cert_file="/nowhere.pem").call(methods.GET_PROJECT, REQUEST)


def test_skip_verify_needs_a_server(calls):
    """Against nothing, insecureSkipVerify says that nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = Endpoint(address=parse_address(f"127.0.0.1:{port}"), insecure_skip_verify=True)
    with pytest.raises(UnavailableError, match="Nothing listens"):
        calls(endpoint=endpoint).call(methods.GET_PROJECT, REQUEST)


def test_a_wrong_token_is_refused_once_and_never_shown(control_plane, calls):
    """UNAUTHENTICATED isn't retried with the same token; neither token is in the message."""
    control_plane.token = "right-secret"
    control_plane.answers["GetProject"] = project_pb2.Project()
    with pytest.raises(UnauthenticatedError, match=r"token is wrong.*FlyteRemote\(token=") as caught:
        calls(token="wrong-secret").call(methods.GET_PROJECT, REQUEST)
    assert "secret" not in str(caught.value)
    assert control_plane.counts["GetProject"] == 1


def test_an_rpc_that_is_not_served_is_named(calls):
    """UNIMPLEMENTED by name."""
    with pytest.raises(UnimplementedError, match=r"GetVersion.*doesn't support this call"):
        calls().call(methods.GET_VERSION, version_pb2.GetVersionRequest())


def test_large_messages_pass(control_plane, calls):
    """An answer of 20 MB comes through: gRPC's own limit of 4 MB isn't in force here."""
    control_plane.answers["GetProject"] = project_pb2.Project(description="x" * 20_000_000)
    assert len(calls().call(methods.GET_PROJECT, REQUEST).description) == 20_000_000


def test_threads_share_one_connection(control_plane, calls):
    """Calls from many threads all come back."""
    control_plane.answers["GetProject"] = lambda request: project_pb2.Project(id=request.id)
    shared, found = calls(), []
    threads = [
        threading.Thread(
            target=lambda n=n: found.append(
                shared.call(methods.GET_PROJECT, project_pb2.ProjectGetRequest(id=str(n))).id
            )
        )
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=int) == [str(n) for n in range(20)]


def test_the_sandbox_is_found_again_where_it_is_now(control_plane):
    """The sandbox came back at another port with another token: the call follows it, and nobody sees an error."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead_port = free.getsockname()[1]
    control_plane.token = "new"
    control_plane.answers["GetProject"] = project_pb2.Project(id="x")
    addresses = iter([(dead_port, "old"), (control_plane.port, "new")])

    def find(home):
        port, token = next(addresses)
        return SimpleNamespace(endpoint=f"127.0.0.1:{port}", token=token, insecure=True, default_image="interpreter:/p")

    slots.fill("control_plane", find)
    try:
        shared = Calls(sandbox_endpoint(None, token=None))
        assert shared.call(methods.GET_PROJECT, REQUEST).id == "x"
        assert shared.endpoint.address.port == control_plane.port
        shared.close()
    finally:
        slots.clear("control_plane")


def test_closing_lets_calls_that_are_under_way_end(control_plane, calls):
    """A thread in the middle of a call gets its answer, though another one closes the channel."""
    arrived, go_on, found = threading.Event(), threading.Event(), []

    def slow(request):
        arrived.set()
        go_on.wait(10)
        return project_pb2.Project(id="x")

    control_plane.answers["GetProject"] = slow
    shared = calls()
    thread = threading.Thread(target=lambda: found.append(shared.call(methods.GET_PROJECT, REQUEST).id))
    thread.start()
    assert arrived.wait(10)
    shared.close()
    go_on.set()
    thread.join()
    assert found == ["x"]
    assert shared.call(methods.GET_PROJECT, REQUEST).id == "x"


def test_a_project_that_does_not_exist_is_told_before_anything_is_uploaded(control_plane, refuse):
    """The server's words and the parameter to change; a wrong domain lists the right ones."""
    scope = control_plane.scope()
    control_plane.answers["GetProject"] = refuse("NOT_FOUND", "project [flytesnacks] not found")
    with pytest.raises(NotFoundError, match=r"project \[flytesnacks\] not found.*FlyteRemote\(project="):
        scope.check_project()
    domain = project_pb2.Domain(id="production")
    control_plane.answers["GetProject"] = project_pb2.Project(domains=[domain])
    with pytest.raises(ConfigError, match=r"no domain 'development'.*one of production"):
        scope.check_project()
    domain.id = "development"
    control_plane.answers["GetProject"] = project_pb2.Project(domains=[domain])
    scope.check_project()
    del control_plane.answers["GetProject"]
    scope.check_project()
    assert control_plane.counts["GetProject"] == 3
