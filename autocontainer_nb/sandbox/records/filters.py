"""Filters, sorting and pages of flyteadmin's list calls, as SQL over the sandbox's columns.

A filter is `function(field,value)`, several are joined by `+` (`pkg/manager/impl/util/filters.go`,
`pkg/common/filters.go`). Each table declares its fields; a filter on any other field is refused.
It is a grammar of flyteadmin's own, so no library reads it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from flyteidl.admin import common_pb2

from autocontainer_nb.errors import InvalidArgumentError
from autocontainer_nb.idl.times import parse_rfc3339

_FILTER: Final = re.compile(r"([^(]+)\((.+?),\s?(.+)\)")
_OPERATORS: Final = {
    "eq": "{column} = ?",
    "ne": "{column} <> ?",
    "gt": "{column} > ?",
    "gte": "{column} >= ?",
    "lt": "{column} < ?",
    "lte": "{column} <= ?",
    "contains": "{column} LIKE '%' || ? || '%'",
    "not_like": "{column} NOT LIKE ?",
}
_SET_OPERATORS: Final = {"value_in": "IN", "value_not_in": "NOT IN"}
_TIMES: Final = frozenset({"created_at", "updated_at", "started_at"})
_NANOSECONDS: Final = 1_000_000_000
_TOKEN_DIGITS: Final = 18  # of a number that SQLite takes


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A kind of record that can be listed: its table, and the column for each field name."""

    entity: str
    table: str
    columns: Mapping[str, str]
    order: str = "id"
    fixed_values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def column(self, name: str, purpose: str) -> str:
        """Return the column of a field.

        Raises:
            InvalidArgumentError: there is no such field; the message lists the fields.
        """
        column = self.columns.get(name.removeprefix(f"{self.entity}."))
        if column is None:
            raise InvalidArgumentError(
                f"Can't {purpose} {self.entity} lists by {name!r}: expected one of {', '.join(sorted(self.columns))}."
            )
        return column


@dataclass(frozen=True, kw_only=True)
class Page:
    """The page that a list request asks for, and its order."""

    limit: int
    token: str = ""
    sort_by: common_pb2.Sort | None = None

    @property
    def offset(self) -> int:
        """The number of entries before this page.

        Raises:
            InvalidArgumentError: the token doesn't come from a list call.
        """
        if not self.token:
            return 0
        if not (self.token.isascii() and self.token.isdigit() and len(self.token) <= _TOKEN_DIGITS):
            raise InvalidArgumentError(
                f"Invalid pagination token {self.token!r}: expected the token that came with the previous page."
            )
        return int(self.token)

    def next_token(self, count: int) -> str:
        """Return the token of the next page; empty if this page, with `count` entries, isn't full."""
        return str(self.offset + count) if count == self.limit and count else ""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A part of a WHERE clause with its arguments."""

    sql: str
    arguments: tuple[object, ...]


def equal(column: str, value: object) -> Condition:
    """Return the condition that a column equals a value."""
    return Condition(sql=f"{column} = ?", arguments=(value,))


def parse_filters(text: str, listing: Listing) -> list[Condition]:
    """Return the conditions in the filter text of a request.

    Raises:
        InvalidArgumentError: a filter is malformed, or its function or field is unknown.
    """
    return [_parse_filter(part, listing) for part in text.split("+")] if text else []


def _parse_filter(text: str, listing: Listing) -> Condition:
    match = _FILTER.fullmatch(text.strip())
    if match is None:
        raise InvalidArgumentError(f"Malformed filter {text!r}: expected function(field,value), joined by '+'.")
    function, name, value = (group.strip() for group in match.groups())
    column = listing.column(name, "filter")
    if function in _SET_OPERATORS:
        values = tuple(_value(part, name, listing) for part in value.split(";"))
        marks = ", ".join("?" * len(values))
        return Condition(sql=f"{column} {_SET_OPERATORS[function]} ({marks})", arguments=values)
    if function not in _OPERATORS:
        known = ", ".join([*_OPERATORS, *_SET_OPERATORS])
        raise InvalidArgumentError(f"Unknown filter function {function!r} in {text!r}: expected one of {known}.")
    return Condition(sql=_OPERATORS[function].format(column=column), arguments=(_value(value, name, listing),))


def _value(text: str, name: str, listing: Listing) -> object:
    bare = name.removeprefix(f"{listing.entity}.").removeprefix("execution_")
    if bare in listing.fixed_values:
        return listing.fixed_values[bare].get(text, text)
    if bare in _TIMES:
        try:
            return parse_rfc3339(text)
        except ValueError as error:
            raise InvalidArgumentError(
                f"Invalid value {text!r} for {name!r}: expected a time such as 2024-01-31T12:00:00Z."
            ) from error
    if bare == "duration":
        try:
            return int(float(text.removesuffix("s")) * _NANOSECONDS)
        except ValueError as error:
            raise InvalidArgumentError(
                f"Invalid value {text!r} for {name!r}: expected seconds, such as 1.5 or 90s."
            ) from error
    return text


def select(listing: Listing, conditions: Sequence[Condition], page: Page) -> tuple[str, tuple[object, ...]]:
    """Return the query of one page, with its arguments."""
    where = " AND ".join(condition.sql for condition in conditions) or "1"
    arguments = tuple(argument for condition in conditions for argument in condition.arguments)
    order = listing.order
    if page.sort_by is not None and page.sort_by.key:
        direction = "ASC" if page.sort_by.direction == common_pb2.Sort.ASCENDING else "DESC"
        order = f"{listing.column(page.sort_by.key, 'sort')} {direction}, {listing.order} {direction}"
    # Table and columns come from the listings in this package, never from a request.
    sql = f"SELECT * FROM {listing.table} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608 - see above
    return sql, (*arguments, page.limit, page.offset)
