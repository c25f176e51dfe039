"""The kinds of objects that can't travel, and the remedy for each.

A `Remedy` that is `whole` describes an object as people know it (a client, a queue, an executor), even if pickle
refuses a lock or socket deep inside it: the search stops there. Before an object is reported, it is pickled alone as a
proof.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MethodType, ModuleType
from typing import Any, Final

from autocontainer_nb.pickling.capture.pickler import CapturePickler
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.parts import parts_of

_INSIDE: Final = "create it inside the task"
_CONNECT: Final = f"{_INSIDE} from a captured URL or path; a connection can't leave this process"
_CLIENT: Final = f"{_INSIDE}, and capture its requests or answers as plain values; a client can't leave this process"
_FILE: Final = "pass its path (a FlyteFile or str input) and open it inside the task"
# (full names of classes, or packages with a dot at the end; kind; remedy). A name also matches subclasses of the class.
# The first matching line counts.
_TABLE: Final[tuple[tuple[tuple[str, ...], str, str], ...]] = (
    (
        ("_thread.lock", "_thread.RLock", "threading._RLock"),
        "a lock",
        f"{_INSIDE}; a lock has no effect in another process",
    ),
    (("threading.Condition", "threading.Semaphore", "threading.Event", "threading.Barrier"), "a lock or an event",
     f"{_INSIDE}; it has no effect in another process"),
    (("threading.local", "_thread._local"), "thread-local data", f"{_INSIDE}; it belongs to this process"),
    (("_contextvars.ContextVar", "_contextvars.Context", "_contextvars.Token", "Context", "ContextVar", "Token"),
     "a context variable", "capture its value, {name}.get(), or create the variable inside the task"),
    (("threading.Thread",), "a thread", "start it inside the task; a thread can't leave this process"),
    (("concurrent.futures.",), "an executor or its future",
     f"{_INSIDE}; its threads can't leave this process. For a future, capture its result()"),
    (("subprocess.Popen", "asyncio.subprocess.", "multiprocessing.process.", "multiprocessing.context.Process"),
     "a process", "start it inside the task; a process can't leave this machine"),
    (("multiprocessing.",), "an object shared among processes", f"{_INSIDE}; it belongs to this machine"),
    (("queue.", "_queue.SimpleQueue", "asyncio.queues."), "a queue",
     f"capture its items as a list, or {_INSIDE}"),
    (("asyncio.", "_asyncio.", "uvloop.", "coroutine"), "a coroutine, an asyncio task or its loop",
     "await it in the notebook and capture the result, or capture the `async def` and await it inside the task"),
    (("generator", "async_generator"), "a generator", "capture list({name}), or the function that creates it"),
    (("logging.Handler",), "a logging handler",
     "add handlers inside the task; a logger itself can be captured: logging.getLogger(...)"),
    (("tqdm.", "alive_progress.", "rich.progress.", "rich.live.", "rich.console."), "a progress display",
     f"{_INSIDE}; it draws on the screen of this machine"),
    (("zipfile.ZipFile", "tarfile.TarFile", "h5py.", "tables.file.", "netCDF4.", "zarr.", "pandas.io.pytables.HDFStore",
      "openpyxl.", "pandas.io.excel."), "an open archive or data file", _FILE),
    (("_io.StringIO", "_io.BytesIO"), "a buffer in memory", "capture {name}.getvalue()"),
    (("_io.", "io.", "tempfile.", "codecs.Stream", "gzip.", "bz2.", "lzma.", "posix.ScandirIterator",
      "nt.ScandirIterator", "_csv.", "fsspec."), "an open file", _FILE),
    (("mmap.mmap",), "a mapped file", "capture bytes({name}[:]), or map the file inside the task"),
    (("memoryview",), "a view of memory", "capture bytes({name}), or an array"),
    (("sqlite3.", "psycopg.", "psycopg2.", "psycopg_pool.", "asyncpg.", "pymysql.", "MySQLdb.", "mysql.", "pyodbc.",
      "oracledb.", "cx_Oracle.", "duckdb.", "_duckdb.", "snowflake.", "clickhouse_connect.", "clickhouse_driver.",
      "trino.", "databricks.", "pymongo.", "motor.", "cassandra.", "neo4j.", "sqlalchemy.engine.", "sqlalchemy.orm.",
      "sqlalchemy.pool.", "sqlalchemy.ext.asyncio."), "a database connection", _CONNECT),
    (("redis.", "pymemcache.", "kafka.", "confluent_kafka.", "cimpl.", "pika.", "nats.", "zmq.", "celery."),
     "a connection to a server", _CONNECT),
    (("requests.", "httpx.", "aiohttp.", "urllib3.", "http.client.", "urllib.request.", "websockets.", "websocket.",
      "botocore.", "boto3.", "aiobotocore.", "s3transfer.", "grpc.", "google.cloud.", "google.auth.",
      "googleapiclient.", "azure.", "openai.", "anthropic.", "cohere.", "huggingface_hub.", "wandb.", "mlflow.",
      "kubernetes.", "docker.",
      "paramiko.", "ftplib.", "smtplib.", "imaplib.", "telnetlib.", "elasticsearch.", "opensearchpy.", "pinecone.",
      "weaviate.", "qdrant_client.", "chromadb.", "selenium.", "playwright."), "a client of a service", _CLIENT),
    (("socket.", "_socket.socket", "ssl.", "_ssl.", "select.", "selectors."), "a network connection", _CONNECT),
    (("pyspark.", "py4j."), "a Spark session or one of its objects",
     "create the session inside the task (SparkSession.builder); for a data frame, capture {name}.toPandas()"),
    (("distributed.", "dask.distributed.", "ray."), "a connection to a cluster",
     "connect inside the task; for a result, capture the value of {name}.compute() or ray.get({name})"),
    (("torch.utils.data.dataloader._BaseDataLoaderIter",), "an iterator of a DataLoader",
     "capture the DataLoader or its dataset, and call iter(...) inside the task"),
    (("torch.cuda.Stream", "torch.cuda.Event", "torch.cuda.CUDAGraph", "torch._C.Generator", "torch._C._CudaStreamBase",
      "cupy.", "pycuda.", "numba.cuda."), "an object on a GPU",
     f"{_INSIDE}; for an array, capture a copy in main memory"),
    (("IPython.", "ipykernel.", "ipywidgets.", "traitlets."), "an object of this notebook",
     "don't use IPython, widgets or `%` lines in the task; instead of `!command`, call subprocess.run(...)"),
    (("frame", "traceback"), "a stack frame", "capture its text: traceback.format_exc()"),
    (("weakref", "_weakref.", "weakref.ReferenceType", "weakref.ProxyType", "weakref.CallableProxyType",
      "_weakrefset.",
      "weakref.WeakSet", "weakref.WeakKeyDictionary", "weakref.WeakValueDictionary", "weakref.WeakMethod",
      "weakref.finalize"), "a weak reference", "capture the object itself, or look it up inside the task"),
    (("_ctypes.", "ctypes.", "_cffi_backend."), "a C library or a pointer",
     "load the library inside the task, where addresses are different; for a value, capture {name}.value"),
    (("PyCapsule", "builtins.PyCapsule"), "a pointer of a C library", _INSIDE),
    (("dict_keys", "dict_values", "dict_items", "odict_keys", "odict_values", "odict_items"), "a view of a dictionary",
     "capture list({name})"),
    (("mappingproxy",), "a read-only view of a dictionary", "capture dict({name})"),
    (("re.Match", "regex.Match", "_regex.Match"), "a match of a regular expression",
     "capture {name}.group() or {name}.groups()"),
    (("module",), "a module", "import it inside the task"),
    (("code",), "a code object", "capture the function it belongs to"),
    (("_abc._abc_data", "getset_descriptor", "member_descriptor", "wrapper_descriptor"),
     "a part of a class made in C", "capture the class's name, or call it inside the task"),
    (("matplotlib.", "_tkinter.", "tkinter.", "PyQt5.", "PyQt6.", "PySide6.", "pygame."),
     "an object of a window or plot", f"{_INSIDE}; for a figure, capture the bytes that savefig writes"),
)  # fmt: skip
# Objects that users don't know, only their containers: the search continues with the container.
_INNERMOST: Final = frozenset({"a lock", "thread-local data", "a module", "a stack frame", "a code object"})
MAX_TRIALS: Final = 500  # of one search by trials alone
_MAX_DEPTH: Final = 30
_MAX_CAUSE: Final = 300


@dataclass(frozen=True)
class Remedy:
    """The kind of an object, in words, and the remedy; `{name}` in `fix` stands for the object's name."""

    what: str
    fix: str
    whole: bool = True


def remedy_for(value: Any) -> Remedy | None:
    """Return the kind of the object and the remedy; None for unknown types."""
    if issubclass(type(value), type):
        return None
    for kind in type(value).__mro__[:-1]:
        name = full_name(kind)
        for patterns, what, fix in _TABLE:
            for pattern in patterns:
                if name == pattern or (pattern.endswith(".") and name.startswith(pattern)):
                    return Remedy(what, fix, what not in _INNERMOST)
    return None


def advice(value: Any, path: Sequence[str], holder: Any = None) -> tuple[str, str]:
    """Return the kind of the object at the end of the path, and the remedy; `holder` refers to the object."""
    bound_to = value.__self__ if isinstance(value, MethodType) else None  # a method can travel if its object can
    remedy = remedy_for(value) or remedy_for(bound_to) or _unknown(value)
    name = path[-1].removeprefix("(") if path else ""
    fix = remedy.fix.replace("{name}", name if name.isidentifier() else "it")
    owner = type(holder)
    if name.isidentifier() and not issubclass(type(holder), ModuleType | type) and is_own_class(owner):
        fix += f"; or let class {owner.__qualname__} drop {name} in __getstate__ and recreate it in __setstate__"
    return remedy.what, fix


def note_on(value: Any) -> str | None:
    """Return a warning about an object that travels, but may fail in the container; None for most."""
    kind = type(value)
    root = kind.__module__.partition(".")[0]
    if kind.__module__ == "torch.storage":
        return None  # the memory of a tensor, which emits a deprecation warning when asked
    if root == "torch" and getattr(value, "is_cuda", False) is True:
        return "is on a GPU, and can only be loaded on a machine with one: capture its .cpu()"
    if any(full_name(one) == "ctypes.CDLL" for one in kind.__mro__):
        return "is a C library loaded in this process: load it inside the task"
    if root == "cupy":
        return "is on a GPU, and can only be loaded on a machine with one: capture its .get()"
    return None


def is_own_class(kind: type) -> bool:
    """Whether a class is the user's, whose source can be changed."""
    from autocontainer_nb.pickling.code.ownership import is_local_module

    module = getattr(kind, "__module__", None)
    return isinstance(module, str) and (module == "__main__" or is_local_module(module))


def full_name(kind: type) -> str:
    """Return the name of a class with its module, or without it for Python's own and the notebook's."""
    module = kind.__module__
    return kind.__qualname__ if module in {"builtins", "__main__"} else f"{module}.{kind.__qualname__}"


def _unknown(value: Any) -> Remedy:
    kind = type(value)
    if is_own_class(kind):
        fix = f"{_INSIDE}, or define __reduce__ of class {kind.__qualname__}"
        return Remedy("an object that can't be pickled", fix)
    root = kind.__module__.partition(".")[0]
    origin = f" of {root}" if root != "builtins" and root in sys.modules else ""
    return Remedy(f"an object{origin} that can't be pickled", f"{_INSIDE}, or in a function that the task calls")


def trial(value: Any, book: CellBook) -> str | None:
    """Return why the object alone can't be pickled; None if it can. The pickle is discarded."""
    try:
        CapturePickler(_Nowhere(), SourceCollector(book), lambda _: False).dump(value)  # type: ignore[arg-type]  # all that a pickler asks of a file is write()
    except RecursionError:
        return "it is nested too deeply for pickle"
    except Exception as error:  # noqa: BLE001 - any class's own pickling code runs here, and may raise anything
        text = f"{error}".strip().rstrip(".") or type(error).__name__
        return text if len(text) <= _MAX_CAUSE else text[: _MAX_CAUSE - 1] + "…"
    return None


def narrowed(
    name: str, value: Any, book: CellBook, seen: dict[int, Any], failed: set[int]
) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Yield (path, object, cause) of the innermost objects that fail, found by trying the parts of a failing one.

    For failures that the objects' own reductions don't explain. Objects in `seen` are left out; each tried object is
    added to it, and each failing one to `failed`. The number of trials is limited; the rest isn't searched.
    """
    cause = None if id(value) in seen else trial(value, book)
    if cause is None:
        return
    seen[id(value)] = value
    failed.add(id(value))
    left = MAX_TRIALS
    stack: list[tuple[tuple[str, ...], Any, str]] = [((name,), value, cause)]
    while stack:
        path, value, cause = stack.pop()
        failing: list[tuple[tuple[str, ...], Any, str]] = []
        has_known = False
        for part in parts_of(value).children if len(path) < _MAX_DEPTH else ():
            if id(part.value) in seen or left <= 0:
                has_known = has_known or id(part.value) in failed
                continue
            seen[id(part.value)] = part.value
            left -= 1
            inner = trial(part.value, book)
            if inner is not None:
                failed.add(id(part.value))
                step = part.step.removeprefix(".")
                failing.append(((*path, step) if step else path, part.value, inner))
        if failing:
            stack.extend(reversed(failing))
        elif not has_known:  # else it fails because of an object that was already found
            yield path, value, cause


class _Nowhere:
    """A file that discards its content."""

    def write(self, data: Any) -> int:
        return memoryview(data).nbytes
