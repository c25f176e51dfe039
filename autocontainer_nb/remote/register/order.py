"""The calls that register an entity and everything that it needs, in an order that Flyte accepts.

flyteadmin compiles a workflow when it is created, and refuses one whose node names a task or launch plan that isn't
there yet. So a launch plan's workflow, and what that names, come before the launch plan, and it before the workflow
that starts it. The entities that a dynamic task starts aren't named before its container has built the graph, but
the control plane must have them by then. So launch plans that it can reach are registered with it, under its version.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flyteidl.admin import task_pb2, workflow_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture.capture import registered_form
from autocontainer_nb.core.capture.reachable import reachable_entities
from autocontainer_nb.core.serialize.launch_plans import launch_plan_spec
from autocontainer_nb.core.serialize.nodes import GraphWriter
from autocontainer_nb.core.serialize.tasks import task_spec
from autocontainer_nb.core.serialize.workflows import sub_workflow_templates, workflow_template
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import ReferenceEntity
from autocontainer_nb.core.workflows.workflow import WorkflowBase
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.storage.access import FileAccess

_VERSION_DIGITS: Final = 20


@dataclass(frozen=True)
class Registration:
    """One call that registers something."""

    rpc: methods.Rpc[Any, Any]
    identifier: identifier_pb2.Identifier
    spec: Any

    def request(self) -> Any:
        """Return the message to send."""
        return self.rpc.request(id=self.identifier, spec=self.spec)


def registrations(
    entity: PythonTask[Any] | LaunchPlan,
    settings: SerializationSettings,
    files: FileAccess,
    reached: Sequence[Any] | None = None,
) -> list[Registration]:
    """Return the calls that register the task or launch plan and everything that it needs.

    The entity itself comes last: if the control plane has it, it has everything. `reached` lists everything that the
    entity reaches, if known.

    Raises:
        DefinitionError: it reaches two different entities of one name.
    """
    order = _Order(settings, files, {} if reached is None else {id(reached[0]): reached})
    if isinstance(entity, LaunchPlan):
        order.add_plan(entity)
    else:
        order.add_task(entity)
    order.add_what_dynamic_tasks_start()
    return [*order.tasks.values(), *order.graphs]


def identifier_of(entity: Any, settings: SerializationSettings) -> identifier_pb2.Identifier:
    """Return the identifier under which a task or launch plan is registered."""
    return identifier_pb2.Identifier(
        resource_type=identifier_pb2.LAUNCH_PLAN if isinstance(entity, LaunchPlan) else identifier_pb2.TASK,
        project=settings.project,
        domain=settings.domain,
        name=entity.name,
        version=settings.version,
    )


def content_version(spec: task_pb2.TaskSpec, fingerprint: str) -> str:
    """Return the version of a task with this registered form, made without the digest and the place of its code.

    `fingerprint` is that of the captured code and data; the version in the form's identifier doesn't count.
    """
    content = task_pb2.TaskSpec()
    content.CopyFrom(spec)
    content.template.id.version = ""
    # Deterministic within one build of protobuf for messages without unknown fields, which is all that is needed:
    # another order of a map's entries costs one more upload, never a wrong version.
    serialized = content.SerializeToString(deterministic=True)
    return hashlib.sha256(serialized + b"\0" + fingerprint.encode()).hexdigest()[:_VERSION_DIGITS]


def version_of(meaning: list[Registration], fingerprint: str) -> str:
    """Return the version of everything that is registered together, made like that of a single task."""
    if len(meaning) == 1 and isinstance(meaning[0].spec, task_pb2.TaskSpec):
        return content_version(meaning[0].spec, fingerprint)
    content = hashlib.sha256(fingerprint.encode())
    for each in meaning:
        content.update(each.request().SerializeToString(deterministic=True) + b"\0")
    return content.hexdigest()[:_VERSION_DIGITS]


class _Order:
    """The calls so far: tasks, which name nothing, and graphs in their order."""

    def __init__(self, settings: SerializationSettings, files: FileAccess, reached: dict[int, Sequence[Any]]) -> None:
        self.tasks: dict[str, Registration] = {}
        self.graphs: list[Registration] = []
        self._settings = settings
        self._files = files
        self._reached = reached  # by the identity of an entity
        self._plans: dict[str, LaunchPlan] = {}
        self._workflows: set[str] = set()
        self._later: list[LaunchPlan] = []  # what dynamic tasks start; it may name what is still being added

    def add_plan(self, plan: LaunchPlan) -> None:
        """Add a launch plan, after its workflow and everything that the workflow names."""
        known = self._plans.get(plan.name)
        if known is not None:
            if known is not plan and not known.says_the_same(plan):
                raise DefinitionError(
                    f"Two different launch plans are named {plan.name!r}, but only one of them could be registered. "
                    "Give each its own name; or run the cell again whose task or workflow still uses the older one."
                )
            return
        self._plans[plan.name] = plan
        if not isinstance(plan.workflow, ReferenceEntity):
            self._add_workflow(plan.workflow)
        spec = launch_plan_spec(plan, self._settings, self._files)
        self.graphs.append(Registration(methods.CREATE_LAUNCH_PLAN, identifier_of(plan, self._settings), spec))

    def add_task(self, task: PythonTask[Any]) -> None:
        """Add a task; what it starts, if it draws a graph when it runs, is to be added later."""
        if task.name in self.tasks:
            return
        spec = task_spec(registered_form(task), self._settings)
        self.tasks[task.name] = Registration(methods.CREATE_TASK, identifier_of(task, self._settings), spec)
        if getattr(task, "makes_graph", False):
            self._later.extend(_own(self._reached.get(id(task)) or reachable_entities(task), LaunchPlan))

    def add_what_dynamic_tasks_start(self) -> None:
        """Add the launch plans that wait; their workflows may have dynamic tasks of their own."""
        while self._later:
            self.add_plan(self._later.pop(0))

    def _add_workflow(self, workflow: WorkflowBase) -> None:
        if workflow.name in self._workflows:
            return
        self._workflows.add(workflow.name)
        writer = GraphWriter(self._settings, self._files)
        template = workflow_template(workflow, writer)
        inner = sub_workflow_templates(writer)
        for plan in _own(writer.entities.values(), LaunchPlan):
            self.add_plan(plan)
        for task in _own(writer.entities.values(), PythonTask):
            self.add_task(task)
        spec = workflow_pb2.WorkflowSpec(template=template, sub_workflows=inner)
        self.graphs.append(Registration(methods.CREATE_WORKFLOW, template.id, spec))


def _own(entities: Any, kind: type) -> Iterator[Any]:
    """Yield the entities of a kind, without references to entities that are registered elsewhere."""
    yield from (each for each in entities if isinstance(each, kind) and not isinstance(each, ReferenceEntity))
