"""`FlyteError`: what a workflow's failure handler is told of the failure, as Flyte's own error literal."""

from dataclasses import dataclass
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.transformer import Transformer


@dataclass
class FlyteError:
    """Why a workflow has failed: an input of its failure handler, `err: FlyteError | None = None`."""

    message: str
    failed_node_id: str


class ErrorTransformer(Transformer):
    """FlyteError: simple ERROR."""

    tag = "FlyteError"

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the simple type."""
        return types_pb2.LiteralType(simple=types_pb2.ERROR)

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is a FlyteError with texts in it."""
        if type(value) is not FlyteError or not isinstance(value.message, str):
            raise self.misfit(value)
        if not isinstance(value.failed_node_id, str):
            raise self.misfit(value.failed_node_id, "failed_node_id is the text that a node is named by")

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:  # noqa: ARG002 - needs no files
        """Return the error's literal."""
        self.check(value)
        error = types_pb2.Error(message=value.message, failed_node_id=value.failed_node_id)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(error=error))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:  # noqa: ARG002 - needs no files
        """Return the error."""
        if literal.scalar.WhichOneof("value") != "error":
            raise self.misread(literal)
        error = literal.scalar.error
        return FlyteError(message=error.message, failed_node_id=error.failed_node_id)
