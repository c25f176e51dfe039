"""How flytekit does what the definitions ask for; imported in the peer's process only."""

import os
from collections import OrderedDict
from pathlib import Path

from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core import literals_pb2
from flytekit.bin.entrypoint import _dispatch_execute
from flytekit.configuration import Image, ImageConfig, SerializationSettings
from flytekit.core.base_task import PythonTask
from flytekit.core.context_manager import ExecutionState, FlyteContextManager
from flytekit.core.data_persistence import FileAccessProvider
from flytekit.core.launch_plan import LaunchPlan, ReferenceLaunchPlan
from flytekit.core.reference_entity import ReferenceEntity
from flytekit.core.type_engine import TypeEngine
from flytekit.core.workflow import WorkflowBase
from flytekit.models.admin.workflow import WorkflowSpec
from flytekit.models.core.identifier import Identifier, ResourceType
from flytekit.models.launch_plan import LaunchPlanSpec
from flytekit.models.literals import Literal
from flytekit.models.task import TaskSpec
from flytekit.remote.entities import FlyteLaunchPlan, FlyteTask, FlyteWorkflow
from flytekit.tools.translator import get_serializable

_MODELS = {
    "flyteidl.admin.TaskSpec": (task_pb2.TaskSpec, TaskSpec),
    "flyteidl.admin.WorkflowSpec": (workflow_pb2.WorkflowSpec, WorkflowSpec),
    "flyteidl.admin.LaunchPlanSpec": (launch_plan_pb2.LaunchPlanSpec, LaunchPlanSpec),
}


def start(folder):
    """Keep files of values below the folder."""
    access = FileAccessProvider(local_sandbox_dir=f"{folder}/local", raw_output_prefix=f"{folder}/raw")
    FlyteContextManager.push_context(FlyteContextManager.current_context().with_file_access(access).build())


def forget():
    """Forget the launch plans of the definition before: their names are unique within a process."""
    LaunchPlan.CACHE.clear()


def settings():
    return SerializationSettings(
        image_config=ImageConfig(default_image=Image("default", "example.org/team/image", "v1")),
        project="flytesnacks",
        domain="development",
        version="v7",
        env={"SHARED": "1", "OWN": "below"},
    )


def is_entity(value):
    kinds = PythonTask | WorkflowBase | LaunchPlan
    return isinstance(value, kinds) and not isinstance(value, ReferenceEntity | ReferenceLaunchPlan)


def serialize(entity, settings):
    message = get_serializable(OrderedDict(), settings, entity).to_flyte_idl()
    return message.spec if isinstance(message, launch_plan_pb2.LaunchPlan) else message


def literal_type(python_type):
    return TypeEngine.to_literal_type(python_type).to_flyte_idl()


def to_literal(value, python_type):
    context = FlyteContextManager.current_context()
    return TypeEngine.to_literal(context, value, python_type, TypeEngine.to_literal_type(python_type)).to_flyte_idl()


def from_literal(data, python_type):
    literal = Literal.from_flyte_idl(literals_pb2.Literal.FromString(data))
    return TypeEngine.to_python_value(FlyteContextManager.current_context(), literal, python_type)


def run_offloading(task, inputs, folder):
    context = FlyteContextManager.current_context()
    state = context.new_execution_state().with_params(
        mode=ExecutionState.Mode.TASK_EXECUTION, working_dir=f"{folder}/work", engine_dir=f"{folder}/engine"
    )
    literals = TypeEngine.dict_to_literal_map(context, inputs).to_flyte_idl()
    for each in ("work", "engine"):
        Path(folder, each).mkdir(exist_ok=True)
    Path(folder, "inputs.pb").write_bytes(literals.SerializeToString())
    os.environ["_F_L_MIN_SIZE_MB"] = "0"
    try:
        with FlyteContextManager.with_context(context.with_execution_state(state)) as running:
            _dispatch_execute(running, lambda: task, f"{folder}/inputs.pb", f"{folder}/out")
    finally:
        del os.environ["_F_L_MIN_SIZE_MB"]
    return literals_pb2.LiteralMap.FromString(Path(folder, "out", "outputs.pb").read_bytes())


def reread(kind, data):
    return _model(kind, data).to_flyte_idl()


def promote(kind, data, tasks, plans):
    """Return the interface, or a plan's default inputs, of the remote client's object made of the message.

    `tasks` are the specs of the tasks that it refers to, `plans` those of launch plans by name.
    """
    known = [FlyteTask.promote_from_model(_model("flyteidl.admin.TaskSpec", each).template) for each in tasks]
    model = _model(kind, data)
    if kind == "flyteidl.admin.TaskSpec":
        return FlyteTask.promote_from_model(model.template).interface.to_flyte_idl()
    if kind == "flyteidl.admin.LaunchPlanSpec":
        return FlyteLaunchPlan.promote_from_model(_plan_id("plan"), model).default_inputs.to_flyte_idl()
    workflow = FlyteWorkflow.promote_from_model(
        model.template,
        sub_workflows={each.id: each for each in model.sub_workflows},
        tasks={each.id: each for each in known},
        node_launch_plans={
            _plan_id(name): _model("flyteidl.admin.LaunchPlanSpec", each) for name, each in plans.items()
        },
    )
    return workflow.interface.to_flyte_idl()


def _model(kind, data):
    message, model = _MODELS[kind]
    return model.from_flyte_idl(message.FromString(data))


def _plan_id(name):
    return Identifier(ResourceType.LAUNCH_PLAN, "flytesnacks", "development", name, "v7")
