"""A use: words of texts, counted in parallel and put together, with a report as a file and a deck."""

import collections
import json
import re
from typing import Dict, List

import flytekit
from flytekit import Deck, map_task, task, workflow
from flytekit.deck.renderer import MarkdownRenderer
from flytekit.types.file import FlyteFile

STOP_WORDS = {"the", "a", "of"}
WORD = re.compile(r"[a-z]+")


@task
def split(text: str, size: int) -> List[str]:
    lines = text.splitlines()
    return ["\n".join(lines[start : start + size]) for start in range(0, len(lines), size)]


@task
def count(part: str) -> Dict[str, int]:
    words = (word for word in WORD.findall(part.lower()) if word not in STOP_WORDS)
    return dict(collections.Counter(words))


@task
def merge(counts: List[Dict[str, int]]) -> Dict[str, int]:
    total = collections.Counter()
    for each in counts:
        total.update(each)
    return dict(total)


@task(enable_deck=True)
def report(counts: Dict[str, int], top: int) -> FlyteFile:
    best = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:top]
    Deck("words", MarkdownRenderer().to_html("\n".join(f"* {word}: {number}" for word, number in best)))
    path = f"{flytekit.current_context().working_directory}/words.json"
    with open(path, "w") as file:
        json.dump(best, file)
    return FlyteFile(path)


@workflow
def words(text: str, top: int = 2) -> FlyteFile:
    return report(counts=merge(counts=map_task(count)(part=split(text=text, size=1))), top=top)


TEXT = "The cat of the house\na house\nA cat and a cat"
with open(words(text=TEXT)) as file:
    assert json.load(file) == [["cat", 3], ["house", 2]]
remote_runs = [
    (count, {"part": TEXT}, {"cat": 3, "house": 2, "and": 1}),
    (split, {"text": TEXT, "size": 2}, ["The cat of the house\na house", "A cat and a cat"]),
]
