"""Every example of README and docs runs: cells in a real kernel, commands in a terminal, page by page."""

import ast
import json
import re
import subprocess
from collections import Counter

import pytest
import yaml
from code_blocks import DATA, OUTPUT, PAGES, RUN, Block, blocks_of, promised_values, python_of, shows
from page_session import PageSession

DOCUMENTS = ["README.md", *PAGES]
BLOCKS = {page: blocks_of(page) for page in DOCUMENTS}
# Why blocks aren't run here, and how many of them there are. A reason that isn't in the table is a mistake.
NOT_RUN = {"changes the environment": 2, "needs a cluster": 10, "needs a registry of images": 2}
ERROR = re.compile(r"^\w+Error: ", re.MULTILINE)  # a page that shows an error expects one
DOCKERFILE = re.compile(r"(ARG|CMD|COPY|ENTRYPOINT|ENV|FROM|RUN|USER|WORKDIR) \S")


def to_run(page: str) -> list[tuple[Block, Block | None]]:
    """Return the page's blocks that are run, each with the block of what it shows."""
    blocks = BLOCKS[page]
    following: list[Block | None] = [*blocks[1:], None]
    return [
        (block, after if after is not None and after.language == OUTPUT else None)
        for block, after in zip(blocks, following, strict=False)
        if block.language in RUN and not block.not_run
    ]


@pytest.mark.kernel
@pytest.mark.sandbox
@pytest.mark.parametrize("page", [page for page in DOCUMENTS if to_run(page)])
def test_the_examples_run(page, tmp_path):
    """A page's examples run one after another in one notebook, and show what the page says that they show."""
    session = PageSession(tmp_path, re.sub(r".*/|\.md", "", page).lower())
    try:
        for block, output in to_run(page):
            run_cell(session, block, output) if block.language == "python" else run_lines(session, block, output)
    finally:
        session.close()


def run_cell(session: PageSession, block: Block, output: Block | None) -> None:
    shown = session.cell(block.text)
    may_fail = output is not None and ERROR.search(output.text)
    assert may_fail or not shown.error, f"{block.place} fails:\n{shown.text}"
    if output is not None:
        assert shows(output.text, shown.text), f"{output.place} is not what is shown:\n{shown.text}"
    results = iter(shown.results)
    for value in promised_values(block):
        assert any(value == evaluated(text) for text in results), f"{block.place}: no {value!r} in\n{shown.results}"


def run_lines(session: PageSession, block: Block, output: Block | None) -> None:
    done = session.shell(block.text)
    assert done.returncode == 0, f"{block.place} ends with {done.returncode}:\n{done.stdout}"
    if output is not None:
        assert shows(output.text, done.stdout), f"{output.place} is not what is shown:\n{done.stdout}"


def evaluated(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def test_each_block_is_of_a_known_kind():
    """A block is fenced and has a language; what is shown stands below what shows it."""
    for page, blocks in BLOCKS.items():
        for before, block in zip([None, *blocks], blocks, strict=False):
            assert block.language in RUN | DATA | {OUTPUT}, f"{block.place}: {block.language or 'no language'}"
            if block.language == OUTPUT:
                assert before is not None, page
                assert before.language in RUN, f"{block.place} is the output of no example"
                assert not block.not_run, f"{block.place}: what isn't run is the block before it"


def test_what_is_not_run_is_listed():
    """The blocks that aren't run are as many as the table says, for the reasons that it knows."""
    assert Counter(block.not_run for blocks in BLOCKS.values() for block in blocks if block.not_run) == NOT_RUN


@pytest.mark.parametrize("page", DOCUMENTS)
def test_what_is_not_run_can_be_read(page):
    """Blocks that aren't run are at least Python, shell, or data that a parser takes."""
    for block in BLOCKS[page]:
        if block.language == "python" and block.not_run:
            compile(python_of(block), block.place, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        elif block.language == "bash" and block.not_run:
            checked = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
            assert checked.returncode == 0, f"{block.place}: {checked.stderr}"
        elif block.language == "json":
            json.loads(block.text)
        elif block.language == "yaml":
            yaml.safe_load(block.text)
        elif block.language == "dockerfile":
            lines = re.sub(r"\\\n", " ", block.text).splitlines()
            assert [line for line in lines if line and not DOCKERFILE.match(line)] == [], block.place


def test_an_expectation_can_fail():
    """What the pages expect is compared line by line; only ids, times and `...` may differ."""
    shown = "train SUCCEEDED 0.4 s (execution a0329bbed43a1c529858)\n    for 3 epochs\n"
    assert shows("train SUCCEEDED 12 s (execution ffffffffffffffffffff)\n    for ... epochs", shown)
    assert shows("train SUCCEEDED 12 s ...", shown)
    assert shows("train ...\n...\n    for 3 epochs", shown)
    assert shows("train ...\n...\n    for 3 epochs", shown + shown)
    assert not shows("train FAILED 0.4 s (execution a0329bbed43a1c529858)", shown)
    assert not shows("    for 3", shown)
    assert not shows("for 3 epochs\n    for 3 epochs", shown)


def test_a_promised_value_is_a_literal_beside_its_expression():
    """Comments that are values are found, in order; others are comments."""
    cell = Block(page="p", line=1, language="python", text="a = 1  # 2\na  # 1\n[a,\n a]  # [1, 1]: both\na  # one\n")
    assert promised_values(cell) == [1, [1, 1]]
