"""flytekit's module paths: code that imports `autocontainer_nb.types.file` and the like finds our names there.

flytekit's users import many names by the paths of its modules. There are no files for these paths: `MODULES` says which
names each has, and the finder at the package root makes a module of its line when somebody imports it. Nothing of ours
imports them. What flytekit has and we haven't is in `MISSING`, with what to do instead.

A path that is a module of ours as well (`core.base_task`, `remote`) isn't in the table: that module has the names.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

_ROOT: Final = "autocontainer_nb"
_MESSAGES: Final = "flyteidl."

# Names that the package root doesn't have, and their homes: a module of ours, or of Flyte's messages.
HOMES: Final[dict[str, str]] = {
    "ArrayNodeMapTask": "core.maps.map_task",
    "AsyncPythonFunctionTask": "core.tasks.function_task",
    "AsyncTypeTransformer": "core.conversion.type_transformer",
    "BatchSize": "core.conversion.notes",
    "Blob": "flyteidl.core.literals_pb2",
    "BlobMetadata": "flyteidl.core.literals_pb2",
    "BlobType": "flyteidl.core.types_pb2",
    "ConditionalSection": "core.graph.conditional",
    "Config": "remote.config.flytekit_config",
    "Docstring": "core.entities.docstrings",
    "Echo": "core.tasks.echo_task",
    "ExecutionParameters": "core.context_manager",
    "ExecutionState": "core.context_manager",
    "FileAccessProvider": "core.data_persistence",
    "FlyteAnnotation": "core.conversion.notes",
    "Gate": "core.graph.gates",
    "Identity": "core.workflows.launch_options",
    "Literal": "flyteidl.core.literals_pb2",
    "LiteralType": "flyteidl.core.types_pb2",
    "Node": "core.graph.node",
    "Notification": "core.workflows.schedule",
    "OAuth2Client": "core.workflows.launch_options",
    "OAuth2TokenRequest": "core.workflows.launch_options",
    "OnSchedule": "core.workflows.schedule",
    "PlatformConfig": "remote.config.flytekit_config",
    "Promise": "core.graph.promise",
    "PythonDependencyRenderer": "core.run.renderers",
    "PythonTask": "core.base_task",
    "ReferenceLaunchPlan": "core.workflows.reference",
    "ReferenceTask": "core.workflows.reference",
    "ReferenceWorkflow": "core.workflows.reference",
    "Renderable": "core.run.renderers",
    "Scalar": "flyteidl.core.literals_pb2",
    "SecretsManager": "core.run.secrets",
    "SimpleTransformer": "core.conversion.type_transformer",
    "SourceCodeRenderer": "core.run.renderers",
    "StructuredDatasetDecoder": "core.conversion.frame_coders",
    "StructuredDatasetEncoder": "core.conversion.frame_coders",
    "StructuredDatasetMetadata": "flyteidl.core.literals_pb2",
    "StructuredDatasetTransformerEngine": "core.conversion.frame_coders",
    "StructuredDatasetType": "flyteidl.core.types_pb2",
    "TaskPlugins": "core.tasks.plugins",
    "TaskResolverMixin": "core.resolvers.resolver",
    "TypeTransformer": "core.conversion.type_transformer",
    "VoidPromise": "core.graph.promise",
    "WorkflowBase": "core.workflows.workflow",
    "get_reference_entity": "core.workflows.reference",
    "logger": "core.conversion.notes",
    "patch": "core.run.mocks",
    "register_csv_handlers": "core.conversion.frame_coders",
    "task_mock": "core.run.mocks",
}

# What each of flytekit's modules has: names of the root or of `HOMES`; `Name=module` or `Name=module:there` for what
# has that name in this module only; `*module` for all names of a module of Flyte's messages.
MODULES: Final[dict[str, str]] = {
    "configuration": "Config FastSerializationSettings Image ImageConfig PlatformConfig SerializationSettings",
    "core.annotation": "FlyteAnnotation",
    "core.array_node_map_task": "ArrayNodeMapTask ArrayNodeMapTaskResolver map_task",
    "core.cache": "Cache CachePolicy VersionParameters",
    "core.checkpointer": "Checkpoint SyncCheckpoint=core.run.checkpoint:Checkpoint",
    "core.condition": "ConditionalSection conditional",
    "core.container_task": "ContainerTask",
    "core.docstring": "Docstring",
    "core.dynamic_workflow_task": "dynamic",
    "core.gate": "Gate approve sleep wait_for_input",
    "core.hash": "HashMethod",
    "core.interface": "Interface",
    "core.launch_plan": "ConcurrencyPolicy LaunchPlan ReferenceLaunchPlan reference_launch_plan",
    "core.map_task": "ArrayNodeMapTask map_task",
    "core.node": "Node",
    "core.node_creation": "create_node",
    "core.notification": "Email Notification PagerDuty Slack",
    "core.pod_template": "PodTemplate",
    "core.promise": "Promise VoidPromise",
    "core.python_function_task": "AsyncPythonFunctionTask PythonFunctionTask",
    "core.reference": "ReferenceLaunchPlan ReferenceTask ReferenceWorkflow get_reference_entity",
    "core.resources": "Resources",
    "core.schedule": "CronSchedule FixedRate OnSchedule",
    "core.task": "Echo ReferenceTask TaskPlugins eager reference_task task",
    "core.type_engine": "AsyncTypeTransformer BatchSize SimpleTransformer "
    "TypeEngine=core.conversion.type_transformer TypeTransformer TypeTransformerFailedError=errors:ConversionError",
    "core.workflow": "ImperativeWorkflow PythonFunctionWorkflow ReferenceWorkflow WorkflowBase WorkflowFailurePolicy "
    "reference_workflow workflow",
    "deck": "Deck DeckField MarkdownRenderer SourceCodeRenderer TopFrameRenderer",
    "deck.deck": "Deck DeckField",
    "deck.renderer": "MarkdownRenderer PythonDependencyRenderer Renderable SourceCodeRenderer TopFrameRenderer",
    "exceptions.base": "FlyteException=errors:AutocontainerError FlyteRecoverableException",
    "exceptions.eager": "EagerException",
    "exceptions.system": "FlyteDownloadDataException=errors:StorageError FlyteException=errors:AutocontainerError "
    "FlyteSystemException=errors:RemoteError FlyteSystemUnavailableException=errors:UnavailableError "
    "FlyteUploadDataException=errors:StorageError",
    "exceptions.user": "FlyteAssertion=errors:UserError FlyteAuthenticationException=errors:UnauthenticatedError "
    "FlyteDataNotFoundException=errors:StorageError FlyteEntityAlreadyExistsException=errors:AlreadyExistsError "
    "FlyteEntityNotExistException=errors:NotFoundError FlyteEntityNotFoundException=errors:NotFoundError "
    "FlyteFailureNodeInputMismatchException=errors:DefinitionError "
    "FlyteInvalidInputException=errors:InvalidArgumentError FlyteMissingReturnValueException=errors:DefinitionError "
    "FlyteMissingTypeException=errors:DefinitionError FlytePromiseAttributeResolveException=errors:DefinitionError "
    "FlyteRecoverableException FlyteTimeout=errors:ExecutionTimedOutError FlyteTypeException=errors:ConversionError "
    "FlyteUserException=errors:UserError FlyteUserRuntimeException=errors:ExecutionFailedError "
    "FlyteValidationException=errors:DefinitionError FlyteValueException=errors:UserError",
    "experimental": "eager map_task",
    "extend": "AsyncTypeTransformer ExecutionState FileAccessProvider Image ImageConfig Interface Promise PythonTask "
    "SecretsManager SerializationSettings TaskPlugins TaskResolverMixin TypeEngine=core.conversion.type_transformer "
    "TypeTransformer context_manager=core.context_manager",
    "extras.accelerators": "*core.settings.accelerators",
    "extras.tasks.shell": "OutputLocation ShellTask",
    "image_spec": "ImageSpec",
    "image_spec.image_spec": "CopyFileDetection ImageSpec",
    "loggers": "logger",
    "models.common": "Annotations AuthRole Labels RawOutputDataConfig",
    "models.core.execution": "WorkflowExecutionPhase",
    "models.core.identifier": "*flyteidl.core.identifier_pb2",
    "models.core.types": "*flyteidl.core.types_pb2",
    "models.core.workflow": "*flyteidl.core.workflow_pb2",
    "models.documentation": "Description Documentation SourceCode",
    "models.interface": "*flyteidl.core.interface_pb2",
    "models.literals": "*flyteidl.core.literals_pb2",
    "models.security": "Identity OAuth2Client OAuth2TokenRequest Secret SecurityContext",
    "models.task": "*flyteidl.core.tasks_pb2",
    "models.types": "*flyteidl.core.types_pb2",
    "remote.remote": "FlyteRemote",
    "testing": "SecretsManager patch task_mock",
    "types.directory": "FlyteDirectory TFRecordsDirectory=type_engine.values.flyte_directory "
    "TensorboardLogs=type_engine.values.flyte_directory",
    "types.directory.types": "FlyteDirectory",
    "types.error": "FlyteError",
    "types.error.error": "FlyteError",
    "types.file": "CSVFile FileExt FlyteFile HDF5EncodedFile HTMLPage JPEGImageFile JSONLFile JoblibSerializedFile "
    "ONNXFile PDFFile PNGImageFile PythonNotebook PythonPickledFile SVGImageFile TFRecordFile",
    "types.file.file": "FileExt FlyteFile",
    "types.structured": "StructuredDataset StructuredDatasetDecoder StructuredDatasetEncoder "
    "StructuredDatasetTransformerEngine register_csv_handlers",
    "types.structured.structured_dataset": "CSV=wire:CSV_FORMAT PARQUET=wire:PARQUET_FORMAT StructuredDataset "
    "StructuredDatasetDecoder StructuredDatasetEncoder StructuredDatasetMetadata StructuredDatasetTransformerEngine "
    "StructuredDatasetType",
}

# Names that flytekit has at its root and we haven't: they are ours by other names, or of interest to few.
ROOT: Final = (
    "BatchSize Blob BlobMetadata BlobType Config ExecutionParameters Literal LiteralType Scalar StructuredDatasetType "
    "StructuredDatasetTransformerEngine get_reference_entity logger"
)

# What flytekit has and we haven't, module or name, and what to do instead.
_AGENTS: Final = "Agents are a server's part: deploy them with flytekit, and name their tasks by reference_task."
_OPTIONS: Final = "Write train.with_options(labels={...}, ...).remote(...), or set them in a LaunchPlan."
_SQL: Final = "Write a @task that sends the query with your database's own client."
MISSING: Final[dict[str, str]] = {
    "Artifact": "Flyte itself stores no artifacts: pass the value on, or a FlyteFile or StructuredDataset.",
    "Environment": "Write `my_task = functools.partial(task, container_image=...)`, and `@my_task` above functions.",
    "Options": _OPTIONS,
    "PythonInstanceTask": "Subclass PythonTask, whose `execute` is the task's code.",
    "SQLTask": _SQL,
    "SensorEngine": "Wait in a @task that looks and sleeps in turn, or start the workflow by a schedule.",
    "clis": "The commands are `%flyte` in a notebook and `autocontainer-nb` in a terminal.",
    "core.artifact": "Flyte itself stores no artifacts: pass the value on, or a FlyteFile or StructuredDataset.",
    "core.base_sql_task": _SQL,
    "core.legacy_map_task": "Use map_task.",
    "core.options": _OPTIONS,
    "core.python_customized_container_task": "Use a ContainerTask, or a @task with a container_image.",
    "core.shim_task": "Use a ContainerTask, or a @task with a container_image.",
    "extend.IgnoreOutputs": "A task runs in one container, whose outputs count: return them.",
    "extend.backend": _AGENTS,
    "extras.pytorch": "Write the state to a FlyteFile by torch.save; tensors and modules need nothing.",
    "extras.sqlite3": "Open the database in a @task with Python's sqlite3, and return a data frame.",
    "extras.tensorflow": "Write the records or the model to a FlyteFile or a FlyteDirectory.",
    "interactive": "Run the task's function in the notebook: calling the task does.",
    "sensor": "Wait in a @task that looks and sleeps in turn, or start the workflow by a schedule.",
    "types.iterator": "Annotate it as Iterator[T], or use a FlyteFile of lines of JSON.",
    "types.schema": "Use StructuredDataset, or the type of the frame, with kwtypes(...) for its columns.",
}


def find_module(name: str, root_homes: Mapping[str, str]) -> ModuleSpec | None:
    """Return how to make the module of flytekit's path `name`, below our root, or None if it has none of that path."""
    path = name.removeprefix(f"{_ROOT}.")
    _refuse_missing(path)
    if path not in MODULES and not any(known.startswith(f"{path}.") for known in MODULES):
        return None
    return ModuleSpec(name, _Loader(path, root_homes), is_package=True)


class _Loader(Loader):
    """Makes the module of a path; its names are found when they are asked for."""

    def __init__(self, path: str, root_homes: Mapping[str, str]) -> None:
        self._path = path
        self._homes = root_homes

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002 - the protocol's signature
        """Return None: an ordinary module will do."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its docstring, its list of names, and what finds them."""
        module.__doc__ = f"What flytekit has in `{self._path}`, from where it is here."
        found = dict(_homes_of(self._path, self._homes))
        module.__dict__["__all__"] = sorted(found)

        def find(name: str) -> object:
            value = _value(module, self._path, name, found)
            module.__dict__[name] = value
            return value

        module.__dict__["__getattr__"] = find
        module.__dict__["__dir__"] = lambda: sorted({*module.__dict__, *found})


def _homes_of(path: str, root_homes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each name of the module with its home, as `module:there`."""
    for word in MODULES.get(path, "").split():
        name, is_local, home = word.partition("=")
        if word.startswith("*"):
            source = word[1:]
            yield from ((each, source) for each in vars(_module(source)) if not each.startswith("_"))
        elif is_local:
            yield name, home
        else:
            yield name, root_homes.get(name) or HOMES[name]


def _value(module: ModuleType, path: str, name: str, homes: Mapping[str, str]) -> object:
    if name in homes:
        return _found(name, homes[name])
    below = f"{path}.{name}"
    _refuse_missing(below)
    if name.startswith("_") or not any(f"{known}.".startswith(f"{below}.") for known in MODULES):
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
    return import_module(f"{module.__name__}.{name}")


def _found(name: str, home: str) -> object:
    """Return what is at the home, `module:there`; a module itself where it has the name of what is asked for."""
    place, _, there = home.partition(":")
    module = _module(place)
    return module if place.rpartition(".")[2] == name else getattr(module, there or name)


def _module(home: str) -> ModuleType:
    return import_module(home if home.startswith(_MESSAGES) else f"{_ROOT}.{home}")


def _refuse_missing(path: str) -> None:
    """Raise an ImportError that says what to do, if flytekit has something of this path that we haven't."""
    for known, instead in MISSING.items():
        if f"{path}.".startswith(f"{known}."):
            raise ImportError(f"flytekit's {path} isn't in autocontainer_nb. {instead}", name=f"{_ROOT}.{path}")


def root_attribute(name: str) -> object:
    """Return what flytekit has at its root by this name and we only by its path: a module such as `types`.

    Raises:
        AttributeError: it has none.
        ImportError: it has, and we haven't; the message says what to do.
    """
    if not name.startswith("_"):
        _refuse_missing(name)
        if name in ROOT.split():
            return _found(name, HOMES[name])
        if any(known.partition(".")[0] == name for known in MODULES):
            return import_module(f"{_ROOT}.{name}")
    raise AttributeError(f"module {_ROOT!r} has no attribute {name!r}")
