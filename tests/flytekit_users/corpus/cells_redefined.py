# %% A notebook in which a task is written again, and the workflow with it.
import flytekit as fl


@fl.task
def scale(x: float) -> float:
    return x * 2


@fl.workflow
def pipeline(x: float) -> float:
    return scale(x=scale(x=x))


# %%
assert pipeline(x=1.0) == 4.0


# %%
@fl.task
def scale(x: float) -> float:
    return x * 3


@fl.workflow
def pipeline(x: float) -> float:
    return scale(x=scale(x=x))


# %%
assert pipeline(x=1.0) == 9.0
remote_runs = [(scale, {"x": 1.5}, 4.5)]
