"""The texts in what is registered: values of inputs that are fixed or bound, variables, commands, labels, settings.

They are read from Flyte's own messages, so none is missing, whatever wrote it there.
"""

from collections.abc import Iterator
from typing import Any, Final

from flyteidl.core import interface_pb2, literals_pb2, workflow_pb2
from google.protobuf.message import Message

_NAMED: Final = {  # messages that say by a field of their own what they are called
    literals_pb2.KeyValuePair.DESCRIPTOR.full_name: "key",
    literals_pb2.Binding.DESCRIPTOR.full_name: "var",
}
_WITHOUT_VALUES: Final = frozenset(  # what names things, and describes them
    {interface_pb2.Variable.DESCRIPTOR.full_name, workflow_pb2.Alias.DESCRIPTOR.full_name}
)
_UNTOLD: Final = frozenset(  # steps of the messages' form, which say nothing to a person
    {"binding", "default", "literals", "parameters", "primitive", "scalar", "string_value", "template", "value"}
)
_SCALARS: Final = (str, bytes, int, float, bool)
Text = tuple[tuple[str, ...], str, str | bytes]


def texts_of_form(message: Any, path: tuple[str, ...] = (), name: str = "") -> Iterator[Text]:
    """Yield (path, name, text) of every text in a message; the name is what the person calls it, where it has one."""
    kind = message.DESCRIPTOR.full_name
    if kind in _WITHOUT_VALUES:
        name = ""
    elif kind in _NAMED:
        name = getattr(message, _NAMED[kind])
        path = (*path, name)
    for field, value in message.ListFields():
        at = path if field.name in _UNTOLD else (*path, field.name)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            is_text = field.message_type.fields_by_name["value"].message_type is None
            for key, item in value.items():
                yield (*at, "a key"), "", str(key)
                yield from _of_value(item, (*at, str(key)), str(key), is_text=is_text)
        elif field.message_type is not None:
            for item in (value,) if isinstance(value, Message) else value:
                yield from texts_of_form(item, at, name)
        elif not (kind in _NAMED and field.name == _NAMED[kind]):
            for item in (value,) if isinstance(value, _SCALARS) else value:
                yield from _of_value(item, at, name, is_text=True)


def _of_value(value: Any, path: tuple[str, ...], name: str, *, is_text: bool) -> Iterator[Text]:
    if not is_text:
        yield from texts_of_form(value, path, name)
    elif isinstance(value, str | bytes):
        yield path, name, value
