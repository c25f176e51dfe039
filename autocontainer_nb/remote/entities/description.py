"""The words of a registered entity: what was registered about it, its inputs and outputs, and where it is from."""

from flyteidl.admin import common_pb2
from flyteidl.core import identifier_pb2, interface_pb2

from autocontainer_nb.errors import ConversionError, RemoteError
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import show_type


def description_of(scope: Scope, identifier: identifier_pb2.Identifier) -> str:
    """Return the description that was registered with it, the long one if there is one; empty without any."""
    try:
        found = scope.calls.call(methods.GET_DESCRIPTION_ENTITY, common_pb2.ObjectGetRequest(id=identifier))
    except RemoteError:  # most have none, and old or simple control planes know of none
        return ""
    return str(found.long_description.value or found.short_description).strip()


def described(noun: str, identifier: identifier_pb2.Identifier, typed: interface_pb2.TypedInterface, words: str) -> str:
    """Return the docstring: the words, each input and output with its type, the full name."""
    place = f"{identifier.project}/{identifier.domain}"
    parts = [words.strip()] if words.strip() else []
    for title, variables in (("Inputs:", typed.inputs.variables), ("Outputs:", typed.outputs.variables)):
        lines = []
        for name, variable in sorted(variables.items()):
            text = variable.description if variable.description not in {"", name} else ""
            lines.append(f"    {name} ({_shown(variable)}){f': {text}' if text else ''}")
        if lines:
            parts.append("\n".join([title, *lines]))
    parts.append(f"{noun} {identifier.name}, version {identifier.version}, registered in {place}.")
    return "\n\n".join(parts)


def _shown(variable: interface_pb2.Variable) -> str:
    if variable.type.enum_type.values:
        return "one of " + ", ".join(map(repr, variable.type.enum_type.values))
    try:
        return show_type(type_engine.guess_python_type(variable.type))
    except ConversionError:
        return str(variable.type.WhichOneof("type"))
