"""Points in time and spans: nanoseconds inside the sandbox, protobuf messages on the wire."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp


def timestamp(at_ns: int) -> Timestamp:
    """Return the point in time as protobuf writes it."""
    stamp = Timestamp()
    stamp.FromNanoseconds(at_ns)
    return stamp


def duration(span_ns: int) -> Duration:
    """Return the span as protobuf writes it."""
    span = Duration()
    span.FromNanoseconds(span_ns)
    return span


def parse_rfc3339(text: str) -> int:
    """Return the nanoseconds since 1970 that an RFC 3339 text means.

    Raises:
        ValueError: it is no such text.
    """
    stamp = Timestamp()
    stamp.FromJsonString(text)
    return stamp.ToNanoseconds()
