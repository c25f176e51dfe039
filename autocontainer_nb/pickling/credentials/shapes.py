"""What credentials look like, in texts, bytes and tables.

The rules are our own, since a launch looks through a million texts, and is stopped by each false alarm: a rule here has
texts to search for first, and bounds that data doesn't meet by chance, which lists for repositories don't need. What
those know beyond ours is taken from the installed package `detect-secrets` (`package_rules`).

Sources: GitHub's "supported secret scanning patterns", AWS's and Microsoft's descriptions of identifiable keys, the
services' own pages on their tokens, RFC 7519 (JSON Web Token), RFC 7468 (PEM). Each rule has texts one of which occurs
in whatever it matches: most texts have none, and are done with after a search for these.

What is looked at, and how:

- All of it, whatever the size.
- Behind the first `credentials.MAX_TEXT` characters of a text, and in bytes of more than 256 KiB, only those forms are
  looked for that can hardly be anything else (`SURE_ANCHORS`): no URL with a password, no header, no number behind a
  common prefix; nor does a name count, since long data holds all of these by chance.
- Arrays of numbers are never looked at, nor what is compressed, encrypted or encoded (base64, UTF-16 as bytes);
  subclasses of arrays and structured ones aren't, either.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from autocontainer_nb.pickling.credentials.names import is_blanked, is_placeholder
from autocontainer_nb.pickling.credentials.package_rules import further_spans

MIN_LENGTH: Final = 16  # no shape is shorter
_B, _E = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"  # not in the middle of a longer word
_BD, _ED = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9_-])"  # of alphabets that have the hyphen
# (texts one of which must occur, what it is, expression)
_TABLE: Final[tuple[tuple[tuple[str, ...], str, str], ...]] = (
    (("AKIA", "ASIA", "ABIA", "ACCA"), "an AWS access key", _B + r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}" + _E),
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), "a GitHub token", _B + r"gh[pousr]_[A-Za-z0-9]{36,255}" + _E),
    (("github_pat_",), "a GitHub token", _B + r"github_pat_[A-Za-z0-9_]{40,255}" + _E),
    (
        ("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glft-", "glsoat-", "glagent-"),
        "a GitLab token",
        _BD + r"gl(?:pat|dt|rt|ptt|cbt|ft|soat|agent)-[A-Za-z0-9_.-]{20,}",
    ),
    (("xox",), "a Slack token", _BD + r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}" + _ED),
    (("xapp-",), "a Slack token", _BD + r"xapp-\d-[A-Z0-9]+-\d+-[a-fA-F0-9]{16,}" + _ED),
    (
        ("hooks.slack.com/",),
        "a Slack webhook",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{20,}",
    ),
    (("discord",), "a Discord webhook", r"discord(?:app)?\.com/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,}"),
    (("AIza",), "a Google API key", _BD + r"AIza[A-Za-z0-9_-]{35}" + _ED),
    (("GOCSPX-",), "a Google client secret", _BD + r"GOCSPX-[A-Za-z0-9_-]{28}" + _ED),
    (("ya29.",), "a Google access token", _BD + r"ya29\.[A-Za-z0-9_-]{20,}"),
    (
        ("sk_live_", "rk_live_", "sk_test_", "rk_test_"),
        "a Stripe key",
        _B + r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,247}" + _E,
    ),
    (("whsec_",), "a webhook's signing secret", _B + r"whsec_[A-Za-z0-9+/=]{24,}"),
    (("sk-ant-",), "an Anthropic key", _BD + r"sk-ant-[A-Za-z0-9_-]{20,}" + _ED),
    (
        ("sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"),
        "an OpenAI key",
        _BD + r"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}" + _ED,
    ),
    (("sk-or-v1-",), "an OpenRouter key", _BD + r"sk-or-v1-[a-f0-9]{64}" + _ED),
    (("sk-",), "an OpenAI key", _BD + r"sk-[A-Za-z0-9]{32,64}" + _ED),
    (("hf_", "api_org_"), "a Hugging Face token", _B + r"(?:hf|api_org)_[A-Za-z0-9]{30,}" + _E),
    (("gsk_",), "a Groq key", _B + r"gsk_[A-Za-z0-9]{40,}" + _E),
    (("xai-",), "an xAI key", _BD + r"xai-[A-Za-z0-9]{60,}" + _ED),
    (("pplx-",), "a Perplexity key", _BD + r"pplx-[A-Za-z0-9]{40,}" + _ED),
    (("r8_",), "a Replicate token", _B + r"r8_[A-Za-z0-9]{37}" + _E),
    (("lsv2_",), "a LangSmith key", _B + r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}" + _E),
    (("dapi",), "a Databricks token", _B + r"dapi[a-f0-9]{32}(?:-\d)?" + _E),
    (("AccountKey=", "SharedAccessKey="), "an Azure connection string", r"Acc(?:ount|ess)Key=[A-Za-z0-9+/]{40,}={0,2}"),
    (
        ("APIM", "ACDb", "+ABa", "+AMC", "+ASt"),
        "an Azure account key",
        r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{76}(?:APIM|ACDb|\+ABa|\+AMC|\+ASt)[A-Za-z0-9+/]{5}[AQgw]==",
    ),
    (("sig=",), "an Azure shared access signature", r"[?&;]sig=(?=[A-Za-z0-9%+/=_-]{43,})[A-Za-z0-9%+/=_-]+"),
    (("Q~",), "an Azure client secret", r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}" + _ED),
    (("eyJ",), "a JSON Web Token", _BD + r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    (("PRIVATE KEY",), "a private key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    (("AGE-SECRET-KEY-1",), "a private key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    (("npm_",), "an npm token", _B + r"npm_[A-Za-z0-9]{36}" + _E),
    (("pypi-",), "a PyPI token", _BD + r"pypi-[A-Za-z0-9_-]{32,}" + _ED),
    (("dckr_pat_",), "a Docker Hub token", _BD + r"dckr_pat_[A-Za-z0-9_-]{20,}" + _ED),
    (("SG.",), "a SendGrid key", _BD + r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}" + _ED),
    (("SK",), "a Twilio key", _B + r"SK[0-9a-f]{32}" + _E),
    (("key-",), "a Mailgun key", _BD + r"key-[0-9a-f]{32}" + _ED),
    (("-us",), "a Mailchimp key", _B + r"[0-9a-f]{32}-us\d{1,2}" + _E),
    (("dop_v1_", "doo_v1_", "dor_v1_"), "a DigitalOcean token", _B + r"do[opr]_v1_[a-f0-9]{64}" + _E),
    (("shp",), "a Shopify token", _B + r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}" + _E),
    (("hvs.", "hvb.", "hvr."), "a Vault token", _BD + r"hv[sbr]\.[A-Za-z0-9_-]{24,}"),
    ((".atlasv1.",), "a Terraform token", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}"),
    (("dp.",), "a Doppler token", _B + r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{40,}"),
    (("glsa_", "glc_"), "a Grafana token", _B + r"(?:glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|glc_[A-Za-z0-9+/=]{32,})"),
    (("NRAK-",), "a New Relic key", _BD + r"NRAK-[A-Z0-9]{27}" + _ED),
    (("PMAK-",), "a Postman key", _BD + r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}" + _ED),
    (("lin_api_",), "a Linear key", _B + r"lin_api_[A-Za-z0-9]{40}" + _E),
    (("ntn_", "secret_"), "a Notion token", _B + r"(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43})" + _E),
    (("figd_",), "a Figma token", _BD + r"figd_[A-Za-z0-9_-]{40,}" + _ED),
    (("sntrys_", "sntryu_"), "a Sentry token", _B + r"sntry[su]_[A-Za-z0-9+/=_]{40,}"),
    (("ATATT3", "ATCTT3"), "an Atlassian token", _B + r"AT[AC]TT3[A-Za-z0-9_=-]{60,}"),
    (("pul-",), "a Pulumi token", _BD + r"pul-[a-f0-9]{40}" + _ED),
    (("sbp_",), "a Supabase token", _B + r"sbp_[a-f0-9]{40}" + _E),
    ((":AA",), "a Telegram bot's token", _BD + r"\d{8,10}:AA[A-Za-z0-9_-]{33}" + _ED),
    (
        ("earer ",),
        "an authorization header",
        r"\b[Bb]earer (?=[A-Za-z0-9._~+/-]*\d)(?P<secret>[A-Za-z0-9._~+/-]{20,}=*)",
    ),
    (
        ("://",),
        "a URL with a password",
        (
            r"\b[A-Za-z][A-Za-z0-9+.-]*://(?!(?P<user>\w+):(?P=user)@(?:localhost|127\.0\.0\.1))[^\s:/?#@'\"<>]*"
            r":(?P<secret>[^\s/?#@'\"<>]+)@[^\s/'\"]"
        ),
    ),
    (
        ("assword=", "ASSWORD=", "pwd=", "Pwd=", "PWD="),
        "a connection string with a password",
        (
            r"(?i)(?=[^\n]*\b(?:host|server|user|uid|dbname|database|data source)\s*=)[^\n]*?"
            r"\b(?:password|pwd)=(?P<secret>[^\s;'\"&,]{4,})"
        ),
    ),
)  # fmt: skip
# Beginnings that data hardly has by chance, few enough to be searched for in much of it.
SURE_ANCHORS: Final = (
    "AKIA", "ASIA", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xox", "AIza", "sk_live_", "rk_live_", "sk-ant-",
    "sk-proj-", "sk-svcacct-", "sk-", "hf_", "gsk_", "dapi", "AccountKey=", "PRIVATE KEY", "npm_", "pypi-", "dckr_pat_",
    "GOCSPX-", "hooks.slack.com/",
)  # fmt: skip
_MAX_WINDOWS, _WINDOW_BEFORE, _WINDOW, _PIECE = 2000, 128, 1024, 1 << 20
_BLOCK_END: Final = re.compile(r"----[- ]END [A-Z0-9 ]+[- ]----|Private-MAC: \w+")
_MAX_BLOCK: Final = 1 << 16  # characters of a private key's block
_Rule = tuple[tuple[str, ...], str, "re.Pattern[str]"]
_RULES: Final[tuple[_Rule, ...]] = tuple(
    (anchors, kind, re.compile(expression)) for anchors, kind, expression in _TABLE
)
_ARRAY_BYTES: Final = 32 << 20  # of an array or a column that are made texts at a time
_SMALL_BYTES: Final = 1 << 20  # of a column that is always taken apart
_TEXT_KINDS: Final = "UST"  # kinds of numpy's types that hold text: <U, bytes, and numpy 2's StringDType
_ARROW: Final = "pyarrow.lib"
_MAX_DEPTH: Final = 4  # of lists, structures and dictionaries in one Arrow array
_ODD: Final = (AttributeError, NotImplementedError, TypeError, ValueError)  # of arrays that aren't like their kind
_FIXED_BUFFERS: Final = 2  # of an Arrow array of texts: validity, offsets (or views); texts follow


def sure_shape_in(data: str | bytes | bytearray) -> str | None:
    """Return what the first credential in much data is, judged by the forms of `SURE_ANCHORS` only.

    Takes linear time: a search for each anchor, then the expression around the places where that occurs.
    """
    for anchor in SURE_ANCHORS:
        sought: Any = anchor if isinstance(data, str) else anchor.encode()
        if sought in data:
            rules = [rule for rule in _RULES if anchor in rule[0]]
            for part in _around(sought, data):
                for _, _, kind in _spans(part, rules):
                    return kind
    return None


def _around(anchor: Any, data: Any) -> Iterator[str]:
    """Yield what is around each occurrence of the anchor; where there are very many, all that follows in pieces."""
    position = data.find(anchor)
    for _ in range(_MAX_WINDOWS):
        if position < 0:
            return
        yield _text(data[max(0, position - _WINDOW_BEFORE) : position + _WINDOW])
        position = data.find(anchor, position + len(anchor))
    while 0 <= position < len(data):
        yield _text(data[max(0, position - _WINDOW_BEFORE) : position + _PIECE])
        position = data.find(
            anchor, position + _PIECE - _WINDOW
        )  # what begins at the end of a piece is whole in the next


def _text(data: str | bytes | bytearray) -> str:
    return data if isinstance(data, str) else str(data, "latin-1")


def spans_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, what it looks like) for each thing in the text that has a credential's form.

    A private key ends where its block does.

    Text that only holds a credential's place (`ghp_xxxxxx`, `{password}`) isn't one.
    """
    yield from _spans(text, _RULES)
    if len(text) >= MIN_LENGTH:
        for start, end, kind in further_spans(text):
            if not is_blanked(text[start:end].strip("-")):
                yield start, _end_of(kind, text, end), kind


def _spans(text: str, rules: Sequence[_Rule]) -> Iterator[tuple[int, int, str]]:
    if len(text) < MIN_LENGTH:
        return
    for anchors, kind, expression in rules:
        for anchor in anchors:
            if anchor in text:
                break
        else:
            continue
        named = "secret" in expression.groupindex
        for match in expression.finditer(text):
            if not (is_placeholder(match["secret"]) if named else is_blanked(match[0].strip("-"))):
                start, end = match.span("secret" if named else 0)
                yield start, _end_of(kind, text, end), kind


def _end_of(kind: str, text: str, end: int) -> int:
    """Return where a thing ends whose form has matched up to `end`: a private key does with its block."""
    block_end = _BLOCK_END.search(text, end, end + _MAX_BLOCK) if kind == "a private key" else None
    return block_end.end() if block_end else end


def shape_of(text: str) -> str | None:
    """Return what the first credential in the text looks like, such as `a GitHub token`; None without a credential."""
    return next((kind for _, _, kind in spans_in(text)), None)


def texts_of(value: Any) -> Iterator[str]:
    """Yield the texts in an array or Arrow column, many in each, one a line; nothing of any other object.

    A chunked column's chunks are objects of their own.
    """
    kind = type(value)
    if kind.__module__ == "numpy" and kind.__name__ in {"ndarray", "memmap"}:
        if value.dtype.kind in _TEXT_KINDS and value.size:
            with suppress(*_ODD):
                flat = value.ravel()
                count = max(1, _ARRAY_BYTES // max(1, value.nbytes // value.size))
                for start in range(0, flat.size, count):
                    yield "\n".join(map(_as_text, flat[start : start + count].tolist()))
    elif kind.__module__ == _ARROW and kind.__name__.endswith("Array") and kind.__name__ != "ChunkedArray":
        with suppress(*_ODD):
            yield from _arrow_texts(value, _MAX_DEPTH)


def _arrow_texts(array: Any, depth: int) -> Iterator[str]:
    """Yield the texts of one Arrow array; columns without the beginning of any form aren't taken apart."""
    kind = str(array.type)
    if kind.partition("[")[0] in {"string", "large_string", "string_view", "binary", "large_binary", "binary_view"}:
        buffers = [one for one in array.buffers()[_FIXED_BUFFERS:] if one is not None]
        size_bytes = sum(one.size for one in buffers)
        if size_bytes <= _SMALL_BYTES or any(map(_may_hold_one, buffers)):
            count = max(1, _ARRAY_BYTES * len(array) // max(1, size_bytes))
            for start in range(0, len(array), count):
                yield "\n".join(map(_as_text, array.slice(start, count).to_pylist()))
    elif depth and kind.startswith("dictionary<"):
        yield from _arrow_texts(array.dictionary, depth - 1)
    elif depth and kind.startswith(("list<", "large_list<", "fixed_size_list<")):
        yield from _arrow_texts(array.values, depth - 1)
    elif depth and kind.startswith("struct<"):
        for index in range(array.type.num_fields):
            yield from _arrow_texts(array.field(index), depth - 1)


def _may_hold_one(buffer: Any) -> bool:
    content = buffer.to_pybytes()
    return any(anchor.encode() in content for anchor in SURE_ANCHORS)


def _as_text(item: Any) -> str:
    return str(item, "latin-1") if isinstance(item, bytes) else str(item)
