"""Tests of workflows with mocks in place of tasks."""

import datetime

import pandas as pd

from flytekit import task, workflow
from flytekit.testing import patch, task_mock


@task
def query(since: datetime.datetime) -> pd.DataFrame:
    if since:
        raise RuntimeError("the database isn't here")
    return pd.DataFrame()


@task
def first_row(frame: pd.DataFrame) -> int:
    return int(frame["x"][0])


@task
def notify(text: str) -> None:
    assert text


@workflow
def pipeline(since: datetime.datetime) -> int:
    notify(text="begin")
    return first_row(frame=query(since=since))


since = datetime.datetime(2024, 1, 1)
with task_mock(query) as mock:
    mock.return_value = pd.DataFrame({"x": [5]})
    assert pipeline(since=since) == 5
    assert query(since=since)["x"][0] == 5


@patch(query)
def test_it(mock):
    mock.return_value = pd.DataFrame({"x": [6]})
    assert pipeline(since=since) == 6


test_it()
try:
    pipeline(since=since)
except Exception as error:
    assert "isn't here" in str(error)
else:
    raise AssertionError("the mock is gone by now")
