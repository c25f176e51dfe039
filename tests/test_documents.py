"""What the documents say is so: their links lead somewhere, their map is the tree, the README's notebook runs."""

import os
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
PACKAGE = REPOSITORY / "autocontainer_nb"
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
README_START_LINES = 30


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def readme_cell() -> str:
    """Return the notebook lines that the README begins with."""
    return re.search(r"```python\n(.*?)```", text_of("README.md"), re.DOTALL).group(1)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files(name):
    """Each relative link names a file of the repository."""
    links = re.findall(r"\]\(([^)#:]+)\)", text_of(name))
    assert [link for link in links if not (REPOSITORY / link).exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_paths_are_there(name):
    """Each path in code quotes that ends as a file or folder of the tree is one, at the root or in the package."""
    named = re.findall(r"`([\w./-]+(?:\.py|\.ipynb|\.toml|\.txt|/))`", text_of(name))
    elsewhere = {"modules/"}  # a member of the archive
    tops = (REPOSITORY, PACKAGE)
    assert [path for path in {*named} - elsewhere if not any((top / path).exists() for top in tops)] == []


def test_the_readme_begins_with_all_that_a_newcomer_needs():
    """One sentence, the install line, the notebook, what appears and the two commands stand in the first 30 lines."""
    start = "\n".join(text_of("README.md").splitlines()[:README_START_LINES])
    for needed in ("pip install 'autocontainer-nb[notebook]'", "%load_ext autocontainer_nb", "make demo", "make test"):
        assert needed in start
    assert start.splitlines()[2].count(". ") == 0, "one sentence"
    assert readme_cell() in start
    assert len([line for line in readme_cell().splitlines() if line.strip()]) <= 10


def test_the_architecture_names_every_package():
    """Each folder of the package stands in the table of packages, and its layer in the drawing."""
    text = text_of("ARCHITECTURE.md")
    folders = [path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()]
    assert [name for name in folders if f"| `{name}` |" not in text] == []
    drawing = re.search(r"```\n( 7 .*?)```", text, re.DOTALL).group(1)
    assert [name for name in folders if name not in drawing] == []


def test_the_architecture_describes_the_metadata_as_it_is():
    """The keys of metadata.json in the document are those that a reader insists on."""
    from autocontainer_nb.pickling.metadata_shape import FORMATS
    from autocontainer_nb.wire import ARCHIVE_FORMAT_VERSION

    paragraph = re.search(r"`metadata\.json` has (.*?)\n\n", text_of("ARCHITECTURE.md"), re.DOTALL).group(1)
    without_asides = re.sub(r"\([^)]*\)", "", paragraph)
    assert set(re.findall(r"`(\w+)`", without_asides)) == {"format_version", *FORMATS[ARCHIVE_FORMAT_VERSION]}


@pytest.mark.kernel
@pytest.mark.sandbox
def test_the_readmes_notebook_runs(tmp_path):
    """The README's lines run in a real kernel, show the run below the cell, and give the result that they promise."""
    from jupyter_client.manager import start_new_kernel

    from autocontainer_nb.sandbox.process import status, stop

    home = tmp_path / "home"
    environment = {**os.environ, "AUTOCONTAINER_NB_HOME": str(home), "IPYTHONDIR": str(tmp_path / "ipython")}
    shown: list[str] = []

    def keep(message: dict) -> None:
        content = message["content"]
        shown.append(content.get("text", "") + str(content.get("data", {}).get("text/plain", "")))
        shown.extend(content.get("traceback", []))

    manager, client = start_new_kernel(kernel_name="python3", env=environment, cwd=str(tmp_path))
    try:
        reply = client.execute_interactive(readme_cell(), output_hook=keep, timeout=120)
        printed = "\n".join(shown)
        assert reply["content"]["status"] == "ok", printed
        assert "train SUCCEEDED" in printed
        assert "0.271" in printed
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        stop(str(home))
    assert not status(str(home)).running
