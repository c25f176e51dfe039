"""What the documents say is so: their links lead somewhere, their map is the tree, their reference is complete.

That their examples run is tested in `tests/docs`.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import autocontainer_nb
from autocontainer_nb import errors, flytekit_paths

REPOSITORY = Path(__file__).parent.parent
PACKAGE = REPOSITORY / "autocontainer_nb"
PAGES = sorted(str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / "docs").rglob("*.md"))
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", *PAGES]
RECORDS = ["docs/newcomers.md"]  # what somebody guessed one day: some of those files never were
README_START_LINES = 30
README_BYTES = 9_000
PICTURE_BYTES = 150_000
# Users see the package's root; beside it, these two modules have something that they may need.
OPEN_MODULES = {"errors", "type_engine.engine"}


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def readme_cell() -> str:
    """Return the notebook lines that the README begins with."""
    return re.search(r"```python\n(.*?)```", text_of("README.md"), re.DOTALL).group(1)


def links_of(name: str) -> list[str]:
    """Return the addresses of the page's links and pictures, without those on other hosts."""
    found = []
    for token in MarkdownIt().enable("table").parse(text_of(name)):
        for child in token.children or ():
            address = child.attrGet("href") or child.attrGet("src")
            if address and not re.match(r"[a-z]+:", address):
                found.append(address)
    return found


def anchors_of(path: Path) -> set[str]:
    """Return the anchors that a page's headings and its reference entries have."""
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return plain | set(re.findall(r"^::: (\S+)$", text, re.MULTILINE))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    """Each relative link names a file of the repository, and a heading that the file has."""
    here = REPOSITORY / name
    broken = []
    for link in links_of(name):
        path, _, anchor = link.partition("#")
        target = here.parent / path if path else here
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name not in RECORDS])
def test_paths_are_there(name):
    """Each path in code quotes that ends as a file or folder of the tree is one, at the root or in the package."""
    named = re.findall(r"`([\w./-]+(?:\.py|\.ipynb|\.toml|\.txt|/))`", text_of(name))
    elsewhere = {"modules/", ".py"}  # a member of the archive; a kind of file
    tops = (REPOSITORY, PACKAGE)
    assert [path for path in {*named} - elsewhere if not any((top / path).exists() for top in tops)] == []


def test_the_readme_begins_with_all_that_a_newcomer_needs():
    """One sentence, the install line, the notebook and the two commands stand in the first 30 lines."""
    start = "\n".join(text_of("README.md").splitlines()[:README_START_LINES])
    for needed in ("pip install 'autocontainer-nb[notebook]'", "%load_ext autocontainer_nb", "make demo", "make test"):
        assert needed in start
    assert start.splitlines()[2].count(". ") == 0, "one sentence"
    assert readme_cell() in start
    assert len([line for line in readme_cell().splitlines() if line.strip()]) <= 10


def test_the_site_begins_as_the_readme_does():
    """The first page of the site has the README's notebook, and shows what appears below it."""
    assert f"```python\n{readme_cell()}```" in text_of("docs/index.md")


def test_the_readme_is_short_and_has_two_pictures():
    """It tells what people do; the rest is in docs. Its pictures are described, and small."""
    assert len(text_of("README.md").encode()) <= README_BYTES
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text_of("README.md"))
    assert len(pictures) == 2
    for description, path in pictures:
        assert len(description.split()) >= 10, path
        assert 0 < (REPOSITORY / path).stat().st_size <= PICTURE_BYTES


@pytest.mark.parametrize("name", ["README.md", *PAGES])
def test_users_are_told_public_names_only(name):
    """Examples and explanations name no modules inside the package, which move; flytekit's paths stay."""
    named = set(re.findall(r"autocontainer_nb\.([\w.]*\w)", text_of(name)))
    assert named - {*autocontainer_nb.__all__} - OPEN_MODULES - {*flytekit_paths.MODULES} == set()


def test_every_public_name_is_in_the_reference():
    """Each name that the package exports has an entry of its own in the reference, or is named there."""
    text = text_of("docs/api.md")
    entries = re.findall(r"^::: autocontainer_nb\.(\S+)$", text, re.MULTILINE)
    assert sorted(entries) == sorted({*entries}), "an entry twice"
    named = {*entries, *re.findall(r"`(?:autocontainer_nb\.)?(\w+)`", text)}
    assert sorted({*autocontainer_nb.__all__} - named) == []
    assert sorted({*entries} - {*autocontainer_nb.__all__}) == []


def test_every_error_is_on_the_page_of_errors():
    """Each class of the exception tree is told of, with when it is raised."""
    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    named = {name for row in re.findall(r"^\| (.*?) \|", text_of("docs/errors.md"), re.MULTILINE) for name in
             re.findall(r"`(\w+)`", row)}  # fmt: skip
    assert named == classes - {"AutocontainerError"}


def test_every_command_is_on_the_page_of_commands():
    """Each subcommand of the magic and of the command line is in the tables, and nothing else is."""
    from autocontainer_nb.notebook.magics.magics import HELP

    text = text_of("docs/commands.md")
    magics = set(re.findall(r"^%flyte (\w+)", HELP, re.MULTILINE))
    assert set(re.findall(r"^\| .*?`%flyte (\w+)", text, re.MULTILINE)) == magics | {"help"}
    for command in ([], ["sandbox"]):
        shown = subprocess.run(
            [sys.executable, "-m", "autocontainer_nb.cli", *command, "--help"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        names = set(re.findall(r"^    (\w+)(?: |$)", shown, re.MULTILINE))
        line = " ".join(["autocontainer-nb", *command])
        assert set(re.findall(rf"^\| `{line} (\w+)", text, re.MULTILINE)) == names, line


def test_the_architecture_names_every_package():
    """Each folder of the package stands in the table of packages, and its layer in the drawing."""
    text = text_of("ARCHITECTURE.md")
    folders = [path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()]
    assert [name for name in folders if f"| `{name}` |" not in text] == []
    drawing = re.search(r"```\n( 8 .*?)```", text, re.DOTALL).group(1)
    assert [name for name in folders if name not in drawing] == []


def test_the_architecture_describes_the_metadata_as_it_is():
    """The keys of metadata.json in the document are those that a reader insists on."""
    from autocontainer_nb.pickling.archive.metadata import SHAPE

    paragraph = re.search(r"`metadata\.json` has (.*?)\n\n", text_of("ARCHITECTURE.md"), re.DOTALL).group(1)
    without_asides = re.sub(r"\([^)]*\)", "", paragraph)
    assert set(re.findall(r"`(\w+)`", without_asides)) == {"format_version", *SHAPE}
