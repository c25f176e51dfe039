"""What is shown: HTML from plain data, and the same as text."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from autocontainer_nb.views.card import LOG_LINES, Card, card_html, card_text, status_line
from autocontainer_nb.views.inspection import ArchiveView, archive_html
from autocontainer_nb.views.node_tree import NodeRow, node_tree_html
from autocontainer_nb.views.style import COUNTER, MAX_LINE_LENGTH, PHASE_COLOURS, clipped, esc, plain
from autocontainer_nb.views.table import TableView

HOSTILE = "<script>alert('x')</script><img src=x onerror=\"y\">&amp;"


class Balance(HTMLParser):
    """Collects tags and text; a tag that isn't closed in order is an error."""

    def __init__(self, fragment):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.text = [], [], ""
        self.attributes, self.links = [], []
        self.feed(fragment)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [address for name, address in attrs if name == "href"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def archive(**entity):
    described = {
        "name": "story.train",
        "kind": "task",
        "inputs": {"epochs": "int", "rate": "float | None"},
        "outputs": {"model": "Any", "accuracy": "float"},
        "source": "@task\ndef train(epochs: int): ...",
        "cell": {"label": "Cell In[7]", "id": "abc", "execution_count": 7},
        "captures": [
            {"name": "helper", "type": "function", "how": "value", "bytes": 1500},
            {"name": "np", "type": "module", "how": "reference", "bytes": 0},
        ],
        "imports": ["numpy"],
        **entity,
    }
    return {
        "path": "entities.pkl",
        "size_bytes": 2_500_000,
        "format_version": 1,
        "python_version": "3.11.9",
        "python_implementation": "cpython",
        "cloudpickle_version": "3.1.2",
        "autocontainer_nb_version": "0.1.0",
        "digest": "ab" * 32,
        "packages": {"numpy": "2.4.6"},
        "version": "cd" * 32,
        "needs": [],
        "modules": [{"name": "features"}],
        "splices": [],
        "buffers": [{"size_bytes": 4096}, {"size_bytes": 8192}],
        "entities": [described],
    }


def test_a_running_card_tells_phase_time_id_and_how_to_stop():
    card = Card(
        execution_id="a1b2", task="train", phase="RUNNING", elapsed_s=72.4, log_tail=("one", "two"), where="sandbox"
    )
    text = Balance(card_html(card)).text
    for word in ["RUNNING", "train", "1 min 12 s", "a1b2", "sandbox", "one\ntwo", "%flyte stop a1b2"]:
        assert word in text
    assert card_text(card).split("\n") == [status_line(card), "    one", "    two"]
    assert status_line(card) == "train RUNNING 1 min 12 s (execution a1b2)"


def test_a_card_that_is_not_replaced_tells_since_when_and_lets_the_page_count():
    """Without a script, and whole without the style sheet, which a notebook that isn't trusted drops."""
    card = Card(execution_id="a1", task="train", phase="RUNNING", elapsed_s=72.4, since="07:29:28")
    html = card_html(card)
    assert '<span class="acnb-t" style="--a:-72s"></span>' in html
    assert "<script" not in html
    dropped = re.sub("<style>.*?</style>", "", html)
    assert "since 07:29:28" in Balance(dropped).text
    assert "72" not in Balance(dropped).text
    assert card_text(card) == "train RUNNING since 07:29:28 (execution a1)"
    assert card == replace(card, elapsed_s=99.0)
    assert card != replace(card, phase="SUCCEEDED")
    assert len(html.encode()) < 1900


def test_a_card_tells_what_changed_below_its_title():
    card = Card(execution_id="a1", task="train", log_tail=("one",), changes="rate 0.5 ► 0.7, text '<b>'")
    assert "rate 0.5 ► 0.7, text '<b>'" in Balance(card_html(card)).text
    assert card_text(card).split("\n") == [status_line(card), "    rate 0.5 ► 0.7, text '<b>'", "    one"]


def test_a_card_tells_the_attempt_why_it_waits_and_where_its_output_is():
    """From the second attempt on; links lead out of the notebook, and are addresses in a terminal."""
    card = Card(
        execution_id="a1",
        task="train",
        attempt=2,
        reason="Back-off pulling image 'x<y'",
        links=(("Kubernetes Logs", "https://logs.example.com/?pod=a1&n=2"), ("trap", "javascript:alert(1)")),
        console_url="https://flyte.example.com/console/a1",
    )
    page = card_html(card)
    assert "attempt 2" in Balance(page).text
    assert "Back-off pulling image 'x<y'" in Balance(page).text
    assert 'href="https://logs.example.com/?pod=a1&amp;n=2" target="_blank" rel="noopener noreferrer"' in page
    assert 'href="https://flyte.example.com/console/a1"' in page
    assert 'href="javascript' not in page
    assert card_text(card).split("\n")[:3] == [
        "train QUEUED 0.0 s (execution a1, attempt 2)",
        "    Back-off pulling image 'x<y'",
        "    Kubernetes Logs: https://logs.example.com/?pod=a1&n=2",
    ]


def test_long_words_stay_inside_the_card():
    """Such as the name of an image that can't be pulled."""
    page = card_html(Card(execution_id="a1", task="train", reason="pulling " + "registry/" * 40))
    assert "overflow-wrap:break-word" in page.partition(">")[0]


def test_a_card_tells_that_the_cache_had_it():
    card = Card(execution_id="a1", task="train", phase="SUCCEEDED", is_done=True, elapsed_s=0.3, cached=True)
    assert "from the cache" in Balance(card_html(card)).text
    assert card_text(card) == "train SUCCEEDED 0.3 s from the cache (execution a1)"


def test_the_first_attempt_is_no_news_and_what_has_ended_waits_for_nothing():
    card = Card(execution_id="a1", task="train", phase="FAILED", is_done=True, attempt=1, reason="submitted")
    assert "attempt" not in card_html(card) + card_text(card)
    assert "submitted" not in card_html(card) + card_text(card)


def test_a_failed_card_shows_the_users_traceback_and_no_way_to_stop():
    error = 'Traceback (most recent call last):\n  File "Cell In[7]", line 3, in train\nValueError: no <data>\n'
    card = Card(execution_id="a1", task="train", phase="FAILED", is_done=True, error=error, log_tail=("before",))
    text = Balance(card_html(card)).text
    assert error.rstrip() in text
    assert "%flyte stop" not in text
    assert "%flyte logs a1" in text
    assert "    ValueError: no <data>" in card_text(card)


def test_a_card_keeps_the_last_lines_only_and_clips_long_ones():
    card = Card(execution_id="a", task="t", phase="RUNNING", log_tail=(*map(str, range(20)), "x" * 5000))
    lines = card_text(card).split("\n")[1:]
    assert len(lines) == LOG_LINES
    assert len(lines[-1].strip()) == MAX_LINE_LENGTH
    assert lines[-1].endswith("…")


def test_a_note_takes_the_place_of_the_advice():
    card = Card(execution_id="a", task="t", phase="RUNNING", note="control plane unreachable for 3 s: refused")
    assert "unreachable for 3 s" in Balance(card_html(card)).text
    assert "%flyte stop" not in card_html(card)
    assert card_text(card).endswith("unreachable for 3 s: refused")


def test_a_progress_bar_shows_its_last_state_and_colours_are_gone():
    """What a log line did to a terminal is done to the text: carriage returns and escape sequences act, not show."""
    assert plain("\x1b[32m 10%|#   |\r 50%|##  |\r\x1b[0m") == " 50%|##  |"
    assert plain("a\r\nb\x07\x1b]0;title\x07c") == "a\nb\N{REPLACEMENT CHARACTER}c"
    assert "\x1b" not in card_html(Card(execution_id="a", task="t", log_tail=("\x1b[1mbold",)))


@pytest.mark.parametrize(
    "fragment",
    [
        card_html(
            Card(execution_id=HOSTILE, task=HOSTILE, phase=HOSTILE, log_tail=(HOSTILE,), where=HOSTILE, changes=HOSTILE)
        ),
        card_html(Card(execution_id=HOSTILE, task=HOSTILE, phase="FAILED", is_done=True, error=HOSTILE)),
        card_html(Card(execution_id="a", task="t", note=HOSTILE)),
        card_html(Card(execution_id="a", task="t", since=HOSTILE)),
        card_html(Card(execution_id="a", task="t", told=(HOSTILE,))),
        card_html(Card(execution_id="a", task="t", reason=HOSTILE, links=((HOSTILE, HOSTILE),), console_url=HOSTILE)),
        card_html(Card(execution_id="a", task="t", links=((HOSTILE, f"https://x/{HOSTILE}"),))),
        node_tree_html(
            [
                NodeRow(
                    depth=1,
                    id=HOSTILE,
                    kind=HOSTILE,
                    entity=HOSTILE,
                    phase=HOSTILE,
                    notes=(HOSTILE,),
                    links=((HOSTILE, f"https://x/{HOSTILE}"), (HOSTILE, HOSTILE)),
                )
            ],
            HOSTILE,
        ),
        node_tree_html([], HOSTILE),
        archive_html({**archive(name=HOSTILE, kind=HOSTILE, source=HOSTILE, imports=[HOSTILE]), "path": HOSTILE}),
        archive_html(
            archive(
                captures=[{"name": HOSTILE, "type": HOSTILE, "how": "value", "bytes": 1}],
                cell={"label": HOSTILE},
                inputs={HOSTILE: HOSTILE},
            )
        ),
        archive_html({**archive(), "packages": {HOSTILE: HOSTILE}, "modules": [{"name": HOSTILE}], "digest": HOSTILE}),
        TableView((HOSTILE, "phase"), [(HOSTILE, HOSTILE)], "none", frozenset({HOSTILE}))._repr_html_(),
        TableView(("a",), [], HOSTILE)._repr_html_(),
    ],
)
def test_everything_is_escaped_and_nothing_is_a_script(fragment):
    """No text of a task, a log, a file or a server becomes markup; no element is one that runs or loads something."""
    parsed = Balance(fragment.replace(COUNTER, ""))  # the one style sheet, in which nothing is filled in
    assert set(parsed.tags) <= {
        *("div", "span", "b", "code", "pre", "details", "summary"),
        *("table", "thead", "tbody", "tr", "th", "td"),
        "a",  # a link, which leads to a page and to nothing else
    }
    assert set(parsed.attributes) <= {"style", "class", "title", "href", "target", "rel"}
    assert all(address.startswith(("https://", "http://")) for address in parsed.links)
    assert parsed.attributes.count("rel") == len(parsed.links)
    assert "<script" in parsed.text  # as text, and only so


def test_escaping_covers_attributes():
    assert esc("\"'<>&") == "&quot;&#x27;&lt;&gt;&amp;"


@pytest.mark.parametrize("colour", sorted(set(PHASE_COLOURS.values())))
def test_labels_are_readable(colour):
    """White on each label has the contrast of 4.5 that WCAG 2.1 asks for."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_no_colour_of_text_is_fixed_outside_a_label():
    """Text takes the theme's colour, so that it reads on light and on dark."""
    page = card_html(Card(execution_id="a", task="t", phase="RUNNING", log_tail=("x",))) + archive_html(archive())
    outside = re.sub(r'<span style="display:inline-block[^>]*>', "", page)
    assert not re.search(r"(?<![-\w])color:(?!inherit)", outside)


def test_an_archive_is_shown_with_what_it_needs_and_carries():
    view = ArchiveView(archive())
    html, text = Balance(view._repr_html_()).text, repr(view)
    words = ["Python 3.11.9", "numpy 2.4.6", "features", "2 with 12.3 kB", "Cell In[7]", "helper", "1.5 kB", "by name"]
    for word in [*words, "(epochs: int, rate: float | None) -> (model: Any, accuracy: float)", "2.5 MB"]:
        assert word in html, word
    for word in [*words[1:], "3.11.9", "story.train(epochs: int", "ab" * 32, "def train(epochs: int): ..."]:
        assert word in text, word
    assert view.data["digest"] == "ab" * 32


@pytest.mark.parametrize("odd", [None, 3, "x", [], [3], {"a": 1}])
def test_a_file_whose_words_have_odd_shapes_is_shown_all_the_same(odd):
    """The metadata of a hostile file passes no further check than its own: showing it must not fail on it."""
    for field in ("name", "kind", "inputs", "outputs", "source", "cell", "captures", "imports"):
        view = ArchiveView(archive(**{field: odd}))
        assert Balance(view._repr_html_()).tags
        assert repr(view)


def test_control_characters_of_a_file_never_reach_the_terminal():
    assert "\x1b" not in repr(ArchiveView(archive(source="\x1b[2Jx\x9b1m", name="\x07")))


def test_a_table_has_columns_in_a_terminal_and_labels_in_a_notebook():
    view = TableView(("id", "phase"), [("a1", "SUCCEEDED"), ("a22", "FAILED")], "none", frozenset({"id"}))
    assert repr(view) == "id   phase\na1   SUCCEEDED\na22  FAILED"
    assert PHASE_COLOURS["FAILED"] in view._repr_html_()
    assert repr(TableView(("id",), [], "nothing yet")) == "nothing yet"
    assert "nothing yet" in TableView(("id",), [], "nothing yet")._repr_html_()


def test_clipping_keeps_short_lines():
    assert clipped("short") == "short"
    assert clipped("abcdef", 4) == "abc…"
