"""The transformer for pydantic models: their JSON dump as msgpack, with their schema. Imported only with pydantic."""

import json
from typing import Any

import pydantic
from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.families.structs import binary_literal, has_field_type, struct_type, to_msgpack
from autocontainer_nb.type_engine.packed.base import Packer, while_writing
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.wording import ANOTHER_DEFINITION, Misfit, show_type, show_value, with_article


class ModelTransformer(Transformer):
    """A pydantic (v2) model; its own validators run again when it is read."""

    tag = "Pydantic Transformer"

    def literal_type(self) -> types_pb2.LiteralType:
        """Return STRUCT with the model's JSON schema, and each field's own type for attribute access."""
        try:
            schema = self.python_type.model_json_schema()
        except pydantic.errors.PydanticInvalidForJsonSchema as error:
            raise Misfit(
                "a model whose fields have a JSON form", show_type(self.python_type), str(error).splitlines()[0]
            ) from error
        found = struct_type(schema)
        fields = {}
        for name, field in self.python_type.model_fields.items():
            if not has_field_type(field.annotation):
                continue
            try:
                fields[name] = self.engine.transformer(field.annotation).literal_type()
            except (Misfit, RecursionError):
                continue
        found.structure.CopyFrom(types_pb2.TypeStructure(dataclass_type=fields))
        return found

    def packer(self) -> Packer:
        """Return the packer, which uses the model's own dump and validation."""
        return Packer(self._pack, self._unpack, self.is_exact)

    def check(self, value: Any) -> None:
        """Raise Misfit unless it is an instance that can be dumped as JSON."""
        self._pack(value)

    def to_literal(self, value: Any, files: FileAccess) -> literals_pb2.Literal:
        """Return the binary literal, after storing the files and frames in it."""
        return binary_literal(to_msgpack(while_writing(files, lambda: self._pack(value))))

    def read(self, literal: literals_pb2.Literal, files: FileAccess) -> Any:  # noqa: ARG002 - binaries don't come here
        """Raise Misfit: a model is read by its packer only."""
        raise self.misread(literal)

    def is_exact(self, value: Any) -> bool:
        """Whether it is exactly of this class."""
        return type(value) is self.python_type

    def _pack(self, value: Any) -> Any:
        if not isinstance(value, self.python_type):
            same_name = type(value).__qualname__ == self.python_type.__qualname__
            raise self.misfit(value, ANOTHER_DEFINITION if same_name else "")
        try:
            return json.loads(value.model_dump_json())
        except ValueError as error:  # pydantic's errors of serialization are ValueErrors
            raise Misfit(
                f"{with_article(self.python_type)} that JSON can represent", show_value(value), str(error)
            ) from error

    def _unpack(self, plain: Any) -> Any:
        try:
            # Through JSON, whose lax rules turn a string back into a datetime, and a list into a tuple.
            return self.python_type.model_validate_json(json.dumps(plain), strict=False)
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            misfit = Misfit(f"a value for {show_type(self.python_type)}", show_value(first["input"]), first["msg"])
            for part in reversed(first["loc"]):
                misfit.inside(f".{part}" if isinstance(part, str) else f"[{part}]")
            raise misfit from error
        except TypeError as error:
            raise Misfit(with_article(self.python_type), show_value(plain), str(error)) from error
