"""One of the two processes that run the same definitions: `python side_process.py PACKAGE SCRATCH_FOLDER`.

Requests and replies are pickles of built-in types, each after its length in four bytes. Messages travel as bytes: a
reply names the message's type, so that neither process needs the other's classes.
"""

import contextlib
import importlib
import os
import pickle
import struct
import sys
import traceback
import types
from pathlib import Path

MODULE = "definition"  # the module that every cell becomes: names, loader arguments and pickles then agree


def load_cell(opening, body, path):
    """Return the module made of the cell, importable until the next one is loaded, and what the cell adds to it."""
    module = types.ModuleType(MODULE)
    module.__file__ = path
    sys.modules[MODULE] = module
    exec(compile(opening, path, "exec"), module.__dict__)
    before = dict(vars(module)) if body.strip() else {}
    exec(compile(body, path, "exec"), module.__dict__)
    return module, {name: value for name, value in vars(module).items() if before.get(name) is not value}


def pack(message):
    """Return the message's type and bytes."""
    return message.DESCRIPTOR.full_name, message.SerializeToString(deterministic=True)


class Requests:
    """What can be asked, over one of the two packages' own way to do it (`package`)."""

    def __init__(self, package):
        self.package = package
        self.module = None

    def define(self, opening, body, path):
        """Run a cell and return {variable: (message type, bytes)} of each entity it defines."""
        self.package.forget()
        self.module, new = load_cell(opening, body, path)
        settings = new.get("settings") or self.package.settings()
        entities = {name: value for name, value in new.items() if self.package.is_entity(value)}
        return {name: pack(self.package.serialize(value, settings)) for name, value in entities.items()}

    def reached(self, variable):
        """Return [(name, (message type, bytes))] of all entities that the one in the variable refers to."""
        settings = vars(self.module).get("settings") or self.package.settings()
        found = self.package.reached(vars(self.module)[variable])
        return [(entity.name, pack(self.package.serialize(entity, settings))) for entity in found]

    def literals(self):
        """Return the cell's type and the literals of its values: [(message type, bytes), ...]."""
        literal_type = self.package.literal_type(self.module.python_type)
        made = [self.package.to_literal(value, self.module.python_type) for value in self.module.values]
        return [pack(message) for message in (literal_type, *made)]

    def read(self, index, data):
        """Return None if the literal gives the cell's value of that index, or else what it gives."""
        found = self.package.from_literal(data, self.module.python_type)
        expected = self.module.values[index]
        if getattr(self.module, "same", equal)(expected, found):
            return None
        return f"{found!r} of type {type(found)}, not {expected!r} of type {type(expected)}"

    def run_offloading(self, variable, inputs, folder):
        """Return {output: bytes of its literal} of a container's run of the task, where every literal is offloaded."""
        outputs = self.package.run_offloading(vars(self.module)[variable], inputs, folder)
        return {name: literal.SerializeToString() for name, literal in outputs.literals.items()}

    def read_output(self, variable, output, data):
        """Return the value that the literal of the task's output gives, of built-in types."""
        return self.package.from_literal(data, vars(self.module)[variable].python_interface.outputs[output])

    def reread(self, kind, data):
        """Return the message as the package's own classes give it back after parsing it."""
        return pack(self.package.reread(kind, data))

    def promote(self, kind, data, tasks, plans):
        """Return what the remote client's object, made of the message, says about its inputs."""
        return pack(self.package.promote(kind, data, tasks, plans))


def equal(one, other):
    """Return whether two values are the same, in type and content."""
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        return type(one) is type(other) and one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    if hasattr(one, "equals"):
        return type(one) is type(other) and one.equals(other)
    if hasattr(one, "dtype"):
        return type(one) is type(other) and one.dtype == other.dtype and (one == other).all()
    if isinstance(one, os.PathLike):
        return contents(one) == contents(other)
    return type(one) is type(other) and one == other


def contents(place):
    """Return the bytes of a file, or {relative path: bytes} of a folder."""
    path = Path(os.fspath(place))
    if path.is_dir():
        return {str(each.relative_to(path)): each.read_bytes() for each in sorted(path.rglob("*")) if each.is_file()}
    return path.read_bytes()


def serve(package, receive, send):
    """Answer requests until the other side closes: ("ok", reply), or ("error", line, its class's module, traceback)."""
    requests = Requests(package)
    while header := receive.read(4):
        name, arguments = pickle.loads(receive.read(struct.unpack(">I", header)[0]))
        try:
            reply = ("ok", getattr(requests, name)(*arguments))
        except Exception as error:  # noqa: BLE001 - the edge of the process: whatever it is, the tests show it
            reply = ("error", f"{type(error).__name__}: {error}", type(error).__module__, traceback.format_exc())
        data = pickle.dumps(reply)
        send.write(struct.pack(">I", len(data)) + data)
        send.flush()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a definition prints isn't a reply
    with contextlib.redirect_stdout(sys.stderr):
        chosen = importlib.import_module(f"side_{sys.argv[1]}")
        chosen.start(sys.argv[2])
        serve(chosen, sys.stdin.buffer, replies)
