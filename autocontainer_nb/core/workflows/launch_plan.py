"""`LaunchPlan`: a workflow with preset inputs, and optionally a schedule on which it starts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flyteidl.core import types_pb2

from autocontainer_nb.core.entities.entity import Entity
from autocontainer_nb.core.entities.interface import Interface, bind_inputs, check_inputs, takes_simple
from autocontainer_nb.core.entities.notebook_scope import notebook_scope
from autocontainer_nb.core.graph.calls import call_as_node
from autocontainer_nb.core.graph.compilation import current_calls
from autocontainer_nb.core.graph.node import NodeMetadata
from autocontainer_nb.core.settings.options import check_forms
from autocontainer_nb.core.workflows.launch_options import LaunchOptions, launch_options, schedule_of
from autocontainer_nb.core.workflows.schedule import CronSchedule, FixedRate, Notification, Schedule
from autocontainer_nb.core.workflows.workflow import WorkflowBase
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import show_type, with_article


class LaunchPlan(Entity):
    """A workflow with default inputs, fixed inputs, a schedule and options. Use `create` or `get_or_create`."""

    noun = "Launch plan"

    def __init__(
        self,
        name: str,
        workflow: WorkflowBase,
        default_inputs: Mapping[str, Any] | None = None,
        fixed_inputs: Mapping[str, Any] | None = None,
        schedule: Schedule | None = None,
        notifications: Sequence[Notification] | None = None,
        options: LaunchOptions | None = None,
    ) -> None:
        """Check everything that can be known now: inputs against the workflow, the schedule against the inputs.

        Raises:
            DefinitionError: an input is unknown or bound twice, or the schedule leaves one unbound.
            ConversionError: an input's value has another type than the workflow's.
        """
        super().__init__()
        if not isinstance(workflow, WorkflowBase):
            raise DefinitionError(f"Launch plan {name!r}: expected a workflow, got {with_article(type(workflow))}.")
        # The default launch plan has the name of its workflow, which somebody else may have registered.
        own = name != workflow.name
        self._name = notebook_scope.qualify_given(self.instantiated_in, name) if own else name
        self._workflow = workflow
        mappings = [("default_inputs", default_inputs, "map"), ("fixed_inputs", fixed_inputs, "map")]
        check_forms(f"Launch plan {name!r}", mappings)
        self._default_inputs = dict(default_inputs or {})
        self._fixed_inputs = dict(fixed_inputs or {})
        self._schedule = schedule
        _check_notifications(name, notifications)
        self._notifications = tuple(notifications or ())
        self._options = options or LaunchOptions()
        _check_values(name, workflow, self._default_inputs, self._fixed_inputs)
        self._python_interface = _interface(workflow.python_interface, self._default_inputs, self._fixed_inputs)
        if schedule is not None:
            _check_schedule(name, schedule, self._python_interface)

    @classmethod
    def create(
        cls,
        name: str,
        workflow: WorkflowBase,
        default_inputs: Mapping[str, Any] | None = None,
        fixed_inputs: Mapping[str, Any] | None = None,
        schedule: Schedule | None = None,
        notifications: Sequence[Notification] | None = None,
        **options: Any,
    ) -> "LaunchPlan":
        """Return a launch plan of this name.

        Args:
            name: Unique within a version of the project; the workflow's own name is its default launch plan's.
            workflow: The workflow to start.
            default_inputs: Values that a caller may change; they take precedence over the workflow's own defaults.
            fixed_inputs: Values that a caller can't change.
            schedule: When it starts by itself: `CronSchedule(...)` or `FixedRate(...)`.
            notifications: Mails when an execution ends: `Email(...)`, `Slack(...)`, `PagerDuty(...)`.
            options: `labels`, `annotations`, `raw_output_data_config`, `max_parallelism`, `security_context`,
                `auth_role`, `overwrite_cache`, `auto_activate`, `concurrency`, `trigger`.

        Raises:
            DefinitionError: an argument is wrong, or contradicts another one; the message says which.
            ConversionError: an input's value has another type than the workflow's.
        """
        schedule = schedule_of(name, schedule, options)
        made = launch_options(name, options)
        return _remembered(cls(name, workflow, default_inputs, fixed_inputs, schedule, notifications, made))

    @classmethod
    def get_or_create(
        cls,
        workflow: WorkflowBase,
        name: str | None = None,
        default_inputs: Mapping[str, Any] | None = None,
        fixed_inputs: Mapping[str, Any] | None = None,
        schedule: Schedule | None = None,
        notifications: Sequence[Notification] | None = None,
        **options: Any,
    ) -> "LaunchPlan":
        """Return the existing launch plan of this name, or create it; without a name, the default launch plan.

        If the workflow or anything else has changed since (a cell was edited and run again), a new one is created.

        Raises:
            DefinitionError: as for `create`, or the default launch plan is passed settings of its own.
            ConversionError: an input's value has another type than the workflow's.
        """
        own = [default_inputs, fixed_inputs, schedule, notifications, *options.values()]
        if name is None and any(value is not None for value in own):
            raise DefinitionError(
                f"The default launch plan of workflow {workflow.name!r} can't have settings of its own. Pass a name."
            )
        schedule = schedule_of(name or workflow.name, schedule, options)
        made = launch_options(name or workflow.name, options)
        plan = cls(name or workflow.name, workflow, default_inputs, fixed_inputs, schedule, notifications, made)
        return _remembered(plan)

    @classmethod
    def get_default_launch_plan(cls, ctx: Any, workflow: WorkflowBase) -> "LaunchPlan":  # noqa: ARG003 - flytekit's signature
        """Return the workflow's default launch plan, with the workflow's name and defaults."""
        return cls.get_or_create(workflow)

    def clone_with(
        self,
        name: str,
        default_inputs: Mapping[str, Any] | None = None,
        fixed_inputs: Mapping[str, Any] | None = None,
        schedule: Schedule | None = None,
        notifications: Sequence[Notification] | None = None,
        **options: Any,
    ) -> "LaunchPlan":
        """Return another launch plan of the same workflow; arguments replace the settings of this one.

        As in flytekit, `trigger` and `auto_activate` aren't copied: each launch plan is activated by itself.

        Raises:
            DefinitionError: as for `create`.
            ConversionError: an input's value has another type than the workflow's.
        """
        schedule = schedule_of(name, schedule, options)
        given = launch_options(name, options)
        changed = {"trigger", "auto_activate", *(key for key, value in options.items() if value is not None)}
        changed |= {"security_context"} if "auth_role" in changed else set()
        fixed = self._fixed_inputs if fixed_inputs is None else fixed_inputs
        defaults = self._default_inputs if default_inputs is None else default_inputs
        return LaunchPlan(
            name,
            self._workflow,
            defaults if default_inputs is not None else {k: v for k, v in defaults.items() if k not in fixed},
            fixed,
            schedule or self._schedule,
            notifications or self._notifications,
            replace(self._options, **{key: getattr(given, key) for key in changed if hasattr(given, key)}),
        )

    @property
    def workflow(self) -> WorkflowBase:
        """The workflow that it starts."""
        return self._workflow

    @property
    def default_inputs(self) -> dict[str, Any]:
        """A copy of its own default inputs, without the workflow's."""
        return dict(self._default_inputs)

    @property
    def fixed_inputs(self) -> dict[str, Any]:
        """A copy of the inputs that a caller can't change."""
        return dict(self._fixed_inputs)

    @property
    def saved_inputs(self) -> dict[str, Any]:
        """A copy of all input values: the workflow's defaults, its own defaults, the fixed inputs."""
        return {**self._python_interface.defaults, **self._fixed_inputs}

    @property
    def schedule(self) -> Schedule | None:
        """The schedule on which it starts, or None."""
        return self._schedule

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """The notifications sent when an execution ends."""
        return self._notifications

    @property
    def options(self) -> LaunchOptions:
        """All other options."""
        return self._options

    @property
    def trigger(self) -> Any:
        """The platform's own trigger that starts it, or None."""
        return self._options.trigger

    @property
    def should_auto_activate(self) -> bool:
        """Whether registering it activates its schedule."""
        return self._options.auto_activate

    def says_the_same(self, other: "LaunchPlan") -> bool:
        """Whether another one starts the same workflow with the same inputs, times and options."""
        parts = ("default_inputs", "fixed_inputs", "schedule", "notifications", "options")
        try:
            return self.workflow is other.workflow and all(bool(getattr(self, p) == getattr(other, p)) for p in parts)
        except (TypeError, ValueError):  # comparing arrays or frames gives no single answer
            return False

    def construct_node_metadata(self) -> NodeMetadata:
        """Return the metadata of a node that starts it: the workflow's."""
        return self._workflow.construct_node_metadata()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the workflow here and now with the preset inputs; while a graph is being drawn, add a node to it."""
        state = current_calls()
        if state is not None:
            return call_as_node(state, self, args, kwargs)
        values = bind_inputs(self.short_name, self._python_interface, args, kwargs, self.noun)
        check_inputs(self.short_name, self._python_interface, values)
        from autocontainer_nb.core.graph.local_run import started_apart

        with started_apart():
            return self._workflow.local_execute(**values, **self._fixed_inputs)

    def __repr__(self) -> str:
        return f"<LaunchPlan {self._name!r} of workflow {self._workflow.name!r}>"


_made: dict[str, LaunchPlan] = {}


def _remembered(plan: LaunchPlan) -> LaunchPlan:
    """Return the existing launch plan if it is equal, so that the same call returns the same object."""
    known = _made.get(plan.name)
    if known is None or not known.says_the_same(plan):
        _made[plan.name] = known = plan
    return known


def _check_values(
    name: str, workflow: WorkflowBase, default_inputs: Mapping[str, Any], fixed_inputs: Mapping[str, Any]
) -> None:
    types = workflow.python_interface.inputs
    for kind, values in (("default_inputs", default_inputs), ("fixed_inputs", fixed_inputs)):
        for key, value in values.items():
            if key not in types:
                raise DefinitionError(
                    f"Launch plan {name!r}: {kind} has {key!r}, but {workflow.short_name!r} has no such input: "
                    f"{workflow.short_name}{workflow.python_interface.show()}"
                )
            type_engine.check(value, types[key], f"{name}({kind}).{key}")
    for key in default_inputs:
        if key in fixed_inputs:
            raise DefinitionError(
                f"Launch plan {name!r}: the input {key!r} is set twice: by default_inputs to {default_inputs[key]!r} "
                f"and by fixed_inputs to {fixed_inputs[key]!r}. Remove one of them."
            )


def _interface(whole: Interface, default_inputs: Mapping[str, Any], fixed_inputs: Mapping[str, Any]) -> Interface:
    inputs = {key: kind for key, kind in whole.inputs.items() if key not in fixed_inputs}
    # Their default on the wire is None.
    nothing = {key: None for key, kind in inputs.items() if takes_simple(kind, types_pb2.NONE)}
    defaults = {key: value for key, value in {**nothing, **whole.defaults, **default_inputs}.items() if key in inputs}
    return replace(whole, inputs=inputs, defaults=defaults)


def _check_notifications(name: str, given: Any) -> None:
    listed = given if isinstance(given, list | tuple) else [given]
    if given and not (listed is given and all(isinstance(each, Notification) for each in listed)):
        raise DefinitionError(
            f"Launch plan {name!r}: notifications: expected a list of Email, Slack or PagerDuty, got {given!r}."
        )


def _check_schedule(name: str, schedule: Schedule, interface: Interface) -> None:
    if not isinstance(schedule, CronSchedule | FixedRate):
        raise DefinitionError(
            f"Launch plan {name!r}: schedule: expected a CronSchedule or FixedRate, got {schedule!r}."
        )
    kickoff = schedule.kickoff_time_input_arg
    if kickoff is not None and interface.inputs.get(kickoff) is not datetime:
        found = f"is {show_type(interface.inputs[kickoff])}" if kickoff in interface.inputs else "is no free input"
        raise DefinitionError(
            f"Launch plan {name!r}: kickoff_time_input_arg: expected a datetime input, but {kickoff!r} {found}."
        )
    for key, kind in interface.inputs.items():
        if key not in interface.defaults and key != kickoff:
            raise DefinitionError(
                f"Launch plan {name!r}: a schedule needs a value for every input, but {key}: {show_type(kind)} has "
                "none. Set it in default_inputs or fixed_inputs."
            )
