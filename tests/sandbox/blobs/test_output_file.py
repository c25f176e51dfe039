"""Outputs of attempts: bounded, appended to by the process itself, their end kept."""

import subprocess
import sys

from autocontainer_nb.sandbox.blobs.output_file import OutputKeeper, open_output, shorten, tail

LIMIT = 100_000


def test_a_long_output_keeps_its_beginning_and_its_end(tmp_path):
    path = tmp_path / "attempt.log"
    path.write_bytes(b"".join(b"%09d\n" % number for number in range(50_000)))
    assert shorten(path, LIMIT)
    text = path.read_text()
    assert len(text) <= LIMIT
    assert text.startswith("000000000\n")
    assert text.endswith("000049999\n")
    assert "bytes left out" in text
    assert not shorten(path, LIMIT)


def test_a_short_or_missing_output_stays_as_it_is(tmp_path):
    path = tmp_path / "attempt.log"
    assert not shorten(path, LIMIT)
    path.write_text("short")
    assert not shorten(path, LIMIT)
    assert path.read_text() == "short"


def test_a_process_that_writes_and_writes_is_never_stopped_and_the_file_stays_small(tmp_path):
    """A real process writes 100 times the limit; it ends well, and what it wrote last is there."""
    path = tmp_path / "attempt.log"
    keeper = OutputKeeper(LIMIT)
    keeper.start()
    keeper.watch(path)
    output = open_output(path)
    code = f"for number in range({LIMIT}): print('x' * 100)\nprint('the end')"
    try:
        subprocess.run([sys.executable, "-c", code], stdout=output, check=True)
    finally:
        import os

        os.close(output)
        keeper.release(path)
        keeper.close()
    assert path.stat().st_size <= LIMIT
    assert tail(path, 1) == "the end"


def test_the_tail_is_the_last_lines_and_no_line_is_endless(tmp_path):
    path = tmp_path / "attempt.log"
    assert tail(path) == ""
    path.write_bytes(b"".join(b"line %d\n" % number for number in range(100)) + b"\xff" + b"x" * 5000 + b"the reason")
    lines = tail(path, 3).split("\n")
    assert lines[:2] == ["line 98", "line 99"]
    assert len(lines[2]) == 2000
    assert lines[2].endswith("xxx" + "the reason")
    assert "x…x" in lines[2]
