"""Conditionals: drawn, checked where they are written, run lazily here, and as messages."""

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple

import pytest
from golden_message import SETTINGS, assert_golden

from autocontainer_nb.core.capture.reachable import reachable_tasks
from autocontainer_nb.core.graph.branches import BranchNode
from autocontainer_nb.core.graph.compilation import current_compilation
from autocontainer_nb.core.graph.conditional import conditional
from autocontainer_nb.core.serialize.workflows import workflow_spec
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import DefinitionError, UserError

ran: list[str] = []


class Pair(NamedTuple):
    count: int
    label: str


class Triple(NamedTuple):
    label: str
    count: int
    extra: float


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@task
def same(a: int) -> int:
    ran.append("same")
    return a


@task
def double(a: int) -> int:
    ran.append("double")
    return a * 2


@task
def half(a: int) -> float:
    return a / 2


@task
def pair(a: int) -> Pair:
    return Pair(a, "pair")


@task
def triple(a: int) -> Triple:
    return Triple("triple", a, 0.5)


@task
def note() -> None:
    ran.append("note")


@task
def table(a: int) -> dict[str, int]:
    return {"k": a, "other": 0}


@dataclass
class Record:
    a: int
    b: int


@task
def listed(a: int) -> list[int]:
    return [a]


@task
def recorded(a: int) -> Record:
    return Record(a, a)


@task
def colored(a: int) -> Color:
    return Color.RED if a else Color.BLUE


@task
def literal(a: int) -> Literal["a", "b"]:
    return "a" if a else "b"


@task
def perhaps(a: int) -> int | None:
    return a or None


@task
def either(a: int) -> int | str:
    return a or "nothing"


@task
def truth(a: int) -> bool:
    return bool(a)


@workflow
def inside(a: int) -> int:
    return same(a=a)


@workflow
def nested(x: int, y: int = 3) -> int:
    p = same(a=x)
    q = same(a=y)
    first = note()
    chosen = (
        conditional("outer")
        .if_((p > 1) & (x < 3))
        .then(conditional("inner").if_(q == 1).then(double(a=p)).else_().fail("no"))
        .elif_(15 == q)  # noqa: SIM300 - the constant on the left is what is tested
        .then(same(a=q))
        .else_()
        .then(double(a=y))
    )
    first >> chosen
    return same(a=chosen)


@workflow
def several(x: bool, b: bool) -> tuple[str, int]:
    chosen = (
        conditional("outputs")
        .if_(x.is_true())  # type: ignore[attr-defined]  # a promise while the workflow is drawn
        .then(pair(a=1))
        .elif_(b.is_true() | b.is_false())  # type: ignore[attr-defined]  # likewise
        .then(triple(a=3))
        .else_()
        .then(pair(a=1))
    )
    return chosen.label, chosen.count


@workflow
def constants(text: str, when: dt.datetime, took: dt.timedelta, color: Color, other: Color, rate: float) -> None:
    (
        conditional("constants")
        .if_((text != "a") & (when >= dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)))
        .then(note())
        .elif_((took <= dt.timedelta(days=1)) | (rate < 1.5) & (color == other))
        .then(note())
        .else_()
        .then(same(a=1))
    )


@workflow
def subworkflows(x: int) -> int:
    return conditional("subworkflows").if_(x == 1).then(inside(a=x)).else_().then(inside(a=4))


GOLDEN = [nested, several, constants, subworkflows]


@pytest.mark.parametrize("definition", GOLDEN, ids=[each.short_name for each in GOLDEN])
def test_the_message_is_the_golden_one(definition) -> None:
    """Conditions, variables, branches, upstream ids and common outputs are as flytekit writes them."""
    assert_golden(f"conditional_{definition.short_name}", workflow_spec(definition, SETTINGS))


@pytest.mark.parametrize(
    ("x", "y", "result", "calls"),
    [
        (2, 1, 4, ["same", "same", "note", "double", "same"]),
        (9, 15, 15, ["same", "same", "note", "same", "same"]),
        (9, 3, 6, ["same", "same", "note", "double", "same"]),
    ],
)
def test_only_the_chosen_branch_runs(x: int, y: int, result: int, calls: list[str]) -> None:
    """Run here, the tasks of the other branches aren't called."""
    ran.clear()
    assert nested(x=x, y=y) == result
    assert ran == calls


def test_a_failing_branch_says_so() -> None:
    """Where the conditional says that none may hold, its message is the error, with workflow and node."""
    with pytest.raises(UserError, match=r"nested ► n3 conditional 'outer' ► n0 conditional 'inner': no"):
        nested(x=2, y=2)


@pytest.mark.parametrize(("x", "b", "result"), [(True, True, ("pair", 1)), (False, False, ("triple", 3))])
def test_common_outputs_go_by_name(x: bool, b: bool, result: tuple[str, int]) -> None:
    """The outputs that all branches have are given, whatever their place in each branch."""
    assert several(x=x, b=b) == result


def test_constants_compare_as_their_types_do() -> None:
    """Texts, moments, durations, floats and enum members are compared by value."""
    early = dt.datetime(1999, 1, 1, tzinfo=dt.timezone.utc)
    for color, rate, expected in ((Color.RED, 1.0, "note"), (Color.BLUE, 1.0, "same"), (Color.RED, 2.0, "same")):
        ran.clear()
        constants(text="a", when=early, took=dt.timedelta(days=2), color=color, other=Color.RED, rate=rate)
        assert ran == [expected]


def test_whole_seconds_are_compared_as_on_a_cluster() -> None:
    """Flyte leaves fractions of seconds away when it compares, so the run here does, too; a constant has none."""

    @workflow
    def moments(when: dt.datetime, limit: dt.datetime) -> int:
        return conditional("c").if_(when == limit).then(same(a=1)).else_().then(same(a=2))

    early = dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)
    assert moments(when=early, limit=early.replace(microsecond=5)) == 1
    assert moments(when=early, limit=early.replace(second=1)) == 2

    def fraction(took: dt.timedelta) -> int:
        return conditional("c").if_(took > dt.timedelta(seconds=0.5)).then(same(a=1)).else_().then(same(a=2))  # type: ignore[arg-type]  # a promise

    with pytest.raises(DefinitionError, match="has a fraction of a second, but conditions compare whole seconds"):
        workflow(fraction)


def test_days_are_compared() -> None:
    """A date goes with a date, a promise of one with the other, on the wire as midnight."""

    @workflow
    def days(day: dt.date, other: dt.date) -> int:
        chosen = conditional("c").if_((day < other) & (day >= dt.date(2020, 1, 1)))  # type: ignore[arg-type, operator]  # promises
        return chosen.then(same(a=1)).else_().then(same(a=2))

    assert days(day=dt.date(2020, 1, 1), other=dt.date(2021, 1, 1)) == 1
    assert days(day=dt.date(2019, 1, 1), other=dt.date(2021, 1, 1)) == 2
    node = workflow_spec(days, SETTINGS).template.nodes[0]
    right = node.branch_node.if_else.case.condition.conjunction.right_expression.comparison.right_value
    assert right.primitive.datetime.ToDatetime(dt.timezone.utc) == dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize("narrow_first", [True, False])
def test_branches_have_interchangeable_outputs(narrow_first: bool) -> None:
    """Flyte wants each type accepted for the other: an Optional beside its plain type is refused in any order."""
    first, second = (same, perhaps) if narrow_first else (perhaps, same)

    def widened(x: int) -> int | None:
        return conditional("c").if_(x > 1).then(first(a=x)).else_().then(second(a=x))

    with pytest.raises(DefinitionError, match=r"the output 'o0' is int.* Give both the same type"):
        workflow(widened)


def test_the_branches_are_reachable_from_the_node() -> None:
    """What walks a graph finds each branch's node in the conditional's entity, nested ones, too."""
    outer = nested.nodes[3].entity
    assert isinstance(outer, BranchNode)
    inner = outer.branch_nodes[0].entity
    names = [[node.entity.short_name for node in each.branch_nodes] for each in (outer, inner)]
    assert names == [["inner", "same", "double"], ["double"]]
    assert set(reachable_tasks(subworkflows)) == {same.name}


def test_a_branch_waits_for_what_it_takes() -> None:
    """A node that a branch takes from can't be put behind the conditional."""
    with pytest.raises(DefinitionError, match=r"Node n1 can't run before n0.*cycle"):

        @workflow
        def circle(x: int) -> int:
            before = same(a=x)
            chosen = conditional("c").if_(x == 1).then(double(a=before)).else_().then(same(a=1))
            chosen >> before
            return chosen


def test_a_whole_number_is_compared_with_a_float() -> None:
    """`rate > 1` means the float: Flyte compares numbers of one type only."""

    @workflow
    def rates(rate: float) -> int:
        return conditional("c").if_(rate > 1).then(same(a=1)).else_().then(same(a=2))

    node = workflow_spec(rates, SETTINGS).template.nodes[0]
    assert node.branch_node.if_else.case.condition.comparison.right_value.primitive.float_value == 1.0
    assert rates(rate=1.5) == 1


def _no_else(x):
    return conditional("c").if_(x == 1).then(same(a=1))


def _call_between(x):
    chosen = conditional("c").if_(x == 1).then(same(a=1))
    return double(a=chosen)


def _two_calls(x):
    return conditional("c").if_(x == 1).then(double(a=same(a=1))).else_().then(same(a=2))


def _call_from_outside(x):
    before = same(a=x)
    return conditional("c").if_(x == 1).then(before).else_().then(same(a=2))


def _plain_value(x):
    return conditional("c").if_(x == 1).then(5).else_().then(same(a=2))


def _other_types(x):
    return conditional("c").if_(x == 1).then(same(a=1)).else_().then(half(a=2))


def _alone(x):
    return conditional("c").if_(x).then(same(a=1)).else_().then(same(a=2))


def _plain_condition(x):
    return conditional("c").if_(len(ran) < 0).then(same(a=x)).else_().then(same(a=2))


def _not_primitive(x):
    return conditional("c").if_(table(a=x) == 1).then(same(a=1)).else_().then(same(a=2))


def _outside_not_primitive(x):
    found = table(a=x)
    return conditional("c").if_(found == 1).then(same(a=1)).else_().then(same(a=2))


def _constant_not_primitive(x):
    return conditional("c").if_(x == [1]).then(same(a=1)).else_().then(same(a=2))


def _mixed(x):
    return conditional("c").if_(x == "1").then(same(a=1)).else_().then(same(a=2))


def _int_is_true(x):
    return conditional("c").if_(x.is_true()).then(same(a=1)).else_().then(same(a=2))


def _part_of_a_list(x):
    found = listed(a=x)
    return conditional("c").if_(found[0] > 1).then(same(a=1)).else_().then(same(a=2))


def _part_of_a_record(x):
    found = recorded(a=x)
    return conditional("c").if_(found.a > 3).then(same(a=1)).else_().then(same(a=2))


def _two_parts(x):
    found = recorded(a=x)
    return conditional("c").if_(found.a > found.b).then(same(a=1)).else_().then(same(a=2))


def _part_of_a_dict(x):
    found = table(a=x)
    return conditional("c").if_(found["k"] == 1).then(same(a=1)).else_().then(same(a=2))


def _enum_constant(x):
    found = colored(a=x)
    return conditional("c").if_(found == Color.RED).then(same(a=1)).else_().then(same(a=2))


def _enum_text(x):
    found = colored(a=x)
    return conditional("c").if_(found == "red").then(same(a=1)).else_().then(same(a=2))


def _literal_constant(x):
    found = literal(a=x)
    return conditional("c").if_(found == "a").then(same(a=1)).else_().then(same(a=2))


def _optional(x):
    found = perhaps(a=x)
    return conditional("c").if_(found > 2).then(same(a=1)).else_().then(same(a=2))


def _two_optional(x):
    found, other = perhaps(a=x), perhaps(a=x)
    return conditional("c").if_(found == other).then(same(a=1)).else_().then(same(a=2))


def _union(x):
    found = either(a=x)
    return conditional("c").if_(found == 2).then(same(a=1)).else_().then(same(a=2))


def _none(x):
    found = perhaps(a=x)
    return conditional("c").if_((x == 1) & found.is_none()).then(same(a=1)).else_().then(same(a=2))


def _int_and_float(x):
    found = half(a=x)
    return conditional("c").if_(x < found).then(same(a=1)).else_().then(same(a=2))


def _order_of_truth(x):
    found = truth(a=x)
    return conditional("c").if_(found > False).then(same(a=1)).else_().then(same(a=2))


def _early_fail(x):
    return conditional("c").if_(x == 1).fail("no").else_().then(same(a=2))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (_no_else, "0 conditional 'c' has no else. End it with"),
        (_call_between, "0 conditional 'c': a task was called between its branches"),
        (_two_calls, "if_: a branch is a single call, but 'same' is followed by another one"),
        (
            _call_from_outside,
            r"if_: .then\(...\): expected one call, made inside its parentheses.*got <promise of n0.o0>",
        ),
        (_plain_value, r"if_: .then\(...\): expected one call.*got 5"),
        (_other_types, "the output 'o0' is int in 'same', but float in 'half'"),
        (_alone, "if_: expected a condition on inputs or outputs, got <promise of input.x> alone"),
        (_plain_condition, "if_: expected a condition on inputs or outputs, got the value False"),
        (_not_primitive, "a task was called between its branches"),
        (
            _outside_not_primitive,
            r"expected an int, .* in a condition, got <promise of n0.o0> of type dict\[str, int\]",
        ),
        (_constant_not_primitive, r"expected an int, .* in a condition, got \[1\] of type list"),
        (_mixed, "<promise of input.x> is int, but it is compared with '1', which is str"),
        (_int_is_true, "<promise of input.x> is int, but it is compared with True, which is bool"),
        (_part_of_a_list, r"n0.o0\[0\]> is a part of list\[int\].*return value\[0\] > 1`"),
        (_part_of_a_dict, r"n0.o0.k> is a part of dict\[str, int\], but Flyte compares whole values only"),
        (
            _part_of_a_record,
            r"`@task def holds\(value: Record\) -> bool: return value.a > 3`, call it before",
        ),
        (_two_parts, "n0.o0.a> is a part of Record"),
        (
            _enum_constant,
            r"an enum or Literal\[...\] only with a value.*holds\(value: Color\) -> bool: return value == Color.RED",
        ),
        (_enum_text, r"an enum or Literal\[...\] only with a value of the same type, not with 'red'"),
        (_literal_constant, r"an enum or Literal\[...\] only with a value of the same type, not with 'a'"),
        (_optional, r"is int \| None, but Flyte compares values of one plain type only.*return value > 2`"),
        (_two_optional, r"return value == value2`.*answer = holds\(value=..., value2=...\)`, and test `answer.is_true"),
        (_union, r"is int \| str, but Flyte compares values of one plain type only"),
        (_none, r"can't compare with None. Instead, let a task compare, .*return value is None`"),
        (_int_and_float, "<promise of input.x> is int, but it is compared with <promise of n0.o0>, which is float"),
        (_order_of_truth, "bool values have no order"),
        (_early_fail, r"if_: only .else_\(\) can .fail"),
    ],
)
def test_mistakes_are_told_where_they_are_written(body, message: str) -> None:
    """Each is one error when the workflow is defined, with the workflow, the node and the conditional."""

    def mistaken(x: int) -> int:
        return body(x)

    with pytest.raises(DefinitionError, match=f"mistaken ► n.*{message}"):
        workflow(mistaken)
    assert current_compilation() is None


def test_the_way_out_that_the_messages_tell_works() -> None:
    """A task that asks, called before the conditional, decides as the refused condition would."""

    @task
    def holds(value: int | None) -> bool:
        return value is None

    @workflow
    def asked(x: int) -> int:
        answer = holds(value=perhaps(a=x))
        return conditional("c").if_(answer.is_true()).then(same(a=1)).else_().then(same(a=2))  # type: ignore[attr-defined]  # a promise

    assert (asked(x=0), asked(x=5)) == (1, 2)


def test_outside_of_a_workflow_there_is_no_conditional() -> None:
    """Without a graph that is drawn, Python's own `if` is the answer, and the error says so."""
    with pytest.raises(DefinitionError, match=r"conditional\('c'\): no workflow is being drawn"):
        conditional("c")
