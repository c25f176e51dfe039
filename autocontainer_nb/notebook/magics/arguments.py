"""The parser of `%flyte` lines: words, and `NAME=VALUE` pairs whose values are Python expressions.

Our own for the pairs alone, which `argparse` would split at blanks inside of a value; all other options are its.
"""

import difflib
import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from autocontainer_nb.errors import UserError

_OPENING, _CLOSING = "([{", ")]}"


def split_first(line: str) -> tuple[str, str]:
    """Return the first word of the line and the rest, both stripped."""
    word, _, rest = line.strip().partition(" ")
    return word, rest.strip()


def without_flag(text: str, flag: str) -> tuple[bool, str]:
    """Return whether the flag is among the pairs, outside of quotes and brackets, and the text without it."""
    for match in re.finditer(rf"(?<!\S){re.escape(flag)}(?!\S)", text):
        before, behind = text[: match.start()], text[match.end() :]
        with suppress(UserError):  # inside of a quote or bracket
            _pair_starts(before)
            return True, f"{before.rstrip()} {behind.lstrip()}".strip()
    return False, text


def without_option(text: str, option: str) -> tuple[str, str]:
    """Return the value of `OPTION=VALUE` outside of quotes and brackets, empty without it, and the text without it."""
    for match in re.finditer(rf"(?<!\S){re.escape(option)}=(\S*)", text):
        is_there, rest = without_flag(text, match.group())
        if is_there:
            return match[1] or " ", rest  # empty: a value that nobody knows
    return "", text


def parse_pairs(text: str) -> dict[str, str]:
    """Return the expression of each `NAME=VALUE`. A value may hold blanks inside quotes and brackets, and between them.

    A comma after a value is a separator: `k=1, j=2` is the same as `k=1 j=2`.

    Raises:
        UserError: there is text before the first pair, a bracket or quote isn't closed, or a name occurs twice.
    """
    starts = _pair_starts(text)
    before = text[: starts[0][1]] if starts else text
    if before.strip(" ,"):
        raise UserError(f"Expected NAME=VALUE, such as epochs=3, got {before.strip()!r}.")
    pairs: dict[str, str] = {}
    for index, (name, _, value_start) in enumerate(starts):
        end = starts[index + 1][1] if index + 1 < len(starts) else len(text)
        value = text[value_start:end].strip().removesuffix(",").rstrip()
        if not value:
            raise UserError(f"{name}= has no value: write a Python literal or a variable after the equals sign.")
        if name in pairs:
            raise UserError(f"{name}= was passed twice: {pairs[name]} and {value}.")
        pairs[name] = value
    return pairs


def evaluate_pairs(pairs: Mapping[str, str], namespace: dict[str, Any]) -> dict[str, Any]:
    """Return each expression's value in the notebook's namespace. Errors in the user's own code are not wrapped.

    Raises:
        UserError: an expression isn't Python, or names a variable that doesn't exist.
    """
    return {name: _evaluate(name, expression, namespace) for name, expression in pairs.items()}


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'train'?`, or an empty text if no name is similar."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if not close:
        lowered = {other.lower(): other for other in names}
        close = [lowered[match] for match in difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)]
    return f" Did you mean {close[0]!r}?" if close else ""


def _evaluate(name: str, expression: str, namespace: dict[str, Any]) -> Any:
    try:
        code = compile(expression, f"<value of {name}>", "eval")
    except SyntaxError as error:
        raise UserError(
            f"{name}={expression} isn't a Python expression ({error.msg}). Put quotes around text."
        ) from None
    try:
        return eval(code, namespace)  # noqa: S307 - the user's own expression, as if typed in the cell
    except NameError as error:
        inner = error.__traceback__.tb_next if error.__traceback__ else None
        if inner is not None and inner.tb_next is not None:
            raise  # in a function of the user: a real error, with its traceback
        unknown = error.name or expression
        quoted = f" If you mean the text, write {name}={expression!r}." if unknown == expression else ""
        raise UserError(
            f"{name}={expression}: no variable is named {unknown!r}.{nearest(unknown, namespace)}{quoted}"
        ) from None


def _pair_starts(text: str) -> list[tuple[str, int, int]]:
    """Return (name, position of the name, position of the value) of each pair outside brackets and quotes."""
    starts: list[tuple[str, int, int]] = []
    depth = 0
    previous: tokenize.TokenInfo | None = None
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.ERRORTOKEN and token.string in "'\"":
                raise UserError(f"Unclosed quote in {text!r}.")
            if token.type == tokenize.OP and token.string in _OPENING:
                depth += 1
            elif token.type == tokenize.OP and token.string in _CLOSING:
                depth -= 1
            elif _is_pair_sign(token, previous, depth) and previous is not None:
                starts.append((previous.string, previous.start[1], token.end[1]))
            previous = token
    except (tokenize.TokenError, SyntaxError) as error:
        raise UserError(f"Unclosed quote or bracket in {text!r} ({error.args[0]}).") from None
    return starts


def _is_pair_sign(token: tokenize.TokenInfo, previous: tokenize.TokenInfo | None, depth: int) -> bool:
    return (
        depth == 0
        and token.type == tokenize.OP
        and token.string == "="
        and previous is not None
        and previous.type == tokenize.NAME
        and (previous.start[1] == 0 or previous.line[previous.start[1] - 1] in " \t,")
    )
