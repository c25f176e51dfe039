"""Files of every kind as the notebook shows them: what unpickling would do, the dangerous first, all escaped."""

import io
import pickle
import re
from html.parser import HTMLParser

import pytest

from autocontainer_nb.notebook.magics.commands import inspect
from autocontainer_nb.pickling.symbolic.foreign import inspect_pickle
from autocontainer_nb.views.inspection import AMBER, MAX_ROWS, RED, ArchiveView, archive_html

HOSTILE = "<script>alert('x')</script><img src=x onerror=\"y\">&amp;"


class Balance(HTMLParser):
    """Collects tags, attributes and text; a tag that isn't closed in order is an error."""

    def __init__(self, fragment):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.text, self.attributes = [], [], "", []
        self.feed(fragment)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append(tag)
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


class Caller:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.fixture
def described(tmp_path):
    """Return the description of a pickle of the object."""

    def describe(value):
        path = tmp_path / "x.pkl"
        path.write_bytes(value if isinstance(value, bytes) else pickle.dumps(value))
        return inspect_pickle(str(path))

    return describe


def test_dangerous_calls_stand_first_with_their_arguments(described):
    page = archive_html(described({"a": Caller(eval, "1 + 1"), "b": Caller(list, [2]), "c": Caller(sorted, [3])}))
    text = Balance(page).text
    for words in (
        "a pickle",
        "builtins.eval",
        "runs code",
        "'1 + 1'",
        "builtins.sorted",
        "builtins.list",
        "modules it refers to",
    ):
        assert words in text
    assert text.index("builtins.eval") < text.index("builtins.sorted") < text.index("builtins.list")
    assert page.index(RED) < page.index(AMBER) < page.index("calls known to be harmless")


def test_every_word_of_a_hostile_pickle_is_escaped(described):
    """Names of modules, of keys and of functions, and arguments: none becomes markup."""
    named = f"c{HOSTILE}\n{HOSTILE}\n(S'x'\ntR".encode()
    for data in (described({HOSTILE: Caller(eval, HOSTILE)}), described(named + b"."), described(named)):
        parsed = Balance(archive_html({**data, "path": HOSTILE}))
        assert set(parsed.tags) <= {
            *("div", "span", "b", "code", "pre", "details", "summary", "br"),
            *("table", "thead", "tbody", "tr", "th", "td"),
        }
        assert set(parsed.attributes) <= {"style", "title"}
        assert "<script" in parsed.text


def test_a_pickle_that_cannot_be_followed_shows_why(described):
    view = ArchiveView(described(b"cos\nsystem\n(S'id'\ntR"))
    assert "before its STOP opcode" in Balance(view._repr_html_()).text
    assert "PROBLEM" in repr(view)


def test_no_colour_of_text_is_fixed_outside_a_label(described):
    page = archive_html(described([Caller(eval, "1"), Caller(sorted, [1])]))
    outside = re.sub(r'<span style="display:inline-block[^>]*>', "", page)
    assert not re.search(r"(?<![-\w])color:(?!inherit)", outside)


def test_long_tables_are_cut_and_say_so(described):
    stream = io.BytesIO(b"".join(b"cm%d\nf\n)R0" % index for index in range(MAX_ROWS + 5)) + b"N.")
    assert "5 more rows are in" in Balance(archive_html(described(stream.getvalue()))).text


@pytest.mark.parametrize("value", [3, "x", None, [1], {"a": 1}])
def test_harmless_pickles_are_shown_as_such(described, value):
    assert "no calls" in Balance(archive_html(described(value))).text


def test_the_magic_shows_any_file(tmp_path):
    """`%flyte inspect FILE` decides by content what the file is."""
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps({"a": Caller(eval, "1")}))
    view = inspect(str(path), {})
    assert view.data["kind"] == "pickle"
    assert "builtins.eval" in repr(view)
