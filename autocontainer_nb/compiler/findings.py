"""`Finding`: a violated rule as data, which the caller raises, collects or returns."""

from dataclasses import dataclass
from typing import Final

# Flyte's own codes, with which its compiler's errors begin.
MISMATCHING_TYPES: Final = "MismatchingTypes"
VALUE_REQUIRED: Final = "ValueRequired"
NO_NODES: Final = "NoNodesFound"
SYNTAX: Final = "SyntaxError"
NODE_NOT_FOUND: Final = "NodeReferenceNotFound"
VARIABLE_NOT_FOUND: Final = "VariableNameNotFound"
NOT_BOUND: Final = "ParameterNotBound"
BOUND_TWICE: Final = "ParameterBoundMoreThanOnce"
FIELD_NOT_FOUND: Final = "FieldNotFound"

# Codes for things that Flyte accepts although they can't work or have no effect.
SAME_NODE_ID: Final = "DuplicateNodeId"
NOT_COMPARABLE: Final = "MalformedBranchUserError"
NO_EFFECT: Final = "OverrideWithoutEffect"


@dataclass(frozen=True, order=True)
class Finding:
    """One problem. Findings sort like Flyte's errors: by code, then by text."""

    code: str
    description: str
    node_id: str

    def __str__(self) -> str:
        return f"Code: {self.code}, Node Id: {self.node_id}, Description: {self.description}"
