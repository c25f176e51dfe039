"""The definitions that both packages run: files of cells below `definitions/`, cut at `# %% name` lines.

A cell is what a user would have in a notebook, written for flytekit. The other package gets the same text with its
import lines changed by the table `MODULES`, and nothing else. What stands before a file's first cell, its opening, is
run before each of its cells. A cell shows its result by its variables:

- every task, workflow and launch plan that it defines is serialized (an empty cell: those that the opening defines);
- `python_type` is turned into a `LiteralType`, and each of `values` into a `Literal` of it;
- nothing, in the group `refusals`: no side takes the cell;
- `same(a, b)` replaces the usual test of equality for values that come back.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "definitions"
FLYTEKIT, OURS = "flytekit", "autocontainer_nb"
# Where a name that flytekit has in this module is found in ours; the root unless said otherwise.
MODULES = {
    "flytekit": "autocontainer_nb",
    "flytekit.configuration": "autocontainer_nb",
    "flytekit.core.node_creation": "autocontainer_nb",
    "flytekit.core.base_task": "autocontainer_nb",
    "flytekit.core.interface": "autocontainer_nb.core.entities.interface",
    "flytekit.core.python_auto_container": "autocontainer_nb.core.python_auto_container",
    "flytekit.deck": "autocontainer_nb",
    "flytekit.extras.accelerators": "autocontainer_nb.core.settings.accelerators",
    "flytekit.extras.tasks.shell": "autocontainer_nb",
    "flytekit.models.common": "autocontainer_nb",
    "flytekit.models.security": "autocontainer_nb.core.workflows.launch_options",
    "flytekit.types.directory": "autocontainer_nb",
    "flytekit.types.error": "autocontainer_nb",
    "flytekit.types.file": "autocontainer_nb",
    "flytekit.types.structured": "autocontainer_nb",
}
_IMPORT = re.compile(r"^(\s*(?:from|import)\s+)(flytekit[\w.]*)", re.MULTILINE)
_TITLE = re.compile(r"^# %% (\w+)$", re.MULTILINE)


@dataclass(frozen=True)
class Definition:
    """One cell: `name` is unique among all files, `group` is the file's name. Line numbers are the file's."""

    group: str
    title: str
    path: str
    opening: str
    body: str

    @property
    def name(self) -> str:
        """Group and title, as differences and test ids name the definition."""
        return f"{self.group}/{self.title}"

    @property
    def is_refused(self) -> bool:
        """Whether both sides are to refuse the cell."""
        return self.group == "refusals"

    @property
    def has_values(self) -> bool:
        """Whether the cell is about a type and its values."""
        return re.search(r"^values = ", self.body, re.MULTILINE) is not None

    def texts_for(self, package: str) -> tuple[str, str]:
        """Return opening and body with the imports of the package."""
        if package == FLYTEKIT:
            return self.opening, self.body
        ours = [
            _IMPORT.sub(lambda found: found.group(1) + MODULES[found.group(2)], text)
            for text in (self.opening, self.body)
        ]
        return ours[0], ours[1]


def read_definitions() -> dict[str, Definition]:
    """Return all definitions by name, in the files' order."""
    found: dict[str, Definition] = {}
    for path in sorted(FOLDER.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        titles = list(_TITLE.finditer(text))
        for title, following in zip(titles, [*titles[1:], None], strict=True):
            body = text[title.end() : following.start() if following else len(text)]
            above = "\n" * text.count("\n", 0, title.end())
            definition = Definition(path.stem, title.group(1), str(path), text[: titles[0].start()], above + body)
            if definition.name in found:
                raise ValueError(f"{path}: two cells are named {title.group(1)}")
            found[definition.name] = definition
    return found
