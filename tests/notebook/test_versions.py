"""Versions follow meaning, in real kernels against a real sandbox: unchanged cells cost nothing, changes are told."""

import ast
import sqlite3

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]

LOAD = "%load_ext autocontainer_nb\nfrom autocontainer_nb import task"
TRAIN = """
import numpy as np
from dataclasses import dataclass

threshold = 0.5
regions = {"north", "east", "south", "west"}
shares = {name: {name, "all"} for name in regions}
weights = np.arange(200_000.0)
api_key = "sk-live-4f9a8b7c6d5e4f3a2b1c"

@dataclass
class Options:
    depth: int = 3
    tags: frozenset = frozenset({"p", "q", "r"})

options = Options()

def clean(x):
    # at least
    if x in {"a", "b", "c"}:
        return 1.0
    return threshold

@task(cache=True, allow_credentials=True)
def train(x: str) -> float:
    return clean(x) + len(regions) + len(shares) + options.depth + float(weights[1]) + len(api_key) * 0
"""


def value(kernel, expression):
    return ast.literal_eval(kernel.ok(f"print(repr({expression}))").stdout)


def restart(kernel, seed):
    """A new kernel, under a hash seed of its own."""
    kernel._environ["PYTHONHASHSEED"] = seed
    kernel.restart()
    kernel.ok(LOAD)


def records(home):
    """What the sandbox has: every blob with its time of writing, and every registered task with its cache version."""
    blobs = home / "sandbox" / "blobs"
    uploaded = {
        str(path.relative_to(blobs)): path.stat().st_mtime_ns
        for path in blobs.rglob("*")
        if path.is_file() and "autocontainer-nb" in path.parts
    }
    with sqlite3.connect(f"file:{home}/sandbox/state.sqlite?mode=ro", uri=True) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        tasks = database.execute("select * from tasks order by 1, 2, 3, 4").fetchall() if "tasks" in tables else tables
    return uploaded, tasks


def test_a_new_kernel_uploads_and_registers_nothing(kernel, home):
    """The same cells under another hash seed: the sandbox's files and tasks stay as they are, and the cell says so."""
    restart(kernel, "1")
    kernel.ok(TRAIN)
    assert value(kernel, "train.remote(x='a').result(60)") == 1.0 + 4 + 4 + 3 + 1
    before = records(home)
    assert before[0]
    assert before[1]
    cache_version = value(kernel, "train.metadata.cache_version")

    restart(kernel, "4242")
    kernel.ok(TRAIN.replace("    # at least\n", "\n"))
    run = kernel.ok("run = train.remote(x='b')")
    assert value(kernel, "run.result(60)") == 1.0 + 4 + 4 + 3 + 1
    assert records(home) == before
    assert value(kernel, "train.metadata.cache_version") == cache_version
    [shown] = run.displays
    assert "unchanged since" in shown["text/plain"]
    assert "nothing uploaded" in shown["text/plain"]
    assert "nothing uploaded" in shown["text/html"]


def test_the_display_says_what_changed(kernel, home):
    """A global, a helper, an image or a resource changed is a new version, told below the title; no secret is."""
    kernel.ok(TRAIN)
    kernel.ok("train.remote(x='a').wait(60)")
    kernel.ok("threshold = 0.7")
    assert value(kernel, "train.remote(x='x').changes") == "threshold 0.5 ► 0.7"

    restart(kernel, "7")
    changed = TRAIN.replace("threshold = 0.5", "threshold = 0.7").replace("return threshold", "return threshold * 2")
    kernel.ok(changed.replace('{"a", "b", "c"}', '{"a", "b"}').replace("sk-live-4f9a", "sk-live-0000"))
    shown = kernel.ok("train.remote(x='a').wait(60)").displays[0]["text/plain"]
    assert "clean(): 2 lines" in shown
    assert "api_key changed (a str that isn't shown)" in shown
    assert not [path for path in (home / "last-runs").iterdir() if b"4f9a8b7c" in path.read_bytes()]

    kernel.ok("from autocontainer_nb import Resources")
    kernel.ok(changed.replace("cache=True", "cache=True, requests=Resources(cpu='1'), environment={'MODE': 'fast'}"))
    told = value(kernel, "train.remote(x='a').changes")
    assert "resources cpu 1 is new" in told
    assert "env MODE fast is new" in told
    kernel.ok(changed.replace("cache=True", "cache=True, requests=Resources(cpu='2'), environment={'MODE': 'fast'}"))
    told = value(kernel, "train.remote(x='a').changes")
    assert "resources cpu 1 ► 2" in told
