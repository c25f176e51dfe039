"""Filters, sorting and pages as SQL, tried on a real table."""

import sqlite3

import pytest
from flyteidl.admin import common_pb2

from autocontainer_nb.errors import InvalidArgumentError
from autocontainer_nb.sandbox.records.executions import EXECUTIONS
from autocontainer_nb.sandbox.records.filters import Listing, Page, equal, parse_filters, select

THINGS = Listing(
    entity="execution",
    table="things",
    columns={name: name for name in ("name", "phase", "created_at", "duration", "state")},
    fixed_values={"state": {"EXECUTION_ACTIVE": 0}},
)
SECOND = 1_000_000_000


@pytest.fixture
def found():
    """Return the names that a filter finds."""
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE TABLE things (id INTEGER PRIMARY KEY, name, phase, created_at INTEGER, duration INTEGER, state INTEGER)"
    )
    rows = [
        ("a", "FAILED", 1 * SECOND, 5 * SECOND, 0),
        ("b", "SUCCEEDED", 2 * SECOND, 90 * SECOND, 0),
        ("ab", "RUNNING", 3 * SECOND, None, 1),
    ]
    connection.executemany("INSERT INTO things (name, phase, created_at, duration, state) VALUES (?, ?, ?, ?, ?)", rows)

    def find(filters="", **page):
        sql, arguments = select(THINGS, parse_filters(filters, THINGS), Page(**{"limit": 10, **page}))
        return [row[1] for row in connection.execute(sql, arguments)]

    yield find
    connection.close()


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", ["a", "b", "ab"]),
        ("eq(name,a)", ["a"]),
        ("eq(execution.name, a)", ["a"]),
        ("ne(name,a)", ["b", "ab"]),
        ("contains(name,a)", ["a", "ab"]),
        ("not_like(name,a%)", ["b"]),
        ("value_in(phase,FAILED;RUNNING)", ["a", "ab"]),
        ("value_not_in(phase,FAILED;RUNNING)", ["b"]),
        ("gt(created_at,1970-01-01T00:00:01Z)", ["b", "ab"]),
        ("gte(created_at,1970-01-01T00:00:02Z)+lt(created_at,1970-01-01T00:00:03Z)", ["b"]),
        ("lte(duration,5)", ["a"]),
        ("gt(duration,1.5s)", ["a", "b"]),
        ("eq(state,EXECUTION_ACTIVE)", ["a", "b"]),
        ("eq(state,0)", ["a", "b"]),
        ("eq(name,a'; DROP TABLE things; --)", []),
    ],
)
def test_a_filter_finds_what_it_says(found, filters, expected):
    assert found(filters) == expected


def test_sorting_and_pages(found):
    newest = common_pb2.Sort(key="created_at", direction=common_pb2.Sort.DESCENDING)
    assert found(sort_by=newest) == ["ab", "b", "a"]
    assert found(sort_by=newest, limit=2) == ["ab", "b"]
    assert found(sort_by=newest, limit=2, token="2") == ["a"]
    assert found(sort_by=common_pb2.Sort(key="name", direction=common_pb2.Sort.ASCENDING)) == ["a", "ab", "b"]


def test_a_full_page_has_a_token_and_a_short_one_none():
    page = Page(limit=2, token="4")
    assert page.next_token(2) == "6"
    assert page.next_token(1) == ""


@pytest.mark.parametrize(
    ("filters", "word"),
    [
        ("eq(colour,red)", "expected one of created_at"),
        ("eq(project.name,x)", "'project.name'"),
        ("approximately(name,x)", "'approximately'"),
        ("eq name", "function\\(field,value\\)"),
        ("eq(created_at,yesterday)", "'yesterday'"),
        ("gt(duration,long)", "'long'"),
    ],
)
def test_what_is_not_known_is_refused_by_name(filters, word):
    with pytest.raises(InvalidArgumentError, match=word):
        parse_filters(filters, THINGS)


@pytest.mark.parametrize("token", ["-1", "x", "1.5", "²", "9" * 19, "1" * 400])
def test_a_token_that_no_list_gave_is_refused(token):
    with pytest.raises(InvalidArgumentError):
        Page(limit=1, token=token).next_token(1)


def test_executions_are_found_by_what_they_ran():
    """Clients ask by task, by workflow or by launch plan; a single task has a made-up one of each."""
    (condition,) = parse_filters("eq(workflow.name,.flytegen.t)", EXECUTIONS)
    assert condition.sql == "'.flytegen.' || task_name = ?"
    assert parse_filters("eq(task.version,v1)", EXECUTIONS) == [equal("task_version", "v1")]
