# %% A notebook that starts its task on the sandbox by flytekit's own words.
from flytekit import task, workflow
from flytekit.configuration import Config
from flytekit.remote import FlyteRemote


# %%
@task
def area(width: float, height: float) -> float:
    return width * height


# %%
remote = FlyteRemote(Config.for_sandbox(), default_project="flytesnacks", default_domain="development")

# %%
execution = remote.execute(area, inputs={"width": 2.0, "height": 1.5}, wait=True)
assert execution.is_done
assert execution.outputs["o0"] == 3.0

# %%
registered = remote.register_task(area)
again = remote.execute(registered, inputs={"width": 1.0, "height": 1.0})
again = remote.wait(again)
assert remote.sync(again).outputs["o0"] == 1.0
assert remote.fetch_execution(name=again.id).is_done
