"""The paths of the files of an execution and its attempts, and the keys that they follow from.

As on a cluster, `metadata/` holds inputs, outputs and errors, `data/` the files that tasks write, in two-letter
shards (`flytepropeller/pkg/controller/nodes/task/taskexec_context.go`, `flyteplugins/.../ioutils`).
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from flyteidl.core import identifier_pb2

from autocontainer_nb.sandbox.blobs.store import BlobStore
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.wire import DECK_FILE, ERROR_FILE, FUTURES_FILE, INPUTS_FILE, OUTPUTS_FILE

START_NODE: Final = "start-node"
END_NODE: Final = "end-node"
_CHECKPOINTS: Final = "_flytecheckpoints"
_TASK_TEMPLATE_FILE: Final = "task.pb"
_NODE_ID_LIMIT: Final = 63
_UNIQUE_NAME_LIMIT: Final = 50
_FALLBACK_NODE: Final = "n0"
_SAFE_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
OWN_DIRECTORIES: Final = ("metadata", "data")  # of the blob store, beside those of the projects


def safe_name(name: str) -> bool:
    """Whether a project may have this name: a DNS label, as with flyteadmin, and not one of the store's own folders."""
    return bool(_SAFE_NAME.fullmatch(name)) and name not in OWN_DIRECTORIES


class ExecutionKey(NamedTuple):
    """The name of an execution: the first three columns of every table that belongs to executions."""

    project: str
    domain: str
    name: str

    @property
    def identifier(self) -> identifier_pb2.WorkflowExecutionIdentifier:
        """The same as a message."""
        return identifier_pb2.WorkflowExecutionIdentifier(project=self.project, domain=self.domain, name=self.name)


def key_of(identifier: identifier_pb2.WorkflowExecutionIdentifier) -> ExecutionKey:
    """Return the key for an execution's identifier."""
    return ExecutionKey(identifier.project, identifier.domain, identifier.name)


def node_id(task_name: str) -> str:
    """Return the id of the node that runs a single task: the end of its name, letters, digits and '-' only."""
    kept = "".join(letter for letter in task_name[-_NODE_ID_LIMIT:] if letter == "-" or letter.isalnum())
    return _FALLBACK_NODE if kept in ("", START_NODE, END_NODE) else kept


def node_identifier(key: ExecutionKey, node: str) -> identifier_pb2.NodeExecutionIdentifier:
    """Return the identifier of a node's execution."""
    return identifier_pb2.NodeExecutionIdentifier(node_id=node, execution_id=key.identifier)


@dataclass(frozen=True, kw_only=True)
class AttemptPaths:
    """The files of one attempt."""

    input_file: Path
    output_prefix: Path
    raw_prefix: str  # a URI: a client may put raw data elsewhere
    previous_raw_prefix: str
    log: Path
    work: Path
    unique_name: str

    @property
    def outputs(self) -> Path:
        """The outputs of the task."""
        return self.output_prefix / OUTPUTS_FILE

    @property
    def error(self) -> Path:
        """The error of the task."""
        return self.output_prefix / ERROR_FILE

    @property
    def futures(self) -> Path:
        """The graph that a dynamic task returned."""
        return self.output_prefix / FUTURES_FILE

    @property
    def deck(self) -> Path:
        """The page that the task made."""
        return self.output_prefix / DECK_FILE

    @property
    def task_template(self) -> Path:
        """The task's own definition, for containers that ask for it."""
        return self.input_file.parent / _TASK_TEMPLATE_FILE

    @property
    def checkpoint_prefix(self) -> str:
        """The URI for the checkpoints of this attempt."""
        return f"{self.raw_prefix}/{_CHECKPOINTS}"

    @property
    def previous_checkpoint_prefix(self) -> str:
        """The URI of the previous attempt's checkpoints; "" in the first attempt."""
        return f"{self.previous_raw_prefix}/{_CHECKPOINTS}" if self.previous_raw_prefix else ""


class Locations:
    """Makes paths from keys, without touching files."""

    def __init__(self, layout: Layout, blobs: BlobStore) -> None:
        self._layout = layout
        self._blobs = blobs

    def node_data(self, key: ExecutionKey, node: str) -> Path:
        """Return the directory of a node's inputs and attempts."""
        return self._blobs.path("metadata", "propeller", *key, node, "data")

    def input_file(self, key: ExecutionKey, node: str) -> Path:
        """Return the file with a node's inputs."""
        return self.node_data(key, node) / INPUTS_FILE

    def log(self, key: ExecutionKey, node: str, attempt: int) -> Path:
        """Return the file for the output of an attempt."""
        return self._layout.logs.joinpath(*key, f"{node}-{attempt}.log")

    def attempt(self, key: ExecutionKey, node: str, attempt: int, raw_base: str) -> AttemptPaths:
        """Return the paths of one attempt; `raw_base` is the URI for raw data ("" for the default)."""
        base = raw_base.rstrip("/") or self._blobs.uri(self._blobs.root / "data")
        unique_names = [_unique_name(key.name, node, number) for number in (attempt, attempt - 1)]
        raw, previous = (f"{base}/{_shard(name)}/{name}" for name in unique_names)
        return AttemptPaths(
            input_file=self.input_file(key, node),
            output_prefix=self.node_data(key, node) / str(attempt),
            raw_prefix=raw,
            previous_raw_prefix=previous if attempt else "",
            log=self.log(key, node, attempt),
            work=self._layout.work.joinpath(*key, f"{node}-{attempt}"),
            unique_name=unique_names[0],
        )


def _unique_name(execution: str, node: str, attempt: int) -> str:
    name = f"{execution}-{node}-{attempt}"
    if len(name) <= _UNIQUE_NAME_LIMIT:
        return name
    return "f" + base64.b32encode(hashlib.sha256(name.encode()).digest()).decode().lower()[:24]


def _shard(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:2]


def per_retry_key(unique_name: str) -> str:
    """Return the unique name in a form that fits a query: letters, digits and underscores."""
    return re.sub(r"[^a-zA-Z0-9_]+", "_", re.sub(r"^[^a-zA-Z_]+", "a", unique_name))
