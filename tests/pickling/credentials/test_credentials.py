"""Credentials are found by form, by name and by the environment; harmless texts aren't; a value is never shown."""

import base64
import random
import string
import textwrap
from pathlib import Path

import pytest
from archives import write
from main_cells import Notebook

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.credentials.finder import CredentialFinder
from autocontainer_nb.pickling.credentials.names import is_secret_variable, promise_of
from autocontainer_nb.pickling.explain.entities import source_credentials
from autocontainer_nb.pickling.explain.findings import Credential, Explanation
from autocontainer_nb.pickling.explain.text import explanation_text

CHANCE = random.Random(7)
HEX = "0123456789abcdef"


def some(count: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(CHANCE.choice(alphabet) for _ in range(count))


# Put together here, so that no scanner takes this file for a leak.
SHAPES = {
    "an AWS access key": "AKIA" + "IOSFODNN7" + "EXAMPLE",
    "a GitHub token": "ghp" + "_" + some(36),
    "a GitHub token ": "github" + "_pat_" + some(22) + "_" + some(59),
    "a GitLab token": "glpat" + "-" + some(20),
    "a Slack token": "xoxb" + "-123456789012-" + some(24),
    "a Slack webhook": "hooks.slack.com" + "/services/T0000AAAA/B0000BBBB/" + some(24),
    "a Google API key": "AIza" + some(35),
    "a Stripe key": "sk" + "_live_" + some(24),
    "an OpenAI key": "sk" + "-" + some(48),
    "an OpenAI key ": "sk" + "-proj-" + some(40) + "T3BlbkFJ" + some(40),
    "an Anthropic key": "sk" + "-ant-api03-" + some(93) + "AA",
    "a Hugging Face token": "hf" + "_" + some(34),
    "an Azure connection string": "AccountName=x;AccountKey=" + base64.b64encode(CHANCE.randbytes(64)).decode(),
    "an Azure shared access signature": "?sv=2022-11-02&ss=b&sig=" + some(43) + "%3D",
    "a JSON Web Token": "eyJ" + some(20) + ".eyJ" + some(40) + "." + some(43),
    "a private key": "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE",
    "a URL with a password": "postgresql" + "://bob:" + "s3cr3tpw" + "@db.example.com:5432/x",
    "an npm token": "npm" + "_" + some(36),
    "a PyPI token": "pypi" + "-AgEIcHlwaS5vcmc" + some(60),
    "a SendGrid key": "SG" + "." + some(22) + "." + some(43),
    "a Twilio key": "SK" + some(32, HEX),
    "a Databricks token": "dapi" + some(32, HEX),
    "an authorization header": "Bearer " + some(20) + "7" + some(20),
    "a connection string with a password": "host=db user=me password=" + "hunter2x dbname=x",
}
NO_SHAPES = [
    "a sentence about sk-learn and tokens, which is quite long",
    "sk-learn-is-a-nice-thing-to-have-around-here-today",
    "ghp" + "_" + "x" * 36,
    "postgresql" + "://user:password@localhost/db",
    "postgresql" + "://postgres:postgres@localhost/db",
    "postgresql" + "://{user}:{password}@{host}/db",
    "s3://bucket/some/key:with@odd-things",
    "git@github.com:me/repository.git",
    "localhost:8080/path@place",
    some(64, HEX),
    "sha512-" + base64.b64encode(CHANCE.randbytes(64)).decode(),
    "SELECT * FROM users WHERE user=%s AND password=%s",
]
FINDER = CredentialFinder()


@pytest.mark.parametrize("kind", SHAPES)
def test_known_shapes_are_found_in_texts_and_bytes(kind: str) -> None:
    """Alone, inside of a longer text, and as bytes; the reason names the service and not a character of the value."""
    value = SHAPES[kind]
    for found in (value, f"see: {value} , please", value.encode()):
        assert FINDER.in_value(("x",), found) == f"looks like {kind.strip()}"


@pytest.mark.parametrize("text", NO_SHAPES)
def test_what_only_looks_similar_is_none(text: str) -> None:
    assert FINDER.in_value(("x",), text) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_key", "abcdef123456"), ("password", "hunter2"), ("password", "swordfish"), ("DB_PASSWORD", "Tr0ub4dor&3"),
        ("openaiApiKey", "foo-bar-baz-1"), ("client_secret", "jkfd8fd7fdfd"), ("token", "a1b2c3d4e5"),
        ('["access_token"]', "zzzzzz1"), ("passphrase=", "tr0ub4dor"), ("HF_TOKEN2", "a1b2c3d4e5"),
    ],
)  # fmt: skip
def test_a_name_and_a_plausible_value_are_found(name: str, value: str) -> None:
    reason = FINDER.in_value((name,), value)
    assert reason is not None
    assert value not in reason


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tokenizer", "bert-base-uncased1"), ("token_count", "3333333"), ("password_field", "pw12345678"),
        ("password", "changeme"), ("password", "<your password>"), ("api_key", "OPENAI_API_KEY"), ("api_key", ""),
        ("api_key", "your-api-key"), ("token", "next_page_token"), ("pad_token", "[PAD]abc123"), ("token", "word"),
        ("secret_name", "abc123def4"), ("token", "secrets/token1.json"), ("key", "abcdef123456"),
        ("sort_key", "a1b2c3d4"),
        ("password", "********"), ("api_key", "${API_KEY}"), ("primary_key", "abc12345"), ("password", "x"),
        ("secret", "my-secret-name"), ("password", "two words here"), ("author", "a1b2c3d4e5"),
    ],
)  # fmt: skip
def test_names_and_values_that_mean_no_credential(name: str, value: str) -> None:
    """Placeholders, names of variables, paths, special tokens of models, and names that only contain the word."""
    assert FINDER.in_value((name,), value) is None


def test_which_environment_variables_are_secret() -> None:
    """Those with a telling name and a value that isn't a word, a number, a path or too short to be told apart."""
    environment = {
        "HF_TOKEN": "qwerty12345", "MY_SECRET": "x7$kk29!pq", "AUTH_TOKEN": "/run/secrets/token", "API_KEY": "short1",
        "SECRET": "correct", "PASSWORD": "1234567890", "TOKENIZERS_PARALLELISM": "false1234", "PATH": "/usr/bin1",
        "GPG_KEY": some(40, HEX), "DB_PASSWORD": "plain-words-only",
    }  # fmt: skip
    assert [name for name, value in environment.items() if is_secret_variable(name, value)] == ["HF_TOKEN", "MY_SECRET"]
    finder = CredentialFinder.with_environment(environment)
    reason = "has the value of the environment variable HF_TOKEN"
    assert finder.in_value(("x",), "qwerty12345") == reason
    assert finder.in_value(("x",), "Token qwerty12345.") == reason
    assert "qwerty12345" not in repr(finder)


def test_a_source_is_read_line_by_line() -> None:
    """Assignments, keywords, dictionaries, defaults, calls, attributes, comments and magics; each with its line."""
    token = SHAPES["a GitHub token"]
    source = textwrap.dedent(f"""\
        import os
        password = "hunter2"
        os.environ["OPENAI_API_KEY"] = "k-12345678abc"
        client = make(api_key="abc123def456", user="x")
        settings = {{"token": "a1b2c3d4e5f6", "password_field": "pw123456"}}
        # {token}
        def f(password: str = "s3cret-pw", tokenizer="bert-base-1"): ...
        x = os.getenv("API_KEY", "zzzzzz12345")
        self.api_key, b = "qqqqqqqq11", 2
        fine = os.environ["HF_TOKEN"]; also = getpass("password: ")
        get_ipython().run_line_magic('env', 'API_KEY=zzz999zzz999')
        """)
    found = CredentialFinder().in_source(source)
    assert [(one.line, one.name) for one in found] == [
        (2, "password"), (3, "OPENAI_API_KEY"), (4, "api_key"), (5, "token"), (6, ""), (7, "password"), (8, "API_KEY"),
        (9, "api_key"), (11, "API_KEY"),
    ]  # fmt: skip
    assert token not in str(found)


def test_what_is_no_python_is_read_as_settings() -> None:
    found = CredentialFinder().in_source("export API_KEY=abc123def\nname: me\npassword: hunter22 # mine\n")
    assert [(one.line, one.name) for one in found] == [(1, "API_KEY"), (3, "password")]


PLACES = {
    "a global": ("value = SECRET", ("entity", "value")),
    "bytes": ("value = SECRET.encode()", ("entity", "value")),
    "a nested dictionary": ("value = {'a': [{'b': SECRET}]}", ("entity", "value", '["a"]', "[0]", '["b"]')),
    "a key": ("value = {SECRET: 1}", ("entity", "value", "[a key that isn't shown]")),
    "an attribute": (
        "class Client:\n    pass\nvalue = Client()\nvalue.auth = SECRET",
        ("entity", "value", "auth"),
    ),
    "a dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass Conf:\n    auth: str\nvalue = Conf(SECRET)",
        ("entity", "value", "auth"),
    ),
    "a class's attribute": ("class value:\n    auth = SECRET", ("entity", "value", "auth")),
    "many texts": ("value = ['text %d' % n for n in range(999)] + [SECRET]", ("entity", "value", "[999]")),
    "many entries": (
        "value = {**{str(n): 'x' for n in range(99)}, 'auth': SECRET}", ("entity", "value", '["auth"]'),
    ),
    "a closure of a helper": (
        "def make(auth):\n    def helper():\n        return auth\n    return helper\nvalue = make(SECRET)",
        ("entity", "value", "auth"),
    ),
    "a default": ("def value(auth=SECRET):\n    return auth", ("entity", "value", "auth=")),
    "a partial": ("import functools\nvalue = functools.partial(print, SECRET)", ("entity", "value", "args", "[0]")),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_credentials_are_found_wherever_they_are_captured(place: str, tmp_path: Path) -> None:
    """With the path, the cell and the kind; and the value is in no message, table, metadata or description."""
    code, path = PLACES[place]
    secret = SHAPES["a GitHub token"]
    notebook = Notebook()
    notebook.names["SECRET"] = secret
    notebook.run(code)
    notebook.run("def entity():\n    return value\n")
    written = write(notebook["entity"], tmp_path / "e.pkl", notebook["entity"], notebook.book)
    [found] = written.explanation.credentials
    assert (found.path, found.kind, found.line) == (path, "looks like a GitHub token", 0)
    assert found.cell == "Cell In[1]"
    shown = [explanation_text("entity", written.explanation), written.explanation.as_json(), written.explanation]
    assert not [one for one in [*shown, dict(written.metadata)] if secret in str(one) or secret[5:20] in str(one)]


def test_a_literal_in_a_cell_is_found_with_its_line(tmp_path: Path) -> None:
    """Also where no captured object holds it: the cell's source travels as a whole."""
    notebook = Notebook()
    notebook.run(f"unused = {SHAPES['a GitHub token']!r}\n\ndef entity():\n    return 1\n")
    written = write(notebook["entity"], tmp_path / "e.pkl", notebook["entity"], notebook.book)
    [found] = written.explanation.credentials
    assert (found.line, found.cell, found.path) == (1, "Cell In[1]", ("unused",))
    assert found.describe() == "line 1 of the source of Cell In[1] (`unused`) looks like a GitHub token"


def test_an_error_does_not_repeat_what_the_objects_own_code_says_of_a_credential(tmp_path: Path) -> None:
    secret = SHAPES["a GitHub token"]
    notebook = Notebook()
    notebook.names["SECRET"] = secret
    notebook.run("class Odd:\n    def __reduce__(self):\n        raise ValueError(f'no {SECRET}')\nodd = Odd()")
    notebook.run("def entity():\n    return odd\n")
    with pytest.raises(CaptureError) as caught:
        write(notebook["entity"], tmp_path / "e.pkl", notebook["entity"], notebook.book)
    assert secret not in str(caught.value)
    assert "isn't shown" in str(caught.value)


def test_what_is_installed_is_not_looked_through(tmp_path: Path) -> None:
    """A module that is imported again holds nothing that travels; harmless long bytes are data."""
    notebook = Notebook()
    notebook.run("import string\ndef entity():\n    return string, data\n", data=b"\0sk-learn " * (1 << 17))
    assert not write(notebook["entity"], tmp_path / "e.pkl", notebook["entity"], notebook.book).explanation.credentials


KEY = SHAPES["a GitHub token"]
DATA = {
    "an Arrow-backed frame": lambda: pytest.importorskip("pandas").DataFrame({"k": ["one", KEY, "two"]}),
    "an Arrow table": lambda: pytest.importorskip("pyarrow").table({"n": [1.5, 2], "k": ["one", KEY]}),
    "a dictionary column": lambda: pytest.importorskip("pyarrow").array(["one", KEY]).dictionary_encode(),
    "a <U array": lambda: pytest.importorskip("numpy").array(["one", KEY]),
    "an S array": lambda: pytest.importorskip("numpy").array([b"one", KEY.encode()]),
    "an object array": lambda: pytest.importorskip("numpy").array(["one", KEY], dtype=object),
    "bytes of 408 kB": lambda: b"text " * 80_000 + KEY.encode() + b" text" * 1600,
    "bytes of 2 MB": lambda: bytes(1 << 20) + KEY.encode() + bytes(1 << 20),
    "a text of 2 MB": lambda: "text " * 400_000 + KEY,
    "a list with a text of 2 MB": lambda: ["text"] * 50 + ["text " * 400_000 + KEY],
}


@pytest.mark.parametrize("place", DATA)
def test_credentials_in_data_are_found(place: str, tmp_path: Path) -> None:
    """Read from a file, say, so that no source tells: in columns and arrays of texts, and in long bytes and texts."""
    notebook = Notebook()
    notebook.run("def entity():\n    return data\n", data=DATA[place]())
    found = write(notebook["entity"], tmp_path / "e.pkl", notebook["entity"], notebook.book).explanation.credentials
    assert {(one.kind, one.path[:2]) for one in found} == {("looks like a GitHub token", ("entity", "data"))}


def test_arrays_of_numbers_are_not_looked_at() -> None:
    """Whatever their memory spells."""
    numpy = pytest.importorskip("numpy")
    numbers = numpy.frombuffer((KEY + " " * 8).encode()[: 8 * (len(KEY) // 8)], dtype="f8")
    assert FINDER.in_array(numbers) is None
    assert FINDER.in_array(numpy.array(["harmless", "texts"])) is None


@pytest.mark.parametrize("anchor", ["sk-", "xox", "PRIVATE KEY", "AccountKey=", "hf_"])
def test_long_data_full_of_beginnings_is_harmless_and_done_with(anchor: str) -> None:
    """More occurrences than are looked at one by one; a whole one behind them is found all the same."""
    data = f"{anchor} ".encode() * 60_000
    assert FINDER.in_value(("x",), data) is None
    assert FINDER.in_value(("x",), data + KEY.encode()) == "looks like a GitHub token"


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("passwords = [VALUE]", True), ("api_keys = (VALUE,)", True), ("pw = VALUE", True),
        ("passwords = [VALUE, *(str(n) for n in range(99))]", True), ("password = {'a': [VALUE]}", False),
        ("names = [VALUE]", False), ("account_keys = [WORD]", False), ("tokens = [VALUE]", False),
        ("token_lists = [[VALUE]]", False), ("api_keys = [[VALUE]]", True),
    ],
)  # fmt: skip
def test_elements_are_called_what_their_list_is(code: str, is_found: bool, tmp_path: Path) -> None:
    """The plural of a strong name counts; the keys of a mapping have names of their own."""
    notebook = Notebook()
    notebook.names.update(VALUE="tr0ub4dor-3x", WORD="address")
    notebook.run(code)
    notebook.run(f"def entity():\n    return {code.partition(' ')[0]}\n")
    found = write(notebook["entity"], tmp_path / "e.pkl", notebook["entity"], notebook.book).explanation.credentials
    assert bool(found) == is_found


def test_a_line_with_a_credential_is_not_shown() -> None:
    """The number of lines stays; a key's block and a text over several lines go as a whole."""
    block = "-----BEGIN " + f"PRIVATE KEY-----\n{some(64)}\n{some(64)}\n-----END " + "PRIVATE KEY-----"
    source = f'x = 1\nif x:\n    auth = {KEY!r}\npem = """{block}"""\npassword = ("hunter"\n  "22")\ny = 2\n'
    shown = FINDER.masked(source).split("\n")
    assert shown[:4] == ["x = 1", "if x:", "    # line 3 isn't shown: looks like a GitHub token",
                         "# line 4 isn't shown: looks like a private key"]  # fmt: skip
    assert len(shown) == len(source.split("\n"))
    assert [line for line in shown if "isn't shown" not in line] == ["x = 1", "if x:", "y = 2", ""]
    assert FINDER.masked("x = 1\r\n") == "x = 1\r\n"
    assert FINDER.in_source("\n".join(shown)) == []


def test_a_name_is_told_only_of_what_is_bound_to_it() -> None:
    """Not of another literal in the same line."""
    source = f"mode = 'fast'; send({KEY!r})\nmode, auth = 'fast', {KEY!r}\nf(a='fast', b={{'é': {KEY!r}}})\n"
    assert [(one.line, one.name) for one in FINDER.in_source(source)] == [(1, ""), (2, "auth"), (3, "é")]


def test_what_follows_is_said_of_the_task_at_hand() -> None:
    found = Explanation(credentials=[Credential(("train", "KEY"), "looks like a GitHub token")])
    assert "The upload will be refused" in explanation_text("train", found)
    allowed = explanation_text("train", found, allows_credentials=True)
    assert "They are uploaded with the task" in allowed
    assert "The upload will be refused" not in allowed


def test_sources_are_told_by_their_labels() -> None:
    found = source_credentials(CredentialFinder(), [("helpers.py", "x = 1\npassword = 'hunter2'\n")])
    assert [one.describe() for one in found] == [
        "line 2 of the source of helpers.py (`password`) is called 'password', and its value may be one"
    ]


def test_names_are_read_as_words() -> None:
    assert (promise_of("password2"), promise_of("apiKey"), promise_of("token")) == ("strong", "strong", "vague")
    assert [promise_of(name) for name in ("tokens_seen", "keyboard", "passwordless", "secretary", "", "_")] == [""] * 6


def test_an_explanation_without_findings_says_nothing_of_them() -> None:
    assert "credential" not in explanation_text("x", Explanation())
