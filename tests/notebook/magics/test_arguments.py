"""The line behind %flyte: words, pairs and values."""

import pytest

from autocontainer_nb.errors import UserError
from autocontainer_nb.notebook.magics.arguments import (
    evaluate_pairs,
    nearest,
    parse_pairs,
    split_first,
    without_flag,
    without_option,
)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", {}),
        ("epochs=3", {"epochs": "3"}),
        ("epochs=3 rate=0.1", {"epochs": "3", "rate": "0.1"}),
        ("epochs=3, rate=0.1,", {"epochs": "3", "rate": "0.1"}),
        ("epochs = 3   rate =0.1", {"epochs": "3", "rate": "0.1"}),
        ("name='two words' other=\"it's\"", {"name": "'two words'", "other": '"it\'s"'}),
        ("rates=[0.1, 0.2] by={'k=1': 2}", {"rates": "[0.1, 0.2]", "by": "{'k=1': 2}"}),
        ("x=a + b y=f(k=3) == 2", {"x": "a + b", "y": "f(k=3) == 2"}),
        ("df=df.head(3) largest=df['a=b'].max()", {"df": "df.head(3)", "largest": "df['a=b'].max()"}),
        ("x=-1 y=not z", {"x": "-1", "y": "not z"}),
        ("größe=1", {"größe": "1"}),
    ],
)
def test_pairs_are_split_where_a_name_meets_a_sign(text, pairs):
    """Quotes and brackets protect what is inside; blanks within a value are part of it."""
    assert parse_pairs(text) == pairs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3", ["Expected NAME=VALUE", "'3'"]),
        ("fast epochs=3", ["Expected NAME=VALUE", "'fast'"]),
        ("x=", ["x= has no value"]),
        ("x=1 y= z=2", ["y= has no value"]),
        ("x=1 x=2", ["x= was passed twice"]),
        ("x='abc", ["Unclosed quote"]),
        ("x=[1, 2", ["Unclosed quote or bracket"]),
    ],
)
def test_what_is_no_pair_is_named(text, words):
    with pytest.raises(UserError) as raised:
        parse_pairs(text)
    for word in words:
        assert word in str(raised.value)
    assert "\n" not in str(raised.value)


def test_values_are_literals_variables_and_expressions_of_the_notebook():
    namespace = {"frame": [1, 2, 3], "size": len}
    pairs = {"a": "1.5", "b": "frame", "c": "size(frame) + 1", "d": "None", "e": "'text'"}
    assert evaluate_pairs(pairs, namespace) == {"a": 1.5, "b": [1, 2, 3], "c": 4, "d": None, "e": "text"}


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("fram", ["no variable is named 'fram'", "Did you mean 'frame'?", "value='fram'"]),
        ("fram.head()", ["no variable is named 'fram'", "Did you mean 'frame'?"]),
        ("two words", ["isn't a Python expression", "Put quotes"]),
        ("/tmp/x", ["isn't a Python expression"]),
    ],
)
def test_a_value_that_is_no_expression_tells_what_to_write(expression, words):
    with pytest.raises(UserError) as raised:
        evaluate_pairs({"value": expression}, {"frame": [1]})
    for word in words:
        assert word in str(raised.value)


def test_an_error_inside_the_users_own_code_comes_as_it_is():
    """A NameError raised deeper, in a function of the user's, is no mistake of the line."""

    def broken():
        return undefined_name  # noqa: F821

    with pytest.raises(NameError):
        evaluate_pairs({"x": "broken()"}, {"broken": broken})
    with pytest.raises(ZeroDivisionError):
        evaluate_pairs({"x": "1/0"}, {})


@pytest.mark.parametrize(
    ("line", "split"),
    [("", ("", "")), ("  run  train x=1 ", ("run", "train x=1")), ("tasks", ("tasks", ""))],
)
def test_the_first_word_is_the_subcommand(line, split):
    assert split_first(line) == split


@pytest.mark.parametrize(
    ("name", "hint"), [("trian", " Did you mean 'train'?"), ("TRAIN", " Did you mean 'train'?"), ("zzz", "")]
)
def test_the_nearest_name_is_suggested_only_if_it_is_near(name, hint):
    assert nearest(name, ["train", "score"]) == hint


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("n=1 --allow", (True, "n=1")), ("--allow n=1", (True, "n=1")), ("n=1 --allow m=2", (True, "n=1 m=2")),
        ("n='x --allow y'", (False, "n='x --allow y'")), ("n=[1, --allow ]", (False, "n=[1, --allow ]")),
        ("n='--allow' --allow", (True, "n='--allow'")), ("n=1", (False, "n=1")),
    ],
)  # fmt: skip
def test_a_flag_may_stand_among_the_pairs(text, answer):
    """Outside of quotes and brackets only."""
    assert without_flag(text, "--allow") == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("train n=1 --needs=warn", ("warn", "train n=1")), ("--needs=off train n=1", ("off", "train n=1")),
        ("train --needs= n=1", (" ", "train n=1")), ("train n='--needs=off'", ("", "train n='--needs=off'")),
        ("train n=' --needs=off ' --needs=check", ("check", "train n=' --needs=off '")), ("train", ("", "train")),
    ],
)  # fmt: skip
def test_an_option_may_stand_among_the_pairs(text, answer):
    """Outside of quotes and brackets only; without a value it has one that nobody knows."""
    assert without_option(text, "--needs") == answer
