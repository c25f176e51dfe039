"""Write the golden files: run by hand, with an interpreter that has flytekit, pandas, numpy and pyarrow installed.

    python tests/type_engine/write_golden.py

What changes in git afterwards is a change in flytekit's wire form.
"""

import sys
from pathlib import Path
from types import ModuleType

import msgpack

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


def use_the_peer_s_names():
    """Make `golden_names` give flytekit's classes to the cases instead of ours."""
    from flytekit import StructuredDataset, kwtypes
    from flytekit.core.hash import HashMethod
    from flytekit.types.directory import FlyteDirectory
    from flytekit.types.file import FlyteFile

    names = ModuleType("golden_names")
    names.__dict__.update(
        FlyteFile=FlyteFile,
        FlyteDirectory=FlyteDirectory,
        StructuredDataset=StructuredDataset,
        kwtypes=kwtypes,
        HashMethod=HashMethod,
    )
    sys.modules["golden_names"] = names


def _packed_without_places(plain):
    if isinstance(plain, dict):
        return {
            key: "URI" if key in ("path", "uri") and isinstance(value, str) else _packed_without_places(value)
            for key, value in plain.items()
        }
    return [_packed_without_places(item) for item in plain] if isinstance(plain, list) else plain


def without_places(literal):
    """Replace the URIs in a literal message, also in packed ones: each run stores somewhere else."""
    kind = literal.WhichOneof("value")
    if kind == "collection":
        for item in literal.collection.literals:
            without_places(item)
    elif kind == "map":
        for item in literal.map.literals.values():
            without_places(item)
    elif literal.scalar.HasField("union"):
        without_places(literal.scalar.union.value)
    elif literal.scalar.HasField("blob"):
        literal.scalar.blob.uri = "URI"
    elif literal.scalar.HasField("structured_dataset"):
        literal.scalar.structured_dataset.uri = "URI"
    elif literal.scalar.HasField("binary") and any(
        key in literal.scalar.binary.value for key in (b"\xa4path", b"\xa3uri")
    ):
        plain = _packed_without_places(msgpack.unpackb(literal.scalar.binary.value, strict_map_key=False))
        literal.scalar.binary.value = msgpack.packb(plain)
    return literal


def main():
    use_the_peer_s_names()
    from flytekit.core.context_manager import FlyteContextManager
    from flytekit.core.type_engine import TypeEngine
    from golden_cases import CASES
    from google.protobuf import text_format

    context = FlyteContextManager.current_context()
    folder = HERE / "golden"
    folder.mkdir(exist_ok=True)
    for name, (python_type, values) in CASES.items():
        literal_type = TypeEngine.to_literal_type(python_type)
        (folder / f"{name}.type.textproto").write_text(text_format.MessageToString(literal_type.to_flyte_idl()))
        for index, value in enumerate(values):
            literal = TypeEngine.to_literal(context, value, python_type, literal_type).to_flyte_idl()
            path = folder / f"{name}.{index}.literal.textproto"
            path.write_text(text_format.MessageToString(without_places(literal)))


if __name__ == "__main__":
    main()
