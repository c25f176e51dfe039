"""The tree of nodes as text and HTML: aligned, indented, with notes and links below what they are of."""

from autocontainer_nb.views.node_tree import NodeRow, node_tree_html, node_tree_text

ROWS = [
    NodeRow(depth=0, id="n0", kind="workflow", entity="prepare", phase="SUCCEEDED", duration_s=75),
    NodeRow(depth=1, id="n0-0-n0", kind="task", entity="load", phase="SUCCEEDED", notes=("from the cache",)),
    NodeRow(
        depth=0,
        id="n1",
        kind="task",
        entity="train",
        phase="FAILED",
        duration_s=3.2,
        notes=("attempt 2 of 3", "ValueError: no <data>"),
        links=(("Logs", "https://logs.example.com/n1"),),
    ),
]


def test_text_is_aligned_and_notes_stand_below_their_node():
    assert node_tree_text(ROWS, "a1").split("\n") == [
        "n0         workflow prepare  SUCCEEDED  1 min 15 s",
        "  n0-0-n0  task load         SUCCEEDED",
        "      from the cache",
        "n1         task train        FAILED     3.2 s",
        "    attempt 2 of 3",
        "    ValueError: no <data>",
        "    Logs: https://logs.example.com/n1",
    ]


def test_html_indents_and_escapes():
    page = node_tree_html(ROWS, "a1")
    assert page.count("<tr") == 1 + len(ROWS)
    assert "padding-left:1.4em" in page
    assert "ValueError: no &lt;data&gt;" in page
    assert '<a href="https://logs.example.com/n1"' in page
    assert "<script" not in page


def test_long_words_break_inside_the_card_and_short_ones_never():
    """A name without spaces would else push the columns behind it out of the card."""
    long = NodeRow(
        depth=1, id="n1-" + "0-dn0-" * 12, kind="map", entity="of_all_" * 12, phase="FAILED", notes=("x" * 99,)
    )
    page = node_tree_html([long], "a1")
    assert "white-space:nowrap" not in page.partition("<tbody>")[2].partition("FAILED")[0]
    assert page.count("overflow-wrap:anywhere") == 3  # id, name and note
    short = node_tree_html(ROWS[:1], "a1").partition("<tbody>")[2].partition("SUCCEEDED")[0]
    assert short.count("white-space:nowrap") == 2


def test_a_tree_that_was_cut_says_so():
    assert node_tree_text(ROWS[:1], "a1", is_cut=True).split("\n")[-1] == "… and more: .nodes.walk() goes through all."
    assert "… and more" in node_tree_html(ROWS[:1], "a1", is_cut=True)


def test_an_execution_without_nodes_says_so():
    assert node_tree_text([], "a1") == "Execution a1 has no nodes so far."
    assert "Execution a1 has no nodes so far." in node_tree_html([], "a1")
