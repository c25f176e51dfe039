"""Values as HTML: figures, frames and plain text, with everything escaped."""

from typing import Annotated

import pandas as pd
import pytest

from autocontainer_nb.core.run.deck import Deck, TimeLineDeck, deck_page, write_deck
from autocontainer_nb.core.run.renderers import MarkdownRenderer, SourceCodeRenderer, TopFrameRenderer, to_html


def test_plain_values_are_escaped_text() -> None:
    assert to_html("<b>&") == "<pre>&lt;b&gt;&amp;</pre>"
    assert to_html([1, "<"]) == "<pre>[1, &#x27;&lt;&#x27;]</pre>"
    assert "(6000 characters)" in to_html("x" * 6000)


@pytest.mark.parametrize("library", ["pandas", "pyarrow", "polars"])
def test_frames_are_tables_of_their_first_rows(library: str) -> None:
    frame = pd.DataFrame({"<a>": range(50), "b": ["<&>"] * 50})
    if library == "pyarrow":
        import pyarrow as pa

        frame = pa.Table.from_pandas(frame, preserve_index=False)
    if library == "polars":
        frame = pytest.importorskip("polars").from_pandas(frame)
    html = to_html(frame)
    assert html.count("<tr>") == 11
    assert "<th>&lt;a&gt;</th>" in html
    assert "<td>&lt;&amp;&gt;</td>" in html
    assert "50 rows, 2 columns" in html


def test_an_annotations_renderer_goes_ahead() -> None:
    frame = pd.DataFrame({"a": range(50), "b": range(50)})
    html = to_html(frame, Annotated[pd.DataFrame, TopFrameRenderer(max_rows=2, max_cols=1)])
    assert (html.count("<tr>"), html.count("<th>")) == (3, 1)


def test_a_matplotlib_figure_is_an_image() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2])
    assert to_html(figure).startswith('<img alt="figure" src="data:image/png;base64,')


def test_a_plotly_figure_is_its_own_page_part() -> None:
    """It can be used: the script is inside, so that the page needs nothing from elsewhere."""
    graphs = pytest.importorskip("plotly.graph_objects")
    html = to_html(graphs.Figure(graphs.Bar(x=["<a>"], y=[2])))
    assert html.startswith("<div")
    assert "plotly-graph-div" in html
    assert "<a>" not in html
    assert 'src="http' not in html


def test_a_pillow_image_is_an_image() -> None:
    image = pytest.importorskip("PIL.Image").new("RGB", (2, 2))
    assert to_html(image).startswith('<img alt="image" src="data:image/png;base64,')


def test_markdown_is_rendered_where_its_library_is() -> None:
    """Headings and emphasis become HTML; HTML inside it stays text."""
    pytest.importorskip("markdown_it")
    html = MarkdownRenderer().to_html("# Title\n*so* <b>x</b>")
    assert "<h1>Title</h1>" in html
    assert "<em>so</em> &lt;b&gt;x&lt;/b&gt;" in html


def test_source_and_markdown_are_escaped() -> None:
    assert "<pre" in SourceCodeRenderer().to_html("if a < b: pass")
    assert "a &lt; b" in SourceCodeRenderer().to_html("if a < b: pass")
    assert "<script>" not in MarkdownRenderer().to_html("# x\n<script>alert(1)</script>")


def test_a_page_stands_alone() -> None:
    """One file without scripts and without anything from elsewhere; titles are escaped, the last of a name counts."""
    page = deck_page("<t>", [Deck("a", "old"), Deck('"<b>', "<i>kept</i>"), Deck("a", "new")])
    assert "<title>&lt;t&gt;</title>" in page
    assert "&quot;&lt;b&gt;" in page
    assert "<i>kept</i>" in page
    assert "old" not in page
    assert "<script" not in page
    assert "http" not in page


def test_without_a_prefix_no_page_is_written() -> None:
    assert write_deck(None, "t", []) is None


def test_a_timeline_notes_what_raises_too() -> None:
    timeline = TimeLineDeck("Timeline")
    assert timeline.html == ""
    with pytest.raises(ValueError, match="x"), timeline.timed("a <part>"):
        raise ValueError("x")
    assert "<td>a &lt;part&gt;</td>" in timeline.html
