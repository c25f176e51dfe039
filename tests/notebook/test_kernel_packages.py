"""What a container says of its packages, and what a trial says of a capture, as a person sees it in a real kernel."""

import re
from pathlib import Path

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]


def install(folder: Path, number: str) -> None:
    """Put a distribution of a module `acme` into a folder of its own."""
    described = folder / f"Acme_Things-{number}.dist-info"
    described.mkdir(parents=True)
    (folder / "acme.py").write_text(f"VERSION = {number!r}\nclass Thing:\n    pass\n")
    (described / "METADATA").write_text(f"Name: acme.things\nVersion: {number}\n")
    (described / "RECORD").write_text("acme.py,,\n")


def test_other_versions_are_a_line_on_the_card_and_no_refusal(kernel, tmp_path):
    """An older minor version behind a captured object and an input: the card says so, however much the task prints."""
    for number in ("2.0", "2.1", "1.9"):
        install(tmp_path / number, number)
    kernel.ok(f"import sys; sys.path.append({str(tmp_path / '2.1')!r})\nimport acme\nTHING = acme.Thing()")
    kernel.ok(
        f"@task(environment={{'PYTHONPATH': {str(tmp_path / '2.0')!r}}})\n"
        "def seen(given: object) -> str:\n"
        "    for number in range(5000): print('epoch', number)\n"
        "    return acme.VERSION + type(THING).__name__ + type(given).__name__"
    )
    shown = kernel.settled(kernel.ok("print(seen.remote(given=acme.Thing()).result(60))"))
    assert "2.0ThingThing" in shown.stdout
    card = [*shown.displays, *shown.updates][-1]
    line = "captured objects were pickled with acme.things 2.1, and this environment has 2.0"
    for text in (card["text/plain"], card["text/html"]):
        assert text.count(line) == 1
    assert card["text/plain"].startswith("seen SUCCEEDED")
    assert "epoch 4999" in card["text/plain"]

    kernel.ok(
        f"@task(environment={{'PYTHONPATH': {str(tmp_path / '1.9')!r}}})\ndef newer() -> str:\n    return repr(THING)"
    )
    raised = kernel.run("newer.remote().result(60)")
    assert "acme.things 2.1 or newer, which is 1.9 here" in raised.error


def test_a_capture_that_does_not_load_is_one_line(kernel, home):
    """The way to the object and its cell; nothing is registered, and `--trial=off` launches it all the same."""
    kernel.ok(
        "class Client:\n"
        "    def __getstate__(self): return {'a': 1}\n"
        "    def __setstate__(self, state): raise OSError('no such server')\n"
        "MODEL = {'client': Client()}"
    )
    kernel.ok("@task\ndef asks(x: int = 1) -> int:\n    return len(MODEL)")
    raised = kernel.run("asks.remote()")
    assert re.search(r'`asks ► MODEL ► \["client"\]` is an object that a new process can\'t load', raised.error)
    assert re.search(r"\(Client\), made in Cell In\[\d+\]: OSError: no such server", raised.error)
    assert len(raised.of("error")[0]["traceback"]) == 1
    raised = kernel.run("run = %flyte run --trial=off asks\nrun.result(60)")
    assert "UnpicklingError" in raised.error
    assert '`asks ► MODEL ► ["client"]` (Client)' in raised.error
    assert kernel.complete("%flyte run --t") == ["--trial=check", "--trial=warn", "--trial=off"]
    raised = kernel.run("%flyte run asks --trial=perhaps")
    assert raised.error == "UserError: %flyte run: expected --trial=check|warn|off, got --trial=perhaps."
