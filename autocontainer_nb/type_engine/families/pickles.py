"""The fallback for every other type: a pickle in a blob, in the form of flytekit's FlytePickle.

Flyte has no type for decimal.Decimal, uuid.UUID, sets, complex numbers, tuples as values and attrs classes, so flytekit
pickles them as well. Inside a dataclass or a model the first two are strings, as flytekit packs them.

Unpickling can run any code that the blob's writer chose. It happens only when a value of such a type is asked for.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.errors import StorageError
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.packed.base import while_reading
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.wording import ANOTHER_DEFINITION, Misfit, show_type, show_value, with_article
from autocontainer_nb.wire import PICKLE_FORMAT, PICKLE_KEY

_FILE_NAME = "value.pickle"
_BLOB_TYPE = types_pb2.BlobType(format=PICKLE_FORMAT, dimensionality=types_pb2.BlobType.SINGLE)


_name_of: Final[ContextVar[Callable[[Any], str] | None]] = ContextVar("name_of_pickled_values", default=None)


def store(value: Any, expected: str, files: FileAccess) -> str:
    """Pickle the value and return the URI of the pickle; code that can't be imported is included by value.

    Raises:
        Misfit: part of the value can't be pickled.
    """
    from autocontainer_nb.pickling.values import dumps

    try:
        content = dumps(value)
    except Exception as error:  # a user's __reduce__ may raise anything
        raise Misfit(
            f"{expected} that can be pickled",
            show_value(value),
            f"pickling it fails: {str(error).rstrip('.')}. Return the data in it instead",
        ) from error
    name_of = _name_of.get()
    return files.put_bytes(content, _FILE_NAME) if name_of is None else name_of(value)


@contextmanager
def naming(name_of: Callable[[Any], str]) -> Iterator[None]:
    """Within the block nothing is stored: `name_of` tells the URI of a value, for literals that nobody will read."""
    token = _name_of.set(name_of)
    try:
        yield
    finally:
        _name_of.reset(token)


def fetch(uri: str, expected: str, files: FileAccess) -> Any:
    """Return the unpickled object at the URI.

    Raises:
        Misfit: it can't be unpickled here.
    """
    import pickle

    content = files.get_bytes(uri)
    try:
        return pickle.loads(content)
    except StorageError:
        raise
    except ModuleNotFoundError as error:
        raise Misfit(
            expected, f"a pickle at {uri}", f"it needs the module {error.name!r}: install the package that provides it"
        ) from error
    except Exception as error:  # unpickling runs anything
        raise Misfit(
            expected, f"a pickle at {uri}", f"unpickling it fails here with {type(error).__name__}: {error}"
        ) from error


class PickleTransformer(Transformer):
    """Any type that Flyte has no type for: the object's pickle."""

    tag = "FlytePickle"
    fetches = True
    _told = False  # whether it has warned: an engine has one transformer per type

    def _expected(self) -> str:
        return "a value" if self.python_type in (Any, object) else with_article(self.python_type)

    def literal_type(self) -> types_pb2.LiteralType:
        """Return a blob of format PythonPickle, whose metadata names the class."""
        if self.python_type not in (Any, object) and not self._told:
            self._told = True
            logging.getLogger("autocontainer_nb").warning(
                "Flyte has no type for %s, so its values are pickled. Only the same minor version of Python with the "
                "same packages is sure to read them. Declare Any if that is what you want.",
                show_type(self.python_type),
            )
        found = types_pb2.LiteralType(blob=_BLOB_TYPE)
        found.metadata.update({"python_class_name": str(self.python_type)})
        return found

    def packer(self) -> None:
        """Return None: pickled values are never packed."""
        return

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is an instance, where the type allows that check; nothing is pickled yet."""
        wanted = _class_of(self.python_type)
        if wanted is not None and not isinstance(value, wanted):
            same_name = type(value).__qualname__ == wanted.__qualname__
            raise self.misfit(value, ANOTHER_DEFINITION if same_name else "")

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the blob's literal, after storing the pickle."""
        self.check(value)
        uri = store(value, self._expected(), files)
        blob = literals_pb2.Blob(metadata=literals_pb2.BlobMetadata(type=_BLOB_TYPE), uri=uri)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(blob=blob))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the unpickled object; for Any, also the value of any literal whose type can be guessed."""
        blob = literal.scalar.blob
        if literal.scalar.WhichOneof("value") == "blob" and blob.metadata.type.format == PICKLE_FORMAT:
            return fetch(blob.uri, self._expected(), files)
        if PICKLE_KEY in literal.metadata:  # a dataclass or model whose msgpack form isn't all of it
            return fetch(literal.metadata[PICKLE_KEY], self._expected(), files)
        if self.python_type not in (Any, object):
            return self._read_part(literal, files)
        from autocontainer_nb.type_engine.guessing import guess_value

        return guess_value(literal, self.engine, files)

    def place_of(self, literal: literals_pb2.Literal) -> str:
        """Return the URI of the pickle, empty for a literal of another kind."""
        blob = literal.scalar.blob
        return blob.uri if blob.metadata.type.format == PICKLE_FORMAT else literal.metadata.get(PICKLE_KEY, "")

    def _read_part(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the value of a part that Flyte has taken out of a dataclass, where it isn't pickled but packed."""
        from autocontainer_nb.type_engine.packed.composites import find_packer

        packer = find_packer(self.python_type)
        if packer is None:
            raise self.misread(literal)
        plain, unpack = self._plain(literal), packer.unpack
        return while_reading(files, lambda: unpack(plain))

    def _plain(self, literal: literals_pb2.Literal) -> Any:
        if literal.HasField("collection"):
            return [self._plain(each) for each in literal.collection.literals]
        kind = literal.scalar.WhichOneof("value")
        if kind in {"binary", "generic"}:
            return self.packed(literal)
        primitive = literal.scalar.primitive.WhichOneof("value")
        if primitive is None:
            raise self.misread(literal)
        return getattr(literal.scalar.primitive, primitive)


def _class_of(python_type: Any) -> type | None:
    """Return the class for an isinstance check, or None if the type allows none."""
    from typing import get_origin

    found = get_origin(python_type) or python_type
    if found is Any:  # a class since Python 3.11
        return None
    if not isinstance(found, type) or getattr(found, "_is_protocol", False):
        return None
    # A TypedDict is a class that refuses isinstance.
    return dict if hasattr(found, "__total__") and issubclass(found, dict) else found
