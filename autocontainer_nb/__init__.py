"""Run a function from a notebook cell in a container somewhere else, on Flyte or on the sandbox that ships inside.

The names below load their modules when they are first asked for: importing the package costs next to nothing.
"""

TYPE_CHECKING = False  # type checkers take it as true by its name; `typing` itself would cost more than all the rest
if TYPE_CHECKING:
    from autocontainer_nb.core.accelerators import BaseAccelerator as BaseAccelerator
    from autocontainer_nb.core.accelerators import GPUAccelerator as GPUAccelerator
    from autocontainer_nb.core.cache import Cache as Cache
    from autocontainer_nb.core.cache import CachePolicy as CachePolicy
    from autocontainer_nb.core.cache import VersionParameters as VersionParameters
    from autocontainer_nb.core.checkpoint import Checkpoint as Checkpoint
    from autocontainer_nb.core.conditional import conditional as conditional
    from autocontainer_nb.core.configuration import FastSerializationSettings as FastSerializationSettings
    from autocontainer_nb.core.configuration import SerializationSettings as SerializationSettings
    from autocontainer_nb.core.container_task import ContainerTask as ContainerTask
    from autocontainer_nb.core.context import current_context as current_context
    from autocontainer_nb.core.deck import Deck as Deck
    from autocontainer_nb.core.deck import DeckField as DeckField
    from autocontainer_nb.core.documentation import Description as Description
    from autocontainer_nb.core.documentation import Documentation as Documentation
    from autocontainer_nb.core.documentation import SourceCode as SourceCode
    from autocontainer_nb.core.dynamic import dynamic as dynamic
    from autocontainer_nb.core.eager import eager as eager
    from autocontainer_nb.core.gate import approve as approve
    from autocontainer_nb.core.gate import sleep as sleep
    from autocontainer_nb.core.gate import wait_for_input as wait_for_input
    from autocontainer_nb.core.imperative import ImperativeWorkflow as ImperativeWorkflow
    from autocontainer_nb.core.imperative import Workflow as Workflow
    from autocontainer_nb.core.interface import Interface as Interface
    from autocontainer_nb.core.launch_options import Annotations as Annotations
    from autocontainer_nb.core.launch_options import AuthRole as AuthRole
    from autocontainer_nb.core.launch_options import ConcurrencyLimitBehavior as ConcurrencyLimitBehavior
    from autocontainer_nb.core.launch_options import ConcurrencyPolicy as ConcurrencyPolicy
    from autocontainer_nb.core.launch_options import Labels as Labels
    from autocontainer_nb.core.launch_options import RawOutputDataConfig as RawOutputDataConfig
    from autocontainer_nb.core.launch_options import SecurityContext as SecurityContext
    from autocontainer_nb.core.launch_plan import LaunchPlan as LaunchPlan
    from autocontainer_nb.core.map_task import ArrayNodeMapTaskResolver as ArrayNodeMapTaskResolver
    from autocontainer_nb.core.map_task import map_task as map_task
    from autocontainer_nb.core.node_creation import create_node as create_node
    from autocontainer_nb.core.notification import Email as Email
    from autocontainer_nb.core.notification import PagerDuty as PagerDuty
    from autocontainer_nb.core.notification import Slack as Slack
    from autocontainer_nb.core.notification import WorkflowExecutionPhase as WorkflowExecutionPhase
    from autocontainer_nb.core.pickled_entity import dump_pickled_entity as dump_pickled_entity
    from autocontainer_nb.core.pickled_entity import inspect_pickled_entity as inspect_pickled_entity
    from autocontainer_nb.core.pickled_entity import load_pickled_entity as load_pickled_entity
    from autocontainer_nb.core.pod_template import PodTemplate as PodTemplate
    from autocontainer_nb.core.python_auto_container import PICKLE_FILE_PATH as PICKLE_FILE_PATH
    from autocontainer_nb.core.python_auto_container import DefaultNotebookTaskResolver as DefaultNotebookTaskResolver
    from autocontainer_nb.core.python_auto_container import DefaultTaskResolver as DefaultTaskResolver
    from autocontainer_nb.core.python_auto_container import PickledEntity as PickledEntity
    from autocontainer_nb.core.python_auto_container import PickledEntityMetadata as PickledEntityMetadata
    from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask as PythonAutoContainerTask
    from autocontainer_nb.core.python_auto_container import T as T
    from autocontainer_nb.core.python_auto_container import (
        default_notebook_task_resolver as default_notebook_task_resolver,
    )
    from autocontainer_nb.core.python_auto_container import default_task_resolver as default_task_resolver
    from autocontainer_nb.core.python_auto_container import (
        get_registerable_container_image as get_registerable_container_image,
    )
    from autocontainer_nb.core.python_auto_container import (
        update_image_spec_copy_handling as update_image_spec_copy_handling,
    )
    from autocontainer_nb.core.python_function_task import PythonFunctionTask as PythonFunctionTask
    from autocontainer_nb.core.reference import reference_launch_plan as reference_launch_plan
    from autocontainer_nb.core.reference import reference_task as reference_task
    from autocontainer_nb.core.reference import reference_workflow as reference_workflow
    from autocontainer_nb.core.renderers import MarkdownRenderer as MarkdownRenderer
    from autocontainer_nb.core.renderers import TopFrameRenderer as TopFrameRenderer
    from autocontainer_nb.core.resources import Resources as Resources
    from autocontainer_nb.core.schedule import CronSchedule as CronSchedule
    from autocontainer_nb.core.schedule import FixedRate as FixedRate
    from autocontainer_nb.core.security import Secret as Secret
    from autocontainer_nb.core.serialize.spec import to_spec as to_spec
    from autocontainer_nb.core.shell_task import OutputLocation as OutputLocation
    from autocontainer_nb.core.shell_task import ShellTask as ShellTask
    from autocontainer_nb.core.task import task as task
    from autocontainer_nb.core.task_metadata import TaskMetadata as TaskMetadata
    from autocontainer_nb.core.workflow import PythonFunctionWorkflow as PythonFunctionWorkflow
    from autocontainer_nb.core.workflow import WorkflowFailurePolicy as WorkflowFailurePolicy
    from autocontainer_nb.core.workflow import workflow as workflow
    from autocontainer_nb.errors import ArchiveError as ArchiveError
    from autocontainer_nb.errors import AutocontainerError as AutocontainerError
    from autocontainer_nb.errors import CaptureError as CaptureError
    from autocontainer_nb.errors import ConversionError as ConversionError
    from autocontainer_nb.errors import DefinitionError as DefinitionError
    from autocontainer_nb.errors import EagerException as EagerException
    from autocontainer_nb.errors import ExecutionAbortedError as ExecutionAbortedError
    from autocontainer_nb.errors import ExecutionError as ExecutionError
    from autocontainer_nb.errors import ExecutionFailedError as ExecutionFailedError
    from autocontainer_nb.errors import ExecutionTimedOutError as ExecutionTimedOutError
    from autocontainer_nb.errors import InputError as InputError
    from autocontainer_nb.errors import RecoverableError as RecoverableError
    from autocontainer_nb.errors import RemoteError as RemoteError
    from autocontainer_nb.errors import SandboxError as SandboxError
    from autocontainer_nb.errors import UserError as UserError
    from autocontainer_nb.image.config import Image as Image
    from autocontainer_nb.image.config import ImageConfig as ImageConfig
    from autocontainer_nb.image.spec import CopyFileDetection as CopyFileDetection
    from autocontainer_nb.image.spec import ImageSpec as ImageSpec
    from autocontainer_nb.notebook.extension import load_ipython_extension as load_ipython_extension
    from autocontainer_nb.notebook.extension import unload_ipython_extension as unload_ipython_extension
    from autocontainer_nb.remote.client import FlyteRemote as FlyteRemote
    from autocontainer_nb.remote.execution import Execution as Execution
    from autocontainer_nb.type_engine.convert import from_literal as from_literal
    from autocontainer_nb.type_engine.convert import to_literal as to_literal
    from autocontainer_nb.type_engine.convert import to_literal_type as to_literal_type
    from autocontainer_nb.type_engine.engine import TypeEngine as TypeEngine
    from autocontainer_nb.type_engine.file_formats import CSVFile as CSVFile
    from autocontainer_nb.type_engine.file_formats import FileExt as FileExt
    from autocontainer_nb.type_engine.file_formats import HDF5EncodedFile as HDF5EncodedFile
    from autocontainer_nb.type_engine.file_formats import HTMLPage as HTMLPage
    from autocontainer_nb.type_engine.file_formats import JoblibSerializedFile as JoblibSerializedFile
    from autocontainer_nb.type_engine.file_formats import JPEGImageFile as JPEGImageFile
    from autocontainer_nb.type_engine.file_formats import JSONLFile as JSONLFile
    from autocontainer_nb.type_engine.file_formats import ONNXFile as ONNXFile
    from autocontainer_nb.type_engine.file_formats import PDFFile as PDFFile
    from autocontainer_nb.type_engine.file_formats import PNGImageFile as PNGImageFile
    from autocontainer_nb.type_engine.file_formats import PythonNotebook as PythonNotebook
    from autocontainer_nb.type_engine.file_formats import PythonPickledFile as PythonPickledFile
    from autocontainer_nb.type_engine.file_formats import SVGImageFile as SVGImageFile
    from autocontainer_nb.type_engine.file_formats import TFRecordFile as TFRecordFile
    from autocontainer_nb.type_engine.flyte_directory import FlyteDirectory as FlyteDirectory
    from autocontainer_nb.type_engine.flyte_error import FlyteError as FlyteError
    from autocontainer_nb.type_engine.flyte_file import FlyteFile as FlyteFile
    from autocontainer_nb.type_engine.hashing import HashMethod as HashMethod
    from autocontainer_nb.type_engine.structured_dataset import StructuredDataset as StructuredDataset
    from autocontainer_nb.type_engine.structured_dataset import kwtypes as kwtypes

    __version__: str

# Where each name lives: the module, and the name there if it is another one.
_HOMES = {
    "Annotations": "core.launch_options",
    "ArchiveError": "errors",
    "ArrayNodeMapTaskResolver": "core.map_task",
    "AuthRole": "core.launch_options",
    "AutocontainerError": "errors",
    "BaseAccelerator": "core.accelerators",
    "CSVFile": "type_engine.file_formats",
    "Cache": "core.cache",
    "CachePolicy": "core.cache",
    "CaptureError": "errors",
    "Checkpoint": "core.checkpoint",
    "ConcurrencyLimitBehavior": "core.launch_options",
    "ConcurrencyPolicy": "core.launch_options",
    "ContainerTask": "core.container_task",
    "ConversionError": "errors",
    "CopyFileDetection": "image.spec",
    "CronSchedule": "core.schedule",
    "Deck": "core.deck",
    "DeckField": "core.deck",
    "DefaultNotebookTaskResolver": "core.python_auto_container",
    "DefaultTaskResolver": "core.python_auto_container",
    "DefinitionError": "errors",
    "Description": "core.documentation",
    "Documentation": "core.documentation",
    "EagerException": "errors",
    "Email": "core.notification",
    "Execution": "remote.execution",
    "ExecutionAbortedError": "errors",
    "ExecutionError": "errors",
    "ExecutionFailedError": "errors",
    "ExecutionTimedOutError": "errors",
    "FastSerializationSettings": "core.configuration",
    "FileExt": "type_engine.file_formats",
    "FixedRate": "core.schedule",
    "FlyteDirectory": "type_engine.flyte_directory",
    "FlyteError": "type_engine.flyte_error",
    "FlyteFile": "type_engine.flyte_file",
    "FlyteRemote": "remote.client",
    "GPUAccelerator": "core.accelerators",
    "HDF5EncodedFile": "type_engine.file_formats",
    "HTMLPage": "type_engine.file_formats",
    "HashMethod": "type_engine.hashing",
    "Image": "image.config",
    "ImageConfig": "image.config",
    "ImageSpec": "image.spec",
    "ImperativeWorkflow": "core.imperative",
    "InputError": "errors",
    "Interface": "core.interface",
    "JPEGImageFile": "type_engine.file_formats",
    "JSONLFile": "type_engine.file_formats",
    "JoblibSerializedFile": "type_engine.file_formats",
    "Labels": "core.launch_options",
    "LaunchPlan": "core.launch_plan",
    "MarkdownRenderer": "core.renderers",
    "ONNXFile": "type_engine.file_formats",
    "OutputLocation": "core.shell_task",
    "PDFFile": "type_engine.file_formats",
    "PICKLE_FILE_PATH": "core.python_auto_container",
    "PNGImageFile": "type_engine.file_formats",
    "PagerDuty": "core.notification",
    "PickledEntity": "core.python_auto_container",
    "PickledEntityMetadata": "core.python_auto_container",
    "PodTemplate": "core.pod_template",
    "PythonAutoContainerTask": "core.python_auto_container",
    "PythonFunctionTask": "core.python_function_task",
    "PythonFunctionWorkflow": "core.workflow",
    "PythonNotebook": "type_engine.file_formats",
    "PythonPickledFile": "type_engine.file_formats",
    "RawOutputDataConfig": "core.launch_options",
    "RecoverableError": "errors",
    "RemoteError": "errors",
    "Resources": "core.resources",
    "SVGImageFile": "type_engine.file_formats",
    "SandboxError": "errors",
    "Secret": "core.security",
    "SecurityContext": "core.launch_options",
    "SerializationSettings": "core.configuration",
    "ShellTask": "core.shell_task",
    "Slack": "core.notification",
    "SourceCode": "core.documentation",
    "StructuredDataset": "type_engine.structured_dataset",
    "T": "core.python_auto_container",
    "TFRecordFile": "type_engine.file_formats",
    "TaskMetadata": "core.task_metadata",
    "TopFrameRenderer": "core.renderers",
    "TypeEngine": "type_engine.engine",
    "UserError": "errors",
    "VersionParameters": "core.cache",
    "Workflow": "core.imperative",
    "WorkflowExecutionPhase": "core.notification",
    "WorkflowFailurePolicy": "core.workflow",
    "__version__": "wire:PACKAGE_VERSION",
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

__all__ = [
    "PICKLE_FILE_PATH",
    "Annotations",
    "ArchiveError",
    "ArrayNodeMapTaskResolver",
    "AuthRole",
    "AutocontainerError",
    "BaseAccelerator",
    "CSVFile",
    "Cache",
    "CachePolicy",
    "CaptureError",
    "Checkpoint",
    "ConcurrencyLimitBehavior",
    "ConcurrencyPolicy",
    "ContainerTask",
    "ConversionError",
    "CopyFileDetection",
    "CronSchedule",
    "Deck",
    "DeckField",
    "DefaultNotebookTaskResolver",
    "DefaultTaskResolver",
    "DefinitionError",
    "Description",
    "Documentation",
    "EagerException",
    "Email",
    "Execution",
    "ExecutionAbortedError",
    "ExecutionError",
    "ExecutionFailedError",
    "ExecutionTimedOutError",
    "FastSerializationSettings",
    "FileExt",
    "FixedRate",
    "FlyteDirectory",
    "FlyteError",
    "FlyteFile",
    "FlyteRemote",
    "GPUAccelerator",
    "HDF5EncodedFile",
    "HTMLPage",
    "HashMethod",
    "Image",
    "ImageConfig",
    "ImageSpec",
    "ImperativeWorkflow",
    "InputError",
    "Interface",
    "JPEGImageFile",
    "JSONLFile",
    "JoblibSerializedFile",
    "Labels",
    "LaunchPlan",
    "MarkdownRenderer",
    "ONNXFile",
    "OutputLocation",
    "PDFFile",
    "PNGImageFile",
    "PagerDuty",
    "PickledEntity",
    "PickledEntityMetadata",
    "PodTemplate",
    "PythonAutoContainerTask",
    "PythonFunctionTask",
    "PythonFunctionWorkflow",
    "PythonNotebook",
    "PythonPickledFile",
    "RawOutputDataConfig",
    "RecoverableError",
    "RemoteError",
    "Resources",
    "SVGImageFile",
    "SandboxError",
    "Secret",
    "SecurityContext",
    "SerializationSettings",
    "ShellTask",
    "Slack",
    "SourceCode",
    "StructuredDataset",
    "T",
    "TFRecordFile",
    "TaskMetadata",
    "TopFrameRenderer",
    "TypeEngine",
    "UserError",
    "VersionParameters",
    "Workflow",
    "WorkflowExecutionPhase",
    "WorkflowFailurePolicy",
    "__version__",
    "approve",
    "conditional",
    "create_node",
    "current_context",
    "default_notebook_task_resolver",
    "default_task_resolver",
    "dump_pickled_entity",
    "dynamic",
    "eager",
    "from_literal",
    "get_registerable_container_image",
    "inspect_pickled_entity",
    "kwtypes",
    "load_ipython_extension",
    "load_pickled_entity",
    "map_task",
    "reference_launch_plan",
    "reference_task",
    "reference_workflow",
    "sleep",
    "task",
    "to_literal",
    "to_literal_type",
    "to_spec",
    "unload_ipython_extension",
    "update_image_spec_copy_handling",
    "wait_for_input",
    "workflow",
]

if not TYPE_CHECKING:  # or every misspelt name of the package would type-check

    def __getattr__(name: str) -> object:
        """Return a public name, importing its module at first use (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        module, _, there = _HOMES[name].partition(":")
        value = getattr(import_module(f"{__name__}.{module}"), there or name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Return the public names beside those that every module has, so that a notebook completes them."""
    return sorted({*globals(), *__all__})
