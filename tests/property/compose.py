"""The strategy of whole notebooks: parts of some families, variables that hold what they make, tasks, launches, edits."""

from collections.abc import Sequence

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
TOOLS = (array_kinds.TOOLS, class_kinds.TOOLS, container_kinds.TOOLS)  # the cells that many notebooks have
_NEXT = ("nothing", "nothing", "again", "all again", "one again", "edit", "edit", "kept")


@st.composite
def notebooks(draw: st.DrawFn) -> Case:
    """A notebook with one to three parts, one or more launches, and what happens between them."""
    count = draw(st.integers(1, 3))
    parts = [draw(draw(st.sampled_from(FAMILIES))(number)) for number in range(count)]
    for number in range(draw(st.integers(0, 3))):
        values = [text for part in parts for text in part.values]
        names = [name for part in parts for name in part.names]
        parts.append(draw(held(number, values, names)))
    kind = draw(st.sampled_from(["task"] * 6 + ["items"]))
    task, launch = _task(draw, parts, kind)
    steps: list[Step] = [File(path, text) for part in parts for path, text in part.files]
    cells = list(dict.fromkeys(cell for part in parts for cell in part.cells))  # the same tools once
    steps += [*map(Cell, cells), Cell(task), launch]
    return Case((*steps, *_later(draw, parts, cells, task, launch)))


def _task(draw: st.DrawFn, parts: Sequence[Part], kind: str) -> tuple[str, Launch]:
    """Return the cell of a task that looks at all that the parts made, and its first launch."""
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
    if kind == "items":
        text += "\nm = map_task(f)"
        return text, Launch("m", tuple((name, f"[{value}, {value}]") for name, _, value in inputs), "items")
    return text, Launch("f", tuple((name, value) for name, _, value in inputs))


def _later(draw: st.DrawFn, parts: Sequence[Part], cells: list[str], task: str, launch: Launch) -> list[Step]:
    """Return what happens after the first launch."""
    what = draw(st.sampled_from(_NEXT))
    if what == "again":
        return [Launch(launch.name, launch.inputs, launch.kind, is_unchanged=True)]
    has_files = any(part.files for part in parts)
    if what == "all again" and not has_files:
        return [*map(Cell, cells), Cell(task), Launch(launch.name, launch.inputs, launch.kind, is_unchanged=True)]
    if what == "one again":
        return [Cell(draw(st.sampled_from(cells))), launch]
    if what == "edit":
        return _edited(draw, parts, cells, task, launch)
    if what == "kept" and launch.kind == "task":
        kept = "K = [R, R]\n@task\ndef g(x: int) -> Any:\n    return [show([K, K[0] is K[1]]), K]"
        return [
            Launch(launch.name, launch.inputs, launch.kind, keep="R", is_unchanged=True),
            Cell(kept),
            Launch("g", (("x", "1"),)),
            launch,
        ]
    return []


def _edited(draw: st.DrawFn, parts: Sequence[Part], cells: list[str], task: str, launch: Launch) -> list[Step]:
    """Return an edit of one part, and all cells once more: the version follows what the task gives."""
    part = draw(st.sampled_from(parts))
    if part.files:
        edited = [File(path, text.replace(EDIT, EDITED)) for path, text in part.files]
        return [*edited, Cell(part.reload), *map(Cell, cells), Cell(task), launch]
    changed = {cell: cell.replace(EDIT, EDITED) for cell in part.cells}
    reloads = [Cell(other.reload) for other in parts if other.reload]
    return [*reloads, *(Cell(changed.get(cell, cell)) for cell in cells), Cell(task), launch]
