"""Rules of the installed package `detect-secrets`, beside our own: forms that those leave to it.

Loading it takes a few tenths of a second (it brings `requests` along), so it is loaded with the first text that has
one of the beginnings here, as few texts do. From a rule that may run long on long lines, only what stands around such
a beginning is given to it. Without the package, which comes with the extra `notebook`, our own rules are all there are.

Which of its plugins are taken: those that name a service by a form of its own. The others know no more than ours do,
or find by chance or by a name what is no credential (`tests/pickling/credentials/test_package_rules.py` lists each).
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
    """Yield (start, end, what it looks like) for what the package's rules find in the text."""
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
    """Return the plugin's expressions for these anchors; none where the package isn't there, or has no such plugin."""
    try:
        plugin = getattr(import_module(f"detect_secrets.plugins.{module}"), name)()
    except (ImportError, AttributeError):
        return ()
    return tuple(each for each in plugin.denylist if any(anchor in each.pattern for anchor in anchors))
