"""Names that promise a credential, and values that keep the promise.

What is decided here, so that few harmless values are taken for credentials:

- The *end* of a name counts: `db_password`, `openaiApiKey`, `HF_TOKEN2`; not `token_count`, `password_field`,
  `tokenizer`, `secret_name`. Special tokens of language models (`pad_token`) are no credentials.
- A value that only holds a place isn't one: empty, `changeme`, `<your key>`, `${TOKEN}`, `{password}`, `xxxx`, `***`,
  the name of a variable (`OPENAI_API_KEY`), and words that say what stands there (`your-secret-token`).
- Behind a name that can hardly mean anything else (`password`, `api_key`, `client_secret`), any other text without
  blanks counts from 6 characters on; behind a vague one (`token`, `secret`), it must look made by chance: letters and
  digits mixed, 8 characters at least. The plural of a name that means passwords is as strong, any other is vague.
"""

import re
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORDS: Final = frozenset({"password", "passwd", "passphrase", "passcode"})
_STRONG_ENDS: Final = (
    ("api", "key"), ("access", "key"), ("secret", "key"), ("private", "key"), ("account", "key"), ("auth", "key"),
    ("signing", "key"), ("encryption", "key"), ("storage", "key"), ("service", "key"), ("subscription", "key"),
    ("client", "secret"), ("app", "secret"), ("secret", "value"), ("access", "key", "secret"), ("shared", "secret"),
    ("access", "token"), ("auth", "token"), ("api", "token"), ("bearer", "token"), ("refresh", "token"),
    ("session", "token"), ("bot", "token"), ("sas", "token"), ("db", "pass"), ("user", "pass"), ("db", "pw"),
)  # fmt: skip
_STRONG_WORDS: Final = _PASSWORDS | {"apikey", "authtoken", "accesskey", "secretkey", "accesstoken", "apitoken"}
_VAGUE_WORDS: Final = frozenset(
    {"token", "secret", "pwd", "pw", "credential", "credentials", "bearer", "authorization"}
)
_MODEL_TOKENS: Final = frozenset({
    "pad", "eos", "bos", "unk", "mask", "sep", "cls", "start", "end", "stop", "special", "next", "prev", "previous",
    "first", "last", "page", "continuation", "image", "video", "audio", "input", "output", "max", "min", "prefix",
    "suffix", "eot", "eod", "additional", "word", "separator", "delimiter", "begin", "csrf", "cancel", "cancellation",
})  # fmt: skip
_STAND_INS: Final = frozenset({
    "changeme", "change", "todo", "none", "null", "nil", "test", "testing", "dummy", "fake", "example", "sample",
    "placeholder", "redacted", "undefined", "default", "hidden", "masked", "removed", "notset", "unset", "empty",
    "unknown", "insert", "replace", "replaceme", "fill", "fillme", "foobar", "foo", "bar", "user", "username",
    "true", "false", "xxx", "abc",
})  # fmt: skip
_ROLE_WORDS: Final = _PASSWORDS | {"token", "secret", "key", "pass", "pwd", "credential", "credentials", "apikey"}
_FRAME: Final = re.compile(
    r"\$\{|\{\w*\}|\{\{|<[^<>]*>|%\(\w+\)s|%s|%\w+%|^(?:\$\w+|\$\(.*\)|:\w+|@\w+|\?|\[[^\[\]]*\])$"
)
_REPEATED: Final = re.compile(r"([xX*.#•0-])\1{4,}")
_VARIABLE: Final = re.compile(r"[A-Z][A-Z]*(?:_[A-Z0-9]+)+")
# Occurs in each name that promises a credential, in any spelling: most names need no more than this search.
MAY_PROMISE: Final = re.compile(r"(?i)pass|pw|secret|token|credential|bearer|authorization|key").search
_MIN_STRONG, _MIN_VAGUE, _MIN_VARIABLE = 6, 8, 8
_LONG: Final = 20
_MAX_BY_NAME: Final = 4096  # longer texts are documents, whatever they are called


@lru_cache(maxsize=4096)
def promise_of(name: str) -> str:
    """Return `strong` or `vague` for a name that promises a credential, an empty text for any other."""
    words = [word.lower() for word in _WORD.findall(name[-80:])]
    while words and (words[-1].isdigit() or words[-1] in {"value", "str", "text"}) and len(words) > 1:
        if words[-1] == "value" and words[-2] == "secret":
            break
        words.pop()
    if not words:
        return ""
    if _is_strong(words):
        return "strong"
    if words[-1] in _VAGUE_WORDS and not (len(words) > 1 and words[-2] in _MODEL_TOKENS):
        return "vague"
    if words[-1].endswith("s") and _is_strong([*words[:-1], words[-1][:-1]]):
        return "strong" if words[-1][:-1] in _PASSWORDS else "vague"  # `access_keys` may be keys of another kind
    return ""


def _is_strong(words: list[str]) -> bool:
    return words[-1] in _STRONG_WORDS or any(tuple(words[-len(end) :]) == end for end in _STRONG_ENDS)


def keeps_promise(promise: str, value: str) -> bool:
    """Whether a value behind such a name may be a credential."""
    text = value.strip()
    if not _MIN_STRONG <= len(text) <= _MAX_BY_NAME or is_placeholder(text) or any(map(str.isspace, text)):
        return False
    if promise == "strong":
        return True
    return len(text) >= _MIN_VAGUE and _by_chance(text)


def is_placeholder(value: str) -> bool:
    """Whether a text only holds the place of a credential."""
    text = value.strip()
    if is_blanked(text) or _FRAME.search(text) or _VARIABLE.fullmatch(text):
        return True
    words = [word.lower() for word in _WORD.findall(text)]
    if not words or text.lower().replace("-", "").replace("_", "").replace(" ", "") in _STAND_INS:
        return True
    says_it = any(word in _ROLE_WORDS or word in {"your", "my", "changeme", "placeholder"} for word in words)
    only_words = not any(map(str.isdigit, text)) and re.fullmatch(r"[A-Za-z]+(?:[-_. ]?[A-Za-z]+)*", text) is not None
    return says_it and only_words and all(len(word) > 1 for word in words)


def is_blanked(text: str) -> bool:
    """Whether part of the text was made unreadable, as in `xxxxxx` or `******`."""
    return _REPEATED.search(text) is not None


def is_secret_variable(name: str, value: str) -> bool:
    """Whether an environment variable holds something that nobody else should read, judged by name and value.

    Values of less than 8 characters, words, numbers, paths and URLs without a password don't count: they would be
    found in places that have nothing to do with the variable.
    """
    text = value.strip()
    if promise_of(name) == "" or len(text) < _MIN_VARIABLE or len(text) > _MAX_BY_NAME:
        return False
    if is_placeholder(text) or re.fullmatch(r"[\d.,:_+-]+", text):
        return False
    if re.fullmatch(r"[A-Za-z]?[a-z]+(?:[-_. /][A-Za-z]?[a-z]+)*|[A-Z]+(?:[-_. ][A-Z]+)*", text):
        return False  # words
    return not re.match(r"(?:/|~|\.{1,2}/|[A-Za-z]:\\|[a-z][a-z0-9+.-]*://[^@]*$)", text)


def _by_chance(text: str) -> bool:
    """Whether the text mixes letters and digits, or capital and small letters over some length."""
    if re.match(r"(?:/|~/|\.{1,2}/|[a-z][a-z0-9+.-]*://)", text) or text.endswith((".json", ".txt", ".yaml", ".pem")):
        return False  # where a credential is kept
    letters, digits = any(map(str.isalpha, text)), any(map(str.isdigit, text))
    mixed = any(map(str.islower, text)) and any(map(str.isupper, text))
    return (letters and digits) or (mixed and len(text) >= _LONG)
