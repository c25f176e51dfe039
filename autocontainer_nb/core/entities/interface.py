"""`Interface`: inputs and outputs in Python types, read from a signature, bound to arguments, and as a message."""

import ast
import inspect
import typing
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, SimpleNamespace
from typing import Any

from flyteidl.core import interface_pb2, types_pb2

from autocontainer_nb.compiler.names import is_variable, variable_spelling
from autocontainer_nb.errors import ConversionError, DefinitionError, InputError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import show_type, with_article

DEFAULT_OUTPUT_PREFIX = "o"  # outputs without names are o0, o1, ..., as in flytekit


@dataclass(frozen=True)
class Interface:
    """Inputs and outputs by name, in order. `output_tuple` is the NamedTuple class of the outputs, if they have one."""

    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    output_tuple: type[tuple[Any, ...]] | None = None
    keyword_only: frozenset[str] = frozenset()
    docstring: str | None = None  # of the function, empty where it has none; None where there is no function

    def show(self) -> str:
        """Return the signature as people write it: `(epochs: int, rate: float = 0.1) -> float`."""
        parts = []
        for name, kind in self.inputs.items():
            default = f" = {self.defaults[name]!r}" if name in self.defaults else ""
            parts.append(f"{name}: {show_type(kind)}{default}")
        outputs = ", ".join(show_type(kind) for kind in self.outputs.values())
        return f"({', '.join(parts)}) -> {outputs if len(self.outputs) == 1 else f'({outputs})' if outputs else 'None'}"

    def typed(self) -> interface_pb2.TypedInterface:
        """Return the interface as Flyte's message."""
        inputs: Mapping[str, str] = {}
        outputs: Mapping[str, str] = {}
        if self.docstring:
            from autocontainer_nb.core.entities.docstrings import parse_docstring

            parsed = parse_docstring(self.docstring)
            inputs, outputs = parsed.params, parsed.output_texts(list(self.outputs))
        return interface_pb2.TypedInterface(
            inputs=_variable_map(self.inputs, inputs), outputs=_variable_map(self.outputs, outputs)
        )


def takes_simple(python_type: Any, simple: "types_pb2.SimpleType") -> bool:
    """Whether the type is this simple Flyte type, such as NONE or ERROR, or a union that includes it."""
    kind = type_engine.to_literal_type(python_type)
    return any(
        each.WhichOneof("type") == "simple" and each.simple == simple for each in kind.union_type.variants or [kind]
    )


def function_interface(name: str, function: FunctionType) -> Interface:
    """Return the interface declared by the function's signature and annotations.

    Raises:
        DefinitionError: an annotation is missing or can't be resolved, or the signature has `*args` or `**kwargs`.
    """
    try:
        hints = _hints(function)
    except NameError as error:
        raise DefinitionError(
            f"Task {name!r}: an annotation refers to {error.name!r}, which isn't defined. Define or import it first."
        ) from error
    except Exception as error:  # a text is evaluated
        raise DefinitionError(
            f"Task {name!r}: an annotation can't be read: {type(error).__name__}: {error}. Write it without quotes "
            "to see where."
        ) from error
    inputs: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    parameters = inspect.signature(function).parameters.values()
    for parameter in parameters:
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            raise DefinitionError(
                f"Task {name!r}: the parameter {str(parameter)!r} accepts any number of arguments, but a task's "
                "inputs are named and typed. Write one parameter per input, or accept a list or dict."
            )
        if parameter.name not in hints:
            raise DefinitionError(
                f"Task {name!r}: the parameter {parameter.name!r} has no annotation, so its type on the wire is "
                "unknown. "
                f"Annotate it, for instance `{parameter.name}: int`."
            )
        inputs[parameter.name] = hints[parameter.name]
        if parameter.default is not parameter.empty:
            type_engine.check(parameter.default, hints[parameter.name], f"{name}(default of {parameter.name})")
            defaults[parameter.name] = parameter.default
    outputs, output_tuple = _outputs(name, hints.get("return"))
    check_variable_names(name, [*inputs, *outputs])
    only = frozenset(parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY)
    return Interface(inputs, outputs, defaults, output_tuple, only, function.__doc__ or "")


def _hints(function: FunctionType) -> dict[str, Any]:
    """Return {parameter or `return`: type}; several outputs in parentheses, `-> (int, str)`, are a tuple of types."""
    written = getattr(function, "__annotations__", {})
    several = _in_parentheses(written.get("return"))
    if several is None:
        return typing.get_type_hints(function, include_extras=True)
    # Python itself takes a tuple for no type: its parts are resolved one by one, as parameters are.
    parts = {f"return {index}": part for index, part in enumerate(several)}
    given = {name: annotation for name, annotation in written.items() if name != "return"}
    stand_in = SimpleNamespace(__annotations__={**given, **parts})
    names = inspect.unwrap(function).__globals__
    hints = typing.get_type_hints(stand_in, globalns=names, include_extras=True)
    return {**{name: hints[name] for name in given}, "return": tuple(hints[name] for name in parts)}


def _in_parentheses(annotation: Any) -> tuple[Any, ...] | None:
    """Return the parts of `(int, str)`, written so or as text, or None if it is something else."""
    if isinstance(annotation, tuple):
        return annotation
    if not isinstance(annotation, str) or "," not in annotation:
        return None
    try:
        parsed = ast.parse(annotation.strip(), mode="eval").body
    except SyntaxError:
        return None
    if isinstance(parsed, ast.Constant):  # a text in a text, by `from __future__ import annotations`
        return _in_parentheses(parsed.value)
    return tuple(ast.unparse(part) for part in parsed.elts) if isinstance(parsed, ast.Tuple) else None


def check_variable_names(owner: str, names: Iterable[str]) -> None:
    """Check that Flyte can refer to inputs and outputs of these names.

    Raises:
        DefinitionError: it can't; the message suggests the nearest valid name.
    """
    for name in names:
        if not is_variable(name):
            raise DefinitionError(
                f"{owner!r}: the input or output {name!r} can't be registered: Flyte accepts only ASCII letters, "
                f"digits and `_`. Call it {variable_spelling(name)!r}."
            )


def bind_inputs(
    task_name: str, interface: Interface, args: tuple[Any, ...], kwargs: Mapping[str, Any], noun: str = "Task"
) -> dict[str, Any]:
    """Return the value of every input, including defaults, in the interface's order; nothing is converted.

    `noun` is what messages call the entity: Task, Workflow, Launch plan.

    Raises:
        InputError: an argument is missing, unknown, passed twice or superfluous; the message shows the signature.
    """
    names = [name for name in interface.inputs if name not in interface.keyword_only]
    shown = f"The {noun.lower()} is {task_name}{interface.show()}"
    if len(args) > len(names):
        raise InputError(f"{noun} {task_name!r} takes {len(names)} positional arguments, but got {len(args)}. {shown}.")
    given = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in interface.inputs:
            raise InputError(f"{noun} {task_name!r} has no input {name!r}.{_hint(name, task_name, interface)} {shown}.")
        if name in given:
            raise InputError(f"{noun} {task_name!r} got the input {name!r} twice, by position and by name. {shown}.")
        given[name] = value
    missing = [name for name in interface.inputs if name not in given and name not in interface.defaults]
    if missing:
        wanted = ", ".join(f"{name}: {show_type(interface.inputs[name])}" for name in missing)
        raise InputError(f"{noun} {task_name!r} needs a value for {wanted}. {shown}.")
    return {name: given[name] if name in given else interface.defaults[name] for name in interface.inputs}


def _hint(name: str, task_name: str, interface: Interface) -> str:
    """Return a hint, after a space, at what a wrong input may be meant for; an empty string if there is none."""
    if name == "allow_credentials":
        return (
            " It is a permission, not an input: use @task(allow_credentials=True), or for one run "
            f"%flyte run --allow-credentials {task_name}."
        )
    return _nearest(name, interface)


def check_inputs(task_name: str, interface: Interface, values: Mapping[str, Any]) -> None:
    """Check that each bound value fits its type.

    Raises:
        ConversionError: one doesn't; the message has the path to the value, the expected type and the value.
    """
    for name, value in values.items():
        type_engine.check(value, interface.inputs[name], f"{task_name}(inputs).{name}")


def outputs_by_name(task_name: str, interface: Interface, returned: Any) -> dict[str, Any]:
    """Return the result of a task's code as {output: value}.

    Raises:
        ConversionError: the number of values isn't that of the declared outputs.
    """
    declared = list(interface.outputs)
    if not declared:
        if returned is not None:
            warnings.warn(
                f"Task {task_name!r} returned {with_article(type(returned))}, but its signature declares no output, so "
                "the value is lost. Write `-> type` after the parameters.",
                stacklevel=2,
            )
        return {}
    if len(declared) == 1 and not (interface.output_tuple is not None and isinstance(returned, tuple)):
        return {declared[0]: returned}  # also the only field of a NamedTuple, returned without one
    if not isinstance(returned, tuple) or len(returned) != len(declared):
        kinds = ", ".join(f"{name}: {show_type(kind)}" for name, kind in interface.outputs.items())
        found = f"a tuple of {len(returned)}" if isinstance(returned, tuple) else with_article(type(returned))
        raise ConversionError(
            f"{task_name}(outputs): expected a tuple of {len(declared)} values ({kinds}), got {found}"
        )
    return dict(zip(declared, returned, strict=True))


def as_declared(interface: Interface, returned: Any) -> Any:
    """Return a call's result as its signature declares it: several values, or one that has a name, as the NamedTuple.

    Raises:
        ConversionError: it has too few or too many fields.
    """
    declared = interface.output_tuple
    if declared is None or isinstance(returned, declared):
        return returned
    return declared(*outputs_by_name(declared.__name__, interface, returned).values())


def _nearest(name: str, interface: Interface) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, list(interface.inputs), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _outputs(name: str, annotation: Any) -> tuple[dict[str, Any], type[tuple[Any, ...]] | None]:
    if annotation is None or annotation is type(None) or annotation == ():
        return {}, None
    if isinstance(annotation, tuple):
        if len(annotation) == 1:
            only = show_type(annotation[0])
            raise DefinitionError(f"Task {name!r}: `-> ({only},)` declares a single output. Write `-> {only}`.")
        return {f"{DEFAULT_OUTPUT_PREFIX}{index}": part for index, part in enumerate(annotation)}, None
    if isinstance(annotation, type) and issubclass(annotation, tuple) and hasattr(annotation, "_fields"):
        hints = typing.get_type_hints(annotation, include_extras=True)
        bare = [field for field in annotation._fields if field not in hints]
        if bare:
            raise DefinitionError(
                f"Task {name!r}: the output {bare[0]!r} of {annotation.__name__} has no type. Use "
                "typing.NamedTuple with an annotation for each field."
            )
        return {field: hints[field] for field in annotation._fields}, annotation
    if typing.get_origin(annotation) is tuple:
        parts = typing.get_args(annotation)
        if Ellipsis in parts or not parts:
            raise DefinitionError(
                f"Task {name!r}: tuple[{', '.join(show_type(part) for part in parts)}] has no fixed number of outputs. "
                "Return a list, or a tuple with one type per output."
            )
        return {f"{DEFAULT_OUTPUT_PREFIX}{index}": part for index, part in enumerate(parts)}, None
    return {f"{DEFAULT_OUTPUT_PREFIX}0": annotation}, None


def _variable_map(types: Mapping[str, Any], texts: Mapping[str, str]) -> interface_pb2.VariableMap:
    variables = {}
    for name, kind in types.items():
        # flytekit describes a variable without documentation by its own name; equal interfaces need the same here.
        variables[name] = interface_pb2.Variable(
            type=type_engine.to_literal_type(kind), description=texts.get(name, name)
        )
    return interface_pb2.VariableMap(variables=variables)
