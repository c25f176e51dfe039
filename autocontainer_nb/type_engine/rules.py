"""The specification of the type engine: which family converts which types. The first rule that matches decides.

A family's module is imported when its first type appears. Optional libraries are recognised through `sys.modules`:
until pandas is imported, no type can be a DataFrame.
"""

import datetime as dt
import enum
import os
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, TextIO, Union, get_args, get_origin

if TYPE_CHECKING:
    from autocontainer_nb.type_engine.transformer import Transformer


Predicate = Callable[[Any], bool]
_FILE = "autocontainer_nb.type_engine.values.flyte_file"
_DIRECTORY = "autocontainer_nb.type_engine.values.flyte_directory"
_DATASET = "autocontainer_nb.type_engine.values.structured_dataset"
_ERROR = "autocontainer_nb.type_engine.values.flyte_error"


def same(*wanted: Any) -> Predicate:
    """Return a predicate that accepts exactly these types."""
    return lambda t: any(t is each for each in wanted)


def subclass(*bases: type) -> Predicate:
    """Return a predicate that accepts these classes and their subclasses."""
    return lambda t: isinstance(t, type) and get_origin(t) is None and issubclass(t, bases)


def generic(*origins: Any) -> Predicate:
    """Return a predicate that accepts parametrized forms of these, such as `list[int]` for list."""
    return lambda t: get_origin(t) in origins and bool(get_args(t))


def from_library(module: str, name: str) -> Predicate:
    """Return a predicate that accepts a library's class, its subclasses and its parametrized forms."""

    def matches(t: Any) -> bool:
        wanted = getattr(sys.modules.get(module), name, None)
        found = get_origin(t) or t
        return wanted is not None and isinstance(found, type) and issubclass(found, wanted)

    return matches


def _text_map(t: Any) -> bool:
    return get_origin(t) is dict and bool(get_args(t)) and get_args(t)[0] is str


def _path_like(t: Any) -> bool:
    # Only os.PathLike itself: a class that merely has __fspath__ couldn't be made from a path again.
    return (get_origin(t) or t) is os.PathLike


def _frame(t: Any) -> bool:
    libraries = (("pandas", "DataFrame"), ("pyarrow", "Table"), ("polars", "DataFrame"), ("polars", "LazyFrame"))
    return any(from_library(module, name)(t) for module, name in libraries)


def _packable(t: Any) -> bool:
    if not (isinstance(t, type) and is_dataclass(t)):
        return False
    from autocontainer_nb.type_engine.packed.composites import find_packer

    return find_packer(t) is not None


RULES: Final[tuple[tuple[Predicate, str], ...]] = (
    # predicate                               family: module and class           Flyte's form
    (same(int), "families.simple:IntTransformer"),  #                                     simple INTEGER
    (same(float), "families.simple:FloatTransformer"),  #                                 simple FLOAT
    (same(bool), "families.simple:BoolTransformer"),  #                                   simple BOOLEAN
    (same(str), "families.simple:StrTransformer"),  #                                     simple STRING
    (same(None, type(None)), "families.simple:NoneTransformer"),  #                       simple NONE
    (same(dt.datetime), "families.moments:DatetimeTransformer"),  #                 simple DATETIME
    (same(dt.date), "families.moments:DateTransformer"),  #                         simple DATETIME, at midnight UTC
    (same(dt.timedelta), "families.moments:TimedeltaTransformer"),  #               simple DURATION
    (generic(list), "families.containers:ListTransformer"),  #                           collection
    (_text_map, "families.containers:MapTransformer"),  #                                map
    (generic(Iterator), "families.containers:IteratorTransformer"),  #                     collection
    (generic(Union, types.UnionType), "families.unions:UnionTransformer"),  #             union, tagged
    (
        generic(Literal),
        "families.choices:ChoiceTransformer",
    ),  #                          simple, annotated with the values
    (subclass(enum.Enum), "families.choices:EnumTransformer"),  #                         enum
    (
        from_library("pydantic", "BaseModel"),
        "libraries.pydantic_models:ModelTransformer",
    ),  #       simple STRUCT, msgpack
    (from_library(_ERROR, "FlyteError"), "values.flyte_error:ErrorTransformer"),  #     simple ERROR
    (_packable, "families.structs:DataclassTransformer"),  #                              simple STRUCT, msgpack
    (same(dict), "families.structs:DictTransformer"),  #                                  simple STRUCT, msgpack
    (generic(dict), "families.structs:DictTransformer"),  #                               simple STRUCT, msgpack
    (same(list), "families.structs:ListTransformer"),  #                                  simple STRUCT, msgpack
    (
        _frame,
        "libraries.dataframes:FrameTransformer",
    ),  #                                      structured dataset, parquet
    (
        from_library(_DATASET, "StructuredDataset"),
        "libraries.dataframes:DatasetTransformer",
    ),  # structured dataset, parquet or csv
    (from_library(_FILE, "FlyteFile"), "families.files:FileTransformer"),  #              blob, single file
    (from_library(_DIRECTORY, "FlyteDirectory"), "families.files:DirectoryTransformer"),  # blob of many parts
    (from_library("numpy", "ndarray"), "libraries.numpy_arrays:NumpyTransformer"),  #            blob NumpyArray
    (from_library("PIL.Image", "Image"), "libraries.pillow_images:ImageTransformer"),  #          blob PIL.Image
    (same(TextIO), "families.files:TextTransformer"),  #                                blob text/plain
    (same(BinaryIO), "families.files:BinaryTransformer"),  #                            blob application/octet-stream
    (from_library("pathlib", "PurePath"), "families.files:PathTransformer"),  #           blob, single file
    (_path_like, "families.files:PathTransformer"),  #                blob, single file
    (from_library("torch", "Tensor"), "libraries.torch_files:TensorTransformer"),  #       blob PyTorchTensor
    (from_library("torch.nn", "Module"), "libraries.torch_files:ModuleTransformer"),  #    blob PyTorchModule
    (
        from_library("sklearn.base", "BaseEstimator"),
        "libraries.sklearn_estimators:EstimatorTransformer",
    ),  # blob SklearnEstimator
    (
        from_library("google.protobuf.message", "Message"),
        "families.protobuf:MessageTransformer",
    ),  # simple STRUCT, struct
    (lambda _: True, "families.pickles:PickleTransformer"),  #                            blob PythonPickle
)


def load(family: str) -> "type[Transformer]":
    """Return the transformer class that a rule names."""
    module, _, name = family.partition(":")
    transformer: type[Transformer] = getattr(import_module(f"autocontainer_nb.type_engine.{module}"), name)
    return transformer
