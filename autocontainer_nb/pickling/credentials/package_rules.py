"""Rules of the installed package `detect-secrets`, for forms that our own rules don't know.

Importing it takes a few tenths of a second (it imports `requests`), so that happens only when a text has one of the
anchors below, which few texts do. Its rules are written for lines of code, and are slow on long ones: they get only the
text around an anchor. Without the package, which is part of the extra `notebook`, only our own rules apply.

It has more plugins: those without a form of their own find harmless texts, and the others know no more than our rules
(`tests/pickling/credentials/test_package_rules.py` lists each with the reason).
"""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final

# (texts one of which must occur, what it is, the plugin's module and class)
PLUGINS: Final[tuple[tuple[tuple[str, ...], str, str, str], ...]] = (
    (("GR1348941", "glimt-", "gloas-"), "a GitLab token", "gitlab_token", "GitLabTokenDetector"),
    (("_authToken=",), "a package registry's token", "npm", "NpmDetector"),
    (("T3BlbkFJ",), "an OpenAI key", "openai", "OpenAIDetector"),
    (("PuTTY-User-Key-File-", "SSH2 ENCRYPTED PRIVATE KEY"), "a private key", "private_key", "PrivateKeyDetector"),
    (("api.softlayer.com",), "a SoftLayer key", "softlayer", "SoftlayerDetector"),
    (("sq0csp-",), "a Square secret", "square_oauth", "SquareOAuthDetector"),
)
_MAX_WINDOWS, _BEFORE, _AFTER = 2000, 128, 1024


def further_spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, what it looks like) for each match of the package's rules."""
    for anchors, kind, module, name in PLUGINS:
        for anchor in anchors:
            if anchor in text:
                for expression in _expressions(module, name, anchors):
                    yield from _around(text, anchor, expression, kind)


def _around(text: str, anchor: str, expression: Any, kind: str) -> Iterator[tuple[int, int, str]]:
    position, seen = text.find(anchor), -1
    for _ in range(_MAX_WINDOWS):
        if position < 0:
            return
        start = max(0, position - _BEFORE)
        for match in expression.finditer(text[start : position + _AFTER]):
            if start + match.end() > seen:
                seen = start + match.end()
                yield start + match.start(), seen, kind
        position = text.find(anchor, position + len(anchor))


@cache
def _expressions(module: str, name: str, anchors: tuple[str, ...]) -> Sequence[Any]:
    """Return the plugin's expressions with these anchors; none without the package or without such a plugin."""
    try:
        plugin = getattr(import_module(f"detect_secrets.plugins.{module}"), name)()
    except (ImportError, AttributeError):
        return ()
    return tuple(each for each in plugin.denylist if any(anchor in each.pattern for anchor in anchors))
