"""Conversion of datetimes, timedeltas and nanoseconds to protobuf's timestamps and durations, and back."""

import datetime as dt

from google.protobuf import duration_pb2, timestamp_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_NANOS_PER_MICRO = 1000
_MICROS_PER_SECOND = 1_000_000


def timestamp(moment: dt.datetime) -> timestamp_pb2.Timestamp:
    """Return the moment as a message; one without a time zone counts as UTC, as with flytekit."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)
    since = aware - EPOCH
    return timestamp_pb2.Timestamp(
        seconds=since.days * 86400 + since.seconds, nanos=since.microseconds * _NANOS_PER_MICRO
    )


def moment(message: timestamp_pb2.Timestamp) -> dt.datetime:
    """Return the moment in UTC, to the microsecond."""
    return EPOCH + dt.timedelta(seconds=message.seconds, microseconds=message.nanos // _NANOS_PER_MICRO)


def duration(span: dt.timedelta) -> duration_pb2.Duration:
    """Return the span as a message, whose seconds and nanos have the same sign."""
    micros = span // dt.timedelta(microseconds=1)
    seconds, rest = divmod(abs(micros), _MICROS_PER_SECOND)
    sign = -1 if micros < 0 else 1
    return duration_pb2.Duration(seconds=sign * seconds, nanos=sign * rest * _NANOS_PER_MICRO)


def span(message: duration_pb2.Duration) -> dt.timedelta:
    """Return the span, to the microsecond."""
    micros = abs(message.nanos) // _NANOS_PER_MICRO
    return dt.timedelta(seconds=message.seconds, microseconds=-micros if message.nanos < 0 else micros)


def timestamp_of_ns(at_ns: int) -> Timestamp:
    """Return the point in time as a message."""
    stamp = Timestamp()
    stamp.FromNanoseconds(at_ns)
    return stamp


def duration_of_ns(span_ns: int) -> Duration:
    """Return the span as a message."""
    span = Duration()
    span.FromNanoseconds(span_ns)
    return span


def parse_rfc3339(text: str) -> int:
    """Return an RFC 3339 timestamp as nanoseconds since 1970.

    Raises:
        ValueError: the text isn't one.
    """
    stamp = Timestamp()
    stamp.FromJsonString(text)
    return stamp.ToNanoseconds()
