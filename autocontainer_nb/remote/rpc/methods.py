"""The remote procedures that this client calls: service, name, messages, and how long each may take.

Nothing here is gRPC's: `path` is Flyte's full name of the procedure.
"""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from flyteidl.admin import (
    common_pb2,
    description_entity_pb2,
    execution_pb2,
    launch_plan_pb2,
    node_execution_pb2,
    project_pb2,
    signal_pb2,
    task_execution_pb2,
    task_pb2,
    version_pb2,
    workflow_pb2,
)
from flyteidl.service import auth_pb2, dataproxy_pb2, identity_pb2
from google.protobuf.message import Message

QUICK_S: Final = 6.0  # a look into the server's database; with the look at the endpoint afterwards, told within 10 s
WORK_S: Final = 20.0  # what looks into a store or acts in Kubernetes before it answers
CREATE_S: Final = 30.0  # what is sent may be large; that the server answers is known by then
DATA_S: Final = 60.0  # inputs and outputs, which the server reads from the store
PATIENCE_S: Final = 60.0  # for a server that restarts, or a limit of calls per second

Request = TypeVar("Request", bound=Message)
Answer = TypeVar("Answer", bound=Message)


@dataclass(frozen=True)
class Rpc(Generic[Request, Answer]):
    """One procedure; the generated stubs aren't used, since they come without types."""

    service: str
    name: str
    request: type[Request]
    answer: type[Answer]
    timeout_s: float = QUICK_S
    patience_s: float = PATIENCE_S

    @property
    def path(self) -> str:
        """The full name of the procedure, `/flyteidl.service.AdminService/GetTask`."""
        return f"/flyteidl.service.{self.service}/{self.name}"


_ADMIN, _DATA, _AUTH = "AdminService", "DataProxyService", "AuthMetadataService"
_SIGNAL, _IDENTITY = "SignalService", "IdentityService"

GET_VERSION = Rpc(_ADMIN, "GetVersion", version_pb2.GetVersionRequest, version_pb2.GetVersionResponse)
GET_PROJECT = Rpc(_ADMIN, "GetProject", project_pb2.ProjectGetRequest, project_pb2.Project)
CREATE_TASK = Rpc(_ADMIN, "CreateTask", task_pb2.TaskCreateRequest, task_pb2.TaskCreateResponse, CREATE_S)
GET_TASK = Rpc(_ADMIN, "GetTask", common_pb2.ObjectGetRequest, task_pb2.Task)
LIST_TASKS = Rpc(_ADMIN, "ListTasks", common_pb2.ResourceListRequest, task_pb2.TaskList)
GET_WORKFLOW = Rpc(_ADMIN, "GetWorkflow", common_pb2.ObjectGetRequest, workflow_pb2.Workflow)
CREATE_WORKFLOW = Rpc(
    _ADMIN, "CreateWorkflow", workflow_pb2.WorkflowCreateRequest, workflow_pb2.WorkflowCreateResponse, CREATE_S
)
CREATE_LAUNCH_PLAN = Rpc(
    _ADMIN,
    "CreateLaunchPlan",
    launch_plan_pb2.LaunchPlanCreateRequest,
    launch_plan_pb2.LaunchPlanCreateResponse,
    CREATE_S,
)
GET_LAUNCH_PLAN = Rpc(_ADMIN, "GetLaunchPlan", common_pb2.ObjectGetRequest, launch_plan_pb2.LaunchPlan)
CREATE_EXECUTION = Rpc(
    _ADMIN,
    "CreateExecution",
    execution_pb2.ExecutionCreateRequest,
    execution_pb2.ExecutionCreateResponse,
    CREATE_S,
)
GET_EXECUTION = Rpc(_ADMIN, "GetExecution", execution_pb2.WorkflowExecutionGetRequest, execution_pb2.Execution)
GET_EXECUTION_DATA = Rpc(
    _ADMIN,
    "GetExecutionData",
    execution_pb2.WorkflowExecutionGetDataRequest,
    execution_pb2.WorkflowExecutionGetDataResponse,
    DATA_S,
)
LIST_EXECUTIONS = Rpc(_ADMIN, "ListExecutions", common_pb2.ResourceListRequest, execution_pb2.ExecutionList)
TERMINATE_EXECUTION = Rpc(
    _ADMIN,
    "TerminateExecution",
    execution_pb2.ExecutionTerminateRequest,
    execution_pb2.ExecutionTerminateResponse,
    WORK_S,
)
RELAUNCH_EXECUTION = Rpc(
    _ADMIN, "RelaunchExecution", execution_pb2.ExecutionRelaunchRequest, execution_pb2.ExecutionCreateResponse, CREATE_S
)
RECOVER_EXECUTION = Rpc(
    _ADMIN, "RecoverExecution", execution_pb2.ExecutionRecoverRequest, execution_pb2.ExecutionCreateResponse, CREATE_S
)
UPDATE_EXECUTION = Rpc(
    _ADMIN, "UpdateExecution", execution_pb2.ExecutionUpdateRequest, execution_pb2.ExecutionUpdateResponse
)
GET_EXECUTION_METRICS = Rpc(
    _ADMIN,
    "GetExecutionMetrics",
    execution_pb2.WorkflowExecutionGetMetricsRequest,
    execution_pb2.WorkflowExecutionGetMetricsResponse,
    CREATE_S,
)
LIST_WORKFLOWS = Rpc(_ADMIN, "ListWorkflows", common_pb2.ResourceListRequest, workflow_pb2.WorkflowList)
LIST_LAUNCH_PLANS = Rpc(_ADMIN, "ListLaunchPlans", common_pb2.ResourceListRequest, launch_plan_pb2.LaunchPlanList)
GET_ACTIVE_LAUNCH_PLAN = Rpc(
    _ADMIN, "GetActiveLaunchPlan", launch_plan_pb2.ActiveLaunchPlanRequest, launch_plan_pb2.LaunchPlan
)
UPDATE_LAUNCH_PLAN = Rpc(
    _ADMIN, "UpdateLaunchPlan", launch_plan_pb2.LaunchPlanUpdateRequest, launch_plan_pb2.LaunchPlanUpdateResponse
)
LIST_PROJECTS = Rpc(_ADMIN, "ListProjects", project_pb2.ProjectListRequest, project_pb2.Projects)
GET_DOMAINS = Rpc(_ADMIN, "GetDomains", project_pb2.GetDomainRequest, project_pb2.GetDomainsResponse)
GET_DESCRIPTION_ENTITY = Rpc(
    _ADMIN, "GetDescriptionEntity", common_pb2.ObjectGetRequest, description_entity_pb2.DescriptionEntity
)
LIST_SIGNALS = Rpc(_SIGNAL, "ListSignals", signal_pb2.SignalListRequest, signal_pb2.SignalList)
SET_SIGNAL = Rpc(_SIGNAL, "SetSignal", signal_pb2.SignalSetRequest, signal_pb2.SignalSetResponse)
USER_INFO = Rpc(_IDENTITY, "UserInfo", identity_pb2.UserInfoRequest, identity_pb2.UserInfoResponse)
LIST_NODE_EXECUTIONS = Rpc(
    _ADMIN, "ListNodeExecutions", node_execution_pb2.NodeExecutionListRequest, node_execution_pb2.NodeExecutionList
)
GET_NODE_EXECUTION = Rpc(
    _ADMIN, "GetNodeExecution", node_execution_pb2.NodeExecutionGetRequest, node_execution_pb2.NodeExecution
)
GET_NODE_EXECUTION_DATA = Rpc(
    _ADMIN,
    "GetNodeExecutionData",
    node_execution_pb2.NodeExecutionGetDataRequest,
    node_execution_pb2.NodeExecutionGetDataResponse,
    DATA_S,
)
LIST_TASK_EXECUTIONS = Rpc(
    _ADMIN, "ListTaskExecutions", task_execution_pb2.TaskExecutionListRequest, task_execution_pb2.TaskExecutionList
)
CREATE_UPLOAD_LOCATION = Rpc(
    _DATA,
    "CreateUploadLocation",
    dataproxy_pb2.CreateUploadLocationRequest,
    dataproxy_pb2.CreateUploadLocationResponse,
    WORK_S,
)
CREATE_DOWNLOAD_LINK = Rpc(
    _DATA,
    "CreateDownloadLink",
    dataproxy_pb2.CreateDownloadLinkRequest,
    dataproxy_pb2.CreateDownloadLinkResponse,
    WORK_S,
)
CREATE_DOWNLOAD_LOCATION = Rpc(
    _DATA,
    "CreateDownloadLocation",
    dataproxy_pb2.CreateDownloadLocationRequest,
    dataproxy_pb2.CreateDownloadLocationResponse,
    WORK_S,
)
GET_OAUTH2_METADATA = Rpc(_AUTH, "GetOAuth2Metadata", auth_pb2.OAuth2MetadataRequest, auth_pb2.OAuth2MetadataResponse)
GET_PUBLIC_CLIENT_CONFIG = Rpc(
    _AUTH, "GetPublicClientConfig", auth_pb2.PublicClientAuthConfigRequest, auth_pb2.PublicClientAuthConfigResponse
)
