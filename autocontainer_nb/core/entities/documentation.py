"""What a registered entity says of itself to people: a short and a long description, and where its source is."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from flyteidl.admin import description_entity_pb2


@dataclass(frozen=True)
class Description:
    """A text of any length, in a markup language; or where one can be found."""

    class DescriptionFormat(Enum):
        """The markup language; the numbers are those of `flyteidl/admin/description_entity.proto`."""

        UNKNOWN = 0
        MARKDOWN = 1
        HTML = 2
        RST = 3

    value: str | None = None
    uri: str | None = None
    icon_link: str | None = None
    format: "Description.DescriptionFormat" = DescriptionFormat.RST


@dataclass(frozen=True)
class SourceCode:
    """Where the entity's source can be read."""

    link: str | None = None


@dataclass(frozen=True)
class Documentation:
    """One line for lists, a text for the entity's own page, and a link to the source."""

    short_description: str | None = None
    long_description: Description | None = None
    source_code: SourceCode | None = None


_FORMATS: Final = {
    Description.DescriptionFormat.UNKNOWN: description_entity_pb2.DESCRIPTION_FORMAT_UNKNOWN,
    Description.DescriptionFormat.MARKDOWN: description_entity_pb2.DESCRIPTION_FORMAT_MARKDOWN,
    Description.DescriptionFormat.HTML: description_entity_pb2.DESCRIPTION_FORMAT_HTML,
    Description.DescriptionFormat.RST: description_entity_pb2.DESCRIPTION_FORMAT_RST,
}


def description_message(documentation: Documentation) -> description_entity_pb2.DescriptionEntity:
    """Return the documentation as Flyte's message."""
    message = description_entity_pb2.DescriptionEntity(short_description=documentation.short_description or "")
    long = documentation.long_description
    if long is not None:
        message.long_description.format = _FORMATS[long.format]
        message.long_description.icon_link = long.icon_link or ""
        if long.value:
            message.long_description.value = long.value
        elif long.uri:
            message.long_description.uri = long.uri
    if documentation.source_code is not None:
        message.source_code.link = documentation.source_code.link or ""
    return message


def documentation_of(docstring: str | None, given: Documentation | None) -> Documentation | None:
    """Return what a function's docstring and the user's own documentation say together; the docstring goes ahead.

    `docstring` None means that there is no function; one without docstring counts as the empty text.
    """
    if docstring is None:
        return given
    from autocontainer_nb.core.entities.docstrings import parse_docstring

    parsed = parse_docstring(docstring)
    if given is None:
        return Documentation(parsed.short, Description(parsed.long))
    return Documentation(
        parsed.short or given.short_description,
        Description(parsed.long) if parsed.long else given.long_description,
        given.source_code,
    )
