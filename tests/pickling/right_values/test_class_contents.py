"""What stands in a class's own dictionary is carried, whatever its bases have there."""

import pytest
from notebook import Notebook

CELLS = {
    "a plain value that the base has, too": (
        """
        class Base: verbose = False
        class Quiet(Base): verbose = False
        class Loud(Base): verbose = True
        class Mine(Quiet, Loud): pass
        def f(x): return Mine.verbose, Mine().verbose, Quiet.__dict__["verbose"]
        """
    ),
    "None": (
        """
        class Base: limit = None
        class Quiet(Base): limit = None
        class Loud(Base): limit = 3
        class Mine(Quiet, Loud): pass
        def f(x): return Mine.limit
        """
    ),
    "a docstring": (
        """
        class Base: "Text."
        class Quiet(Base): __doc__ = Base.__doc__
        class Loud(Base): "Other."
        class Mine(Quiet, Loud): pass
        def f(x): return [one.__doc__ for one in (Base, Quiet, Loud, Mine)], Quiet.__dict__["__doc__"]
        """
    ),
    "a method": (
        """
        class Base:
            def of(self): return 1
        class Quiet(Base): of = Base.of
        class Loud(Base):
            def of(self): return 2
        class Mine(Quiet, Loud): pass
        def f(x): return Mine().of(), Quiet.__dict__["of"] is Base.__dict__["of"]
        """
    ),
    "a method of object": (
        """
        class Base:
            def __setattr__(self, name, value): raise AttributeError(name)
            def __repr__(self): return "base"
        class Plain(Base):
            __setattr__ = object.__setattr__
            __repr__ = object.__repr__
            __init__ = object.__init__
            __hash__ = object.__hash__
        def f(x):
            one = Plain()
            one.a = 3
            names = ("__setattr__", "__repr__", "__init__", "__hash__")
            return one.a, repr(one).startswith("<"), sorted(name for name in vars(Plain) if name in names)
        """
    ),
    "a class method and a property": (
        """
        class Base:
            @classmethod
            def of(cls): return cls.__name__
            size = property(lambda self: 1)
        class Quiet(Base):
            of = Base.__dict__["of"]
            size = Base.__dict__["size"]
        class Loud(Base):
            @classmethod
            def of(cls): return "loud"
            size = property(lambda self: 2)
        class Mine(Quiet, Loud): pass
        def f(x): return Mine.of(), Mine().size
        """
    ),
    "a setting of a dataclass": (
        """
        from dataclasses import dataclass
        @dataclass
        class Base: a: int = 0
        @dataclass
        class Quiet(Base): a: int = 0
        @dataclass
        class Loud(Base): a: int = 1
        @dataclass
        class Mine(Quiet, Loud): pass
        def f(x): return Mine().a, Quiet.a, Mine.a
        """
    ),
    "an attribute of an enum's mixin": (
        """
        import enum
        class Mixin: size = 1
        class Base(Mixin): size = 1
        class Colour(Base, enum.Enum):
            _ignore_ = ["n"]
            RED = 1
            def of(self): return self.size
        def f(x): return Colour.RED.of(), "size" in Base.__dict__
        """
    ),
    "an attribute of a named tuple's child": (
        """
        from typing import NamedTuple
        class Point(NamedTuple):
            x: int = 1
        class Base(Point):
            __slots__ = ()
            _asdict = Point._asdict
        class Other(Point):
            __slots__ = ()
            def _asdict(self): return 5
        class Mine(Base, Other): pass
        def f(x): return Mine(2)._asdict(), Other(1)._asdict()
        """
    ),
    "an abstract method": (
        """
        import abc
        class Base(abc.ABC):
            @abc.abstractmethod
            def of(self): ...
        class Quiet(Base): of = Base.of
        def f(x):
            try:
                return Quiet()
            except TypeError as error:
                return str(error)
        """
    ),
}


@pytest.mark.parametrize("kind", CELLS)
def test_what_a_class_has_itself_is_carried(notebook: Notebook, kind: str) -> None:
    """An attribute that is the same object as its base's counts in the order of resolution, here as there."""
    notebook.run(CELLS[kind])
    assert notebook.there("f", 0) == notebook.here("f", 0)


def test_an_attribute_of_its_own_is_in_the_version(notebook: Notebook) -> None:
    """Setting an attribute to what its base has anyway changes what a class with two bases has, and the version."""
    notebook.run(
        """
        class Base: verbose = False
        class Quiet(Base): pass
        class Loud(Base): verbose = True
        class Mine(Quiet, Loud): pass
        def f(x): return Mine.verbose
        """
    )
    before = notebook.version("f")
    notebook.run("Quiet.verbose = False")
    assert notebook.version("f") != before
    assert notebook.there("f", 0) == notebook.here("f", 0) == "False"


def test_the_defaults_of_a_named_tuple_keep_their_order(notebook: Notebook) -> None:
    """`_field_defaults` lists them in the order of the fields, here as there."""
    notebook.run(
        """
        from collections import namedtuple
        Point = namedtuple("Point", "a b c", defaults=[1, None])
        def f(x): return list(Point._field_defaults.items()), Point(x)
        """
    )
    assert notebook.there("f", 0) == notebook.here("f", 0)
