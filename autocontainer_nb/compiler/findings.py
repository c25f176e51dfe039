"""What the rules of this package find, as data: whoever asked raises, collects or answers with it."""

from dataclasses import dataclass
from typing import Final

# Flyte's own codes, as its compiler's errors begin with them.
MISMATCHING_TYPES: Final = "MismatchingTypes"
VALUE_REQUIRED: Final = "ValueRequired"
NO_NODES: Final = "NoNodesFound"
SYNTAX: Final = "SyntaxError"
NODE_NOT_FOUND: Final = "NodeReferenceNotFound"
VARIABLE_NOT_FOUND: Final = "VariableNameNotFound"
NOT_BOUND: Final = "ParameterNotBound"
BOUND_TWICE: Final = "ParameterBoundMoreThanOnce"
FIELD_NOT_FOUND: Final = "FieldNotFound"

# Codes of what Flyte takes though it can't work, or has no effect.
SAME_NODE_ID: Final = "DuplicateNodeId"
NOT_COMPARABLE: Final = "MalformedBranchUserError"
NO_EFFECT: Final = "OverrideWithoutEffect"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong. They sort as Flyte tells them: by code, then by text."""

    code: str
    description: str
    node_id: str

    def __str__(self) -> str:
        return f"Code: {self.code}, Node Id: {self.node_id}, Description: {self.description}"
