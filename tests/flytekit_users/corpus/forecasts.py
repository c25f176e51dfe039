"""A use: sales by day, with settings as dataclasses, dates, branches on the quality, and a plan for every night."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Dict, List, Tuple

import pandas as pd

from flytekit import CronSchedule, LaunchPlan, conditional, dynamic, task, workflow


@dataclass
class Options:
    window: int = 3
    stores: List[str] = field(default_factory=lambda: ["s1", "s2"])
    weights: Dict[str, float] = field(default_factory=dict)


@task
def load(start: date, days: int, options: Options) -> pd.DataFrame:
    rows = [
        (store, start + timedelta(days=day), 10.0 * (number + 1) + day)
        for number, store in enumerate(options.stores)
        for day in range(days)
    ]
    frame = pd.DataFrame(rows, columns=["store", "day", "sales"])
    frame["day"] = pd.to_datetime(frame["day"])
    return frame


@task
def smooth(frame: pd.DataFrame, options: Options) -> pd.DataFrame:
    rolled = frame.groupby("store")["sales"].rolling(options.window, min_periods=1).mean()
    return frame.assign(sales=rolled.to_numpy())


@task
def forecast(frame: pd.DataFrame, store: str, options: Options) -> float:
    last = float(frame[frame["store"] == store]["sales"].iloc[-1])
    return last * options.weights.get(store, 1.0)


@task
def total(values: List[float]) -> float:
    return sum(values)


@task
def accept(value: float) -> str:
    return f"accepted {value:.1f}"


@task
def refuse(value: float) -> str:
    return f"refused {value:.1f}"


@dynamic
def each_store(frame: pd.DataFrame, options: Options) -> float:
    return total(values=[forecast(frame=frame, store=store, options=options) for store in options.stores])


@workflow
def forecasting(start: date, days: int = 5, options: Options = Options()) -> Tuple[float, str]:
    frame = smooth(frame=load(start=start, days=days, options=options), options=options)
    value = each_store(frame=frame, options=options)
    said = conditional("quality").if_(value > 30.0).then(accept(value=value)).else_().then(refuse(value=value))
    return value, said


@task
def day_of(moment: datetime) -> date:
    return moment.date()


@workflow
def nightly(kickoff: datetime) -> Tuple[float, str]:
    return forecasting(start=day_of(moment=kickoff))


plan = LaunchPlan.get_or_create(
    nightly, "forecasts_nightly", schedule=CronSchedule(schedule="0 1 * * *", kickoff_time_input_arg="kickoff")
)

assert forecasting(start=date(2024, 1, 1)) == (36.0, "accepted 36.0")
assert (
    forecasting(start=date(2024, 1, 1), options=Options(window=1, stores=["s1"], weights={"s1": 0.5}))[1]
    == "refused 7.0"
)
assert tuple(plan(kickoff=datetime(2024, 1, 1)))[0] == 36.0
