"""Registering many things at once, each after what it names.

flyteadmin compiles a workflow when it is created, and a launch plan against its workflow: what they name has to be
there. Nothing else has an order. What a message names is read from the message itself, so that no rule of how graphs
are written has to be known here.
"""

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Final

from flyteidl.core import identifier_pb2
from google.protobuf.message import Message

from autocontainer_nb.remote.register.order import Registration

AT_ONCE: Final = 16  # a graph of 50 tasks takes 4 round trips, and a server has work to do for a while
Key = tuple[int, str]


def register_all(registrations: Sequence[Registration], create: Callable[[Registration], None]) -> None:
    """Call `create` for each, several at a time, where all that it names and that is among them has been created.

    The last one waits for all others: where it is registered, everything is. After the first error nothing more begins;
    what is under way ends by itself.
    """
    known = {key_of(each.identifier) for each in registrations}
    lacks = {id(each): names_of(each) & known for each in registrations}
    lacks[id(registrations[-1])] = known - {key_of(registrations[-1].identifier)}
    todo, done = list(registrations), set[Key]()
    pool = ThreadPoolExecutor(min(AT_ONCE, len(todo)), thread_name_prefix="register")
    running: dict[Future[None], Registration] = {}
    try:
        while todo or running:
            ready = [each for each in todo if lacks[id(each)] <= done]
            if not ready and not running:
                ready = todo[:1]  # names go in a circle: the server says what it thinks of that
            running |= {pool.submit(create, each): each for each in ready}
            begun = {id(each) for each in ready}
            todo = [each for each in todo if id(each) not in begun]
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                future.result()
                done.add(key_of(running.pop(future).identifier))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # an interrupt isn't held up by what a server doesn't answer


def key_of(identifier: identifier_pb2.Identifier) -> Key:
    """Return what tells things of one version apart: kind and name."""
    return identifier.resource_type, identifier.name


def names_of(each: Registration) -> set[Key]:
    """Return the keys of all that the registration names, but for its own."""
    return {key_of(found) for found in _identifiers(each.spec)} - {key_of(each.identifier)}


def _identifiers(message: Message) -> Iterator[identifier_pb2.Identifier]:
    if isinstance(message, identifier_pb2.Identifier):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            values: Any = value.values() if isinstance(value, MutableMapping) else value
            for one in (value,) if isinstance(value, Message) else values:
                if isinstance(one, Message):
                    yield from _identifiers(one)
