"""Tasks, workflows and launch plans that somebody else has registered, in workflows, with mocks in place of them."""

from typing import List

from flytekit import reference_launch_plan, reference_task, task, workflow
from flytekit.core.launch_plan import ReferenceLaunchPlan


@reference_task(project="team", domain="development", name="pkg.normalize", version="v1")
def normalize(texts: List[str], upper: bool) -> List[str]:
    return []


@reference_launch_plan(project="team", domain="development", name="pkg.plan", version="v1")
def remote_plan(path: str, number: int) -> int:
    """Counted elsewhere."""
    return 0


@task
def size(texts: List[str]) -> int:
    return len(texts)


@workflow
def mixed(texts: List[str]) -> int:
    normalized = normalize(texts=texts, upper=True)
    remote_plan(path="here", number=size(texts=normalized))
    return size(texts=normalized)


assert len(mixed.nodes) == 4
assert list(normalize.python_interface.inputs) == ["texts", "upper"]
assert isinstance(remote_plan, ReferenceLaunchPlan)
assert remote_plan.id.name == "pkg.plan" and remote_plan.id.version == "v1"
