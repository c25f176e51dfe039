"""What can't be done with a value that a workflow's nodes have only when it runs: each attempt is told in a line."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from autocontainer_nb.errors import DefinitionError

_WAY_OUT: Final = "Do that in a task that gets it as an input, or draw the graph with a @dynamic task."
_SYMBOLS: Final = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "matmul": "@",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "lshift": "<<",
    "and": "&",
    "or": "|",
    "xor": "^",
}
_SIGNS: Final = {"neg": "-", "pos": "+", "invert": "~"}
_CALLS: Final = {
    "abs": "abs()",
    "round": "round()",
    "trunc": "math.trunc()",
    "floor": "math.floor()",
    "ceil": "math.ceil()",
    "int": "int()",
    "float": "float()",
    "complex": "complex()",
    "index": "a place for an int, such as range() or a slice,",
    "len": "len()",
    "contains": "`in`",
    "divmod": "divmod()",
    "rdivmod": "divmod()",
    "setitem": "setting an item",
    "delitem": "deleting an item",
    "enter": "`with`",
    "exit": "`with`",
    "aenter": "`async with`",
    "aexit": "`async with`",
    "fspath": "opening it as a file",
    "bytes": "bytes()",
    "array": "making an array of it",
    "await": "`await`",
    "aiter": "`async for`",
    "reversed": "reversed()",
}
_TEXT: Final = re.compile("<promise of [^<>]*>")
_TEXTS_AT_MOST: Final = 10_000
_texts: set[str] = set()


class NotYet:
    """The base of promises: their values don't exist while a workflow is drawn, so operators and calls are refused."""

    __slots__ = ()

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Refuse the call, as of a method of the value."""
        raise _refusal(self, "calling it")

    def __format__(self, spec: str) -> str:
        if spec:
            raise _refusal(self, f"formatting it by {spec!r}")
        return str(self)


def told(text: str) -> str:
    """Return a promise's text, which is known again where a node gets it as a value."""
    if len(_texts) < _TEXTS_AT_MOST:
        _texts.add(text)
    return text


def _refusal(value: object, what: str) -> DefinitionError:
    return DefinitionError(
        f"{value!r} is the promise of a value, which exists only when the workflow runs: {what} doesn't work on it. "
        f"{_WAY_OUT}"
    )


def _refused(what: str) -> Callable[..., Any]:
    def refuse(self: object, *_: Any, **__: Any) -> Any:
        raise _refusal(self, what)

    return refuse


def _fill() -> None:
    words = {**{name: f"`{symbol}`" for name, symbol in {**_SYMBOLS, **_SIGNS}.items()}, **_CALLS}
    words |= {f"r{name}": f"`{symbol}`" for name, symbol in {**_SYMBOLS, "rshift": ">>"}.items()}
    for name, what in words.items():
        setattr(NotYet, f"__{name}__", _refused(what))


_fill()


def refuse_texts(value: Any, where: str) -> None:
    """Refuse a value with the text of a promise in it, as an f-string makes it.

    Args:
        value: a plain value that a node gets.
        where: the input that it is bound to.

    Raises:
        DefinitionError: there is one.
    """
    for text in _promise_texts_in(value) if _texts else ():
        raise DefinitionError(
            f"{where} gets the text of {text}, not its value, which exists only when the workflow runs. Pass the "
            "promise by itself, and make the text in a task."
        )


def _promise_texts_in(value: Any) -> Iterator[str]:
    rest, seen = [value], {id(value)}
    while rest:
        each = rest.pop()
        if isinstance(each, str):
            yield from (text for text in _TEXT.findall(each) if text in _texts)
            continue
        for part in _parts(each):
            if id(part) not in seen:
                seen.add(id(part))
                rest.append(part)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [*value, *value.values()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [] if set(map(type, value)) <= {int, float, bool, type(None)} else list(value)
    is_record = hasattr(type(value), "__dataclass_fields__") or hasattr(type(value), "model_fields")
    return list(getattr(value, "__dict__", {}).values()) if is_record else []
