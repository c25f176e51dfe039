"""What a pickle's calls could do: those that are known to be dangerous, those known to be harmless, and all others.

`DANGEROUS` holds whole modules and single names that run commands or code, open files or connections, or reach the
interpreter's inside. `HARMLESS` holds constructors that do nothing but make their object of their arguments. What is
on neither list does whatever its package says.
"""

from typing import Any, Final

from autocontainer_nb.pickled_names import PLACES, VALUES
from autocontainer_nb.pickling.symbolic.resolve import NAMED, effective, is_own_maker, is_setter
from autocontainer_nb.pickling.symbolic.values import (
    COMPUTED,
    Call,
    Global,
    Items,
    is_carried_class,
    is_carried_function,
)
from autocontainer_nb.wire import PACKAGE_NAME

MAX_ANCESTORS: Final = 50
MAX_ARGUMENTS: Final = 50
DANGER, UNKNOWN, HARMLESS = "danger", "unknown", "harmless"
SEVERITIES: Final = (DANGER, UNKNOWN, HARMLESS)

# Modules by what they do; all below them too.
_DANGEROUS_MODULES: Final = {
    "runs commands": "os posix nt subprocess _posixsubprocess pty commands popen2 asyncio.subprocess multiprocessing "
    "concurrent.futures _winapi platform.popen distutils setuptools pip ensurepip venv webbrowser antigravity",
    "runs code": "runpy code codeop pdb bdb trace timeit profile cProfile doctest _testcapi _xxsubinterpreters "
    "_interpreters test idlelib lib2to3 pydoc cffi numba numpy.f2py numpy.testing torch.utils.cpp_extension jitclass",
    "imports any module": "importlib imp pkgutil zipimport zipapp modulefinder",
    "loads another pickle": "pickle _pickle cPickle dill joblib.numpy_pickle shelve marshal pickletools jsonpickle",
    "reaches the interpreter or its memory": "sys ctypes _ctypes gc inspect faulthandler tracemalloc winreg mmap",
    "opens connections": "socket _socket ssl http urllib urllib2 httplib ftplib smtplib poplib imaplib nntplib "
    "telnetlib xmlrpc socketserver requests httpx aiohttp urllib3 paramiko grpc",
    "reads or writes files": "shutil tempfile fileinput linecache glob zipfile tarfile gzip bz2 lzma sqlite3 dbm "
    "logging.config configparser",
    "changes the process": "signal atexit site sched",
}
_DANGEROUS_NAMES: Final = {
    "runs code": "builtins.eval builtins.exec builtins.compile builtins.execfile builtins.breakpoint builtins.help "
    "builtins.input new.code new.function "
    "numpy.testing._private.utils.runstring pandas.eval functools.reduce _functools.reduce "
    "operator.methodcaller operator.call",
    "imports any module": "builtins.__import__",
    "starts a thread": "_thread.start_new_thread _thread.start_new _thread.start_joinable_thread",
    "looks up any attribute": "builtins.getattr operator.attrgetter _operator.attrgetter inspect.getattr_static",
    "changes any attribute": "builtins.setattr builtins.delattr operator.setitem operator.delitem",
    "reaches the interpreter or its memory": "builtins.globals builtins.locals builtins.vars builtins.memoryview",
    "reads or writes files": "builtins.open io.open _io.open io.FileIO _io.FileIO io.open_code codecs.open "
    "numpy.load numpy.save numpy.fromfile numpy.memmap numpy.loadtxt numpy.savetxt numpy.genfromtxt "
    "pandas.read_csv pandas.io.parsers.readers.read_csv",
    "loads another pickle": "numpy.lib.npyio.load pandas.read_pickle pandas.io.pickle.read_pickle torch.load "
    "torch.serialization.load torch.storage._load_from_bytes joblib.load cloudpickle.loads cloudpickle.load "
    "cloudpickle.cloudpickle.loads cloudpickle.cloudpickle.load yaml.load yaml.unsafe_load",
    "runs code of the hub": "torch.hub.load torch.hub.load_state_dict_from_url",
}
_HARMLESS: Final = {
    "builtins": "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple "
    "staticmethod classmethod property ArithmeticError AssertionError AttributeError Exception IndexError KeyError "
    "LookupError NameError NotImplementedError OSError OverflowError RuntimeError StopIteration TypeError "
    "UnicodeError ValueError ZeroDivisionError Ellipsis NotImplemented",
    "collections": "OrderedDict Counter defaultdict deque ChainMap UserDict UserList UserString",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "_decimal": "Decimal",
    "fractions": "Fraction",
    "uuid": "UUID SafeUUID",
    "zoneinfo": "ZoneInfo ZoneInfo._unpickle",
    "pathlib": "Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath",
    "pathlib._local": "Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath",
    "re": "_compile compile",
    "random": "Random",
    "array": "array _array_reconstructor",
    "ipaddress": "IPv4Address IPv6Address IPv4Network IPv6Network",
    "types": "SimpleNamespace MethodType GenericAlias CellType MappingProxyType NoneType EllipsisType "
    "NotImplementedType UnionType",
    "typing": "_GenericAlias TypeVar ForwardRef _SpecialForm",
    "dataclasses": "Field _FIELD_BASE _DataclassParams _MISSING_TYPE _HAS_DEFAULT_FACTORY_CLASS",
    "functools": "_lru_cache_wrapper partial",
    "operator": "itemgetter or_",
    "_operator": "or_",
    "_codecs": "encode",
    "copyreg": "_reconstructor __newobj__ __newobj_ex__",
    "cloudpickle.cloudpickle": "_make_function _make_empty_cell _make_cell _empty_cell_value _make_skeleton_class "
    "_make_skeleton_enum _make_typevar _builtin_type _make_dict_keys _make_dict_values _make_dict_items instance "
    "_get_dataclass_field_type_sentinel _function_setstate _class_setstate _file_reconstructor subimport "
    "dynamic_subimport",
    "numpy": "ndarray dtype",
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy.core.numeric": "_frombuffer",
    "numpy._core.numeric": "_frombuffer",
    "numpy._core._internal": "_convert_to_stringdtype_kwargs",
    "numpy.dtypes": "StringDType",
    "numpy.ma.core": "_mareconstruct MaskedArray",
    "numpy.random._pickle": "__randomstate_ctor __generator_ctor __bit_generator_ctor",
    "numpy.random": "Generator RandomState",
    "numpy.random.bit_generator": "SeedSequence __pyx_unpickle_SeedSequence",
    "numpy.random._pcg64": "PCG64",
    "pandas.core.frame": "DataFrame",
    "pandas": "DataFrame Series Index RangeIndex MultiIndex CategoricalDtype StringDtype Timestamp",
    "pandas.core.series": "Series",
    "pandas.core.internals.managers": "BlockManager SingleBlockManager",
    "pandas._libs.internals": "_unpickle_block BlockPlacement",
    "pandas.core.indexes.base": "_new_Index Index",
    "pandas.core.indexes.range": "RangeIndex",
    "pandas.core.indexes.multi": "MultiIndex",
    "pandas.core.indexes.datetimes": "_new_DatetimeIndex DatetimeIndex",
    "pandas.core.dtypes.dtypes": "CategoricalDtype",
    "pandas.core.arrays.categorical": "Categorical",
    "pandas.core.arrays.string_": "StringDtype StringArray",
    "pandas.core.arrays.string_arrow": "ArrowStringArray",
    "pandas.core.arrays.datetimes": "DatetimeArray",
    "pandas._libs.arrays": "__pyx_unpickle_NDArrayBacked",
    "pandas._libs.tslibs.timestamps": "_unpickle_timestamp",
    "pandas._libs.tslibs.timedeltas": "_timedelta_unpickle",
    "pyarrow.lib": "type_for_alias chunked_array _restore_array _reconstruct_table py_buffer schema field "
    "_reconstruct_block RecordBatch.from_arrays Table.from_arrays ChunkedArray Array DataType",
    "polars.dataframe.frame": "DataFrame",
    "polars.series.series": "Series",
    "scipy.sparse._csr": "csr_matrix csr_array",
    "torch._utils": "_rebuild_tensor_v2 _rebuild_parameter",
    "_collections": "_tuplegetter",
    "pandas.arrays": "ArrowStringArray",
    "itertools": "count chain cycle repeat",
}
# Classes of these packages: making one and setting its attributes does no more than that.
_HARMLESS_CLASSES_OF: Final = ("flytekit.", "docstring_parser.")
_METACLASSES: Final = {"builtins.type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType", "typing._ProtocolMeta"}
_ENCODINGS: Final = {"latin1", "latin-1", "ascii", "utf-8", "utf8"}
_HOOKS: Final = {"NEWOBJ": "__new__", "NEWOBJ_EX": "__new__", "BUILD": "__setstate__"}

_MODULE_RISKS: Final = {module: why for why, modules in _DANGEROUS_MODULES.items() for module in modules.split()}
_NAME_RISKS: Final = {name: why for why, names in _DANGEROUS_NAMES.items() for name in names.split()}
_KNOWN_HARMLESS: Final = {f"{module}.{name}" for module, names in _HARMLESS.items() for name in names.split()}
_OLD_NAMES: Final = {
    "__builtin__": "builtins",
    "copy_reg": "copyreg",
    "cloudpickle.cloudpickle_fast": "cloudpickle.cloudpickle",
}


def danger_of(name: Global) -> str | None:
    """Return what is dangerous about a global, or None; its being looked up is enough to say it."""
    if name.danger is None:
        name.danger = _danger_of(name) or ""
    return name.danger or None


def _danger_of(name: Global) -> str | None:
    if COMPUTED in {name.module, name.name}:
        return "its name is computed while unpickling"
    module = _OLD_NAMES.get(name.module, name.module)
    path = f"{module}.{name.name}" if name.name else module
    if path in _TUPLE_NEW:
        return None
    found = _NAME_RISKS.get(path)
    parts = path.split(".")
    for length in range(min(len(parts), 4), 0, -1):
        found = found or _MODULE_RISKS.get(".".join(parts[:length]))
    if found is None and any(part.startswith("__") and part not in _KNOWN_DUNDERS for part in name.name.split(".")):
        return "reaches the inside of a class or function"
    return found


_TUPLE_NEW: Final = {"builtins.tuple.__new__"}
_KNOWN_DUNDERS: Final = {"__main__", "__newobj__", "__newobj_ex__", "__import__", "__name__", "__randomstate_ctor"} | {
    "__generator_ctor", "__bit_generator_ctor", "__pyx_unpickle_NDArrayBacked", "__pyx_unpickle_Enum",
    "__pyx_unpickle_SeedSequence",
}  # fmt: skip


def judge_call(call: Call) -> tuple[str, str]:
    """Return (severity, reason) of a call that unpickling would make."""
    made = effective(call)
    if isinstance(made, Call):
        return _judge_made(call, made)
    if not isinstance(made, Global):
        return DANGER, "what is called is computed while unpickling"
    special = _judge_special(call, made)
    if special is not None:
        return special
    danger = danger_of(made)
    if danger is not None:
        return DANGER, danger
    handed = None if _keeps_only(made) else _handed_over(call.arguments)
    if handed is not None:
        return DANGER, f"is handed {handed.path}, which {danger_of(handed)}"
    return _judge_name(made, is_class=call.how != "REDUCE" or made is not call.function)


def _keeps_only(made: Global) -> bool:
    """Whether it does no more with its arguments than to keep them: the globals of a carried function, for instance."""
    keepers = {"builtins.staticmethod", "builtins.classmethod"}
    return made.module.startswith("cloudpickle.") or is_own_maker(made) or made.path in keepers


def _handed_over(arguments: Any) -> Global | None:
    """Return the dangerous name among the arguments, as a call to be made later: `map(os.system, ...)`."""
    for argument in getattr(arguments, "items", ())[:MAX_ARGUMENTS]:
        inner = argument.items[:MAX_ARGUMENTS] if isinstance(argument, Items) else [argument]
        for item in inner:
            if isinstance(item, Global) and item.name and danger_of(item) is not None:
                return item
    return None


def judge_state(target: Any) -> tuple[str, str]:
    """Return (severity, reason) of BUILD: `__setstate__` where the class has one, else attributes are set."""
    if isinstance(target, Global):
        return DANGER, "changes a class, function or module that isn't the pickle's own"
    if not isinstance(target, Call):
        return DANGER, "sets the state of what is no object"
    made = effective(target)
    if isinstance(made, Call):
        return _judge_carried(made, "BUILD")
    return _judge_name(made, is_class=True) if isinstance(made, Global) else (UNKNOWN, "sets the state of an object")


def _judge_name(name: Global, *, is_class: bool) -> tuple[str, str]:
    module = _OLD_NAMES.get(name.module, name.module)
    if f"{module}.{name.name}" in _KNOWN_HARMLESS or is_own_maker(name):
        return HARMLESS, "makes an object of its arguments"
    is_class = is_class or name.name.rpartition(".")[2][:1].isupper()  # an enum's member is looked up by a call
    if is_class and (module.startswith(_HARMLESS_CLASSES_OF) or _is_own_value(name)):
        return HARMLESS, "makes an object of its arguments"
    return UNKNOWN, f"does what {module.partition('.')[0]} makes of it"


def _is_own_value(name: Global) -> bool:
    """Whether it is a class of this package that has a lasting name, one with a format, or one within it."""
    return name.module == PACKAGE_NAME and name.name.replace(":", ".").partition(".")[0] in VALUES


def _judge_made(call: Call, made: Call) -> tuple[str, str]:
    """Judge a call of what an earlier call gave back."""
    if is_carried_function(made):
        return UNKNOWN, "runs a function that the pickle carries"
    if is_carried_class(made):
        return _judge_carried(made, call.how)
    return DANGER, "what is called is computed while unpickling"


def _judge_carried(made: Call, how: str) -> tuple[str, str]:
    if not is_carried_class(made):
        return UNKNOWN, "sets the state of an object that a computed call made"
    hooks = [_HOOKS[how]] if how in _HOOKS else ["__new__", "__init__"]
    owners: list[Any] = [made]
    looked_at = 0
    while owners:
        owner = owners.pop()
        bases = getattr(owner.argument(2), "items", [])
        looked_at += 1 + len(bases)
        if looked_at > MAX_ANCESTORS:
            return UNKNOWN, "its class has more ancestors than are looked at"
        if any(owner.attribute(hook) is not None for hook in hooks):
            return UNKNOWN, f"runs {' or '.join(hooks)} of a class that the pickle carries"
        owners += [base for base in bases if is_carried_class(base)]
    return HARMLESS, "makes an object of a class that the pickle carries"


def _judge_getattr(owner: Any, name: Any) -> tuple[str, str]:
    if isinstance(owner, Global) and (owner.path, name) == ("builtins.tuple", "__new__"):  # every named tuple's
        return HARMLESS, "looks up how tuples are made"
    if not isinstance(owner, Global) and isinstance(name, str) and not name.startswith("_"):
        return UNKNOWN, "looks up an attribute of an object that the pickle makes"
    return DANGER, "looks up any attribute"


def _judge_named(name: Any) -> tuple[str, str]:
    lasting = name.replace(":", ".").partition(".")[0] if isinstance(name, str) else COMPUTED
    if lasting in PLACES:
        return HARMLESS, "looks up a name of this package"
    return UNKNOWN, "looks up a name that this version doesn't have"


def _is_of_types(path: str, call: Call, first: Any) -> bool:
    """Whether it is `Generic[T]`, `int | None` or `type(None)`, as they are pickled."""
    if path == "_operator.getitem":
        return is_carried_class(first) or (isinstance(first, Global) and first.module in {"typing", "builtins"})
    if path in {"functools.reduce", "_functools.reduce"}:
        return isinstance(first, Global) and first.path == "_operator.or_"
    return path == "builtins.type" and call.argument(1) is None


_CLASS_MAKERS: Final = ("._make_skeleton_class", f"{PACKAGE_NAME}.make_class")
_SPECIAL: Final = {
    "types.CodeType": (HARMLESS, "makes a code object, which runs only if it is called"),
    "cloudpickle.cloudpickle.subimport": (HARMLESS, "imports a module by name"),
    "autocontainer_nb.importlib_attribute": (HARMLESS, "imports a module by name"),
    "autocontainer_nb.reference": (HARMLESS, "imports a module by name"),
    "autocontainer_nb.optional_reference": (HARMLESS, "imports a module by name"),
}


def _judge_special(call: Call, made: Global) -> tuple[str, str] | None:
    """Judge calls whose arguments decide."""
    path = f"{_OLD_NAMES.get(made.module, made.module)}.{made.name}"
    first = call.argument(0)
    if is_setter(made) and not isinstance(first, Call):
        return DANGER, "changes a class or function that isn't the pickle's own"
    if path in {NAMED, "builtins.getattr"}:
        return _judge_named(first) if path == NAMED else _judge_getattr(first, call.argument(1))
    if _is_of_types(path, call, first):
        return HARMLESS, "makes a type of types"
    if path.endswith(_CLASS_MAKERS) and isinstance(first, Global) and first.path not in _METACLASSES:
        return UNKNOWN, f"makes a class by {first.path}"
    if path == "_codecs.encode" and call.argument(1) not in _ENCODINGS:
        return UNKNOWN, "encodes a text by a codec of that name"
    return _SPECIAL.get(path)
