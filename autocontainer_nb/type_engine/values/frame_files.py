"""DataFrames as files: parquet for pandas, pyarrow and polars, csv for pandas.

A table is stored as a folder with one file, as flytekit does; tables from elsewhere may be a single file, or many. A
library is imported only if one of its frames is involved.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

from autocontainer_nb.storage.access import FileAccess, PrefixAccess, upload
from autocontainer_nb.type_engine.wording import Misfit, show_type, show_value
from autocontainer_nb.wire import CSV_FORMAT, PARQUET_FORMAT

_FOLDER_NAME = "frame"
_FILE_NAMES = {PARQUET_FORMAT: "00000", CSV_FORMAT: ".csv"}  # in the folder, as flytekit names them
_NEEDS_PYARROW = "parquet needs pyarrow: pip install 'autocontainer-nb[dataframes]'"
_SHOWN_COLUMNS = 8

Columns = list[str] | None


def _write_pandas(frame: Any, path: str) -> None:
    frame.to_parquet(path, engine="pyarrow")


def _write_csv(frame: Any, path: str) -> None:
    frame.to_csv(path, index=False)


def _write_arrow(table: Any, path: str) -> None:
    from pyarrow import parquet

    parquet.write_table(table, path)


def _write_polars(frame: Any, path: str) -> None:
    frame.lazy().collect().write_parquet(path)


def _read_pandas(paths: list[str], columns: Columns) -> Any:
    import pandas as pd

    # One file is read as a file: a folder of parquet is a data set to pyarrow, whose import costs more.
    parts = [pd.read_parquet(path, engine="pyarrow", columns=columns) for path in paths]
    return parts[0] if len(parts) == 1 else pd.concat(parts)


def _read_csv(paths: list[str], columns: Columns) -> Any:
    import pandas as pd

    parts = [pd.read_csv(path, usecols=columns) for path in paths]
    return parts[0] if len(parts) == 1 else pd.concat(parts)


def _read_arrow(paths: list[str], columns: Columns) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    return pa.concat_tables([parquet.ParquetFile(path).read(columns=columns) for path in paths])


def _read_polars(paths: list[str], columns: Columns) -> Any:
    import polars as pl

    return pl.concat([pl.read_parquet(path, columns=columns, glob=False) for path in paths])


def _read_lazy(paths: list[str], columns: Columns) -> Any:
    import polars as pl

    frame = pl.concat([pl.scan_parquet(path, glob=False) for path in paths])
    return frame if columns is None else frame.select(columns)


# module, class, format ► how it is written and read
_WAYS: tuple[tuple[str, str, str, Callable[..., None], Callable[..., Any]], ...] = (
    ("pandas", "DataFrame", PARQUET_FORMAT, _write_pandas, _read_pandas),
    ("pandas", "DataFrame", CSV_FORMAT, _write_csv, _read_csv),
    ("pyarrow", "Table", PARQUET_FORMAT, _write_arrow, _read_arrow),
    ("polars", "DataFrame", PARQUET_FORMAT, _write_polars, _read_polars),
    ("polars", "LazyFrame", PARQUET_FORMAT, _write_polars, _read_lazy),
)


def _way(frame_type: Any, form: str) -> tuple[Callable[..., None], Callable[..., Any]]:
    for module, name, known, write, read in _WAYS:
        wanted = getattr(sys.modules.get(module), name, None)
        if known == form and wanted is not None and isinstance(frame_type, type) and issubclass(frame_type, wanted):
            return write, read
    raise Misfit(
        f"a frame type that can be stored as {form}",
        show_type(frame_type),
        "known are pandas.DataFrame, pyarrow.Table, polars.DataFrame and polars.LazyFrame (csv: pandas.DataFrame)",
    )


def store_frame(frame: Any, form: str, uri: str | None, files: FileAccess) -> str:
    """Store the frame at `uri`, or where `files` decides, and return the URI of its folder.

    Raises:
        Misfit: it isn't a frame, or the format can't hold its content.
    """
    write, _ = _way(type(frame), form)
    place = files.new_place(_FOLDER_NAME) if uri is None and isinstance(files, PrefixAccess) else None
    if place is not None:
        os.mkdir(place)
        _attempt(frame, lambda: write(frame, os.path.join(place, _FILE_NAMES[form])))
        return place
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="autocontainer-nb-") as scratch:
        folder = os.path.join(scratch, _FOLDER_NAME)
        os.mkdir(folder)
        _attempt(frame, lambda: write(frame, os.path.join(folder, _FILE_NAMES[form])))
        if uri is None:
            return files.put(folder, _FOLDER_NAME, indexed=False)  # its one file has a name that readers know
        upload(folder, uri)
        return uri


def _attempt(frame: Any, write: Callable[[], None]) -> None:
    try:
        write()
    except ImportError as error:
        raise Misfit(
            f"a {type(frame).__name__} that can be stored", "one in an environment without pyarrow", _NEEDS_PYARROW
        ) from error
    except (ValueError, TypeError, NotImplementedError) as error:  # pyarrow's ArrowInvalid is a ValueError
        words = " ".join(str(part) for part in error.args) or type(error).__name__
        raise Misfit(
            f"a {type(frame).__name__} that parquet can hold",
            f"columns {_shown_columns(frame)}",
            f"{words}. Give each column one type, or annotate it as Any to have it pickled",
        ) from error


def _shown_columns(frame: Any) -> str:
    kinds = getattr(frame, "dtypes", None)
    items = getattr(kinds, "items", None)
    columns = list(items() if items is not None else zip(frame.columns, kinds or (), strict=False))
    return ", ".join(f"{name} ({kind})" for name, kind in columns[:_SHOWN_COLUMNS])


def parts_of(form: str) -> tuple[str, ...]:
    """Return the names of the files of a table in the format, as this package and flytekit write it."""
    return (_FILE_NAMES.get(form or PARQUET_FORMAT, _FILE_NAMES[PARQUET_FORMAT]),)


def _paths(uri: str, form: str, files: FileAccess) -> list[str]:
    path = files.get(uri, parts=parts_of(form))
    if not os.path.isdir(path):
        return [path]
    found = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
    return sorted(found) or [path]


def fetch_frame(uri: str, form: str, frame_type: Any, columns: Columns, files: FileAccess) -> Any:
    """Return the table at the URI as a frame of the type, with these columns (default: all).

    Raises:
        Misfit: its format can't be read as that type, or a column is missing.
    """
    return _read(_paths(uri, form, files), uri, form, frame_type, columns)


def fetch_parts(uri: str, form: str, frame_type: Any, columns: Columns, files: FileAccess) -> list[Callable[[], Any]]:
    """Return a function for each file at the URI that reads it and returns its frame."""
    return [
        lambda path=path: _read([path], uri, form, frame_type, columns)  # type: ignore[misc] # mypy knows no default here
        for path in _paths(uri, form, files)
    ]


def _read(paths: list[str], uri: str, form: str, frame_type: Any, columns: Columns) -> Any:
    _, read = _way(frame_type, form or PARQUET_FORMAT)
    noun = getattr(frame_type, "__name__", "frame")
    try:
        return read(paths, columns)
    except ImportError as error:
        raise Misfit(f"a {noun}", f"a parquet file at {uri}", _NEEDS_PYARROW) from error
    except (ValueError, KeyError, OSError) as error:
        wanted = f" with the columns {', '.join(columns)}" if columns else ""
        raise Misfit(f"a {form or PARQUET_FORMAT} file{wanted}", f"the file at {uri}", str(error)) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "polars":  # polars' errors have no common base class in Python
            raise
        raise Misfit(f"a {form or PARQUET_FORMAT} file", f"the file at {uri}", str(error)) from error


def is_frame(value: Any) -> bool:
    """Whether the value is a frame that can be stored as parquet."""
    return is_frame_type(type(value))


def is_frame_type(frame_type: Any) -> bool:
    """Whether frames of the type can be stored as parquet."""
    try:
        _way(frame_type, PARQUET_FORMAT)
    except Misfit:
        return False
    return True


def no_frame(value: Any) -> Misfit:
    """Return the Misfit for a value that isn't a frame."""
    return Misfit("a frame of pandas, pyarrow or polars", show_value(value))
