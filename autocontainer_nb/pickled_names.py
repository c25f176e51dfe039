"""The lasting names that pickles use for this package's classes and functions, and where each is defined now.

The only module of this package that a pickle names is this one. It gets classes, functions and resolvers from `named`,
by lasting names. So modules can be moved, split and merged: move something, change its place below, and all files ever
written still find it. A name never changes, and is never reused for something else. This module never moves, since
`autocontainer_nb.pickled_names.named` is part of the file format.

A place is the module that defines the thing, below this package, and its name there if that differs. The three tables
differ in what unpickling does with the names: `pickling.symbolic.risks` judges risks by them.
"""

from functools import lru_cache
from importlib import import_module
from typing import Any, Final

_ROOT: Final = "autocontainer_nb"
_BELOW: Final = f"{_ROOT}."

# Classes: making an instance and setting its attributes does no more than that.
VALUES: Final[dict[str, str]] = {
    "AbortedError": "errors",
    "AlreadyExistsError": "errors",
    "Annotations": "core.workflows.launch_options",
    "ApproveGate": "core.graph.gates",
    "ArchiveCorruptError": "errors",
    "ArchiveError": "errors",
    "ArrayNode": "core.maps.array_node",
    "ArrayNodeMapTask": "core.maps.map_task",
    "ArrayNodeMapTaskResolver": "core.maps.map_task",
    "AsyncPythonFunctionTask": "core.tasks.function_task",
    "AsyncTypeTransformer": "core.conversion.type_transformer",
    "AuthRole": "core.workflows.launch_options",
    "AutocontainerError": "errors",
    "BaseAccelerator": "core.settings.accelerators",
    "BatchSize": "core.conversion.notes",
    "BinaryTransformer": "type_engine.families.files",
    "Binding": "core.graph.binding",
    "BlobTransformer": "type_engine.families.files",
    "BoolTransformer": "type_engine.families.simple",
    "BranchCase": "core.graph.branches",
    "BranchNode": "core.graph.branches",
    "BranchState": "core.graph.branches",
    "Cache": "core.settings.cache",
    "CachePolicy": "core.settings.cache",
    "CancelledError": "errors",
    "CaptureError": "errors",
    "Case": "core.graph.conditional",
    "Checkpoint": "core.run.checkpoint",
    "ChoiceTransformer": "type_engine.families.choices",
    "CoderRegistration": "core.conversion.frame_coders",
    "CollectionIterator": "type_engine.families.containers",
    "Comparison": "core.graph.promise",
    "CompilationState": "core.graph.compilation",
    "ConcurrencyLimitBehavior": "core.workflows.launch_options",
    "ConcurrencyPolicy": "core.workflows.launch_options",
    "Condition": "core.graph.conditional",
    "ConditionalSection": "core.graph.conditional",
    "ConfigError": "errors",
    "Conjunction": "core.graph.promise",
    "ContainerTask": "core.tasks.container_task",
    "ConversionError": "errors",
    "CopyFileDetection": "image.spec",
    "CredentialError": "errors",
    "CronSchedule": "core.workflows.schedule",
    "DataLossError": "errors",
    "DataclassTransformer": "type_engine.families.structs",
    "DatasetTransformer": "type_engine.libraries.dataframes",
    "DateTransformer": "type_engine.families.moments",
    "DatetimeTransformer": "type_engine.families.moments",
    "DeadlineExceededError": "errors",
    "Deck": "core.run.deck",
    "DeckField": "core.run.deck",
    "DefaultNotebookTaskResolver": "core.resolvers.default",
    "DefaultTaskResolver": "core.resolvers.default",
    "DefinitionError": "errors",
    "Description": "core.entities.documentation",
    "DictTransformer": "type_engine.families.structs",
    "DigestMismatchError": "errors",
    "DirectoryTransformer": "type_engine.families.files",
    "DisplayHandle": "core.run.display",
    "Docstring": "core.entities.docstrings",
    "Documentation": "core.entities.documentation",
    "DynamicTask": "core.dynamic.dynamic",
    "EagerException": "errors",
    "EagerFailureHandlerTask": "core.dynamic.cleanup",
    "EagerFailureTaskResolver": "core.dynamic.cleanup",
    "EagerTask": "core.dynamic.eager",
    "Echo": "core.tasks.echo_task",
    "Email": "core.workflows.schedule",
    "Entity": "core.entities.entity",
    "EntityNotFoundError": "errors",
    "EnumTransformer": "type_engine.families.choices",
    "ErrorTransformer": "type_engine.values.flyte_error",
    "EstimatorTransformer": "type_engine.libraries.sklearn_estimators",
    "ExecutionAbortedError": "errors",
    "ExecutionError": "errors",
    "ExecutionFailedError": "errors",
    "ExecutionMode": "core.entities.task_target",
    "ExecutionOptions": "core.entities.execution_options",
    "ExecutionParameters": "core.run.context",
    "ExecutionState": "core.context_manager",
    "ExecutionTimedOutError": "errors",
    "TaskTimedOutError": "errors",
    "Expression": "core.graph.promise",
    "FailedPreconditionError": "errors",
    "FastSerializationSettings": "core.settings.serialization",
    "Fetched": "core.workflows.fetched",
    "FetchedLaunchPlan": "core.workflows.fetched",
    "FetchedTask": "core.workflows.fetched",
    "FetchedWorkflow": "core.workflows.fetched",
    "FileAccessProvider": "core.data_persistence",
    "FileExt": "type_engine.values.flyte_file",
    "FileTransformer": "type_engine.families.files",
    "FixedRate": "core.workflows.schedule",
    "FloatTransformer": "type_engine.families.simple",
    "FlyteAnnotation": "core.conversion.notes",
    "FlyteContext": "core.context_manager",
    "FlyteContextManager": "core.context_manager",
    "FlyteDirectory": "type_engine.values.flyte_directory",
    "FlyteError": "type_engine.values.flyte_error",
    "FlyteFile": "type_engine.values.flyte_file",
    "FlytekitSimpleTransformer": "core.conversion.type_transformer:SimpleTransformer",
    "FlytekitTypeEngine": "core.conversion.type_transformer:TypeEngine",
    "FormatVersionError": "errors",
    "FrameHandler": "type_engine.values.frame_handlers",
    "FrameTransformer": "type_engine.libraries.dataframes",
    "FramesOf": "core.conversion.frame_coders",
    "GPUAccelerator": "core.settings.accelerators",
    "Gate": "core.graph.gates",
    "HashMethod": "type_engine.families.annotated",
    "HashedTransformer": "type_engine.families.annotated",
    "Identity": "core.workflows.launch_options",
    "Image": "image.config",
    "ImageConfig": "image.config",
    "ImageError": "errors",
    "ImageReference": "image.config:Reference",
    "ImageSpec": "image.spec",
    "ImageTransformer": "type_engine.libraries.pillow_images",
    "ImperativeWorkflow": "core.workflows.imperative",
    "InputError": "errors",
    "InputGate": "core.graph.gates",
    "IntTransformer": "type_engine.families.simple",
    "Interface": "core.entities.interface",
    "InternalError": "errors",
    "InvalidArgumentError": "errors",
    "IteratorTransformer": "type_engine.families.containers",
    "Labels": "core.workflows.launch_options",
    "LaunchOptions": "core.workflows.launch_options",
    "LaunchPlan": "core.workflows.launch_plan",
    "LazyPath": "type_engine.values.lazy_path",
    "LibraryFileTransformer": "type_engine.families.library_files",
    "ListTransformer": "type_engine.families.containers",
    "LiteralMapFormat": "core.tasks.container_task",
    "MapTransformer": "type_engine.families.containers",
    "MarkdownRenderer": "core.run.renderers",
    "MayBeMissing": "type_engine.families.annotated",
    "MemberMismatchError": "errors",
    "MessageTransformer": "type_engine.families.protobuf",
    "Misfit": "type_engine.wording",
    "MissingTransformer": "type_engine.families.annotated",
    "ModelTransformer": "type_engine.libraries.pydantic_models",
    "ModuleTransformer": "type_engine.libraries.torch_files",
    "MultiInstanceGPUAccelerator": "core.settings.accelerators",
    "Node": "core.graph.node",
    "NodeMetadata": "core.graph.node",
    "NodeOutputs": "core.graph.promise",
    "NoneTransformer": "type_engine.families.simple",
    "NotFoundError": "errors",
    "Notification": "core.workflows.schedule",
    "NumpyTransformer": "type_engine.libraries.numpy_arrays",
    "OAuth2Client": "core.workflows.launch_options",
    "OAuth2TokenRequest": "core.workflows.launch_options",
    "OfUser": "core.conversion.type_transformer",
    "OnSchedule": "core.workflows.schedule",
    "Ordered": "core.graph.promise",
    "OutOfRangeError": "errors",
    "OutputLocation": "core.tasks.shell_task",
    "Overrides": "core.graph.node",
    "PackageMismatchError": "errors",
    "PagerDuty": "core.workflows.schedule",
    "PathTransformer": "type_engine.families.files",
    "PermissionDeniedError": "errors",
    "PickleTransformer": "type_engine.families.pickles",
    "PickledEntity": "core.resolvers.pickled_entity",
    "PickledEntityMetadata": "core.resolvers.pickled_entity",
    "PodTemplate": "core.settings.pod",
    "Promise": "core.graph.promise",
    "PythonAutoContainerTask": "core.python_auto_container",
    "PythonDependencyRenderer": "core.run.renderers",
    "PythonFunctionTask": "core.tasks.function_task",
    "PythonFunctionWorkflow": "core.workflows.workflow",
    "PythonInstanceTask": "core.tasks.function_task",
    "PythonTask": "core.base_task",
    "PythonVersionError": "errors",
    "RawOutputDataConfig": "core.workflows.launch_options",
    "RecoverableError": "errors",
    "ReferenceEntity": "core.workflows.reference",
    "ReferenceLaunchPlan": "core.workflows.reference",
    "ReferenceTask": "core.workflows.reference",
    "ReferenceWorkflow": "core.workflows.reference",
    "RemoteError": "errors",
    "Renderable": "core.run.renderers",
    "ResourceExhaustedError": "errors",
    "ResourceSpec": "core.settings.resources",
    "Resources": "core.settings.resources",
    "SandboxError": "errors",
    "Secret": "core.settings.secret_requests",
    "SecurityContext": "core.workflows.launch_options",
    "SerializationSettings": "core.settings.serialization",
    "ShellTask": "core.tasks.shell_task",
    "SimpleTransformer": "type_engine.families.simple",
    "Slack": "core.workflows.schedule",
    "SleepGate": "core.graph.gates",
    "SlotError": "errors",
    "SourceCode": "core.entities.documentation",
    "SourceCodeRenderer": "core.run.renderers",
    "SourceNode": "core.graph.promise",
    "Stats": "core.run.stats",
    "StorageError": "errors",
    "StoredPath": "type_engine.values.stored_path",
    "StrTransformer": "type_engine.families.simple",
    "StructListTransformer": "type_engine.families.structs:ListTransformer",
    "StructuredDataset": "type_engine.values.structured_dataset",
    "StructuredDatasetDecoder": "core.conversion.frame_coders",
    "StructuredDatasetEncoder": "core.conversion.frame_coders",
    "StructuredDatasetTransformerEngine": "core.conversion.frame_coders",
    "Task": "core.base_task",
    "TaskMetadata": "core.settings.task_metadata",
    "TaskPlugins": "core.tasks.plugins",
    "TaskResolverMixin": "core.resolvers.resolver",
    "TensorTransformer": "type_engine.libraries.torch_files",
    "TextTransformer": "type_engine.families.files",
    "TimeLineDeck": "core.run.deck",
    "TimedeltaTransformer": "type_engine.families.moments",
    "Tolerance": "core.maps.items",
    "TopFrameRenderer": "core.run.renderers",
    "TrackedInstance": "core.entities.entity",
    "Transformer": "type_engine.transformer",
    "Trigger": "core.workflows.launch_options",
    "TypeEngine": "type_engine.engine",
    "TypeTransformer": "core.conversion.type_transformer",
    "UnauthenticatedError": "errors",
    "UnavailableError": "errors",
    "UnimplementedError": "errors",
    "UnionTransformer": "type_engine.families.unions",
    "UnknownError": "errors",
    "UnpicklingError": "errors",
    "UserError": "errors",
    "UserTransformer": "core.conversion.type_transformer",
    "VersionParameters": "core.settings.cache",
    "VoidPromise": "core.graph.promise",
    "WithOptions": "core.entities.with_options",
    "WorkflowBase": "core.workflows.workflow",
    "WorkflowExecutionPhase": "core.workflows.schedule",
    "WorkflowFailurePolicy": "core.workflows.workflow",
    "WorkflowMetadata": "core.workflows.workflow",
}

# Functions that unpickling calls to make something of their arguments, or to fill in what was made.
MAKERS: Final[dict[str, str]] = {
    "alias_parameter": "pickling.portable.generated_typing",
    "behind": "pickling.surroundings.restore",
    "bind_attributes": "pickling.portable.in_turn",
    "bind_globals": "pickling.portable.in_turn",
    "complete_class": "pickling.portable.in_turn",
    "fetched_again": "core.workflows.fetched",
    "fill_cell": "pickling.portable.functions",
    "fill_class": "pickling.portable.classes",
    "fill_dataclass": "pickling.portable.generated_dataclass",
    "fill_enum": "pickling.portable.generated_enum",
    "fill_exception": "pickling.portable.instances",
    "fill_function": "pickling.portable.functions",
    "fill_hashable": "pickling.portable.instances",
    "fill_lazy_alias": "pickling.portable.generated_typing",
    "fill_member": "pickling.portable.functions",
    "fill_member_cell": "pickling.portable.functions",
    "fill_named": "pickling.portable.by_content",
    "fill_named_tuple": "pickling.portable.generated_typing",
    "fill_object": "pickling.portable.by_content",
    "fill_protocol": "pickling.portable.generated_typing",
    "fill_single_dispatch": "pickling.portable.objects",
    "fill_single_dispatch_method": "pickling.portable.objects",
    "fill_typed_dict": "pickling.portable.generated_typing",
    "importlib_attribute": "core.resolvers.resolver",
    "in_turn": "pickling.portable.in_turn",
    "load_portable": "pickling.portable.functions",
    "load_storage": "pickling.portable.tensors",
    "load_typed_storage": "pickling.portable.tensors",
    "main_globals": "pickling.portable.main_module",
    "main_names": "pickling.portable.main_module",
    "make_array_view": "pickling.portable.shared_memory",
    "make_cached_property": "pickling.portable.objects",
    "make_cell": "pickling.portable.functions",
    "make_class": "pickling.portable.classes:_make_skeleton_class",
    "make_dataclass_params": "pickling.portable.objects",
    "make_empty": "pickling.portable.instances",
    "make_enum": "pickling.portable.generated_enum",
    "make_exception": "pickling.portable.instances",
    "make_forward_reference": "pickling.portable.objects",
    "make_function": "pickling.portable.functions",
    "make_generated": "pickling.portable.functions",
    "make_hashable": "pickling.portable.instances",
    "make_lazy_alias": "pickling.portable.generated_typing",
    "make_logger": "pickling.surroundings.loggers",
    "make_lru_cache": "pickling.portable.objects",
    "make_member": "pickling.portable.functions",
    "make_member_cell": "pickling.portable.functions",
    "make_memory_view": "pickling.portable.shared_memory",
    "make_method": "pickling.portable.objects",
    "make_named": "pickling.portable.by_content",
    "make_named_tuple": "pickling.portable.generated_typing",
    "make_new_type": "pickling.portable.objects",
    "make_of_base": "pickling.portable.instances",
    "make_part": "pickling.portable.instances",
    "make_proxy": "pickling.portable.by_content",
    "make_read_only": "pickling.portable.shared_memory",
    "make_single_dispatch": "pickling.portable.objects",
    "make_single_dispatch_method": "pickling.portable.objects",
    "make_type_alias": "pickling.portable.objects",
    "make_type_variable": "pickling.portable.objects",
    "make_typed_dict": "pickling.portable.generated_typing",
    "optional_reference": "pickling.portable.objects",
    "prepare_value": "pickling.load.values",
    "reference": "pickling.portable.objects",
    "restore": "pickling.surroundings.restore",
}

# What code that travels refers to, or an object holds: unpickling looks it up, and calls none of it.
REFERENCES: Final[dict[str, str]] = {
    "Execution": "remote.executions.execution",
    "FlyteRemote": "remote.client",
    "T": "core.python_auto_container",
    "approve": "core.graph.gates",
    "conditional": "core.graph.conditional",
    "create_node": "core.graph.calls",
    "current_context": "core.run.context",
    "default_notebook_task_resolver": "core.python_auto_container",
    "default_task_resolver": "core.python_auto_container",
    "display": "core.run.display",
    "dump_pickled_entity": "core.capture.pickled_file",
    "dynamic": "core.dynamic.dynamic",
    "eager": "core.dynamic.eager",
    "from_literal": "type_engine.convert",
    "get_registerable_container_image": "core.python_auto_container",
    "inspect_pickled_entity": "core.capture.pickled_file",
    "kwtypes": "type_engine.values.structured_dataset",
    "load_ipython_extension": "notebook.extension",
    "load_pickled_entity": "core.resolvers.pickled_entity",
    "map_task": "core.maps.map_task",
    "no_download": "type_engine.values.lazy_path:nothing",
    "reference_launch_plan": "core.workflows.reference",
    "reference_task": "core.workflows.reference",
    "reference_workflow": "core.workflows.reference",
    "sleep": "core.graph.gates",
    "task": "core.tasks.task",
    "to_literal": "type_engine.convert",
    "to_literal_type": "type_engine.convert",
    "to_spec": "core.serialize.spec",
    "unload_ipython_extension": "notebook.extension",
    "update_image_spec_copy_handling": "core.python_auto_container",
    "wait_for_input": "core.graph.gates",
    "workflow": "core.workflows.workflow",
}

PLACES: Final[dict[str, str]] = {**VALUES, **MAKERS, **REFERENCES}


def named(name: str) -> Any:
    """Return the object with this lasting name; every pickle calls it for the objects of this package.

    After the name, attributes can follow dots, and a format can follow a colon: `FlyteFile.from_source`,
    `FlyteFile:csv`.

    Raises:
        ImportError: this version has no object of that name.
    """
    path, _, its_format = name.partition(":")
    lasting, *attributes = path.split(".")
    place = PLACES.get(lasting)
    if place is None:
        raise ImportError(
            f"This version of autocontainer_nb doesn't know {lasting!r}: a newer version wrote the file. "
            "Install that version here as well."
        )
    module, _, there = place.partition(":")
    found = getattr(import_module(f"{_ROOT}.{module}"), there or lasting)
    for attribute in attributes:
        found = getattr(found, attribute)
    return found[its_format] if its_format else found


def name_of(value: Any) -> str | None:
    """Return the lasting name of a class, function or type variable, or None if it isn't ours or has none."""
    module = getattr(value, "__module__", None)
    if not isinstance(module, str) or not module.startswith(_BELOW):
        return None
    path = str(getattr(value, "__qualname__", None) or getattr(value, "__name__", ""))
    outer = path.replace(":", ".").partition(".")[0]
    name = name_at(module, outer)
    if name is None:
        return None
    name += path.removeprefix(outer).replace("$", ".")  # as the classes with a format have dots in their names
    try:
        return name if named(name) is value else None
    except (AttributeError, TypeError):  # made in a function: what has that name is another thing, or nothing
        return None


def name_at(module: str, attribute: str) -> str | None:
    """Return the lasting name of the object at this place, or None if the tables have none."""
    return _names_by_place().get((module, attribute))


def lasting_path(value: Any) -> str | None:
    """Return the lasting name as people read it, such as `autocontainer_nb.Resources`, or None if there is none."""
    name = name_of(value)
    return None if name is None else f"{_ROOT}.{name}"


@lru_cache(maxsize=1)
def _names_by_place() -> dict[tuple[str, str], str]:
    """Return the tables the other way round; who only loads pickles never asks."""
    split = ((name, place.partition(":")) for name, place in PLACES.items())
    return {(f"{_ROOT}.{module}", there or name): name for name, (module, _, there) in split}
