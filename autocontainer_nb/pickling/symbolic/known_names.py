"""The tables of names known to be dangerous or harmless."""

from typing import Final

# Modules by what they do, including their submodules.
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
# Packages whose classes are harmless: creating an instance and setting its attributes does nothing else.
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
_KNOWN_DUNDERS: Final = {"__main__", "__newobj__", "__newobj_ex__", "__import__", "__name__", "__randomstate_ctor"} | {
    "__generator_ctor", "__bit_generator_ctor", "__pyx_unpickle_NDArrayBacked", "__pyx_unpickle_Enum",
    "__pyx_unpickle_SeedSequence",
}  # fmt: skip
