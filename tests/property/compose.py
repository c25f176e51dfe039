"""The strategy of whole notebooks: parts of some families, variables that hold what they make, tasks, launches, edits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from case import EDIT, EDITED, Case, Cell, File, Launch, Part, Step, indented
from families import arrays as array_kinds
from families import classes as class_kinds
from families import containers as container_kinds
from families.arrays import arrays, frames
from families.classes import classes
from families.containers import held
from families.enums import enums
from families.functions import functions
from families.modules import modules
from families.records import attrs_classes, data_classes, models, named_tuples
from graphs import Signature, graphs
from hypothesis import strategies as st

FAMILIES = (
    classes,
    classes,
    functions,
    functions,
    enums,
    data_classes,
    named_tuples,
    models,
    attrs_classes,
    arrays,
    frames,
    modules,
)
TOOLS = (array_kinds.TOOLS, *class_kinds.TOOLS, *container_kinds.TOOLS)  # the cells that many notebooks have
_KINDS = ("task",) * 6 + ("items", "graph", "graph")  # of what is launched
_NEXT = (  # what happens after the first launch
    *("nothing", "again", "other inputs", "all again", "moved", "one again", "one edited"),
    *("edit", "edit", "edit and back", "kept", "fed"),
)


@st.composite
def notebooks(draw: st.DrawFn) -> Case:
    """A notebook with one to three parts, one or more launches, and what happens between them."""
    count = draw(st.sampled_from([1, 1, 1, 2, 2, 3]))
    parts = [draw(draw(st.sampled_from(FAMILIES))(number)) for number in range(count)]
    for number in range(draw(st.sampled_from([0, 1, 1, 2]))):
        values = [text for part in parts for text in part.values]
        names = [name for part in parts for name in part.names]
        parts.append(draw(held(number, values, names)))
    kind = draw(st.sampled_from(_KINDS))
    task, launch, labels = _task(draw, parts, kind)
    what = draw(st.sampled_from(_NEXT))
    notebook = _Notebook(parts, list(dict.fromkeys(cell for part in parts for cell in part.cells)), task, launch)
    steps: list[Step] = [File(path, text) for part in parts for path, text in part.files]
    steps += [*map(Cell, notebook.cells), Cell(task), launch]
    later = notebook.later(draw, what)
    found = [label for part in parts for label in part.labels]
    if later:
        labels.append(f"then: {what}")
    return Case((*steps, *later), (*dict.fromkeys(found), *labels))


def _task(draw: st.DrawFn, parts: Sequence[Part], kind: str) -> tuple[str, Launch, list[str]]:
    """Return the cell of a task that looks at all that the parts made, its first launch, and labels."""
    names = [name for part in parts for name in part.names]
    probes = [probe for part in parts for probe in part.probes]
    inputs: list[tuple[str, str, str]] = [("x", "int", "3")]
    values = [text for part in parts for text in part.values]
    typed = [pair for part in parts for pair in part.typed]
    if values and draw(st.booleans()):
        chosen = draw(st.lists(st.sampled_from(values), min_size=1, max_size=2))
        inputs.append(("a", "Any", f"[{', '.join(chosen)}]"))
    if typed and draw(st.booleans()):
        inputs.append(("b", *draw(st.sampled_from(typed))))
    through = draw(st.sampled_from(["direct", "direct", "helper", "closure", "default"]))
    given = ", ".join(name for name, _, _ in inputs)
    looked = f"[{', '.join(names)}]"
    own = "own, " if through == "closure" else ""
    lines = [f"told = [{own}*map(attempt, [{', '.join(f'lambda: {each}' for each in probes)}])]"]
    returned = f"[{', '.join([*draw(st.lists(st.sampled_from(names), max_size=4)), given])}]" if names else f"[{given}]"
    output = draw(st.sampled_from(["tuple[str, Any]", "Any"])) if kind == "task" else "Any"
    body = [f"seen = {'looked()' if through == 'helper' else looked}", f"first = show([seen, {given}])", *lines]
    opening, closing = ("", "") if output != "Any" else ("[", "]")
    body.append(f"return {opening}first + show([seen, told, {given}]), {returned}{closing}")
    parameters = ", ".join(f"{name}: {kind_of}" for name, kind_of, _ in inputs)
    if through == "default" and kind == "task":
        parameters += f", y: int = {EDIT.split()[0]}"
    text = f"@task\ndef f({parameters}) -> {output}:\n" + "".join(f"    {line}\n" for line in body)
    if through == "helper":
        text = f"def looked(): return {looked}\n{text}"
    if through == "closure":
        text = f"def make_task(own):\n{indented(text.splitlines())}\n    return f\nf = make_task([1])"
    labels = [kind, f"through: {through}", *(f"input: {name}" for name, _, _ in inputs if name != "x")]
    signature = Signature(tuple(inputs))
    if kind == "items":
        return f"{text}\nm = map_task(f)", Launch("m", signature.pairs, "items"), labels
    if kind == "graph":
        graph = draw(graphs(signature, names, any(part.is_shared_state for part in parts)))
        return f"{text}\n{graph.text}", Launch("w", graph.inputs, "graph"), [*labels, f"graph: {graph.kind}"]
    return text, Launch("f", signature.values), labels


@dataclass(frozen=True)
class _Notebook:
    """A notebook after its first launch."""

    parts: Sequence[Part]
    cells: Sequence[str]
    task: str
    launch: Launch

    def later(self, draw: st.DrawFn, what: str) -> list[Step]:
        """Return what happens next."""
        if what == "one again":
            return [Cell(draw(st.sampled_from(self.cells))), self.launch]
        if what in {"edit", "edit and back", "one edited"}:
            return self._edited(draw(st.sampled_from(self.parts)), what)
        if what in {"kept", "fed"}:
            return self._loaded(what) if self.launch.kind != "items" else []
        return self._unchanged(what)

    def _unchanged(self, what: str) -> list[Step]:
        """Return what leaves the version as it is."""
        again = replace(self.launch, is_unchanged=True)
        if what == "again":
            return [again]
        if what == "other inputs" and self.launch.kind == "task":
            inputs = tuple((name, "4" if name == "x" else one) for name, one in self.launch.inputs)
            return [replace(again, inputs=inputs)]
        if any(part.files for part in self.parts):  # what a module has once, its cells would make twice
            return []
        if what == "all again":
            return [*map(Cell, self.cells), Cell(self.task), again]
        if what == "moved":
            return [*(Cell(f"# moved\n\n{cell}\n# down") for cell in (*self.cells, self.task)), again]
        return []

    def _loaded(self, what: str) -> list[Step]:
        """Return what happens with a result that is loaded into the notebook."""
        launch = self.launch
        steps: list[Step] = [replace(launch, keep="R", is_unchanged=True)]
        if what == "kept":
            kept = "KEPT = [R, R]\n@task\ndef look(x: int) -> Any:\n    return [show([KEPT, KEPT[0] is KEPT[1]]), KEPT]"
            steps += [Cell(kept), Launch("look", (("x", "1"),))]
        elif any(name == "a" for name, _ in launch.inputs):
            takes_lists = launch.inputs[0][1].startswith("[")  # of the same length
            value = "[R, R]" if takes_lists else "[[R, R]]"
            fed = tuple((name, value if name == "a" else one) for name, one in launch.inputs)
            steps.append(replace(launch, inputs=fed, is_unchanged=True))
        return [*steps, replace(launch, is_unchanged=True)]

    def _edited(self, part: Part, what: str) -> list[Step]:
        """Return an edit of one part: of one cell, or of what needs all cells once more, perhaps there and back."""
        changed = {cell: cell.replace(EDIT, EDITED) for cell in part.cells}
        if what == "one edited":
            return [*(Cell(new) for cell, new in changed.items() if new != cell), self.launch]
        edited = [File(path, text.replace(EDIT, EDITED)) for path, text in part.files]
        reloads = [Cell(other.reload) for other in self.parts if other.reload]
        cells = self.cells if part.files else [changed.get(cell, cell) for cell in self.cells]
        steps = [*edited, *reloads, *map(Cell, cells), Cell(self.task), self.launch]
        if what == "edit":
            return steps
        original = [File(path, text) for path, text in part.files]
        back = replace(self.launch, is_back=True)
        return [*steps, *original, *reloads, *map(Cell, self.cells), Cell(self.task), back]
