"""Transformers for datetime, date and timedelta: Flyte's DATETIME and DURATION, to the microsecond."""

import datetime as dt
from typing import Any

from flyteidl.core import types_pb2
from google.protobuf import duration_pb2, timestamp_pb2

from autocontainer_nb.idl.times import duration, moment, span, timestamp
from autocontainer_nb.type_engine.families.simple import SimpleTransformer
from autocontainer_nb.type_engine.wording import Misfit


class DatetimeTransformer(SimpleTransformer):
    """datetime. One without a time zone counts as UTC, and all come back in UTC, as with flytekit."""

    tag = "datetime"
    simple = types_pb2.DATETIME
    field = "datetime"

    def encode(self, value: Any) -> timestamp_pb2.Timestamp:
        """Return the moment as a message."""
        if not isinstance(value, dt.datetime):
            raise self.misfit(value)
        return timestamp(value)

    def decode(self, content: timestamp_pb2.Timestamp) -> dt.datetime:
        """Return the moment in UTC."""
        return moment(content)


class DateTransformer(SimpleTransformer):
    """date, as midnight UTC. A datetime is refused, since its time would be lost."""

    tag = "date"
    simple = types_pb2.DATETIME
    field = "datetime"

    def encode(self, value: Any) -> timestamp_pb2.Timestamp:
        """Return midnight UTC of the day as a message."""
        if isinstance(value, dt.datetime):
            raise self.misfit(value, "take its .date()")
        if not isinstance(value, dt.date):
            raise self.misfit(value)
        return timestamp(dt.datetime(value.year, value.month, value.day, tzinfo=dt.timezone.utc))

    def decode(self, content: timestamp_pb2.Timestamp) -> dt.date:
        """Return the day in UTC."""
        return moment(content).date()


class TimedeltaTransformer(SimpleTransformer):
    """timedelta, as a duration."""

    tag = "timedelta"
    simple = types_pb2.DURATION
    field = "duration"

    def encode(self, value: Any) -> duration_pb2.Duration:
        """Return the span as a message."""
        if not isinstance(value, dt.timedelta):
            raise self.misfit(value)
        return duration(value)

    def decode(self, content: duration_pb2.Duration) -> dt.timedelta:
        """Return the span, or raise Misfit if it is too long for a timedelta."""
        try:
            return span(content)
        except OverflowError as error:
            raise Misfit("a timedelta", f"a duration of {content.seconds} s") from error
