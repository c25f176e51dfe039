"""A type of one's own, with a transformer that stores its files; and one that needs two functions only."""

import os
import tempfile
from pathlib import Path
from typing import List, Optional, Type

from flytekit import Blob, BlobMetadata, BlobType, FlyteContext, Literal, LiteralType, Scalar, task, workflow
from flytekit.core.type_engine import SimpleTransformer, TypeTransformerFailedError
from flytekit.extend import TypeEngine, TypeTransformer
from flytekit.models.literals import Primitive
from flytekit.models.types import SimpleType


class Files:
    def __init__(self, base_dir: Optional[str] = None):
        self.base_dir = base_dir or tempfile.mkdtemp()

    def write(self, name: str, text: str) -> None:
        Path(self.base_dir, name).write_text(text)

    def read(self) -> str:
        return " ".join(Path(self.base_dir, name).read_text() for name in sorted(os.listdir(self.base_dir)))


class FilesTransformer(TypeTransformer[Files]):
    _TYPE_INFO = BlobType(format="binary", dimensionality=BlobType.BlobDimensionality.MULTIPART)

    def __init__(self):
        super().__init__(name="files-transform", t=Files)

    def get_literal_type(self, t: Type[Files]) -> LiteralType:
        return LiteralType(blob=self._TYPE_INFO)

    def to_literal(
        self, ctx: FlyteContext, python_val: Files, python_type: Type[Files], expected: LiteralType
    ) -> Literal:
        if not isinstance(python_val, Files):
            raise TypeTransformerFailedError("these are no files")
        remote_dir = ctx.file_access.get_random_remote_directory()
        ctx.file_access.upload_directory(python_val.base_dir, remote_dir)
        return Literal(scalar=Scalar(blob=Blob(uri=remote_dir, metadata=BlobMetadata(type=self._TYPE_INFO))))

    def to_python_value(self, ctx: FlyteContext, lv: Literal, expected_python_type: Type[Files]) -> Files:
        local_dir = ctx.file_access.get_random_local_directory()
        ctx.file_access.download_directory(lv.scalar.blob.uri, local_dir)
        return Files(base_dir=local_dir)


TypeEngine.register(FilesTransformer())


class Celsius:
    def __init__(self, degrees: float):
        self.degrees = degrees


TypeEngine.register(
    SimpleTransformer(
        "celsius",
        Celsius,
        LiteralType(simple=SimpleType.FLOAT),
        lambda value: Literal(scalar=Scalar(primitive=Primitive(float_value=value.degrees))),
        lambda literal: Celsius(literal.scalar.primitive.float_value),
    )
)


@task
def generate(n: int) -> Files:
    made = Files()
    for index in range(n):
        made.write(f"x{index}", f"content {index}")
    return made


@task
def consume(files: Files) -> str:
    return files.read()


@task
def warmer(outside: Celsius, by: float) -> Celsius:
    return Celsius(outside.degrees + by)


@task
def degrees(values: List[Celsius]) -> float:
    return sum(value.degrees for value in values)


@workflow
def pipeline(n: int = 2) -> str:
    return consume(files=generate(n=n))


@workflow
def temperatures(start: Celsius) -> float:
    once = warmer(outside=start, by=1.0)
    return degrees(values=[once, warmer(outside=once, by=0.5)])


assert pipeline() == "content 0 content 1"
assert temperatures(start=Celsius(1.5)) == 5.5

made = Files()
made.write("a", "from here")
remote_runs = [(consume, {"files": made}, "from here"), (degrees, {"values": [Celsius(0.5), Celsius(1.0)]}, 1.5)]
