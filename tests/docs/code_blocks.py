"""The code blocks of a Markdown page, as its reader sees them: what is to be run, and what the page says it shows.

- A `python` block is a notebook cell; a `bash` block is typed in a terminal, in the folder of the notebook.
- A `text` block is what the block before it shows. `...` stands for anything: within a line, or for whole lines.
- A comment that is a literal, or begins with one and a colon, is the value of the expression on its line.
- `<!-- not run: REASON -->` on the line before a block says why nobody but the reader can run it.
"""

import ast
import io
import re
import tokenize
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted(str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / "docs").rglob("*.md"))
RUN = {"python", "bash"}
OUTPUT = "text"
DATA = {"dockerfile", "json", "yaml"}
NOT_RUN = re.compile(r"<!-- not run: (.+?) -->\s*$")
# What differs from run to run: a digest, an execution's id, a time in seconds.
VOLATILE = [(re.compile(pattern), mark) for pattern, mark in (
    (r"\b[0-9a-f]{64}\b", "DIGEST"),
    (r"\b[0-9a-f]{20}\b", "ID"),
    (r"\b\d+(\.\d+)? (ms|s)\b", "TIME"),
)]  # fmt: skip
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, kw_only=True)
class Block:
    """One fenced block: its page and line, its language and text, and why it isn't run, if it isn't."""

    page: str
    line: int
    language: str
    text: str
    not_run: str = ""

    @property
    def place(self) -> str:
        """Where it stands, as a compiler would say it."""
        return f"{self.page}:{self.line}"


def blocks_of(page: str) -> list[Block]:
    """Return the page's code blocks in order; one that isn't fenced has no language."""
    found = []
    remark = ""
    for token in MarkdownIt().enable("table").parse((REPOSITORY / page).read_text(encoding="utf-8")):
        if token.type == "html_block":
            match = NOT_RUN.search(token.content)
            remark = match[1] if match else ""
        elif token.type in {"fence", "code_block"}:
            line = token.map[0] + 1
            found.append(Block(page=page, line=line, language=token.info, text=token.content, not_run=remark))
            remark = ""
        elif token.nesting != -1:
            remark = ""
    return found


def python_of(block: Block) -> str:
    """Return a notebook cell as Python: magics become calls."""
    return TransformerManager().transform_cell(block.text)


def promised_values(block: Block) -> list[object]:
    """Return the values that comments promise of the cell's expressions, in order."""
    source = python_of(block)
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    ends = [node.end_lineno for node in ast.parse(source).body if isinstance(node, ast.Expr)]
    literals = [_literal(comments[end]) for end in ends if end in comments]
    return [value for is_literal, value in literals if is_literal]


def _literal(comment: str) -> tuple[bool, object]:
    for text in (comment, comment.partition(": ")[0]):
        with suppress(ValueError, SyntaxError):
            return True, ast.literal_eval(text)
    return False, None


def steady(text: str) -> str:
    """Return the text without colours, spaces at the ends of lines, and what differs from run to run."""
    text = "\n".join(line.rstrip() for line in ESCAPES.sub("", text).splitlines()).strip("\n")
    for pattern, mark in VOLATILE:
        text = pattern.sub(mark, text)
    return text


def shows(expected: str, shown: str) -> bool:
    """Whether what was shown has the lines that a page expects, with anything where it says `...`."""
    lines = [re.escape(line).replace(r"\.\.\.", ".*") for line in steady(expected).splitlines()]
    pattern = "".join(r"(?:.*\n)*?" if line == ".*" else rf"{line}\n" for line in lines)
    return re.search(f"^{pattern}", steady(shown) + "\n", re.MULTILINE) is not None
