"""Dynamic workflows that choose by values, call launch plans, maps and conditions, and return several outputs."""

from typing import Dict, List, Tuple

from flytekit import LaunchPlan, conditional, dynamic, map_task, task, workflow


@task
def triple(x: int) -> int:
    return 3 * x


@task
def word(x: int) -> str:
    return "even" if x % 2 == 0 else "odd"


@workflow
def tripling(x: int = 1) -> int:
    return triple(x=x)


plan = LaunchPlan.get_or_create(tripling, "tripling_plan", default_inputs={"x": 5})


@dynamic
def chosen(x: int, wanted: bool) -> Tuple[int, str]:
    if not wanted:
        return 0, "nothing"
    result = triple(x=x)
    return result, word(x=result)


@dynamic
def all_kinds(numbers: List[int]) -> Dict[str, int]:
    mapped = map_task(triple)(x=numbers)
    return {"mapped": mapped[0], "plan": plan(), "sub": tripling(x=numbers[-1])}


@dynamic
def search(values: List[int], key: int) -> int:
    found = -1
    for position, value in enumerate(values):
        if value == key:
            found = position
            break
    return triple(x=found)


@workflow
def pipeline(x: int, wanted: bool) -> Tuple[int, str]:
    return chosen(x=x, wanted=wanted)


assert pipeline(x=3, wanted=True) == (9, "odd")
assert pipeline(x=3, wanted=False) == (0, "nothing")
assert all_kinds(numbers=[2, 4]) == {"mapped": 6, "plan": 15, "sub": 12}
assert search(values=[5, 6, 7], key=7) == 6
