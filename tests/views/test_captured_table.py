"""The table of what is captured, as HTML and as text: escaped, ranked, and whole in both forms."""

from html.parser import HTMLParser

from autocontainer_nb.pickling.explain.findings import Credential, Culprit, Explanation, Note, Row
from autocontainer_nb.views.captured_table import ExplanationView

EVIL = "<script>alert('x')</script>"


class Tags(HTMLParser):
    """Collects the names of all tags and the text between them."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


def view(count=2):
    rows = [Row(("train", f"name{n}", EVIL), EVIL, "value", n * 1000, cell=EVIL) for n in range(count)]
    return ExplanationView(
        EVIL,
        Explanation(
            rows=rows,
            culprits=[Culprit(rows[0].path, EVIL, "a lock", EVIL, EVIL)],
            credentials=[Credential(rows[1].path, f"looks like {EVIL}", EVIL)],
            notes=[Note(rows[1].path, EVIL)],
        ),
        (f"threshold {EVIL}",),
        (f"Needs {EVIL}",),
    )


def test_nothing_of_the_notebook_is_markup():
    parser = Tags()
    parser.feed(view()._repr_html_())
    assert "script" not in parser.tags
    assert parser.text.count(EVIL) >= 10


def test_both_forms_tell_the_same():
    """Whatever the text says, the HTML says, too: names, flags, findings, changes, remarks."""
    parser = Tags()
    parser.feed(view()._repr_html_())
    for words in (
        "2 captured",
        "1 can't travel",
        "1 possible credential",
        "name0",
        "name1",
        "threshold",
        "Needs",
        "1.0 kB",
    ):
        assert words in repr(view())
        assert words in parser.text


def test_flagged_rows_come_first_and_long_tables_are_cut():
    found = view(500)
    lines = repr(found).split("\n")
    first = next(index for index, line in enumerate(lines) if line.split()[:2] == ["captured", "type"])
    assert "name1 " in lines[first + 1]
    assert "name0 " in lines[first + 2]
    assert "name499" in lines[first + 3]
    assert "and 400 more" in repr(found)
    assert "and 400 more" in found._repr_html_()
    assert len(found.data["captured"]) == 500
