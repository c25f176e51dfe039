"""The names that pickles have for what this package defines, and where each thing is now.

A pickle holds no path of a module of ours but this one's. Whatever it refers to, it asks `named` for: a class, a
function, a resolver, by a name that lasts. So modules may be moved, split and merged: whoever moves something changes
its place below, and every file that was ever written still finds it. Names are never changed, and never used again for
something else. This module itself never moves: `autocontainer_nb.pickled_names.named` is part of the file format.

A place is the module where a thing is defined, below this package, and the name that it has there, if it is another one
than here. The three tables differ in what unpickling does with the names: `pickling.symbolic.risks` judges by them.
"""

from functools import lru_cache
from importlib import import_module
from typing import Any, Final

_ROOT: Final = "autocontainer_nb"

# Classes: making an instance and setting its attributes does no more than that.
VALUES: Final[dict[str, str]] = {
    "AbortedError": "errors",
    "AlreadyExistsError": "errors",
    "Annotations": "core.launch_options",
    "ApproveGate": "core.gate",
    "ArchiveCorruptError": "errors",
    "ArchiveError": "errors",
    "ArrayNode": "core.array_node",
    "ArrayNodeMapTask": "core.map_task",
    "ArrayNodeMapTaskResolver": "core.map_task",
    "AsyncPythonFunctionTask": "core.async_task",
    "AuthRole": "core.launch_options",
    "AutocontainerError": "errors",
    "BaseAccelerator": "core.accelerators",
    "BinaryTransformer": "type_engine.streams",
    "Binding": "core.binding",
    "BlobTransformer": "type_engine.blobs",
    "BoolTransformer": "type_engine.simple",
    "BranchCase": "core.conditional",
    "BranchNode": "core.conditional",
    "BranchState": "core.conditional",
    "Cache": "core.cache",
    "CachePolicy": "core.cache",
    "CancelledError": "errors",
    "CaptureError": "errors",
    "Case": "core.conditional",
    "Checkpoint": "core.checkpoint",
    "ChoiceTransformer": "type_engine.choices",
    "CollectionIterator": "type_engine.iterators",
    "Comparison": "core.comparison",
    "CompilationState": "core.compilation",
    "ConcurrencyLimitBehavior": "core.launch_options",
    "ConcurrencyPolicy": "core.launch_options",
    "Condition": "core.conditional",
    "ConditionalSection": "core.conditional",
    "ConfigError": "errors",
    "Conjunction": "core.comparison",
    "ContainerTask": "core.container_task",
    "ConversionError": "errors",
    "CopyFileDetection": "image.spec",
    "CredentialError": "errors",
    "CronSchedule": "core.schedule",
    "DataLossError": "errors",
    "DataclassTransformer": "type_engine.structs",
    "DatasetTransformer": "type_engine.frames",
    "DateTransformer": "type_engine.moments",
    "DatetimeTransformer": "type_engine.moments",
    "DeadlineExceededError": "errors",
    "Deck": "core.deck",
    "DeckField": "core.deck",
    "DefaultNotebookTaskResolver": "core.resolvers",
    "DefaultTaskResolver": "core.resolvers",
    "DefinitionError": "errors",
    "Description": "core.documentation",
    "DictTransformer": "type_engine.structs",
    "DigestMismatchError": "errors",
    "DirectoryTransformer": "type_engine.blobs",
    "Docstring": "core.docstrings",
    "Documentation": "core.documentation",
    "DynamicTask": "core.dynamic",
    "EagerException": "errors",
    "EagerFailureHandlerTask": "core.eager_cleanup",
    "EagerFailureTaskResolver": "core.eager_cleanup",
    "EagerTask": "core.eager",
    "Email": "core.notification",
    "Entity": "core.entity",
    "EntityNotFoundError": "errors",
    "EnumTransformer": "type_engine.choices",
    "ErrorTransformer": "type_engine.flyte_error",
    "EstimatorTransformer": "type_engine.estimators",
    "ExecutionAbortedError": "errors",
    "ExecutionError": "errors",
    "ExecutionFailedError": "errors",
    "ExecutionMode": "core.execution_mode",
    "ExecutionParameters": "core.context",
    "ExecutionTimedOutError": "errors",
    "Expression": "core.comparison",
    "FailedPreconditionError": "errors",
    "FastSerializationSettings": "core.configuration",
    "FileExt": "type_engine.file_formats",
    "FileTransformer": "type_engine.blobs",
    "FixedRate": "core.schedule",
    "FloatTransformer": "type_engine.simple",
    "FlyteDirectory": "type_engine.flyte_directory",
    "FlyteError": "type_engine.flyte_error",
    "FlyteFile": "type_engine.flyte_file",
    "FormatVersionError": "errors",
    "FrameTransformer": "type_engine.frames",
    "GPUAccelerator": "core.accelerators",
    "Gate": "core.gate",
    "HashMethod": "type_engine.hashing",
    "HashedTransformer": "type_engine.hashing",
    "Identity": "core.launch_options",
    "Image": "image.config",
    "ImageConfig": "image.config",
    "ImageError": "errors",
    "ImageReference": "image.names:Reference",
    "ImageSpec": "image.spec",
    "ImageTransformer": "type_engine.images",
    "ImperativeWorkflow": "core.imperative",
    "InputError": "errors",
    "InputGate": "core.gate",
    "IntTransformer": "type_engine.simple",
    "Interface": "core.interface",
    "InternalError": "errors",
    "InvalidArgumentError": "errors",
    "IteratorTransformer": "type_engine.iterators",
    "Labels": "core.launch_options",
    "LaunchOptions": "core.launch_options",
    "LaunchPlan": "core.launch_plan",
    "LazyPath": "type_engine.lazy_path",
    "LibraryFileTransformer": "type_engine.library_files",
    "ListTransformer": "type_engine.containers",
    "LiteralMapFormat": "core.container_task",
    "MapTransformer": "type_engine.containers",
    "MarkdownRenderer": "core.renderers",
    "MayBeMissing": "type_engine.missing",
    "MemberMismatchError": "errors",
    "MessageTransformer": "type_engine.messages",
    "MissingTransformer": "type_engine.missing",
    "Misfit": "type_engine.misfit",
    "ModelTransformer": "type_engine.models",
    "ModuleTransformer": "type_engine.torch_files",
    "MultiInstanceGPUAccelerator": "core.accelerators",
    "Node": "core.node",
    "NodeMetadata": "core.node",
    "NodeOutputs": "core.promise",
    "NoneTransformer": "type_engine.simple",
    "NotFoundError": "errors",
    "Notification": "core.notification",
    "NumpyTransformer": "type_engine.arrays",
    "OAuth2Client": "core.launch_options",
    "OAuth2TokenRequest": "core.launch_options",
    "OnSchedule": "core.schedule",
    "Ordered": "core.promise",
    "OutOfRangeError": "errors",
    "OutputLocation": "core.shell_task",
    "Overrides": "core.node",
    "PackageMismatchError": "errors",
    "PagerDuty": "core.notification",
    "PathTransformer": "type_engine.paths",
    "PermissionDeniedError": "errors",
    "PickleTransformer": "type_engine.pickles",
    "PickledEntity": "core.pickled_entity",
    "PickledEntityMetadata": "core.pickled_entity",
    "PodTemplate": "core.pod_template",
    "Promise": "core.promise",
    "PythonAutoContainerTask": "core.python_auto_container",
    "PythonDependencyRenderer": "core.renderers",
    "PythonFunctionTask": "core.python_function_task",
    "PythonFunctionWorkflow": "core.workflow",
    "PythonInstanceTask": "core.python_instance_task",
    "PythonTask": "core.base_task",
    "PythonVersionError": "errors",
    "RawOutputDataConfig": "core.launch_options",
    "RecoverableError": "errors",
    "ReferenceEntity": "core.reference",
    "ReferenceLaunchPlan": "core.reference",
    "ReferenceTask": "core.reference",
    "ReferenceWorkflow": "core.reference",
    "RemoteError": "errors",
    "Renderable": "core.renderers",
    "ResourceExhaustedError": "errors",
    "ResourceSpec": "core.resources",
    "Resources": "core.resources",
    "SandboxError": "errors",
    "Secret": "core.security",
    "SecurityContext": "core.launch_options",
    "SerializationSettings": "core.configuration",
    "ShellTask": "core.shell_task",
    "SimpleTransformer": "type_engine.simple",
    "Slack": "core.notification",
    "SleepGate": "core.gate",
    "SlotError": "errors",
    "SourceCode": "core.documentation",
    "SourceCodeRenderer": "core.renderers",
    "SourceNode": "core.promise",
    "Stats": "core.stats",
    "StorageError": "errors",
    "StoredPath": "type_engine.stored_path",
    "StrTransformer": "type_engine.simple",
    "StructListTransformer": "type_engine.structs:ListTransformer",
    "StructuredDataset": "type_engine.structured_dataset",
    "Task": "core.base_task",
    "TaskMetadata": "core.task_metadata",
    "TaskResolverMixin": "core.base_task",
    "TensorTransformer": "type_engine.torch_files",
    "TextTransformer": "type_engine.streams",
    "TimeLineDeck": "core.deck",
    "TimedeltaTransformer": "type_engine.moments",
    "Tolerance": "core.map_items",
    "TopFrameRenderer": "core.renderers",
    "TrackedInstance": "core.tracker",
    "Transformer": "type_engine.transformer",
    "Trigger": "core.launch_options",
    "TypeEngine": "type_engine.engine",
    "UnauthenticatedError": "errors",
    "UnavailableError": "errors",
    "UnimplementedError": "errors",
    "UnionTransformer": "type_engine.unions",
    "UnknownError": "errors",
    "UnpicklingError": "errors",
    "UserError": "errors",
    "VersionParameters": "core.cache",
    "VoidPromise": "core.promise",
    "WorkflowBase": "core.workflow",
    "WorkflowExecutionPhase": "core.notification",
    "WorkflowFailurePolicy": "core.workflow",
    "WorkflowMetadata": "core.workflow",
}

# Functions that unpickling calls to make something of their arguments, or to fill in what was made.
MAKERS: Final[dict[str, str]] = {
    "fill_cell": "pickling.portable.functions",
    "fill_dataclass": "pickling.portable.generated_dataclass",
    "fill_enum": "pickling.portable.generated_enum",
    "fill_function": "pickling.portable.functions",
    "fill_named_tuple": "pickling.portable.generated_tuple",
    "fill_protocol": "pickling.portable.generated_typing",
    "fill_single_dispatch": "pickling.portable.objects",
    "fill_single_dispatch_method": "pickling.portable.objects",
    "fill_typed_dict": "pickling.portable.generated_typing",
    "importlib_attribute": "core.resolvers",
    "load_portable": "pickling.portable.code",
    "load_storage": "pickling.large.tensors",
    "load_typed_storage": "pickling.large.tensors",
    "make_cached_property": "pickling.portable.objects",
    "make_cell": "pickling.portable.functions",
    "make_class": "pickling.portable.class_maker:_make_skeleton_class",
    "make_dataclass_params": "pickling.portable.objects",
    "make_enum": "pickling.portable.generated_enum",
    "make_forward_reference": "pickling.portable.objects",
    "make_function": "pickling.portable.functions",
    "make_generated": "pickling.portable.functions",
    "make_lru_cache": "pickling.portable.objects",
    "make_named_tuple": "pickling.portable.generated_tuple",
    "make_new_type": "pickling.portable.objects",
    "make_single_dispatch": "pickling.portable.objects",
    "make_single_dispatch_method": "pickling.portable.objects",
    "make_type_alias": "pickling.portable.objects",
    "make_type_variable": "pickling.portable.objects",
    "make_typed_dict": "pickling.portable.generated_typing",
    "optional_reference": "pickling.portable.objects",
    "reference": "pickling.portable.objects",
}

# What code that travels refers to, or an object holds: unpickling looks it up, and calls none of it.
REFERENCES: Final[dict[str, str]] = {
    "Execution": "remote.execution",
    "FlyteRemote": "remote.client",
    "T": "core.python_auto_container",
    "approve": "core.gate",
    "conditional": "core.conditional",
    "create_node": "core.node_creation",
    "current_context": "core.context",
    "default_notebook_task_resolver": "core.python_auto_container",
    "default_task_resolver": "core.python_auto_container",
    "dump_pickled_entity": "core.pickled_entity",
    "dynamic": "core.dynamic",
    "eager": "core.eager",
    "from_literal": "type_engine.convert",
    "get_registerable_container_image": "core.python_auto_container",
    "inspect_pickled_entity": "core.pickled_entity",
    "kwtypes": "type_engine.structured_dataset",
    "load_ipython_extension": "notebook.extension",
    "load_pickled_entity": "core.pickled_entity",
    "map_task": "core.map_task",
    "no_download": "type_engine.lazy_path:nothing",
    "reference_launch_plan": "core.reference",
    "reference_task": "core.reference",
    "reference_workflow": "core.reference",
    "sleep": "core.gate",
    "task": "core.task",
    "to_literal": "type_engine.convert",
    "to_literal_type": "type_engine.convert",
    "to_spec": "core.serialize.spec",
    "unload_ipython_extension": "notebook.extension",
    "update_image_spec_copy_handling": "core.python_auto_container",
    "wait_for_input": "core.gate",
    "workflow": "core.workflow",
}

PLACES: Final[dict[str, str]] = {**VALUES, **MAKERS, **REFERENCES}


def named(name: str) -> Any:
    """Return what a lasting name stands for. Written into every pickle, for each thing of ours that it refers to.

    A name may go on with attributes, after dots, or with a format, after a colon: `FlyteFile.from_source`,
    `FlyteFile:csv`.

    Raises:
        ImportError: this version has nothing of that name.
    """
    path, _, its_format = name.partition(":")
    lasting, *attributes = path.split(".")
    place = PLACES.get(lasting)
    if place is None:
        raise ImportError(
            f"This autocontainer_nb has nothing that pickles call {lasting!r}: a newer version wrote it. "
            "Install that version here, too."
        )
    module, _, there = place.partition(":")
    found = getattr(import_module(f"{_ROOT}.{module}"), there or lasting)
    for attribute in attributes:
        found = getattr(found, attribute)
    return found[its_format] if its_format else found


def name_of(value: Any) -> str | None:
    """Return the lasting name of a class, a function or a type variable; None for what isn't ours, or has none."""
    module = getattr(value, "__module__", None)
    if not isinstance(module, str) or not module.startswith(f"{_ROOT}."):
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
    """Return the lasting name of what has this place now; None where the tables have none."""
    return _names_by_place().get((module, attribute))


def lasting_path(value: Any) -> str | None:
    """Return the lasting name as people read it, `autocontainer_nb.Resources`; None for what has none."""
    name = name_of(value)
    return None if name is None else f"{_ROOT}.{name}"


@lru_cache(maxsize=1)
def _names_by_place() -> dict[tuple[str, str], str]:
    """Return the tables the other way round; who only loads pickles never asks."""
    split = ((name, place.partition(":")) for name, place in PLACES.items())
    return {(f"{_ROOT}.{module}", there or name): name for name, (module, _, there) in split}
