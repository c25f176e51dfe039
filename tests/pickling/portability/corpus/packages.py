"""Code that uses the usual packages, and classes that packages generate."""

from corpus.definition import Definition, cell

PACKAGES = [
    Definition(
        name="array_code",
        cell=cell("""
import numpy as np
weights = np.arange(6, dtype="float64").reshape(2, 3)
softmax = lambda x, axis=-1: np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)
def array_code(n):
    masked = np.where(weights > 2, weights, 0)
    return masked.sum().item(), softmax(np.zeros(n)).tolist(), (weights @ weights.T)[0, 0].item(), weights[..., 1:].shape
"""),
        call="array_code(2)",
        expected=(12.0, [0.5, 0.5], 5.0, (2, 2)),
        needs=("numpy",),
    ),
    Definition(
        name="array_kinds",
        cell=cell("""
import numpy as np
kinds = {"i": np.int32(5), "dtype": np.dtype([("a", "i4"), ("b", "f8")]), "s": np.array(["x", "yy"]), "t": np.datetime64("2024-01-02"),
         "big": np.zeros(100_000), "ma": np.ma.masked_array([1, 2], mask=[0, 1]), "ufunc": np.add, "nan": np.nan, "object": np.array([{"a": 1}], dtype=object)}
vectorized = np.vectorize(lambda x: x + 1)
rng = np.random.default_rng(3)
def array_kinds():
    return (int(kinds["i"]) + 1, kinds["dtype"].names, kinds["s"].tolist(), str(kinds["t"]), kinds["big"].shape, int(kinds["ma"].sum()),
            int(kinds["ufunc"](1, 2)), vectorized([1]).tolist(), kinds["object"][0], rng.integers(0, 9, 2).shape, np.pi > 3)
"""),
        call="array_kinds()",
        expected=(6, ("a", "b"), ["x", "yy"], "2024-01-02", (100000,), 1, 3, [2], {"a": 1}, (2,), True),
        needs=("numpy",),
    ),
    Definition(
        name="frame_code",
        cell=cell("""
import pandas as pd
import numpy as np
def clean(frame: pd.DataFrame, column: str = "v") -> pd.DataFrame:
    return (frame.assign(double=lambda f: f[column] * 2, kind=lambda f: np.where(f[column] > 1, "big", "small"))
                 .query(f"{column} > 0")
                 .pipe(lambda f, n: f.head(n), n=3))
def frame_code():
    frame = pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 0]})
    grouped = clean(frame).groupby("k")["double"].agg(lambda s: s.sum())
    return grouped.to_dict(), frame["v"].apply(lambda v: v ** 2).tolist(), frame.k.map({"a": 1}.get).fillna(0).sum()
"""),
        call="tuple(map(str, frame_code()))",
        expected=("{'a': 2, 'b': 4}", "[1, 4, 0]", "2.0"),
        needs=("pandas",),
    ),
    Definition(
        name="FrameModel",
        cell=cell("""
import pandas as pd
class Frames:
    columns = ["a", "b"]
    def __init__(self, rows): self.rows = rows
    @property
    def frame(self) -> pd.DataFrame: return pd.DataFrame(self.rows, columns=self.columns)
    def summary(self):
        return {name: float(series.mean()) for name, series in self.frame.items()}
FrameModel = Frames([(1, 2), (3, 4)])
"""),
        call="FrameModel.summary()",
        expected={"a": 2.0, "b": 3.0},
        needs=("pandas",),
    ),
    Definition(
        name="estimator",
        cell=cell("""
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import FunctionTransformer
class Shift(BaseEstimator, TransformerMixin):
    def __init__(self, by=1): self.by = by
    def fit(self, X, y=None):
        self.seen_ = len(X)
        return self
    def transform(self, X): return X + self.by
def estimator():
    X = np.arange(4.0).reshape(-1, 1)
    pipeline = Pipeline([("shift", Shift(2)), ("square", FunctionTransformer(lambda X: X * 3)), ("fit", LinearRegression())])
    pipeline.fit(X, X.ravel() * 2)
    return round(float(pipeline.predict(np.array([[5.0]]))[0]), 6), pipeline.get_params()["shift__by"], pipeline[0].seen_
"""),
        call="estimator()",
        expected=(10.0, 2, 4),
        needs=("sklearn",),
    ),
    Definition(
        name="Item",
        cell=cell("""
from pydantic import BaseModel, Field, field_validator
class Item(BaseModel):
    name: str
    price: float = Field(default=1.0, gt=0)
    tags: list[str] = Field(default_factory=list)
    @field_validator("name")
    @classmethod
    def _strip(cls, value):
        return value.strip()
    def total(self, n):
        return self.price * n
"""),
        call="(Item(name=' a ', price='2').model_dump(), Item(name='x').total(3), Item.model_validate_json('{\"name\": \"j\"}').name)",
        expected=({"name": "a", "price": 2.0, "tags": []}, 3.0, "j"),
        needs=("pydantic",),
    ),
    Definition(
        name="order",
        cell=cell("""
from pydantic import BaseModel, ValidationError, model_validator, computed_field, ConfigDict
class Line(BaseModel):
    model_config = ConfigDict(frozen=True)
    count: int = 1
class Order(BaseModel):
    lines: list[Line]
    note: str | None = None
    @model_validator(mode="after")
    def _check(self):
        if not self.lines:
            raise ValueError("empty order")
        return self
    @computed_field
    @property
    def size(self) -> int:
        return sum(line.count for line in self.lines)
class Rush(Order):
    fee: int = 5
def order():
    try:
        Order(lines=[])
    except ValidationError as error:
        failed = "empty order" in str(error)
    return Rush(lines=[Line(), {"count": 3}]).model_dump(), failed, Rush(lines=[Line()]).size
kept_order = Order(lines=[Line(count=2)])
"""),
        call="order()",
        expected=({"lines": [{"count": 1}, {"count": 3}], "note": None, "fee": 5, "size": 4}, True, 1),
        needs=("pydantic",),
    ),
    Definition(
        name="polars_code",
        cell=cell("""
import polars as pl
expression = pl.col("v") * 2
def polars_code():
    frame = pl.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]})
    return frame.group_by("k").agg(expression.sum()).sort("k").rows(), frame.filter(pl.col("v") > 1).height
"""),
        call="polars_code()",
        expected=([("a", 8), ("b", 4)], 2),
        needs=("polars",),
    ),
]
