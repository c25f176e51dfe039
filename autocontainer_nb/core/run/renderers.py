"""Renderers of values as HTML, with all text escaped. Optional libraries are used only if already imported."""

import sys
import typing
from html import escape
from importlib import import_module
from typing import Any, Final, Protocol, runtime_checkable

from autocontainer_nb.core.environment import is_loaded

_MAX_ROWS: Final = 10
_MAX_COLUMNS: Final = 100
_MAX_CHARS: Final = 5_000  # of a value's own text


@runtime_checkable
class Renderable(Protocol):
    """A renderer of values as HTML; `Annotated[type, renderer]` uses it instead of the default."""

    def to_html(self, python_value: Any) -> str:
        """Return HTML for the value, with the value's text escaped."""


class TopFrameRenderer:
    """Shows the first rows and columns of a data frame, of pandas, polars or pyarrow."""

    def __init__(self, max_rows: int = _MAX_ROWS, max_cols: int = _MAX_COLUMNS) -> None:
        self._max_rows = max_rows
        self._max_cols = max_cols

    def to_html(self, df: Any) -> str:
        """Return a table and the size of the frame."""
        columns, rows, size = _frame_parts(df, self._max_rows)
        head = "".join(f"<th>{escape(str(name))}</th>" for name in columns[: self._max_cols])
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row[: self._max_cols]) + "</tr>"
            for row in rows
        )
        shape = f"<p>{size} rows, {len(columns)} columns</p>"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{shape}"


class MarkdownRenderer:
    """Shows Markdown as HTML if the library markdown-it is installed, otherwise as plain text."""

    def to_html(self, text: str) -> str:
        """Return the text as HTML; HTML inside the Markdown is escaped."""
        try:
            markdown = import_module("markdown_it").MarkdownIt
        except ImportError:
            return f"<pre>{escape(text)}</pre>"
        return str(markdown("commonmark", {"html": False}).render(text))


class SourceCodeRenderer:
    """Shows Python source."""

    def __init__(self, title: str = "Source Code") -> None:
        self._title = title

    def to_html(self, source_code: str) -> str:
        """Return the source, escaped, in one block."""
        return f'<pre title="{escape(self._title, quote=True)}"><code>{escape(source_code)}</code></pre>'


class PythonDependencyRenderer:
    """Shows the packages that are installed where the task runs."""

    def __init__(self, title: str = "Dependencies") -> None:
        self._title = title

    def to_html(self) -> str:
        """Return a table of packages and versions."""
        from importlib.metadata import distributions

        found = sorted({(str(each.name), each.version) for each in distributions() if each.name})
        rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(version)}</td></tr>" for name, version in found)
        head = f"<caption>{escape(self._title)}, Python {escape(sys.version.split()[0])}</caption>"
        return f"<table>{head}<thead><tr><th>Package</th><th>Version</th></tr></thead><tbody>{rows}</tbody></table>"


_registered: dict[type, Renderable] = {}


def register_renderer(python_type: type, renderer: Renderable) -> None:
    """Show values of the type by this renderer from now on."""
    _registered[python_type] = renderer


def to_html(value: Any, python_type: Any = None) -> str:
    """Return HTML for any value: by its annotation's or type's renderer, or as a figure, a table or text."""
    for part in typing.get_args(python_type)[1:] if typing.get_origin(python_type) is typing.Annotated else ():
        if isinstance(part, Renderable) and not isinstance(part, type):
            return part.to_html(value)
    for kind, renderer in _registered.items():
        if isinstance(value, kind):
            return renderer.to_html(value)
    figure = _figure_html(value)
    if figure is not None:
        return figure
    if _is_frame(value):
        return TopFrameRenderer().to_html(value)
    text = repr(value) if not isinstance(value, str) else value
    shown = text if len(text) <= _MAX_CHARS else f"{text[:_MAX_CHARS]} … ({len(text)} characters)"
    return f"<pre>{escape(shown)}</pre>"


def _figure_html(value: Any) -> str | None:
    """Return matplotlib figures and Pillow images as images, plotly figures as their HTML, None for other values."""
    if is_loaded("matplotlib.figure"):
        from matplotlib.figure import Figure

        figure = value if isinstance(value, Figure) else getattr(value, "figure", None)
        if isinstance(figure, Figure):
            return _image(figure)
    if is_loaded("plotly.basedatatypes") and isinstance(value, sys.modules["plotly.basedatatypes"].BaseFigure):
        return str(value.to_html(full_html=False, include_plotlyjs=True))
    if is_loaded("PIL.Image") and isinstance(value, sys.modules["PIL.Image"].Image):
        return _picture(value)
    return None


def _picture(image: Any) -> str:
    import base64
    import io

    file = io.BytesIO()
    image.save(file, format="PNG")
    return f'<img alt="image" src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}">'


def _image(figure: Any) -> str:
    import base64
    import io

    file = io.BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight")
    return f'<img alt="figure" src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}">'


def _is_frame(value: Any) -> bool:
    libraries = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "Table"}
    return any(
        is_loaded(library) and isinstance(value, getattr(sys.modules[library], name, ()))
        for library, name in libraries.items()
    )


def _frame_parts(frame: Any, max_rows: int) -> tuple[list[str], list[tuple[Any, ...]], int]:
    """Return (column names, the first rows, number of rows)."""
    if hasattr(frame, "itertuples"):
        return (
            [str(name) for name in frame.columns],
            list(frame.head(max_rows).itertuples(index=False, name=None)),
            len(frame),
        )
    if hasattr(frame, "iter_rows"):
        return list(frame.columns), list(frame.head(max_rows).iter_rows()), frame.height
    top = frame.slice(0, max_rows).to_pylist()
    return list(frame.column_names), [tuple(row.values()) for row in top], frame.num_rows
