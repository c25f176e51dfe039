"""`%flyte explain`, refused credentials and capture errors, in a real Jupyter kernel."""

import ast
import re

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]

LOADERS = """
import threading
class Cache:
    def __init__(self):
        self._lock = threading.Lock()
class Loaders:
    def __init__(self):
        self.cache = Cache()
loaders = Loaders()
generator = (n for n in ())
"""


def test_the_table_in_a_notebook(shared_kernel):
    """As text and as HTML: the largest first, from which cell, and nothing is started or uploaded."""
    kernel = shared_kernel
    kernel.ok("weights = bytes(3_000_000)\nthreshold = 0.5")
    kernel.ok("def clean(x):\n    return x > threshold")
    kernel.ok("@task\ndef train_table(epochs: int = 3) -> bool:\n    return clean(len(weights))")
    shown = kernel.ok("%flyte explain train_table").result
    lines = shown["text/plain"].split("\n")
    assert lines[0] == "train_table: 4 captured, 3.0 MB in total"
    assert re.split(r"\s{2,}", lines[3].strip())[:4] == ["weights", "bytes", "3.0 MB", "value"]
    assert re.search(r"clean ► threshold +float +10 B +value +Cell In\[\d+\]", shown["text/plain"])
    for word in ("weights", "3.0 MB", "threshold", "<table"):
        assert word in shown["text/html"]
    data = ast.literal_eval(kernel.ok("view = %flyte explain train_table\nprint(view.data['captured'][0])").stdout)
    assert data["path"] == ["train_table", "weights"]


def test_everything_that_cannot_travel_is_in_the_table_and_in_the_error(shared_kernel):
    kernel = shared_kernel
    kernel.ok(LOADERS)
    kernel.ok("@task\ndef broken(epochs: int = 3) -> int:\n    return loaders, generator")
    shown = kernel.ok("%flyte explain broken").result
    raised = kernel.run("broken.remote()")
    assert len(raised.of("error")[0]["traceback"]) == 1
    for text in (shown["text/plain"], raised.error):
        assert re.search(r"`broken ► loaders ► cache ► _lock` is a lock \(_thread.lock\), made in Cell In\[\d+\]", text)
        assert "`broken ► generator` is a generator" in text
    assert "a lock: can&#x27;t travel" in shown["text/html"]
    assert shown["text/plain"].split("\n")[3].strip().startswith("loaders")


def test_a_credential_stops_the_run_until_the_user_says_so(kernel, home):
    """One line that tells where; no sandbox was started for it. Allowed, it runs; the value is shown nowhere."""
    secret = "gh" + "p_" + "aB3dE5fG7h" * 4
    kernel.ok("import base64\nauth = base64.b64decode('Z2hw').decode() + '_' + 'aB3dE5fG7h' * 4")
    kernel.ok("@task\ndef leaking(x: int = 1) -> int:\n    return len(auth) + x")
    shown = kernel.ok("%flyte explain leaking").result
    assert "`leaking ► auth`" in shown["text/plain"]
    raised = kernel.run("leaking.remote()")
    assert raised.error.startswith("CredentialError: 'leaking' isn't uploaded")
    assert "looks like a GitHub token" in raised.error
    assert len(raised.of("error")[0]["traceback"]) == 1
    assert not (home / "sandbox").exists()
    inspected = kernel.ok("%flyte inspect leaking").result
    for text in (
        shown["text/plain"],
        shown["text/html"],
        raised.error,
        inspected["text/plain"],
        inspected["text/html"],
    ):
        assert secret not in text
        assert secret[:20] not in text

    assert "43" in kernel.ok("run = %flyte run --allow-credentials leaking x=-1\nprint(run.result(60))").stdout
    assert "43" in kernel.ok("run = %flyte run leaking x=-1 --allow-credentials\nprint(run.result(60))").stdout
    assert (
        "43"
        in kernel.ok("run = %flyte run leaking --needs=warn --allow-credentials x=-1\nprint(run.result(60))").stdout
    )
    assert kernel.run("leaking.remote()").status == "error"
    kernel.ok("@task(allow_credentials=True)\ndef leaking(x: int = 1) -> int:\n    return len(auth) + x")
    assert "45" in kernel.ok("print(leaking.remote(x=1).result(60))").stdout


def test_a_literal_in_the_tasks_own_cell_is_told_by_its_line(shared_kernel):
    shared_kernel.ok("@task\ndef literal() -> str:\n    api_key = 'abc123def456'\n    return api_key")
    error = shared_kernel.run("literal.remote()").error
    assert re.search(r"line 3 of the source of Cell In\[\d+\] \(`api_key`\)", error)
    assert "abc123def456" not in error


def test_what_changed_since_the_last_run_is_told(kernel):
    kernel.ok("threshold = 0.5")
    kernel.ok("@task\ndef changing(x: int = 1) -> float:\n    return x * threshold")
    kernel.ok("changing.remote().result(60)")
    kernel.ok("threshold = 0.7")
    assert (
        "changed since the last run\n- threshold 0.5 ► 0.7" in kernel.ok("%flyte explain changing").result["text/plain"]
    )


def test_a_file_is_explained_like_its_task(shared_kernel, tmp_path):
    """Written by dump_pickled_entity; read in the notebook by its name."""
    kernel = shared_kernel
    kernel.ok("numbers = list(range(1000))\n@task\ndef stored() -> int:\n    return len(numbers)")
    kernel.ok(
        "from autocontainer_nb import dump_pickled_entity\n"
        "from autocontainer_nb.core.capture.pickled_file import pickled_entity_of\n"
        f"digest = dump_pickled_entity(pickled_entity_of(stored), {str(tmp_path / 'stored.pkl')!r})"
    )
    shown = kernel.ok(f"%flyte explain {tmp_path / 'stored.pkl'}").result["text/plain"]
    assert re.search(r"numbers +list +\d\.\d kB +value +Cell In\[\d+\]", shown)
    assert "Made by Python" in shown


def test_completion_and_wrong_lines(shared_kernel):
    kernel = shared_kernel
    kernel.ok("@task\ndef completed(epochs: int = 1) -> int:\n    return epochs")
    assert kernel.complete("%flyte explain comp") == ["completed"]
    assert kernel.complete("%flyte run --a") == ["--allow-credentials"]
    assert kernel.complete("%flyte run --allow-credentials comp") == ["completed"]
    assert kernel.complete("%flyte run --allow-credentials completed e") == ["epochs="]
    assert kernel.complete("%flyte run --n") == ["--needs=check", "--needs=warn", "--needs=off"]
    assert kernel.complete("%flyte run --needs=warn comp") == ["completed"]
    raised = kernel.run("%flyte run completed --needs=perhaps")
    assert raised.error == "UserError: %flyte run: expected --needs=check|warn|off, got --needs=perhaps."
    for line in ("%flyte explain", "%flyte explain a b", "%flyte explain complete"):
        raised = kernel.run(line)
        assert raised.error.startswith("UserError: ")
        assert len(raised.of("error")[0]["traceback"]) == 1
    assert "%flyte explain NAME|FILE" in kernel.ok("%flyte").stdout


def test_the_cell_that_loads_the_extension_is_known(kernel):
    """Also where its text ends in a line break, which IPython's history doesn't keep."""
    kernel.ok("%unload_ext autocontainer_nb")
    kernel.ok(
        "%load_ext autocontainer_nb\nfrom autocontainer_nb import task\n\n"
        "@task\ndef early(x: int) -> int:\n    return x // 0\n"
    )
    data = ast.literal_eval(kernel.ok("view = %flyte explain early\nprint(view.data['captured'][0])").stdout)
    assert data["cell"] == "Cell In[3]"
    assert "Cell In[3], line 6" in kernel.run("early(1)").error
