"""What can't be captured is named: path, cell, kind, and what to do about it; all of it, and nothing else."""

import asyncio
import concurrent.futures
import contextvars
import csv
import ctypes
import io
import logging
import mmap
import queue
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import weakref
import zipfile
from pathlib import Path

import pytest
from archives import write
from main_cells import Notebook
from projects import Project

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.explain import obstacles, walk
from autocontainer_nb.pickling.explain.obstacles import advice

LOADERS = """
import threading

class Cache:
    def __init__(self):
        self._lock = threading.Lock()
        self.entries = {}

class Loaders:
    def __init__(self):
        self.cache = Cache()

loaders = Loaders()
fine = 3
"""


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


def refused(notebook: Notebook, path: Path, name: str = "entity") -> CaptureError:
    with pytest.raises(CaptureError) as caught:
        write(notebook[name], path / "e.pkl", notebook[name], notebook.book)
    assert not (path / "e.pkl").exists()
    return caught.value


def test_the_path_leads_to_the_innermost_object(notebook: Notebook, tmp_path: Path) -> None:
    """`entity ► loaders ► cache ► _lock`, the cell that made `loaders`, and a fix that fits a lock in an own class."""
    notebook.run(LOADERS)
    notebook.run("def entity():\n    return loaders, fine\n")
    message = str(refused(notebook, tmp_path))
    assert "`entity ► loaders ► cache ► _lock` is a lock (_thread.lock), made in Cell In[1]" in message
    assert "create it inside the task" in message
    assert "let class Cache drop _lock in __getstate__" in message
    assert "fine" not in message


def test_containers_and_helpers_are_part_of_the_path(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run(LOADERS + "table = {'train': [loaders]}\n")
    notebook.run("def helper():\n    return table\n\ndef entity():\n    return helper()\n")
    found = refused(notebook, tmp_path).explanation.culprits
    assert [one.path for one in found] == [("entity", "helper", "table", '["train"]', "[0]", "cache", "_lock")]


def test_all_culprits_are_named_each_once(notebook: Notebook, tmp_path: Path) -> None:
    """Three things that can't be pickled are told in one message, one of them under the first of its two names."""
    notebook.run(LOADERS + "again = loaders\ngenerator = (n for n in ())\n", database=sqlite3.connect(":memory:"))
    notebook.run("def entity(rows=generator):\n    return loaders, again, database, fine\n")
    error = refused(notebook, tmp_path)
    assert "for 3 reasons" in str(error)
    assert {one.path for one in error.explanation.culprits} == {
        ("entity", "rows="), ("entity", "loaders", "cache", "_lock"), ("entity", "database"),
    }  # fmt: skip
    notebook["database"].close()


def test_more_culprits_than_fit_are_counted(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run("", locks=[threading.Lock() for _ in range(50)])
    notebook.run("def entity():\n    return locks\n")
    error = refused(notebook, tmp_path)
    assert "for 50 reasons" in str(error)
    assert "- and 30 more" in str(error)
    assert len(error.explanation.culprits) == 50


def test_what_an_own_class_says_itself_is_told(notebook: Notebook, tmp_path: Path) -> None:
    """An object whose own method refuses is the culprit, with its words."""
    notebook.run("class Odd:\n    def __reduce__(self):\n        raise ValueError('not on a Sunday')\nodd = Odd()\n")
    notebook.run("def entity():\n    return odd\n")
    [culprit] = refused(notebook, tmp_path).explanation.culprits
    assert (culprit.path, culprit.cause) == (("entity", "odd"), "not on a Sunday")
    assert "__reduce__ of class Odd" in culprit.fix


def test_what_the_reduction_does_not_tell_is_found_by_trials(notebook: Notebook, tmp_path: Path) -> None:
    """An object that hands out its parts, and whose parts fail only when they are really pickled."""
    notebook.run(
        "import copyreg\n"
        "class Sly:\n"
        "    asked = 0\n"
        "    def __reduce_ex__(self, protocol):\n"
        "        return 'no_such_name_anywhere'\n"
        "sly = [Sly()]\n"
        "sly[0].__module__ = 'json'\n"
        "def entity():\n    return sly\n"
    )
    found = refused(notebook, tmp_path).explanation.culprits
    assert [one.path for one in found] == [("entity", "sly", "[0]")]


def test_a_cycle_ends(notebook: Notebook, tmp_path: Path) -> None:
    """An object that holds itself and a lock is searched once."""
    ring: dict = {"lock": threading.Lock()}
    ring["self"] = ring
    notebook.run("def entity():\n    return ring\n", ring=ring)
    [culprit] = refused(notebook, tmp_path).explanation.culprits
    assert culprit.path == ("entity", "ring", '["lock"]')


def test_a_deep_object_is_no_crash(notebook: Notebook, tmp_path: Path) -> None:
    deep: list = []
    for _ in range(20_000):
        deep = [deep]
    notebook.run("def entity():\n    return deep\n", deep=deep)
    message = str(refused(notebook, tmp_path))
    assert "'nb.entity' can't be captured" in message
    while deep:  # taken apart: freeing it would recurse as deeply
        deep = deep.pop()


def test_nothing_is_tried_but_suspects(notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is captured beside one lock, one trial proves it: the search isn't quadratic."""
    tried, trial = [], obstacles.trial
    monkeypatch.setattr(walk, "trial", lambda value, book: tried.append(value) or trial(value, book))
    notebook.run(LOADERS, many=[{"a": [object(), {"b": i}]} for i in range(300)])
    notebook.run("def entity():\n    return many, loaders\n")
    refused(notebook, tmp_path)
    assert tried == [notebook["loaders"].cache._lock]


KINDS = {
    "a lock": threading.RLock,
    "a lock or an event": threading.Event,
    "thread-local data": threading.local,
    "a context variable": lambda: contextvars.ContextVar("v"),
    "a thread": threading.Thread,
    "an executor or its future": lambda: concurrent.futures.ThreadPoolExecutor(1),
    "a queue": queue.Queue,
    "a generator": lambda: (n for n in ()),
    "a coroutine, an asyncio task or its loop": asyncio.new_event_loop,
    "a logging handler": logging.StreamHandler,
    "an open archive or data file": lambda: zipfile.ZipFile(io.BytesIO(), "w"),
    "an open file": tempfile.TemporaryFile,
    "a mapped file": lambda: mmap.mmap(-1, 16),
    "a database connection": lambda: sqlite3.connect(":memory:"),
    "a network connection": socket.socket,
    "a stack frame": sys._getframe,
    "a weak reference": lambda: weakref.ref(KINDS_ANCHOR),
    "a C library or a pointer": lambda: ctypes.pointer(ctypes.c_int(1)),
    "a match of a regular expression": lambda: re.match("a", "a"),
}


class Anchor:
    pass


KINDS_ANCHOR = Anchor()


@pytest.mark.parametrize("what", KINDS)
def test_each_kind_has_its_own_words(what: str, notebook: Notebook, tmp_path: Path) -> None:
    """The object as people know it is named, not what is deep inside of it, and the fix belongs to its kind."""
    thing = KINDS[what]()
    try:
        notebook.run("def entity():\n    return thing\n", thing=thing)
        [culprit] = refused(notebook, tmp_path).explanation.culprits
        assert (culprit.path, culprit.what) == (("entity", "thing"), what)
        assert culprit.fix == advice(thing, culprit.path)[1]
        assert "{" not in culprit.fix
    finally:
        getattr(thing, "close", getattr(thing, "shutdown", lambda: None))()


def test_a_process_and_a_csv_reader(notebook: Notebook, tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    notebook.run("def entity():\n    return process, rows\n", process=process, rows=csv.reader([]))
    assert {one.what for one in refused(notebook, tmp_path).explanation.culprits} == {"a process", "an open file"}


@pytest.mark.parametrize(
    "thing",
    [logging.getLogger("a.b"), io.BytesIO(b"x"), {"a": 1}.keys(), contextvars, re.compile("a"), range(3), Path("x")],
    ids=lambda thing: type(thing).__name__,
)
def test_what_travels_is_no_culprit(thing: object, notebook: Notebook, tmp_path: Path) -> None:
    """Loggers and modules travel by name, and views, buffers in memory and patterns by value: nobody is blamed."""
    notebook.run("def entity():\n    return thing\n", thing=thing)
    assert not write(notebook["entity"], tmp_path / "e.pkl", notebook["entity"], notebook.book).explanation.culprits


def test_a_client_is_blamed_as_a_whole(notebook: Notebook, tmp_path: Path) -> None:
    """Of a gRPC channel and an aiohttp session, the variable is named, not a lock or a context inside."""
    aiohttp, grpc = pytest.importorskip("aiohttp"), pytest.importorskip("grpc")

    async def made() -> object:
        return aiohttp.ClientSession()

    loop = asyncio.new_event_loop()
    session = loop.run_until_complete(made())
    channel = grpc.insecure_channel("127.0.0.1:1")
    try:
        notebook.run("def entity():\n    return session, channel\n", session=session, channel=channel)
        found = refused(notebook, tmp_path).explanation.culprits
        assert {(one.path, one.what) for one in found} == {
            (("entity", "session"), "a client of a service"), (("entity", "channel"), "a client of a service"),
        }  # fmt: skip
    finally:
        loop.run_until_complete(session.close())
        loop.close()
        channel.close()


def test_a_long_path_is_shown_by_its_ends(notebook: Notebook, tmp_path: Path) -> None:
    """A chain of thousands of objects: what it begins with, what it ends with, and how many are between."""
    chain: object = threading.Lock()
    for _ in range(5000):
        chain = [chain]
    notebook.run("def entity():\n    return chain\n", chain=chain)
    message = str(refused(notebook, tmp_path))
    assert "`entity ► chain ► [0] ► [0] ► [0] ► … 4,992 more … ► [0] ► [0] ► [0] ► [0] ► [0]` is a lock" in message
    assert len(message) < 1000
    while isinstance(chain, list):
        chain = chain.pop()


def test_a_command_in_a_task_is_one_reason(project: Project) -> None:
    """`!echo` asks for the notebook's shell: that is told once, and nothing that holds the function is blamed, too."""
    told = project.capture(
        """
        from IPython.core.interactiveshell import InteractiveShell
        from autocontainer_nb.pickling.code.cells import CellBook
        from autocontainer_nb.pickling.explain.walk import Root, explain
        def entity_and_holder(function):
            found = explain([Root("f", function), Root("f", [function])], CellBook(), failure=TypeError()).culprits
            print(json.dumps([one.describe() for one in found]))
        shell = InteractiveShell.instance()
        shell.user_ns["told"] = entity_and_holder
        shell.run_cell("def f():\\n    !echo\\ntold(f)")
        """,
        IPYTHONDIR=str(project.container),
    )
    [sentence] = told
    assert "`f ► get_ipython` is an object of this notebook (method)" in sentence
    assert "instead of `!command`, call subprocess.run(...)" in sentence
