"""`FlyteError`: the failure as a workflow's failure handler gets it, as Flyte's error literal."""

from dataclasses import dataclass
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.wording import Misfit, show_value


@dataclass
class FlyteError:
    """Why a workflow failed: an input of its failure handler, `err: FlyteError | None = None`."""

    message: str
    failed_node_id: str


class ErrorTransformer(Transformer):
    """FlyteError, as Flyte's simple type ERROR."""

    tag = "FlyteError"

    def literal_type(self) -> types_pb2.LiteralType:
        """Return the simple type."""
        return types_pb2.LiteralType(simple=types_pb2.ERROR)

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is a FlyteError whose fields are str."""
        if type(value) is not FlyteError or not isinstance(value.message, str):
            raise self.misfit(value)
        if not isinstance(value.failed_node_id, str):
            raise Misfit("a node's name as failed_node_id", show_value(value.failed_node_id))

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
