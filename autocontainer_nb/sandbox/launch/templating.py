"""Placeholders in container args, such as `{{.input}}`, replaced as Flyte replaces them.

Source: `flyteplugins/go/tasks/pluginmachinery/core/template/template.go`: names are case-insensitive, `$` may stand
for the dot, spaces are allowed, unknown placeholders stay as they are. A template library for Python would follow other
rules in each of these.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from flyteidl.core import literals_pb2

from autocontainer_nb.errors import InputError

_PLACEHOLDER: Final = re.compile(r"\{\{\s*[.$]([^}\s]+)\s*\}\}")
_INPUTS: Final = "inputs."
_EMPTY: Final = '""'  # Flyte's value for a missing checkpoint
_PLAIN_FLOAT_DIGITS: Final = 21  # Go's %v writes floats without an exponent below 1e21


@dataclass(frozen=True, kw_only=True)
class TemplateValues:
    """The values for the placeholders of one attempt; places are URIs."""

    input_file: str
    input_prefix: str
    output_prefix: str
    raw_output_prefix: str
    checkpoint_prefix: str
    previous_checkpoint_prefix: str
    per_retry_key: str
    namespace: str
    task_template: Callable[[], str]  # called only if the args ask for it; writes the template
    inputs: literals_pb2.LiteralMap


def render(args: Iterable[str], values: TemplateValues) -> list[str]:
    """Return the args with every known placeholder replaced.

    Raises:
        InputError: `{{.inputs.NAME}}` names an input that doesn't exist or has no text form.
    """
    known: dict[str, Callable[[], str]] = {
        "input": lambda: values.input_file,
        "inputprefix": lambda: values.input_prefix,
        "outputprefix": lambda: values.output_prefix,
        "rawoutputdataprefix": lambda: values.raw_output_prefix,
        "checkpointoutputprefix": lambda: values.checkpoint_prefix,
        "prevcheckpointprefix": lambda: values.previous_checkpoint_prefix or _EMPTY,
        "perretryuniquekey": lambda: values.per_retry_key,
        "namespace": lambda: values.namespace,
        "tasktemplatepath": values.task_template,
    }

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name.lower().startswith(_INPUTS):
            return _input_text(name[len(_INPUTS) :], values.inputs)
        value = known.get(name.lower())
        return match.group(0) if value is None else value()

    return [_PLACEHOLDER.sub(replace, arg) for arg in args]


def _input_text(name: str, inputs: literals_pb2.LiteralMap) -> str:
    if name not in inputs.literals:
        names = ", ".join(sorted(inputs.literals)) or "none"
        raise InputError(f"The container's args refer to {{{{.inputs.{name}}}}}, but the inputs are: {names}.")
    return _literal_text(inputs.literals[name], name)


def _literal_text(literal: literals_pb2.Literal, name: str) -> str:
    if literal.HasField("collection"):
        return "[" + ",".join(_literal_text(item, name) for item in literal.collection.literals) + "]"
    scalar = literal.scalar
    kind = scalar.WhichOneof("value")
    if kind == "primitive":
        return _primitive_text(scalar.primitive)
    if kind in ("blob", "schema"):
        return str(getattr(scalar, kind).uri)
    raise InputError(
        f"The container's args refer to {{{{.inputs.{name}}}}}, which is a {kind or literal.WhichOneof('value')}: only "
        "primitive values, files, schemas and lists of these have a text form. Read it from {{.input}} instead."
    )


def _primitive_text(primitive: literals_pb2.Primitive) -> str:
    kind = primitive.WhichOneof("value")
    if kind == "boolean":
        return "true" if primitive.boolean else "false"
    if kind == "float_value":
        return _go_float(primitive.float_value)
    if kind == "datetime":
        return primitive.datetime.ToJsonString()
    if kind == "duration":
        return primitive.duration.ToJsonString()
    return str(getattr(primitive, kind)) if kind else ""


def _go_float(value: float) -> str:
    """Return a float as Go's %v writes it: the shortest digits that read back the same."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    mantissa, _, exponent = f"{value!r}".partition("e")
    power = int(exponent) if exponent else 0
    if value == int(value) and abs(value) < 10**_PLAIN_FLOAT_DIGITS:
        return str(int(value)) if value or math.copysign(1, value) > 0 else "-0"
    if exponent:
        return f"{mantissa.removesuffix('.0')}e{'-' if power < 0 else '+'}{abs(power):02d}"
    return mantissa
