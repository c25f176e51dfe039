"""A notebook without a front end: IPython's own shell with the extension, whose namespace is emptied for each case."""

import __future__

import gc
import importlib
import inspect
import linecache
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from large_pages import use_large_pages
from traitlets.config import Config

from autocontainer_nb.core.capture.own_classes import recognize_own_classes
from autocontainer_nb.notebook.extension import load_ipython_extension
from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.pickling.portable.scopes import scope_table

# What people import first. A cell of its own, so that cells made of it are short.
IMPORTS = """\
import abc, array, asyncio, collections, contextlib, copy, dataclasses, datetime, decimal, enum, fractions, functools
import collections.abc, inspect, ipaddress, itertools, math, operator, pathlib, pickle, random, re, string, sys, threading
import types, typing, uuid, zoneinfo
from dataclasses import dataclass, field
from typing import Any
import attrs, numpy as np, pandas as pd, pydantic
from probing import attempt, show
from autocontainer_nb import conditional, dynamic, map_task, task, workflow"""


# Where code is that classes of these libraries hold.
_LIBRARIES = ("attr._make", "attr.setters", "pydantic.main", "pydantic._internal._model_construction")

_FROZEN_EVERY = 100  # cases; what caches have by then isn't looked through for garbage again


class CellFailedError(Exception):
    """A cell of a case raised: the case is of no use."""


class Kernel:
    """One process has one. `begin` empties it."""

    def __init__(self, folder: Path) -> None:
        """Start the shell in an empty folder, which it keeps: much is cached for one `sys.path`."""
        self.folder = folder
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        self._shell = InteractiveShell.instance(config=config)
        load_ipython_extension(self._shell)
        recognize_own_classes()  # as the client does when it launches first
        self._shell.showtraceback = lambda *_, **__: None  # told by `run`
        self.names: dict[str, Any] = self._shell.user_ns
        self._path = [str(folder), *sys.path]
        self._texts = [
            (_text(name), flags) for name in _LIBRARIES for flags in (0, __future__.annotations.compiler_flag)
        ]
        self._played = 0
        self.run(IMPORTS)
        self._first = dict(self.names)
        self.begin()
        gc.collect()
        gc.freeze()
        use_large_pages()

    def begin(self) -> None:
        """Forget the last case and its files."""
        self._played += 1
        if self._played % _FROZEN_EVERY == 0:
            gc.collect()
            gc.freeze()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        importlib.invalidate_caches()
        for name in [each for each in sys.modules if each.startswith("local_")]:
            del sys.modules[name]
        self.names.clear()
        self.names.update(self._first)
        cells.clear()
        for name in [each for each in linecache.cache if "ipykernel" in each or "ipython-input" in each]:
            del linecache.cache[name]
        for text, flags in self._texts:  # whose scopes are only kept as long as few others are asked for
            scope_table(text, "<source>", flags, by_statement=True)
        self._shell.execution_count = 1
        sys.path[:] = self._path
        os.chdir(self.folder)

    def own(self) -> dict[str, Any]:
        """Return what the case's cells have defined."""
        return {name: one for name, one in self.names.items() if name not in self._first and name[0] != "_"}

    def run(self, text: str) -> None:
        """Run one cell.

        Raises:
            CellFailedError: it raises.
        """
        done = self._shell.run_cell(text, store_history=True)
        error = done.error_before_exec or done.error_in_exec
        if error is not None:
            raise CellFailedError(f"{type(error).__name__}: {error}\nin the cell\n{text}") from error

    def sources(self, texts: Iterable[str]) -> list[str]:
        """Return the cells' texts as they are compiled. What they define is forgotten."""
        for text in texts:
            self.run(text)
        found = self.texts()
        self.begin()
        return found

    def texts(self) -> list[str]:
        """Return the texts of the cells that have run, as they were compiled."""
        return [cell.source for cell in cells.all()]

    def value(self, text: str) -> Any:
        """Return the value of an expression."""
        return eval(text, self.names)


def _text(module: str) -> str:
    return inspect.getsource(importlib.import_module(module))
