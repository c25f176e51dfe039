"""The rules of `detect-secrets` beside our own: what they add, when they are loaded, and what is left to ours."""

import pkgutil
import random
import string
import subprocess
import sys
from importlib import import_module

import detect_secrets.plugins
import pytest
from detect_secrets.plugins.base import RegexBasedDetector

from autocontainer_nb.pickling.credentials import package_rules
from autocontainer_nb.pickling.credentials.finder import CredentialFinder
from autocontainer_nb.pickling.credentials.package_rules import PLUGINS

CHANCE = random.Random(11)
HEX = "0123456789abcdef"


def some(count: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(CHANCE.choice(alphabet) for _ in range(count))


# Put together here, so that no scanner takes this file for a leak.
FURTHER = {
    "a GitLab token": "glimt" + "-" + some(25),
    "a GitLab token ": "gloas" + "-" + some(64),
    "a GitLab token  ": "GR1348941" + some(20),
    "a package registry's token": "//npm.example.com/:_auth" + f"Token={some(36, HEX)}",
    "an OpenAI key": "sk" + "-service-" + some(20) + "T3BlbkFJ" + some(20),
    "a private key": "PuTTY-User-" + "Key-File-2: ssh-rsa",
    "a private key ": "---- BEGIN " + "SSH2 ENCRYPTED PRIVATE KEY ----",
    "a SoftLayer key": "https://api." + "softlayer.com/soap/v3/" + some(64, HEX),
    "a Square secret": "sq0" + "csp-" + some(43),
}
NONE = [
    "sq0" + "csp-" + "x" * 43,
    "//npm.example.com/:_auth" + "Token=${NPM_TOKEN}",
    "PuTTY-User-Key-File-" + "s are kept elsewhere",
    "https://api." + "softlayer.com/soap/v3/account",
    "T3BlbkFJ is how base64 writes OpenAI",
]
# Plugins that aren't taken, and why.
LEFT = {
    "ArtifactoryDetector": "takes words in capital letters for keys",
    "AWSKeyDetector": "ours knows the four beginnings there are, and takes none for a stretch of DNA",
    "AzureStorageKeyDetector": "ours, with the signature that such keys have since 2021",
    "BasicAuthDetector": "ours: a URL with a password",
    "CloudantDetector": "ours: by name, and a URL with a password",
    "DiscordBotTokenDetector": "three words with dots between: the module path of many a function",
    "GitHubTokenDetector": "ours, with the newer github_pat_",
    "IPPublicDetector": "an address is no credential",
    "IbmCloudIamDetector": "ours: by name",
    "IbmCosHmacDetector": "ours: by name",
    "JwtTokenDetector": "ours, which wants a payload",
    "MailchimpDetector": "ours",
    "PypiTokenDetector": "ours",
    "SendGridDetector": "ours",
    "SlackDetector": "ours, with the newer forms",
    "StripeDetector": "ours, with test keys",
    "TelegramBotTokenDetector": "ours",
    "TwilioKeyDetector": "ours; an account's id is no credential",
}


@pytest.mark.parametrize("kind", FURTHER)
def test_forms_that_the_package_knows_are_found(kind: str) -> None:
    """Alone, among other texts, and as bytes: as our own are."""
    value = FURTHER[kind]
    finder = CredentialFinder()
    for found in (value, f"see:\n{value} \nplease", value.encode()):
        assert finder.in_value(("x",), found) == f"looks like {kind.strip()}"
    assert finder.in_plain(["harmless text"] * 100 + [value]) == [("[100]", f"looks like {kind.strip()}")]
    [told] = finder.in_source(f"x = 1\ny = '''{value}'''\n")
    assert (told.line, told.kind) == (2, f"looks like {kind.strip()}")


@pytest.mark.parametrize("text", NONE)
def test_what_only_looks_similar_is_none(text: str) -> None:
    assert CredentialFinder().in_value(("x",), text) is None


def test_the_whole_block_of_a_key_is_masked() -> None:
    """What follows the first line of a private key is the key itself."""
    key = f"PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1\n{some(40)}\nPrivate-MAC: {some(40, HEX)}"
    shown = CredentialFinder().masked(f'{key}\nx = """')
    assert key.splitlines()[2] not in shown
    assert shown.endswith('x = """')


def test_every_rule_of_the_package_is_judged() -> None:
    """A newer package may bring plugins, and rename others: each is taken, or left with a reason."""
    found = set()
    for module in pkgutil.iter_modules(detect_secrets.plugins.__path__):
        for name, value in vars(import_module(f"detect_secrets.plugins.{module.name}")).items():
            if isinstance(value, type) and issubclass(value, RegexBasedDetector) and value is not RegexBasedDetector:
                found.add(name)
    taken = {name for _, _, _, name in PLUGINS}
    assert found == taken | set(LEFT)
    assert not taken & set(LEFT)


@pytest.mark.parametrize(("anchors", "kind", "module", "name"), PLUGINS, ids=[name for _, _, _, name in PLUGINS])
def test_each_beginning_leads_to_a_rule(anchors, kind, module, name) -> None:
    """Without one that the package's expression has in it, the rule would never be tried."""
    for anchor in anchors:
        assert package_rules._expressions(module, name, (anchor,)), anchor
    assert kind.startswith(("a ", "an "))


TOLD = """
import sys
{before}
from autocontainer_nb.pickling.credentials.finder import CredentialFinder
found = CredentialFinder().in_plain({texts!r})
print([kind for _, kind in found], "detect_secrets" in sys.modules and sys.modules["detect_secrets"] is not None)
"""


def told(texts: list[str], before: str = "") -> str:
    code = TOLD.format(texts=texts, before=before)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_package_is_loaded_only_for_a_text_that_needs_it() -> None:
    """A launch without such a text doesn't pay for it; ours are found without it."""
    own = "ghp" + "_" + some(36)
    assert told(["harmless", own]) == "['looks like a GitHub token'] False"
    assert told(["harmless", FURTHER["a Square secret"]]) == "['looks like a Square secret'] True"


def test_without_the_package_our_own_rules_are_all() -> None:
    """An environment without the extra: no error, and the same verdict on all that ours know."""
    missing = "sys.modules['detect_secrets'] = None"
    own = "ghp" + "_" + some(36)
    assert told([own, *FURTHER.values()], missing) == "['looks like a GitHub token'] False"


def test_many_harmless_texts_do_not_load_the_package() -> None:
    """A hundred thousand texts of the usual kind are passed by what they begin with; the package stays unloaded."""
    code = (
        "import sys\n"
        "from autocontainer_nb.pickling.credentials import package_rules\n"
        "joined = '\\n'.join(f'user {n} has {n:012x} and so on, as long as texts are' for n in range(100_000))\n"
        "assert list(package_rules.further_spans(joined)) == []\n"
        "assert 'detect_secrets' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.timeout(60)  # a bound against what isn't linear: that would take an hour
def test_a_long_line_takes_linear_time() -> None:
    """Rules made for lines of code are given no more than what stands around a beginning."""
    text = "//a" * 300_000 + "/:_auth" + "Token= "
    assert list(package_rules.further_spans(text)) == []
