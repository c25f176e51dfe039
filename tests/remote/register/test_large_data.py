"""Large data through a real sandbox: uploaded once, found again, healed where it is lost, writable where it runs."""

import hashlib
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flyteidl.service import dataproxy_pb2

from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import CaptureError, ExecutionFailedError, StorageError
from autocontainer_nb.pickling.capture.buffers import LargeObject
from autocontainer_nb.remote import http, observers
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.register import objects
from autocontainer_nb.remote.register.code_file import CodeFile
from autocontainer_nb.remote.register.objects import DATA_ROOT, Uploads
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.transfers import UploadState
from autocontainer_nb.sandbox import process

MEGABYTE = 1_000_000
pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[str]:
    """The home of a sandbox that this module's tests share; proved to be gone afterwards."""
    folder = str(tmp_path_factory.mktemp("home"))
    yield folder
    process.stop(folder)
    assert not process.status(folder).running


@pytest.fixture
def remote(home) -> Iterator[FlyteRemote]:
    """A client of the module's sandbox."""
    client = FlyteRemote(home=home)
    yield client
    client.close()


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    """The sizes of all bodies that are uploaded from now on."""
    sizes: list[int] = []
    put = http.put

    def counting(url, source, headers=None, timeout_s=60.0, **more):
        if isinstance(source, bytes | memoryview):
            sizes.append(memoryview(source).nbytes)
        else:
            sizes.append(Path(source).stat().st_size)
        return put(url, source, headers, timeout_s, **more)

    monkeypatch.setattr(http, "put", counting)
    return sizes


@pytest.fixture
def states() -> Iterator[list[UploadState]]:
    """What observers of uploads are told from now on."""
    seen: list[UploadState] = []
    observers.on_upload.append(seen.append)
    yield seen
    observers.on_upload.remove(seen.append)


def stored(home: str, content: bytes) -> list[Path]:
    """The objects in the sandbox's store that hold this content."""
    objects = Path(home).rglob(f"{DATA_ROOT}/**/content*")
    return [path for path in objects if path.stat().st_size == len(content) and path.read_bytes() == content]


def new_array(seed: int, megabytes: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, megabytes * MEGABYTE, dtype=np.uint8)


def test_the_second_run_after_an_edit_uploads_little(remote, home, sent, states):
    """An array, bytes and a bytearray are uploaded once; after an edit of the function only the function is."""
    array, text, changing = new_array(1, 10), bytes(new_array(2)), bytearray(new_array(3))

    @task
    def total(x: int) -> int:
        array[0] = 1
        changing[0] = 1
        return int(array[0]) + changing[0] + len(text) + x

    assert remote.launch(total, x=1).result(timeout_s=60) == 3 * MEGABYTE + 3
    assert sum(sent) > 16 * MEGABYTE
    assert states[-1].is_done
    assert states[-1].sent_bytes == states[-1].total_bytes == 16 * MEGABYTE
    assert states[-1].names[0] == "total ► array"  # the largest first
    assert sorted(states[-1].names) == ["total ► array", "total ► changing", "total ► text"]
    assert array[0] == new_array(1, 10)[0]
    sent.clear()
    states.clear()

    @task
    def total(x: int) -> int:
        return int(array[1]) + len(changing) + len(text) + x + 1

    expected = int(array[1]) + 6 * MEGABYTE + 2
    assert remote.launch(total, x=1).result(timeout_s=60) == expected
    assert 0 < sum(sent) < 100_000
    assert states == []
    sent.clear()
    assert remote.launch(total, x=1).result(timeout_s=60) == expected
    assert sum(sent) == 0


def test_new_data_is_hashed_once_for_its_look_and_its_upload(remote, monkeypatch):
    """The look and the upload want the MD5 at the same time, in two threads: it is computed once."""
    data = np.random.default_rng(11).random(MEGABYTE)
    hashed: list[str] = []
    md5 = objects.Place._md5

    def slow(place):
        hashed.append(place.content.sha256)
        time.sleep(0.2)  # so that the upload begins meanwhile
        return md5(place)

    monkeypatch.setattr(objects.Place, "_md5", slow)

    @task
    def first(x: int) -> float:
        return float(data[x])

    assert remote.launch(first, x=3).result(60) == data[3]
    assert len(hashed) == 1


def test_compressed_objects_are_found_again_and_unpacked(remote, sent, states, monkeypatch):
    """Where it pays, an object travels compressed; the container has it as it was, and it is uploaded once, too."""
    monkeypatch.setattr(objects.Uploads, "_is_packed", lambda *_: True)  # as for a control plane far away
    table = np.arange(2_000_000)

    @task
    def last() -> int:
        table[0] += 1
        return int(table[-1] + table[0])

    assert remote.launch(last).result(timeout_s=60) == 2_000_000
    assert MEGABYTE < sum(sent) < 8 * MEGABYTE
    assert states[-1].sent_bytes == states[-1].total_bytes == 16 * MEGABYTE
    sent.clear()

    @task
    def last() -> int:
        return int(table[-1])

    assert remote.launch(last).result(timeout_s=60) == 1_999_999
    assert sum(sent) < 100_000


def test_tasks_share_an_object(remote, home, sent):
    """Two tasks with the same array, one as array and one as bytes, have one object between them."""
    array = new_array(4)
    same = bytes(array)

    @task
    def first() -> int:
        return int(array[5])

    @task
    def second() -> int:
        return same[5]

    assert remote.launch(first).result(timeout_s=60) == int(array[5])
    sent.clear()
    assert remote.launch(second).result(timeout_s=60) == int(array[5])
    assert sum(sent) < 100_000
    assert len(stored(home, same)) == 1


def test_items_of_a_map_task_and_dynamic_tasks_find_the_data(remote):
    """Whatever kind of task the code travels with, its large data is there."""
    array = new_array(5)

    @task
    def at(index: int) -> int:
        return int(array[index])

    assert remote.launch(map_task(at), index=[1, 2]).result(timeout_s=60) == [int(array[1]), int(array[2])]

    @dynamic
    def draws(count: int) -> int:
        return int(array[count])

    assert remote.launch(draws, count=3).result(timeout_s=60) == int(array[3])


def test_what_was_deleted_is_uploaded_again(remote, home, sent):
    """A lifecycle rule that deletes an object breaks no later run, also not of the same version."""
    array = new_array(6)

    @task
    def kept() -> int:
        return int(array[7])

    assert remote.launch(kept).result(timeout_s=60) == int(array[7])
    (path,) = stored(home, bytes(array))
    path.unlink()
    sent.clear()
    assert remote.launch(kept).result(timeout_s=60) == int(array[7])
    assert sum(sent) == 3 * MEGABYTE
    path.unlink()

    @task
    def kept() -> int:
        return int(array[8])

    assert remote.launch(kept).result(timeout_s=60) == int(array[8])


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "truncated"])
def test_a_lost_code_file_is_uploaded_again(remote, home, is_gone):
    """Deleted or cut short in the store, the code runs at the next launch; one more uploads nothing."""
    offset = 41 if is_gone else 42

    @task
    def adds(x: int) -> int:
        return x + offset

    version = remote.register(adds).version
    assert remote.launch(adds, x=1).result(timeout_s=60) == offset + 1
    uri = next(
        arg for arg in remote.task(adds.name, version).closure.compiled_task.template.container.args if "file://" in arg
    )
    path = Path(uri.removeprefix("file://"))
    whole = path.read_bytes()
    if is_gone:
        path.unlink()
    else:
        path.write_bytes(whole[:24])
    healed = remote.launch(adds, x=2)
    assert healed.result(timeout_s=60) == offset + 2
    assert healed.changes.endswith("uploaded again")
    again = remote.launch(adds, x=3)
    assert again.result(timeout_s=60) == offset + 3
    assert again.changes.endswith("nothing uploaded")


def test_an_altered_object_is_refused_by_name_and_replaced_by_the_next_launch(remote, home, tmp_path, monkeypatch):
    """The container names the variable and runs nothing; the next launch, of the same version, uploads it anew."""
    array = new_array(9)
    trace = tmp_path / "ran"

    class Tell:
        def __reduce__(self):
            return exec, (f"open({str(trace)!r}, 'w').close()",)

    tell = Tell()

    @task
    def reads() -> int:
        return int(array[7]) if tell is None else 0

    remote.register(reads, trial="off")  # which would run it
    (path,) = stored(home, bytes(array))
    altered = b"x" + path.read_bytes()[1:]
    with monkeypatch.context() as patched:  # it is altered between the look and the container
        patched.setattr(CodeFile, "is_sound", lambda *_: path.write_bytes(altered) > 0)
        run = remote.launch(reads)
    with pytest.raises(ExecutionFailedError, match=r"reads ► array \(3\.0 MB\) of .* was altered"):
        run.result(timeout_s=60)
    assert not trace.exists()
    assert remote.launch(reads).result(timeout_s=60) == int(array[7])
    assert path.read_bytes() == altered  # flyteadmin lets nobody write over what is there
    assert len(stored(home, bytes(array))) == 1


def test_a_lost_object_is_told_by_name(remote, home, monkeypatch):
    """Where an object is deleted after the launch, the error has the variable, its size and its URI."""
    array = new_array(10)

    @task
    def reads() -> int:
        return int(array[7])

    remote.register(reads)
    (path,) = stored(home, bytes(array))
    # It goes between the look and the container.
    monkeypatch.setattr(CodeFile, "is_sound", lambda *_: path.unlink() or True)
    run = remote.launch(reads)
    with pytest.raises(ExecutionFailedError, match=r"reads ► array \(3\.0 MB\) of .* can't be fetched: .*no such file"):
        run.result(timeout_s=60)


def test_data_that_changes_while_it_is_uploaded_is_refused(remote):
    """What another thread has changed since the capture isn't uploaded under the hash of what it was."""
    array = new_array(11)
    content = LargeObject("0" * 64, memoryview(array).cast("B"), "train ► array")
    with pytest.raises(CaptureError, match=r"train ► array \(3\.0 MB\) has changed since it was captured"):
        Uploads(remote._scope, [content], "train").run()


def test_a_refused_upload_names_the_variable(control_plane, states, monkeypatch):
    """The error has the variable, its size, and the store's own words; observers hear that it has failed."""
    monkeypatch.setattr(http, "FIRST_PAUSE_S", 0.001)
    nowhere = dataproxy_pb2.CreateUploadLocationResponse(signed_url="http://127.0.0.1:9/x", native_url="s3://b/x")
    control_plane.answers[methods.CREATE_UPLOAD_LOCATION.name] = nowhere
    content = bytes(new_array(12))
    large = LargeObject(hashlib.sha256(content).hexdigest(), memoryview(content), "train ► df")
    with pytest.raises(StorageError, match=r"train ► df \(3\.0 MB\) can't be uploaded: .*127\.0\.0\.1:9"):
        Uploads(control_plane.scope(), [large], "train").run()
    assert states[-1].is_failed


def test_an_interrupt_ends_an_upload_at_once(remote, home, monkeypatch):
    """The upload stops where it is, and nothing is at the object's place; the next launch uploads it."""
    monkeypatch.setattr("autocontainer_nb.remote.register.objects.TELL_EVERY_S", 0.001)  # before a fast disk has it all
    array = new_array(21, 60)

    @task
    def reads() -> int:
        return int(array[7])

    def interrupt(state: UploadState) -> None:
        if not state.is_done:
            raise KeyboardInterrupt

    observers.on_upload.append(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            remote.launch(reads)
    finally:
        observers.on_upload.remove(interrupt)
    assert not any(thread.name.startswith("upload") for thread in threading.enumerate())
    assert remote.launch(reads).result(timeout_s=60) == int(array[7])
    assert len(stored(home, bytes(array))) == 1


KILLED = """
    import os, sys
    import numpy as np
    from autocontainer_nb.core.tasks.task import task
    from autocontainer_nb.remote.register import objects as buffers
    from autocontainer_nb.remote.client import FlyteRemote
    array = np.random.default_rng(20).integers(0, 255, 30_000_000, dtype=np.uint8)
    @task
    def total() -> int:
        return int(array[3])
    if sys.argv[2] == "die":
        counted = buffers.Uploads._on_sent
        def die(self, size_bytes):
            counted(self, size_bytes)
            if self._sent_bytes > 10_000_000: os.kill(os.getpid(), 9)
        buffers.Uploads._on_sent = die
    print(FlyteRemote(home=sys.argv[1]).launch(total).result(timeout_s=60) == int(array[3]))
"""


def test_a_kernel_killed_while_it_uploads_leaves_nothing_half(remote, home, tmp_path):
    """After SIGKILL in the middle of an upload nothing is at the object's place, and the next run uploads it."""
    remote.executions(1)  # so that the sandbox runs
    script = tmp_path / "cell.py"
    script.write_text(textwrap.dedent(KILLED))
    died = subprocess.run([sys.executable, script, home, "die"], capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL
    content = bytes(new_array(20, 30))
    deadline = time.monotonic() + 10
    while list(Path(home).rglob(".writing-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert stored(home, content) == []
    again = subprocess.run([sys.executable, script, home, "live"], capture_output=True, text=True, check=False)
    assert again.stdout == "True\n", again.stderr
    assert len(stored(home, content)) == 1
