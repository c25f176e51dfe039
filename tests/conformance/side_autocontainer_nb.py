"""How autocontainer_nb does what the definitions ask for; imported in a process of its own, as the peer is."""

from flyteidl.core import literals_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture.reachable import reachable_entities
from autocontainer_nb.core.run.context import local_context
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import ReferenceEntity
from autocontainer_nb.core.workflows.workflow import WorkflowBase
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.storage.access import PrefixAccess, write_bytes
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.offload import limits_from, offload

_KINDS = PythonTask | WorkflowBase | LaunchPlan
_files = []


def start(folder):
    """Keep files of values below the folder."""
    _files.append(PrefixAccess(f"{folder}/raw", f"{folder}/local"))


def forget():
    """Forget what the definition before has left; nothing so far."""


def settings():
    return SerializationSettings(
        image_config=ImageConfig(default_image=Image("default", "example.org/team/image", "v1")),
        project="flytesnacks",
        domain="development",
        version="v7",
        env={"SHARED": "1", "OWN": "below"},
    )


def is_entity(value):
    return isinstance(value, _KINDS) and not isinstance(value, ReferenceEntity)


def serialize(entity, settings):
    return to_spec(entity, settings)


def reached(entity):
    """Return all entities that this one refers to and that are registered for themselves."""
    return [each for each in reachable_entities(entity)[1:] if is_entity(each)]


def literal_type(python_type):
    return type_engine.to_literal_type(python_type)


def to_literal(value, python_type):
    return type_engine.to_literal(value, python_type, files=_files[0])


def run_offloading(task, inputs, folder):
    """Do what the container's command does with the variable set."""
    kinds = task.python_interface.inputs
    literals = {name: to_literal(value, kinds[name]) for name, value in inputs.items()}
    outputs = task.dispatch_execute(local_context(), literals_pb2.LiteralMap(literals=literals))
    types = {name: each.type for name, each in task.interface.outputs.variables.items()}
    kept, files = offload(outputs, types, f"{folder}/out", limits_from({"_F_L_MIN_SIZE_MB": "0"}))
    for name, content in files.items():
        write_bytes(f"{folder}/out/{name}", content)
    return kept


def from_literal(data, python_type):
    return type_engine.from_literal(literals_pb2.Literal.FromString(data), python_type, files=_files[0])
