"""What a composed case is made of: parts that a family gives, and the steps of the notebook that they become."""

from dataclasses import dataclass, field

EDIT = "1  # edit"  # in a cell's text: a number whose change the part's probes see
EDITED = "1001  # edit"


@dataclass(frozen=True)
class Part:
    """Definitions of one kind, with the ways to look at them. All texts are Python that a cell or a task may hold."""

    cells: tuple[str, ...]  # in their order
    names: tuple[str, ...] = ()  # of classes and functions, for a task to capture
    values: tuple[str, ...] = ()  # expressions, each of which makes a new value wherever it stands
    probes: tuple[str, ...] = ()  # expressions for the body of a task; what they give is compared
    typed: tuple[tuple[str, str], ...] = ()  # (annotation, expression of a value) of inputs and outputs
    files: tuple[tuple[str, str], ...] = ()  # (path, text) of local modules, there before the cells run
    reload: str = ""  # a cell that takes edited files up
    is_shared_state: bool = False  # the probes change what other nodes of one local run would see
    labels: tuple[str, ...] = ()  # what it shows of Python, for `breadth.py` to count


@dataclass(frozen=True)
class Cell:
    """A cell runs."""

    text: str


@dataclass(frozen=True)
class File:
    """A file of the notebook's folder is written."""

    path: str
    text: str


@dataclass(frozen=True)
class Launch:
    """A task, map task, dynamic task or workflow is called here and run there, and both are compared."""

    name: str
    inputs: tuple[tuple[str, str], ...] = ()  # (name, expression)
    kind: str = "task"  # or "items", of a map task, or "graph", of a workflow or dynamic task
    keep: str = ""  # the variable that the value read from the container is kept in
    is_unchanged: bool = False  # it means what the last launch of this name has meant: it has the same version
    is_back: bool = False  # it means what the first launch of this name has meant


Step = Cell | File | Launch


@dataclass(frozen=True)
class Case:
    """A notebook: what happens in it, in order."""

    steps: tuple[Step, ...] = field(default=())
    labels: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        """All of it, to be copied into a notebook."""
        return "\n".join(map(_shown, self.steps))


def _shown(step: Step) -> str:
    if isinstance(step, Cell):
        return f"# %% cell\n{step.text}"
    if isinstance(step, File):
        return f"# %% file {step.path}\n" + "".join(f"#| {line}\n" for line in step.text.splitlines())
    inputs = ", ".join(f"{name}={text}" for name, text in step.inputs)
    kept = f"{step.keep} = " if step.keep else ""
    same = ", unchanged" if step.is_unchanged else ", as at first" if step.is_back else ""
    return f"# %% launch ({step.kind}{same})\n# {kept}{step.name}({inputs})"


def indented(lines: "list[str] | tuple[str, ...]", by: int = 4) -> str:
    """Return the lines as one text, further right."""
    return "\n".join(" " * by + line for line in lines)
