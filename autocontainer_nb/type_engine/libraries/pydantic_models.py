"""The transformer for pydantic models: their JSON dump as msgpack, with their schema. Imported only with pydantic."""

import inspect
import json
from contextlib import suppress
from typing import Any, Final

import pydantic
from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.families.structs import contains, has_field_type, struct_type
from autocontainer_nb.type_engine.families.whole import read_struct, to_struct
from autocontainer_nb.type_engine.packed.base import Packer, refusal_inside, watched, would_change
from autocontainer_nb.type_engine.packed.sameness import difference
from autocontainer_nb.type_engine.transformer import Engine, Transformer
from autocontainer_nb.type_engine.wording import ANOTHER_DEFINITION, Misfit, show_type, show_value, with_article

# The JSON form has the fields by their names, whatever aliases they have; pydantic is told so since 2.11.
_takes_names = "by_name" in inspect.signature(pydantic.BaseModel.model_validate_json).parameters
_BY_NAME: Final[dict[str, Any]] = {"by_name": True, "by_alias": True} if _takes_names else {}


class ModelTransformer(Transformer):
    """A pydantic (v2) model; its own validators run again when it is read."""

    tag = "Pydantic Transformer"

    def __init__(self, python_type: Any, engine: Engine) -> None:
        super().__init__(python_type, engine)
        self._type: types_pb2.LiteralType | None = None

    def literal_type(self) -> types_pb2.LiteralType:
        """Return STRUCT with the model's JSON schema, and each field's own type for attribute access."""
        if self._type is None:
            try:
                found = struct_type(self.python_type.model_json_schema())
            except pydantic.errors.PydanticUserError as error:
                words = str(error).splitlines()[0]
                raise Misfit("a model whose fields have a JSON form", show_type(self.python_type), words) from error
            found.structure.CopyFrom(types_pb2.TypeStructure(dataclass_type=self._field_types()))
            self._type = found
        return self._type

    def _field_types(self) -> dict[str, types_pb2.LiteralType]:
        found = {}
        for name, field in self.python_type.model_fields.items():
            if has_field_type(field.annotation) and not contains(field.annotation, self.python_type):
                with suppress(Misfit):
                    found[name] = self.engine.transformer(field.annotation).literal_type()
        return found

    def packer(self) -> Packer:
        """Return the packer, which uses the model's own dump and validation."""
        return Packer(self._pack, self._unpack, self.is_exact, needs_proof=True)

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is an instance, and the files in it exist."""
        watched(lambda: self._pack(value))

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the binary literal, after storing the files and frames in it."""
        return to_struct(value, self.python_type, self.packer(), self._kept, files)

    def _kept(self, value: Any, plain: Any) -> dict[str, Any]:
        """Return what is the same in the JSON form as in the model."""
        return {name: part for name, part in plain.items() if difference(getattr(value, name, None), part) is None}

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:
        """Return the pickled model: what isn't pickled is read by the packer."""
        return read_struct(self, literal, files)

    def is_exact(self, value: Any) -> bool:
        """Whether it is exactly of this class."""
        return type(value) is self.python_type

    def _pack(self, value: Any) -> Any:
        if not isinstance(value, self.python_type):
            same_name = type(value).__qualname__ == self.python_type.__qualname__
            raise self.misfit(value, ANOTHER_DEFINITION if same_name else "")
        if type(value) is not self.python_type:
            would_change(f"{with_article(type(value))} would come back as {with_article(self.python_type)}")
        try:
            return json.loads(value.model_dump_json(warnings=False))
        except ValueError as error:  # pydantic's errors of serialization are ValueErrors
            if (refusal := refusal_inside()) is not None:
                raise refusal from error
            would_change(f"JSON can't represent it ({str(error).splitlines()[0]})")
            return {}

    def _unpack(self, plain: Any) -> Any:
        try:
            # Through JSON, whose lax rules turn a string back into a datetime, and a list into a tuple.
            return self.python_type.model_validate_json(json.dumps(plain), strict=False, **_BY_NAME)
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            misfit = Misfit(f"a value for {show_type(self.python_type)}", show_value(first["input"]), first["msg"])
            for part in reversed(first["loc"]):
                misfit.inside(f".{part}" if isinstance(part, str) else f"[{part}]")
            raise misfit from error
        except Exception as error:  # a user's validators may raise anything
            hint = f"validating it fails with {type(error).__name__}: {error}"
            raise Misfit(with_article(self.python_type), show_value(plain), hint) from error
