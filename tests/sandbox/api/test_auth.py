"""Who may call, and what is told to who may not."""

import grpc
import pytest
from flyteidl.admin import project_pb2, workflow_pb2
from flyteidl.service import (
    admin_pb2,
    admin_pb2_grpc,
    auth_pb2,
    auth_pb2_grpc,
    dataproxy_pb2,
    identity_pb2,
    identity_pb2_grpc,
    signal_pb2,
)
from google.protobuf.message_factory import GetMessageClass

from autocontainer_nb.errors import BY_GRPC_STATUS
from autocontainer_nb.sandbox.api.rpc import STATUS_BY_ERROR, service_handler

pytestmark = pytest.mark.sandbox
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ((), "missing token"),
        ((("authorization", "Bearer wrong"),), "isn't valid for this sandbox"),
        ((("authorization", "Basic dXNlcg=="),), "another scheme"),
        ((("authorization", "Bearer "),), "another scheme"),
    ],
)
def test_a_call_without_the_token_is_refused_with_where_to_find_it(sandbox, refused, metadata, words):
    """UNAUTHENTICATED tells what came, which file has the token and which command makes a configuration."""
    stub = admin_pb2_grpc.AdminServiceStub(sandbox.channel)
    request = project_pb2.ProjectListRequest()
    details = refused(UNAUTHENTICATED, lambda: stub.ListProjects(request, metadata=metadata, timeout=30))
    assert words in details
    assert f"{sandbox.address.home}/sandbox/token" in details
    assert "autocontainer-nb sandbox config" in details


def test_login_facts_are_open_to_everybody(sandbox):
    """As on a real cluster: clients ask how to log in before they have."""
    stub = auth_pb2_grpc.AuthMetadataServiceStub(sandbox.channel)
    config = stub.GetPublicClientConfig(auth_pb2.PublicClientAuthConfigRequest(), timeout=30)
    assert config.authorization_metadata_key == "authorization"
    metadata = stub.GetOAuth2Metadata(auth_pb2.OAuth2MetadataRequest(), timeout=30)
    assert metadata.issuer == sandbox.address.http_endpoint


def test_the_person_is_told_who_they_are(sandbox):
    stub = identity_pb2_grpc.IdentityServiceStub(sandbox.channel)
    request = identity_pb2.UserInfoRequest()
    with pytest.raises(grpc.RpcError) as caught:
        stub.UserInfo(request, timeout=30)
    assert caught.value.code() == UNAUTHENTICATED
    execution = sandbox.run("pass")
    assert stub.UserInfo(request, metadata=sandbox.metadata, timeout=30).subject == execution.spec.metadata.principal


_SERVED = {
    "AdminService": {
        *("ListProjects", "GetProject", "RegisterProject", "GetDomains", "GetVersion"),
        *("CreateTask", "GetTask", "ListTasks", "ListTaskIds"),
        *("CreateExecution", "GetExecution", "GetExecutionData", "ListExecutions", "TerminateExecution"),
        *("GetNodeExecution", "ListNodeExecutions", "GetNodeExecutionData"),
        *("GetTaskExecution", "ListTaskExecutions", "GetTaskExecutionData"),
    },
    "DataProxyService": {"CreateUploadLocation", "CreateDownloadLocation", "CreateDownloadLink", "GetData"},
    "AuthMetadataService": {"GetOAuth2Metadata", "GetPublicClientConfig"},
    "IdentityService": {"UserInfo"},
    "SignalService": set(),
}


@pytest.mark.parametrize("module", [admin_pb2, dataproxy_pb2, auth_pb2, identity_pb2, signal_pb2])
def test_every_rpc_is_served_or_refused_by_its_own_name(sandbox, module):
    """UNIMPLEMENTED names service and RPC; no served one answers so."""
    for service in module.DESCRIPTOR.services_by_name.values():
        for method in service.methods:
            call = sandbox.channel.unary_unary(
                f"/{service.full_name}/{method.name}",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=GetMessageClass(method.output_type).FromString,
            )
            status, details = _answer(call, GetMessageClass(method.input_type)(), sandbox.metadata)
            assert (status == UNIMPLEMENTED) == (method.name not in _SERVED[service.name]), (method.full_name, details)
            assert status != UNIMPLEMENTED or f"{service.name}.{method.name}" in details


def _answer(call, request, metadata):
    try:
        call(request, metadata=metadata, timeout=30)
    except grpc.RpcError as error:
        return error.code(), error.details()
    return grpc.StatusCode.OK, ""


def test_an_unknown_service_is_named(sandbox):
    call = sandbox.channel.unary_unary("/some.Service/Method")
    with pytest.raises(grpc.RpcError) as caught:
        call(b"", metadata=sandbox.metadata, timeout=30)
    assert caught.value.code() == UNIMPLEMENTED
    assert "some.Service/Method" in caught.value.details()


def test_every_error_class_has_its_status():
    """What an implementation raises reaches the client as the same class again."""
    assert {status.name for status in STATUS_BY_ERROR.values()} == set(BY_GRPC_STATUS)


def test_an_implementation_of_no_rpc_is_refused():
    service = admin_pb2.DESCRIPTOR.services_by_name["AdminService"]
    with pytest.raises(ValueError, match="CreateTusk"):
        service_handler(service, {"CreateTusk": lambda _: workflow_pb2.WorkflowCreateResponse()})
