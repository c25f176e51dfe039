# %%
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import flytekit
from flytekit import Deck, Resources, task, workflow
from flytekit.types.file import PNGImageFile

# %%
COLUMNS = ["a", "b"]
SEED = 3


# %%
def normalize(frame: pd.DataFrame) -> pd.DataFrame:
    return (frame - frame.mean()) / frame.std()


# %%
@task(requests=Resources(cpu="1", mem="500Mi"))
def sample(rows: int) -> pd.DataFrame:
    generator = np.random.default_rng(SEED)
    return pd.DataFrame(generator.normal(size=(rows, 2)), columns=COLUMNS)


@task
def correlate(frame: pd.DataFrame) -> float:
    return float(normalize(frame)["a"].corr(frame["b"]))


@task(enable_deck=True)
def plot(frame: pd.DataFrame) -> PNGImageFile:
    figure, axes = plt.subplots()
    axes.scatter(frame["a"], frame["b"])
    path = f"{flytekit.current_context().working_directory}/plot.png"
    figure.savefig(path)
    Deck("summary", frame.describe().to_html())
    return PNGImageFile(path)


# %%
@workflow
def analysis(rows: int = 50) -> tuple[float, PNGImageFile]:
    data = sample(rows=rows)
    return correlate(frame=data), plot(frame=data)


# %%
value, picture = analysis()
assert -1 <= value <= 1
with open(picture, "rb") as file:
    assert file.read(4) == b"\x89PNG"

# %%
frame = sample(rows=10)
remote_runs = [(correlate, {"frame": frame}, correlate(frame=frame))]
