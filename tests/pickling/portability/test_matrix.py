"""Captured on one Python, run on every other: the corpus, over all interpreters of this machine.

`make test-portability` runs all of it, with the packages that its last part needs; `make test` runs a part, between
this interpreter and each other one.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from corpus import DEFINITIONS

FULL = os.environ.get("PORTABILITY") == "full"
MINORS = ("3.10", "3.11", "3.12", "3.13")
OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
# Without what needs packages: a bare interpreter may have them in versions that have nothing in common.
SAMPLE = [] if FULL else [definition.name for definition in DEFINITIONS if not definition.needs][::6]


def as_tuple(minor: str) -> tuple[int, ...]:
    return tuple(map(int, minor.split(".")))


def test_the_corpus_is_large_and_its_names_are_its_own():
    """At least 120 definitions fit every supported Python, each newer one brings some, and no name stands twice."""
    newest = Counter(definition.since for definition in DEFINITIONS)
    assert all(newest[as_tuple(minor)] >= 8 for minor in MINORS)
    names = [definition.name for definition in DEFINITIONS]
    assert len(names) == len(set(names))
    assert sum(definition.since == (3, 10) for definition in DEFINITIONS) >= 120


@pytest.mark.timeout(900)
@pytest.mark.parametrize("made_by", MINORS)
def test_what_one_python_captures_every_other_runs(made_by, interpreters, tmp_path):
    """All that fits the other one's grammar runs and gives the expected value; the rest is refused by name."""
    if made_by not in interpreters:
        pytest.skip(f"no Python {made_by} on this machine")
    others = [minor for minor in interpreters if FULL or OWN in {made_by, minor}]
    if not others:
        pytest.skip("this pair is a matter of make test-portability")
    failed = json.loads(interpreters[made_by].run("capturing.py", str(tmp_path), *SAMPLE))
    assert failed == {}
    for minor in others:
        outcomes = json.loads(interpreters[minor].run("running.py", str(tmp_path)))
        check(made_by, minor, outcomes)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("made_by", MINORS)
def test_what_one_python_gives_as_a_value_every_other_takes_and_gives_back(made_by, interpreters, tmp_path):
    """The corpus as inputs and as results: a class, a function or an object of a cell arrives, and comes back."""
    if made_by not in interpreters:
        pytest.skip(f"no Python {made_by} on this machine")
    others = [minor for minor in interpreters if minor != made_by and (FULL or OWN in {made_by, minor})]
    names = [one.name for one in DEFINITIONS if FULL or not one.needs][:: 1 if FULL else 9]
    for minor in others:
        folder = tmp_path / minor
        folder.mkdir()
        interpreters[made_by].run("carrying.py", "make", str(folder), *names)
        there = json.loads(interpreters[minor].run("carrying.py", "use", str(folder)))
        back = json.loads(interpreters[made_by].run("carrying.py", "back", str(folder)))
        since = {one.name: one.since for one in DEFINITIONS}
        fitting = {name for name in there if as_tuple(minor) >= since[name]}
        bad = {name: told for name, told in there.items() if told[0] != ("ran" if name in fitting else "refused")}
        bad |= {f"{name}, back": told for name, told in back.items() if told[0] != "ran"}
        assert not bad, f"{made_by} on {minor}: {json.dumps(bad, indent=1)}"
        assert back.keys() >= fitting


def check(made_by: str, minor: str, outcomes: dict[str, list[str]]) -> None:
    """Compare what happened with what may happen."""
    counts = Counter(outcome for outcome, _ in outcomes.values())
    bad = {name: told for name, told in outcomes.items() if told[0] not in {"ran", "refused", "lacks"}}
    assert not bad, f"{made_by} on {minor}: {json.dumps(bad, indent=1)}"
    lacking = {name for name, (outcome, _) in outcomes.items() if outcome == "lacks"}
    assert not (FULL and lacking), f"make test-portability has not installed what {lacking} need on Python {minor}"
    since = {definition.name: definition.since for definition in DEFINITIONS}
    for name, (outcome, told) in outcomes.items():
        may_run = as_tuple(minor) >= since[name]
        assert outcome != "refused" or not may_run, f"{made_by} on {minor}: {name} is refused: {told}"
        assert outcome != "ran" or may_run, f"{name} has run on Python {minor}: its `since` is wrong"
        if outcome == "refused":
            assert "Nothing of it was unpickled" in told
            assert f"Python {minor}" in told
    if made_by == minor:
        assert counts["refused"] == 0


def test_the_files_name_what_another_python_needs(interpreters, tmp_path):
    """The metadata has a record for each code object, and says of none of these that it can't be carried."""
    if OWN not in interpreters:
        pytest.skip(f"no Python {OWN} among the prepared ones")
    from autocontainer_nb.pickling.inspect.description import inspect_archive

    interpreters[OWN].run("capturing.py", str(tmp_path), "adder", "frozen_points", "managed")
    for path in Path(tmp_path).glob("*.pkl"):
        told = inspect_archive(str(path))
        assert told["unportable"] == []
        assert {record["name"] for record in told["code"]} & {"make_adder.<locals>.add", "frozen_points", "managed"}
