"""A code file or large object that is gone or damaged is there again after the next launch, in as few round trips."""

import json
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.remote.executions.submit import submit
from autocontainer_nb.remote.register import code_file, objects
from autocontainer_nb.remote.register.last_runs import FOLDER

CELL = "@task\ndef scaled(x: int) -> int:\n    return SCALE * x\n"
LARGE_CELL = "@task\ndef scaled(x: int) -> int:\n    return int(TABLE[x])\n"


def new_table(seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, 2_000_000, dtype=np.uint8)


def kernel(cell: str = CELL, **values):
    """What a notebook has after its cell was run: another one each time, as after a restart of the kernel."""
    notebook = {"__name__": "__main__", "task": task, "SCALE": 3, **values}
    exec(cell, notebook)
    return notebook["scaled"]


@pytest.fixture
def launch(control_plane, flyteadmin, monkeypatch, tmp_path):
    """Launches from a new scope; returns the execution's card line and what was called."""
    monkeypatch.setenv("AUTOCONTAINER_NB_HOME", str(tmp_path / "home"))

    def launched(entity, **inputs):
        control_plane.requests.clear()
        execution = submit(control_plane.scope(), entity, (), inputs or {"x": 2})
        return execution, control_plane.counts

    return launched


def forget(tmp_path):
    """Do as another machine would: nothing is remembered."""
    for path in (tmp_path / "home" / FOLDER).glob("*.json"):
        path.unlink()


def code_of(flyteadmin):
    """The bytes that the last execution's task would fetch, by the URI in its registered args."""
    started = flyteadmin.executions[-1].spec.launch_plan
    version = started.version
    created = next(
        each
        for (kind, _, known), each in flyteadmin.registered.items()
        if kind == identifier_pb2.TASK and known == version
    )
    args = list(created.spec.template.container.args)
    return flyteadmin.store.objects[args[args.index("--additional-distribution") + 1]].body, args


def damage(store, uri):
    """Cut an object in two, as another tool would that writes it anew; the uploader's metadata is gone with that."""
    found = store.objects[uri]
    found.body = found.body[: len(found.body) // 2]
    found.claimed_md5 = ""


def locations_in(code, tmp_path):
    """Where an archive says that its large data is."""
    import zipfile

    path = Path(tmp_path, "fetched.pkl")
    path.write_bytes(code)
    with zipfile.ZipFile(path) as archive:
        return set(json.loads(archive.read("locations.json")).values())


def test_a_code_file_that_is_gone_is_put_back(launch, flyteadmin):
    """The same bytes at the same place, under the same version; the card says that something was uploaded."""
    launch(kernel())
    uri = flyteadmin.store.only("/entities.pkl")
    whole = flyteadmin.store.objects.pop(uri)
    execution, calls = launch(kernel())
    assert flyteadmin.store.objects[uri].body == whole.body
    assert "CreateTask" not in calls
    assert execution.changes.endswith(", uploaded again")
    execution, _ = launch(kernel())
    assert execution.changes.endswith(", nothing uploaded")


def test_a_damaged_code_file_is_replaced_by_another(launch, flyteadmin):
    """What is there can't be written over: the task is registered anew, once, and runs a whole file."""
    launch(kernel())
    uri = flyteadmin.store.only("/entities.pkl")
    whole = flyteadmin.store.objects[uri].body
    damage(flyteadmin.store, uri)
    _, calls = launch(kernel())
    assert calls["CreateTask"] == 1
    body, args = code_of(flyteadmin)
    assert body == whole
    assert uri not in args
    execution, calls = launch(kernel())
    assert calls == {"GetTask": 1, "CreateUploadLocation": 2, "CreateExecution": 1}
    assert execution.changes.endswith(", nothing uploaded")


def test_a_lost_file_of_other_bytes_is_healed_by_another_version(launch, flyteadmin, tmp_path):
    """Other line numbers change the file and not the version: where the older file is gone, today's gets a version.

    Another machine, which remembers nothing, finds that version too.
    """
    launch(kernel())
    first = flyteadmin.executions[-1].spec.launch_plan.version
    moved = "\n\n" + CELL
    _, calls = launch(kernel(moved))
    assert "CreateTask" not in calls  # the older file does as well
    del flyteadmin.store.objects[flyteadmin.store.only("/entities.pkl")]
    _, calls = launch(kernel(moved))
    healed = flyteadmin.executions[-1].spec.launch_plan.version
    assert (calls["CreateTask"], healed != first, len(healed)) == (1, True, len(first))
    assert code_of(flyteadmin)[0]
    forget(tmp_path)
    _, calls = launch(kernel(moved))
    assert "CreateTask" not in calls
    assert flyteadmin.executions[-1].spec.launch_plan.version == healed


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "damaged"])
@pytest.mark.parametrize("remembers", [True, False], ids=["same machine", "another machine"])
def test_a_large_object_is_whole_again(launch, flyteadmin, tmp_path, is_gone, remembers):
    """Gone or damaged, the object is in the store again, and the code that runs says where."""
    table = new_table()
    launch(kernel(LARGE_CELL, TABLE=table))
    uri = flyteadmin.store.only("/content")
    if is_gone:
        del flyteadmin.store.objects[uri]
    else:
        damage(flyteadmin.store, uri)
    if not remembers:
        forget(tmp_path)
    launch(kernel(LARGE_CELL, TABLE=new_table()))
    for attempt in ("healed", "unchanged"):
        (where,) = locations_in(code_of(flyteadmin)[0], tmp_path)
        assert flyteadmin.store.objects[where].body == table.tobytes(), attempt
        puts = len(flyteadmin.store.puts)
        _, calls = launch(kernel(LARGE_CELL, TABLE=new_table()))
        assert "CreateTask" not in calls
        assert len(flyteadmin.store.puts) == puts


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "damaged"])
def test_a_compressed_object_is_whole_again(launch, flyteadmin, tmp_path, monkeypatch, is_gone):
    """What travels compressed is known by the MD5 of what was sent: lost, it is compressed and sent again."""
    monkeypatch.setattr(objects.Uploads, "_is_packed", lambda *_: True)  # as for a control plane far away
    table = np.arange(500_000)
    launch(kernel(LARGE_CELL, TABLE=table))
    uri = flyteadmin.store.only("/content.zlib")
    if is_gone:
        del flyteadmin.store.objects[uri]
    else:
        damage(flyteadmin.store, uri)
    for attempt in ("healed", "unchanged"):
        puts = len(flyteadmin.store.puts)
        launch(kernel(LARGE_CELL, TABLE=table.copy()))
        (where,) = locations_in(code_of(flyteadmin)[0], tmp_path)
        assert zlib.decompress(flyteadmin.store.objects[where].body) == table.tobytes()
        assert (len(flyteadmin.store.puts) > puts) == (attempt == "healed")


def test_both_the_code_and_its_data_are_put_back(launch, flyteadmin, tmp_path):
    """An emptied bucket: one launch, and everything is there."""
    launch(kernel(LARGE_CELL, TABLE=new_table()))
    before = {uri: each.body for uri, each in flyteadmin.store.objects.items()}
    flyteadmin.store.objects.clear()
    launch(kernel(LARGE_CELL, TABLE=new_table()))
    assert {uri: each.body for uri, each in flyteadmin.store.objects.items()} == before


def test_the_tasks_of_a_workflow_are_healed_together(launch, flyteadmin):
    """A graph has one file for all its tasks: gone, it is put back; damaged, all are registered anew."""
    notebook = {"__name__": "__main__", "task": task, "workflow": workflow}
    exec("@task\ndef inc(x: int) -> int:\n    return x + 1\n", notebook)
    exec("@workflow\ndef twice(x: int) -> int:\n    return inc(x=inc(x=x))\n", notebook)
    plan = LaunchPlan.get_or_create(notebook["twice"], "healed_plan")
    launch(plan)
    uri = flyteadmin.store.only("/entities.pkl")
    whole = flyteadmin.store.objects.pop(uri).body
    _, calls = launch(plan)
    assert calls == {"GetLaunchPlan": 1, "GetTask": 1, "CreateUploadLocation": 2, "CreateExecution": 1}
    assert flyteadmin.store.objects[uri].body == whole
    damage(flyteadmin.store, uri)
    launch(plan)
    body, args = code_of(flyteadmin)
    assert (body, uri in args) == (whole, False)


@pytest.mark.parametrize("cell", [CELL, LARGE_CELL], ids=["code alone", "with data"])
def test_an_unchanged_launch_takes_two_round_trips(launch, control_plane, cell):
    """From a new kernel: GetTask with all looks beside it, all of them under way at once, then CreateExecution."""
    launch(kernel(cell, TABLE=new_table()))
    expected = 3 if cell is CELL else 5
    together = threading.Barrier(expected)
    log = []

    def waiting(name, answer):
        def answered(request):
            log.append((name, time.monotonic()))
            if name != "CreateExecution":
                together.wait(timeout=5)  # breaks, and fails the call, unless all of them are here
            return answer(request)

        return answered

    control_plane.answers |= {name: waiting(name, answer) for name, answer in control_plane.answers.items()}
    _, calls = launch(kernel(cell, TABLE=new_table()))
    assert calls == {"GetTask": 1, "CreateUploadLocation": expected - 1, "CreateExecution": 1}
    assert log[-1][0] == "CreateExecution"
    assert not together.broken


def test_a_look_that_gets_no_answer_hinders_nothing(launch, control_plane, refuse):
    """Where CreateUploadLocation isn't served, or not to this user, what is registered is launched all the same."""
    launch(kernel())
    control_plane.answers["CreateUploadLocation"] = refuse("PERMISSION_DENIED", "uploads are for others")
    _, calls = launch(kernel())
    assert calls["CreateExecution"] == 1
    assert "CreateTask" not in calls


def test_a_folder_that_is_remembered_wrongly_is_not_asked_for(launch, flyteadmin, tmp_path, control_plane):
    """What was noted for the next launch only tells where to look first: nonsense in it changes nothing."""
    launch(kernel())
    (path,) = (tmp_path / "home" / FOLDER).glob("*.json")
    told = json.loads(path.read_text())
    told["stored"]["code_root"] = "../../somewhere"
    path.write_text(json.dumps(told))
    launch(kernel())
    roots = {sent.filename_root for name, sent in control_plane.requests if name == "CreateUploadLocation"}
    assert all(root.startswith(f"{code_file.UPLOAD_ROOT}/") for root in roots)
