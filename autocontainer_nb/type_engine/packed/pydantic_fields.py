"""FlyteFile, FlyteDirectory and StructuredDataset as fields of pydantic models. Imported only with pydantic."""

from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError, core_schema

from autocontainer_nb.type_engine.packed.base import refuse_inside
from autocontainer_nb.type_engine.wording import Misfit

if TYPE_CHECKING:
    from autocontainer_nb.type_engine.packed.base import Packer


def core_schema_of(kind: Any) -> core_schema.CoreSchema:
    """Return the schema with which pydantic validates and dumps values of the class, in their packed form."""
    packer: Packer = kind.packed_form()

    def validate(value: Any) -> Any:
        if packer.is_exact(value):
            return value
        try:
            # A str or a path is the location of the content.
            return packer.unpack(value) if isinstance(value, dict) else kind(value)
        except (Misfit, TypeError) as error:
            words = str(error.at("")) if isinstance(error, Misfit) else str(error)
            raise PydanticCustomError("flyte_type", "{words}", {"words": words}) from error

    def pack(value: Any) -> Any:
        try:
            return packer.pack(value)
        except Misfit as misfit:
            refuse_inside(misfit)
            raise

    return core_schema.no_info_plain_validator_function(
        validate,
        serialization=core_schema.plain_serializer_function_ser_schema(pack),
        ref=f"{kind.__module__}.{kind.__name__}:{id(kind)}",
    )


def json_schema_of(kind: Any) -> dict[str, Any]:
    """Return the JSON schema of the packed form as pydantic writes it, with a title for each field."""
    schema = kind.packed_schema()
    fields = {
        name: {**_without_names(field), "title": name.replace("_", " ").title()}
        for name, field in schema["properties"].items()
    }
    return {"properties": fields, "title": schema["title"], "type": "object"}


def _without_names(schema: Any) -> Any:
    # pydantic leaves out the type of a JSON object's keys, since they are always strings.
    if isinstance(schema, dict):
        return {name: _without_names(part) for name, part in schema.items() if name != "propertyNames"}
    return [_without_names(part) for part in schema] if isinstance(schema, list) else schema
