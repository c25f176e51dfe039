"""Transformers for datetime, date and timedelta: Flyte's DATETIME and DURATION, to the microsecond."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any, Final

from flyteidl.core import literals_pb2, types_pb2
from google.protobuf import duration_pb2, timestamp_pb2

from autocontainer_nb.idl.times import duration, moment, span, timestamp
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.families.simple import SimpleTransformer
from autocontainer_nb.type_engine.packed.base import would_change
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.wording import Misfit, show_value
from autocontainer_nb.wire import ZONE_KEY

_ISO_SPAN: Final = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?(?<![PT])")


class _PartTransformer(SimpleTransformer):
    """The base of these families: a part that Flyte takes out of a dataclass or model comes in its packed form."""

    def read_other(self, literal: literals_pb2.Literal, kind: str | None) -> Any:
        """Return the value of a text in ISO 8601 or of a number of seconds, or raise Misfit."""
        packer = self.packer()
        plain = getattr(literal.scalar.primitive, kind) if kind else None
        try:
            found = packer.unpack(plain) if packer is not None else None
            return self.decode(self.encode(found))
        except Misfit:
            raise self.misread(literal) from None


class DatetimeTransformer(_PartTransformer):
    """datetime. On the wire it is in UTC, as one without a zone is taken; the metadata has another zone, or none."""

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

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the literal of the moment, with its zone beside it."""
        literal = super().to_literal(value, files)
        if value.tzinfo is not dt.timezone.utc:
            literal.metadata[ZONE_KEY] = _zone_text(value)
        return literal

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> dt.datetime:
        """Return the moment in its zone."""
        found: dt.datetime = super().read(literal, files)
        return _in_zone(found, literal.metadata[ZONE_KEY]) if ZONE_KEY in literal.metadata else found

    def read_many(self, literals: Iterable[literals_pb2.Literal], files: FileAccess) -> list[Any]:
        """Return the moments, each in its zone."""
        return Transformer.read_many(self, literals, files)


def _zone_text(value: dt.datetime) -> str:
    """Return the zone as text: a name of the IANA database, seconds from UTC, or "" for none."""
    zone = value.tzinfo
    if zone is None:
        return ""
    if type(zone).__module__.partition(".")[0] == "zoneinfo" and (key := getattr(zone, "key", None)):
        return str(key)
    offset = value.utcoffset()
    if type(zone) is not dt.timezone:  # of another package: its zone at that moment
        would_change(f"the zone {show_value(zone)} would come back as its time from UTC")
    return str(offset.total_seconds() if offset is not None else 0)


def _in_zone(found: dt.datetime, text: str) -> dt.datetime:
    if not text:
        return found.replace(tzinfo=None)
    try:
        return found.astimezone(dt.timezone(dt.timedelta(seconds=float(text))))
    except ValueError:
        from zoneinfo import ZoneInfo

        try:
            return found.astimezone(ZoneInfo(text))
        except (KeyError, ValueError) as error:
            raise Misfit("a datetime", show_value(found), f"its zone {text!r} isn't known here") from error


class DateTransformer(_PartTransformer):
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


class TimedeltaTransformer(_PartTransformer):
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

    def read_other(self, literal: literals_pb2.Literal, kind: str | None) -> Any:
        """Return the value of a number of seconds, or of pydantic's text, such as `P1DT2H`; or raise Misfit."""
        found = _ISO_SPAN.fullmatch(literal.scalar.primitive.string_value)
        if found is None:
            return super().read_other(literal, kind)
        sign, *numbers = found.groups()
        parts = [float(number or 0) for number in numbers]
        made = dt.timedelta(**dict(zip(("days", "hours", "minutes", "seconds"), parts, strict=True)))
        return -made if sign else made
