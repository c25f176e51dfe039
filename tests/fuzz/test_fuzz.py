"""The short run of the fuzzer, and that it would find what it looks for. `make fuzz` is the long one."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from judge import Judge, Violation
from mutations import Mutator
from run_fuzz import kept_seeds
from specimens import fired, specimens

from autocontainer_nb.pickling import reader
from autocontainer_nb.pickling.archive import metadata, verify

RUN = Path(__file__).parent / "run_fuzz.py"


def test_a_short_run_breaks_no_promise() -> None:
    """Some thousand altered files, in a process whose memory is bounded: refused by name, or the registered content."""
    done = subprocess.run(
        [sys.executable, str(RUN), "--cases", "4000", "--jobs", "1"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "No promise broken in 4,000 cases." in done.stdout


def test_kept_seeds_are_read_as_promised(tmp_path: Path) -> None:
    """Each file that once took a new way through the reader is still refused or read as it should be."""
    judge, original = Judge(tmp_path), specimens(tmp_path)[0]
    seeds = kept_seeds()
    assert len(seeds) >= 20
    for data in seeds:
        judge.judge(data, original)
    assert sum(judge.verdicts.values()) == len(seeds)


def test_sound_files_are_loaded(tmp_path: Path) -> None:
    """The files that all begins with pass, and their canaries sing: else their silence would prove nothing."""
    judge = Judge(tmp_path)
    for specimen in specimens(tmp_path):
        assert judge.judge(specimen.data, specimen) == "sound"
    originals = [each for each in specimens(_folder(tmp_path)) if each.name != "modules"]
    Judge(tmp_path).judge(originals[0].data, originals[0])


def test_every_sound_file_differs_from_what_is_made_of_it(tmp_path: Path) -> None:
    """The mutator changes something nearly each time, the same way for the same seed."""
    data = specimens(tmp_path)[1].data
    altered = [Mutator(Random(seed)).mutate(data, data) for seed in range(200)]
    again = [Mutator(Random(seed)).mutate(data, data) for seed in range(200)]
    assert altered == again
    assert sum(each != data for each in altered) > 180
    assert len(set(altered)) > 150


def test_a_reader_that_unpickles_too_early_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If something of the file were run before it is verified, the canary would tell."""
    specimen = specimens(tmp_path)[0]
    genuine = verify.verify_members

    def careless(zip_file, metadata) -> None:
        reader.VerifiedArchive(zip_file, metadata, "").unpickle()
        genuine(zip_file, metadata)

    monkeypatch.setattr(reader, "verify_members", careless)
    with pytest.raises(Violation, match="executed"):
        Judge(tmp_path).judge(specimen.data, specimen)
    fired.clear()


def test_a_reader_that_believes_the_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the registered digest not looked at, an attacker's sound file would be loaded, and noticed."""
    (
        mine,
        *_,
    ) = specimens(tmp_path)
    attacker = next(each for each in specimens(_folder(tmp_path)) if each.name == "attacker")
    genuine = metadata.read_metadata
    monkeypatch.setattr(reader, "read_metadata", lambda archive, _digest: genuine(archive, None))
    with pytest.raises(Violation, match="another"):
        Judge(tmp_path).judge(attacker.data, mine)
    fired.clear()


def test_an_error_of_another_class_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A KeyError from a careless reader isn't taken for a refusal."""
    specimen = specimens(tmp_path)[0]
    monkeypatch.setattr(reader, "verify_members", lambda *_: {}["x"])
    with pytest.raises(Violation, match="KeyError"):
        Judge(tmp_path).judge(specimen.data, specimen)


def _folder(path: Path) -> Path:
    folder = path / "other"
    folder.mkdir()
    return folder
