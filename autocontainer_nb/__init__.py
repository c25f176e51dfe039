"""Run a function from a notebook cell in a container somewhere else, on Flyte or on the sandbox that ships inside.

The names below load their modules when they are first asked for: importing the package costs next to nothing.
"""

import sys

TYPE_CHECKING = False  # type checkers take it as true by its name; `typing` itself would cost more than all the rest
if TYPE_CHECKING:
    from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity as dump_pickled_entity
    from autocontainer_nb.core.capture.pickled_file import inspect_pickled_entity as inspect_pickled_entity
    from autocontainer_nb.core.context_manager import FlyteContext as FlyteContext
    from autocontainer_nb.core.context_manager import FlyteContextManager as FlyteContextManager
    from autocontainer_nb.core.dynamic.dynamic import dynamic as dynamic
    from autocontainer_nb.core.dynamic.eager import eager as eager
    from autocontainer_nb.core.entities.documentation import Description as Description
    from autocontainer_nb.core.entities.documentation import Documentation as Documentation
    from autocontainer_nb.core.entities.documentation import SourceCode as SourceCode
    from autocontainer_nb.core.entities.interface import Interface as Interface
    from autocontainer_nb.core.graph.calls import create_node as create_node
    from autocontainer_nb.core.graph.conditional import conditional as conditional
    from autocontainer_nb.core.graph.gates import approve as approve
    from autocontainer_nb.core.graph.gates import sleep as sleep
    from autocontainer_nb.core.graph.gates import wait_for_input as wait_for_input
    from autocontainer_nb.core.maps.map_task import ArrayNodeMapTaskResolver as ArrayNodeMapTaskResolver
    from autocontainer_nb.core.maps.map_task import map_task as map_task
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
    from autocontainer_nb.core.resolvers.default import DefaultNotebookTaskResolver as DefaultNotebookTaskResolver
    from autocontainer_nb.core.resolvers.default import DefaultTaskResolver as DefaultTaskResolver
    from autocontainer_nb.core.resolvers.pickled_entity import PickledEntity as PickledEntity
    from autocontainer_nb.core.resolvers.pickled_entity import PickledEntityMetadata as PickledEntityMetadata
    from autocontainer_nb.core.resolvers.pickled_entity import load_pickled_entity as load_pickled_entity
    from autocontainer_nb.core.run.checkpoint import Checkpoint as Checkpoint
    from autocontainer_nb.core.run.context import current_context as current_context
    from autocontainer_nb.core.run.deck import Deck as Deck
    from autocontainer_nb.core.run.deck import DeckField as DeckField
    from autocontainer_nb.core.run.renderers import MarkdownRenderer as MarkdownRenderer
    from autocontainer_nb.core.run.renderers import TopFrameRenderer as TopFrameRenderer
    from autocontainer_nb.core.serialize.spec import to_spec as to_spec
    from autocontainer_nb.core.settings.accelerators import BaseAccelerator as BaseAccelerator
    from autocontainer_nb.core.settings.accelerators import GPUAccelerator as GPUAccelerator
    from autocontainer_nb.core.settings.cache import Cache as Cache
    from autocontainer_nb.core.settings.cache import CachePolicy as CachePolicy
    from autocontainer_nb.core.settings.cache import VersionParameters as VersionParameters
    from autocontainer_nb.core.settings.pod import PodTemplate as PodTemplate
    from autocontainer_nb.core.settings.resources import Resources as Resources
    from autocontainer_nb.core.settings.secret_requests import Secret as Secret
    from autocontainer_nb.core.settings.serialization import FastSerializationSettings as FastSerializationSettings
    from autocontainer_nb.core.settings.serialization import SerializationSettings as SerializationSettings
    from autocontainer_nb.core.settings.task_metadata import TaskMetadata as TaskMetadata
    from autocontainer_nb.core.tasks.container_task import ContainerTask as ContainerTask
    from autocontainer_nb.core.tasks.function_task import PythonFunctionTask as PythonFunctionTask
    from autocontainer_nb.core.tasks.shell_task import OutputLocation as OutputLocation
    from autocontainer_nb.core.tasks.shell_task import ShellTask as ShellTask
    from autocontainer_nb.core.tasks.task import task as task
    from autocontainer_nb.core.workflows.imperative import ImperativeWorkflow as ImperativeWorkflow
    from autocontainer_nb.core.workflows.imperative import Workflow as Workflow
    from autocontainer_nb.core.workflows.launch_options import Annotations as Annotations
    from autocontainer_nb.core.workflows.launch_options import AuthRole as AuthRole
    from autocontainer_nb.core.workflows.launch_options import ConcurrencyLimitBehavior as ConcurrencyLimitBehavior
    from autocontainer_nb.core.workflows.launch_options import ConcurrencyPolicy as ConcurrencyPolicy
    from autocontainer_nb.core.workflows.launch_options import Labels as Labels
    from autocontainer_nb.core.workflows.launch_options import RawOutputDataConfig as RawOutputDataConfig
    from autocontainer_nb.core.workflows.launch_options import SecurityContext as SecurityContext
    from autocontainer_nb.core.workflows.launch_plan import LaunchPlan as LaunchPlan
    from autocontainer_nb.core.workflows.reference import reference_launch_plan as reference_launch_plan
    from autocontainer_nb.core.workflows.reference import reference_task as reference_task
    from autocontainer_nb.core.workflows.reference import reference_workflow as reference_workflow
    from autocontainer_nb.core.workflows.schedule import CronSchedule as CronSchedule
    from autocontainer_nb.core.workflows.schedule import Email as Email
    from autocontainer_nb.core.workflows.schedule import FixedRate as FixedRate
    from autocontainer_nb.core.workflows.schedule import PagerDuty as PagerDuty
    from autocontainer_nb.core.workflows.schedule import Slack as Slack
    from autocontainer_nb.core.workflows.schedule import WorkflowExecutionPhase as WorkflowExecutionPhase
    from autocontainer_nb.core.workflows.workflow import PythonFunctionWorkflow as PythonFunctionWorkflow
    from autocontainer_nb.core.workflows.workflow import WorkflowFailurePolicy as WorkflowFailurePolicy
    from autocontainer_nb.core.workflows.workflow import workflow as workflow
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
    from autocontainer_nb.errors import FlyteRecoverableException as FlyteRecoverableException
    from autocontainer_nb.errors import InputError as InputError
    from autocontainer_nb.errors import RecoverableError as RecoverableError
    from autocontainer_nb.errors import RemoteError as RemoteError
    from autocontainer_nb.errors import SandboxError as SandboxError
    from autocontainer_nb.errors import TaskTimedOutError as TaskTimedOutError
    from autocontainer_nb.errors import UserError as UserError
    from autocontainer_nb.image.config import Image as Image
    from autocontainer_nb.image.config import ImageConfig as ImageConfig
    from autocontainer_nb.image.spec import CopyFileDetection as CopyFileDetection
    from autocontainer_nb.image.spec import ImageSpec as ImageSpec
    from autocontainer_nb.notebook.extension import load_ipython_extension as load_ipython_extension
    from autocontainer_nb.notebook.extension import unload_ipython_extension as unload_ipython_extension
    from autocontainer_nb.remote.client import FlyteRemote as FlyteRemote
    from autocontainer_nb.remote.executions.execution import Execution as Execution
    from autocontainer_nb.type_engine.convert import from_literal as from_literal
    from autocontainer_nb.type_engine.convert import to_literal as to_literal
    from autocontainer_nb.type_engine.convert import to_literal_type as to_literal_type
    from autocontainer_nb.type_engine.engine import TypeEngine as TypeEngine
    from autocontainer_nb.type_engine.families.annotated import HashMethod as HashMethod
    from autocontainer_nb.type_engine.values.flyte_directory import FlyteDirectory as FlyteDirectory
    from autocontainer_nb.type_engine.values.flyte_error import FlyteError as FlyteError
    from autocontainer_nb.type_engine.values.flyte_file import CSVFile as CSVFile
    from autocontainer_nb.type_engine.values.flyte_file import FileExt as FileExt
    from autocontainer_nb.type_engine.values.flyte_file import FlyteFile as FlyteFile
    from autocontainer_nb.type_engine.values.flyte_file import HDF5EncodedFile as HDF5EncodedFile
    from autocontainer_nb.type_engine.values.flyte_file import HTMLPage as HTMLPage
    from autocontainer_nb.type_engine.values.flyte_file import JoblibSerializedFile as JoblibSerializedFile
    from autocontainer_nb.type_engine.values.flyte_file import JPEGImageFile as JPEGImageFile
    from autocontainer_nb.type_engine.values.flyte_file import JSONLFile as JSONLFile
    from autocontainer_nb.type_engine.values.flyte_file import ONNXFile as ONNXFile
    from autocontainer_nb.type_engine.values.flyte_file import PDFFile as PDFFile
    from autocontainer_nb.type_engine.values.flyte_file import PNGImageFile as PNGImageFile
    from autocontainer_nb.type_engine.values.flyte_file import PythonNotebook as PythonNotebook
    from autocontainer_nb.type_engine.values.flyte_file import PythonPickledFile as PythonPickledFile
    from autocontainer_nb.type_engine.values.flyte_file import SVGImageFile as SVGImageFile
    from autocontainer_nb.type_engine.values.flyte_file import TFRecordFile as TFRecordFile
    from autocontainer_nb.type_engine.values.structured_dataset import StructuredDataset as StructuredDataset
    from autocontainer_nb.type_engine.values.structured_dataset import kwtypes as kwtypes
    from autocontainer_nb.wire import PICKLE_FILE_PATH as PICKLE_FILE_PATH

    __version__: str

# Where each public name lives: the module, and the name there if it is another one.
_HOMES = {
    "PICKLE_FILE_PATH": "wire",
    "Annotations": "core.workflows.launch_options",
    "ArchiveError": "errors",
    "ArrayNodeMapTaskResolver": "core.maps.map_task",
    "AuthRole": "core.workflows.launch_options",
    "AutocontainerError": "errors",
    "BaseAccelerator": "core.settings.accelerators",
    "CSVFile": "type_engine.values.flyte_file",
    "Cache": "core.settings.cache",
    "CachePolicy": "core.settings.cache",
    "CaptureError": "errors",
    "Checkpoint": "core.run.checkpoint",
    "ConcurrencyLimitBehavior": "core.workflows.launch_options",
    "ConcurrencyPolicy": "core.workflows.launch_options",
    "ContainerTask": "core.tasks.container_task",
    "ConversionError": "errors",
    "CopyFileDetection": "image.spec",
    "CronSchedule": "core.workflows.schedule",
    "Deck": "core.run.deck",
    "DeckField": "core.run.deck",
    "DefaultNotebookTaskResolver": "core.resolvers.default",
    "DefaultTaskResolver": "core.resolvers.default",
    "DefinitionError": "errors",
    "Description": "core.entities.documentation",
    "Documentation": "core.entities.documentation",
    "EagerException": "errors",
    "Email": "core.workflows.schedule",
    "Execution": "remote.executions.execution",
    "ExecutionAbortedError": "errors",
    "ExecutionError": "errors",
    "ExecutionFailedError": "errors",
    "ExecutionTimedOutError": "errors",
    "FastSerializationSettings": "core.settings.serialization",
    "FileExt": "type_engine.values.flyte_file",
    "FixedRate": "core.workflows.schedule",
    "FlyteContext": "core.context_manager",
    "FlyteContextManager": "core.context_manager",
    "FlyteDirectory": "type_engine.values.flyte_directory",
    "FlyteError": "type_engine.values.flyte_error",
    "FlyteFile": "type_engine.values.flyte_file",
    "FlyteRecoverableException": "errors",
    "FlyteRemote": "remote.client",
    "GPUAccelerator": "core.settings.accelerators",
    "HDF5EncodedFile": "type_engine.values.flyte_file",
    "HTMLPage": "type_engine.values.flyte_file",
    "HashMethod": "type_engine.families.annotated",
    "Image": "image.config",
    "ImageConfig": "image.config",
    "ImageSpec": "image.spec",
    "ImperativeWorkflow": "core.workflows.imperative",
    "InputError": "errors",
    "Interface": "core.entities.interface",
    "JPEGImageFile": "type_engine.values.flyte_file",
    "JSONLFile": "type_engine.values.flyte_file",
    "JoblibSerializedFile": "type_engine.values.flyte_file",
    "Labels": "core.workflows.launch_options",
    "LaunchPlan": "core.workflows.launch_plan",
    "MarkdownRenderer": "core.run.renderers",
    "ONNXFile": "type_engine.values.flyte_file",
    "OutputLocation": "core.tasks.shell_task",
    "PDFFile": "type_engine.values.flyte_file",
    "PNGImageFile": "type_engine.values.flyte_file",
    "PagerDuty": "core.workflows.schedule",
    "PickledEntity": "core.resolvers.pickled_entity",
    "PickledEntityMetadata": "core.resolvers.pickled_entity",
    "PodTemplate": "core.settings.pod",
    "PythonAutoContainerTask": "core.python_auto_container",
    "PythonFunctionTask": "core.tasks.function_task",
    "PythonFunctionWorkflow": "core.workflows.workflow",
    "PythonNotebook": "type_engine.values.flyte_file",
    "PythonPickledFile": "type_engine.values.flyte_file",
    "RawOutputDataConfig": "core.workflows.launch_options",
    "RecoverableError": "errors",
    "RemoteError": "errors",
    "Resources": "core.settings.resources",
    "SVGImageFile": "type_engine.values.flyte_file",
    "SandboxError": "errors",
    "Secret": "core.settings.secret_requests",
    "SecurityContext": "core.workflows.launch_options",
    "SerializationSettings": "core.settings.serialization",
    "ShellTask": "core.tasks.shell_task",
    "Slack": "core.workflows.schedule",
    "SourceCode": "core.entities.documentation",
    "StructuredDataset": "type_engine.values.structured_dataset",
    "T": "core.python_auto_container",
    "TFRecordFile": "type_engine.values.flyte_file",
    "TaskMetadata": "core.settings.task_metadata",
    "TaskTimedOutError": "errors",
    "TopFrameRenderer": "core.run.renderers",
    "TypeEngine": "type_engine.engine",
    "UserError": "errors",
    "VersionParameters": "core.settings.cache",
    "Workflow": "core.workflows.imperative",
    "WorkflowExecutionPhase": "core.workflows.schedule",
    "WorkflowFailurePolicy": "core.workflows.workflow",
    "__version__": "wire:PACKAGE_VERSION",
    "approve": "core.graph.gates",
    "conditional": "core.graph.conditional",
    "create_node": "core.graph.calls",
    "current_context": "core.run.context",
    "default_notebook_task_resolver": "core.python_auto_container",
    "default_task_resolver": "core.python_auto_container",
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

if not TYPE_CHECKING:  # type checkers read the imports above; with this, every misspelt name would type-check
    __all__ = list(_HOMES)

    def __getattr__(name: str) -> object:
        """Return a public name, importing its module at first use (PEP 562)."""
        from importlib import import_module

        if name in _HOMES:
            module, _, there = _HOMES[name].partition(":")
            value = getattr(import_module(f"{__name__}.{module}"), there or name)
        else:
            value = import_module(f"{__name__}.flytekit_paths").root_attribute(name)
        globals()[name] = value
        return value

    class _FlytekitPaths:
        """Finds what is imported by flytekit's module paths, such as `autocontainer_nb.types.file`.

        Only a finder can: the paths are many, and lie between modules of ours. It comes after all others, and loads
        nothing before it has looked at the name.
        """

        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> object:  # noqa: ARG004 - the protocol's signature
            """Return how to make the module, or None if it isn't one of those."""
            if not name.startswith(f"{__name__}.") or name == f"{__name__}.flytekit_paths":
                return None
            from autocontainer_nb.flytekit_paths import find_module

            return find_module(name, _HOMES)

    sys.meta_path.append(_FlytekitPaths)


def __dir__() -> list[str]:
    """Return the public names beside those that every module has, so that a notebook completes them."""
    return sorted({*globals(), *_HOMES})
