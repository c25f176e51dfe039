"""What may be a credential isn't uploaded, unless the user says so; a local file is written, with a warning."""

import sys
import warnings
from pathlib import Path

import pytest

from autocontainer_nb.core.capture.capture import Capture
from autocontainer_nb.core.capture.credential_check import (
    refuse_credentials,
    refuse_credentials_in_forms,
    refuse_credentials_in_inputs,
)
from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity, inspect_pickled_entity, pickled_entity_of
from autocontainer_nb.core.settings.secret_requests import Secret
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.core.tasks.container_task import ContainerTask
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import CredentialError, InputError, UserError
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.image.spec import ImageSpec
from autocontainer_nb.pickling.code.cells import Cell, cells
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.register.order import registrations
from autocontainer_nb.storage.access import PrefixAccess

TOKEN = "gh" + "p_" + "aB3dE5fG7h" * 4


@pytest.fixture
def cell():
    """Run a text as a notebook's cell, which makes tasks as a notebook does; returns the cell's names."""
    names = {"__name__": "__main__", "task": task, "TOKEN": TOKEN}

    def run(source):
        filename = f"<cell {len(cells) + 1} of {__name__}>"
        cells.record(Cell(filename, source, f"id{len(cells)}", len(cells) + 1))
        exec(compile(source, filename, "exec"), names)
        return names

    yield run
    cells.clear()


def refusal(entity, path: Path, **options) -> str:
    captured = Capture(entity)
    with pytest.raises(CredentialError) as caught:
        refuse_credentials(captured, **options)
    assert isinstance(caught.value, UserError)
    assert TOKEN not in str(caught.value)
    assert caught.value.explanation is captured.explanation
    return str(caught.value)


def test_the_error_tells_where_what_and_the_two_ways_on(cell, tmp_path):
    cell("settings = {'auth': TOKEN}\n")
    names = cell("@task\ndef train(x: int) -> str:\n    return settings['auth']\n")
    message = refusal(names["train"], tmp_path)
    assert message.startswith("'train' isn't uploaded, since it would take along what may be a credential:\n")
    assert '`train ► settings ► ["auth"]` (from Cell In[1]) looks like a GitHub token.' in message
    for words in ("@task(secret_requests=[Secret(", "current_context().secrets.get(", "allow_credentials=True"):
        assert words in message


def test_a_literal_in_the_source_is_told_with_its_line(cell, tmp_path):
    names = cell("password = 'hunter2'\n\n@task\ndef train() -> int:\n    return 1\n")
    assert "line 1 of the source of Cell In[1] (`password`) is called 'password'" in refusal(names["train"], tmp_path)


def test_the_environment_for_the_container_counts(cell, tmp_path):
    """Of a task that travels, and of one whose code is in the image: both are registered with their variables."""
    names = cell("@task(environment={'MODE': 'fast', 'API_KEY': TOKEN})\ndef train() -> int:\n    return 1\n")
    assert '`train ► environment ► ["API_KEY"]`' in refusal(names["train"], tmp_path)
    names = cell("def train() -> int:\n    return 1\ntrain.__module__ = 'json'\n")
    installed = Capture(task(environment={"API_KEY": TOKEN})(names["train"]))
    assert not installed.is_needed
    with pytest.raises(CredentialError, match=r"`train ► environment ► \[\"API_KEY\"\]` looks like a GitHub token"):
        refuse_credentials(installed)


def test_a_value_of_the_processs_own_secret_variables_is_found(cell, tmp_path, monkeypatch):
    """Whatever it is called; and it is nowhere in the metadata, though what changed is told by values there."""
    monkeypatch.setenv("MY_SERVICE_TOKEN", "qwerty-12345-zz")
    names = cell(
        "harmless = 'qwerty-12345-zz'\n".replace("'qwerty-12345-zz'", "__import__('os').environ['MY_SERVICE_TOKEN']")
    )
    cell("@task\ndef train() -> str:\n    return harmless\n")
    message = refusal(names["train"], tmp_path)
    assert "`train ► harmless` (from Cell In[1]) has the value of the environment variable MY_SERVICE_TOKEN." in message
    assert "qwerty" not in message
    Capture(names["train"]).write(str(tmp_path / "e.pkl"))
    assert "qwerty" not in str(inspect_pickled_entity(str(tmp_path / "e.pkl")))


def test_allowed_is_allowed(cell, tmp_path):
    """By the decorator for that task, or for one call; another task of the same file isn't covered by the first."""
    source = "@task(allow_credentials=True)\ndef first() -> str:\n    return TOKEN\n"
    names = cell(source)
    captured = Capture(names["first"])
    assert captured.explanation.credentials
    refuse_credentials(captured)
    names = cell("OTHER = TOKEN + 'x'\n@task\ndef second() -> str:\n    return OTHER\n")
    captured = Capture(names["second"])
    refuse_credentials(captured, allowed=True)
    with pytest.raises(CredentialError):
        refuse_credentials(captured)

    @workflow
    def both() -> tuple[str, str]:
        return names["first"](), names["second"]()

    message = refusal(both, tmp_path)
    assert "second ► OTHER" in message
    assert "first ►" not in message


def test_a_permission_given_as_an_input_is_pointed_to_the_two_ways(cell):
    names = cell("@task\ndef train(x: int) -> int:\n    return x\n")
    with pytest.raises(InputError) as caught:
        names["train"](x=1, allow_credentials=True)
    for words in ("@task(allow_credentials=True)", "%flyte run --allow-credentials train"):
        assert words in str(caught.value)


def test_a_task_without_credentials_passes(cell, tmp_path):
    """Requests for secrets, names of variables and tokens of a vocabulary are no credentials."""
    cell("vocabulary = {'pad_token': '<pad>', 'tokenizer': 'bert-base-uncased', 'max_tokens': 512}\n")
    names = cell(
        "from autocontainer_nb.core.settings.secret_requests import Secret\n"
        "@task(secret_requests=[Secret(group='openai', key='api_key1', env_var='OPENAI_API_KEY')],\n"
        "      environment={'OPENAI_API_KEY_FILE': '/etc/secrets/key1'})\n"
        "def train(token_count: int = 12345678) -> str:\n"
        "    import os\n"
        "    return os.environ['OPENAI_API_KEY'] + vocabulary['pad_token']\n"
    )
    assert isinstance(names["train"].secret_requests[0], Secret)
    captured = Capture(names["train"])
    refuse_credentials(captured)
    assert captured.explanation.credentials == []


def test_a_local_modules_source_counts(tmp_path, monkeypatch):
    """Its text travels as a whole, also what the task doesn't use."""
    (tmp_path / "leaky_helpers.py").write_text(f"def double(x):\n    return 2 * x\n\nUNUSED = '{TOKEN}'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    names = {"__name__": "__main__", "task": task}
    exec("import leaky_helpers\n@task\ndef train(x: int) -> int:\n    return leaky_helpers.double(x)\n", names)
    try:
        message = refusal(names["train"], tmp_path)
    finally:
        sys.modules.pop("leaky_helpers")
    assert "line 4 of the source of " in message
    assert "leaky_helpers.py (`UNUSED`) looks like a GitHub token." in message


def test_a_local_file_is_written_with_a_warning(cell, tmp_path):
    """No upload, no refusal: the digest is returned; the warning tells where, and no value."""
    names = cell("@task\ndef train() -> str:\n    return TOKEN\n")
    with pytest.warns(UserWarning, match=r"The file seems to contain a credential.*\n- `train ► TOKEN`") as caught:
        digest = dump_pickled_entity(pickled_entity_of(names["train"]), str(tmp_path / "e.pkl"))
    assert len(digest) == 64
    assert TOKEN not in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        names = cell("@task\ndef fine() -> int:\n    return 1\n")
        dump_pickled_entity(pickled_entity_of(names["fine"]), str(tmp_path / "e.pkl"))


BODY = "\n@task\ndef train() -> int:\n    return len(BIG) + len(SMALL)\n"
LARGE = {
    "a variable beside 520,000 lists": (
        "BIG = [[i] for i in range(520_000)]\nSMALL = TOKEN",
        "train ► SMALL",
    ),
    "behind 520,000 lists": ("SMALL = 1,\nBIG = [[i] for i in range(520_000)] + [[TOKEN]]", "[520000] ► [0]"),
    "behind 300,000 texts": ("SMALL = 1,\nBIG = [str(i) for i in range(300_000)] + [TOKEN]", "BIG ► [300000]"),
    "among 300,000 items": ("SMALL = 1,\nBIG = {str(i): i for i in range(300_000)} | {'x': TOKEN}", '["x"]'),
    "by a name among 300,000": (
        "SMALL = 1,\nBIG = {str(i): str(i) for i in range(300_000)} | {'password': 'hunter22'}",
        '["password"]',
    ),
    "a key among 300,000": ("SMALL = 1,\nBIG = {str(i): i for i in range(300_000)} | {TOKEN: 1}", "a key"),
    "in a set of 300,000": ("SMALL = 1,\nBIG = {str(i) for i in range(300_000)} | {TOKEN}", "an element"),
    "behind 70 MB of bytes": ("SMALL = 1,\nBIG = bytes(70_000_000) + TOKEN.encode()", "train ► BIG"),
    "behind 70 MB of text": ("SMALL = 1,\nBIG = 'a b ' * 17_500_000 + TOKEN", "train ► BIG"),
    "in an array of texts": ("import numpy\nSMALL = 1,\nBIG = numpy.array(['a' * 40] * 500_000 + [TOKEN])", "BIG"),
    "in an Arrow table": (
        "import pyarrow\nSMALL = 1,\nBIG = pyarrow.table({'a': ['a' * 40] * 2_000_000 + [TOKEN]})",
        "BIG",
    ),
    "in a memoryview": ("SMALL = 1,\nBIG = [memoryview(TOKEN.encode())]", "BIG ► [0]"),
    "in a deep list": (
        "SMALL = 1,\nBIG = {'password': ['hunter22']}\nfor _ in range(900): BIG = [BIG]",
        '["password"]',
    ),
}


@pytest.mark.parametrize("kind", LARGE)
def test_a_credential_is_found_whatever_the_size(cell, tmp_path, kind):
    """However much else there is, in whatever form; and the message tells the way to it."""
    source, place = LARGE[kind]
    message = refusal(cell(source + BODY)["train"], tmp_path)
    assert place in message.split("\n")[1]


def test_a_large_file_of_a_local_package_counts(tmp_path, monkeypatch):
    """Its data travels with it: what isn't text, and what is longer than a source is."""
    package = tmp_path / "leaky_package"
    package.mkdir()
    (package / "__init__.py").write_text("def double(x):\n    return 2 * x\n")
    (package / "model.bin").write_bytes(b"\xff" * 5_000_000 + TOKEN.encode())
    monkeypatch.syspath_prepend(str(tmp_path))
    names = {"__name__": "__main__", "task": task}
    exec("import leaky_package\n@task\ndef train(x: int) -> int:\n    return leaky_package.double(x)\n", names)
    try:
        message = refusal(names["train"], tmp_path)
    finally:
        sys.modules.pop("leaky_package")
    assert "`leaky_package/model.bin` looks like a GitHub token" in message


def test_a_name_in_a_very_long_source_counts(cell, tmp_path):
    """Behind the first million characters, too."""
    names = cell("# " + "x" * 1_100_000 + "\npassword = 'hunter22'\n@task\ndef train() -> int:\n    return 1\n")
    assert "line 2 of the source of Cell In[1] (`password`)" in refusal(names["train"], tmp_path)


INPUTS = {
    "a text": ({"key": TOKEN}, "train ► inputs ► key` looks like a GitHub token"),
    "by the input's name": ({"api_token": "hunter22"}, "train ► inputs ► api_token` is called 'api_token'"),
    "in a dictionary": ({"rows": {"password": "hunter22"}}, 'rows ► ["password"]` is called'),
    "behind 300,000 rows": ({"rows": {**{str(i): "x" for i in range(300_000)}, "last": TOKEN}}, '["last"]` looks like'),
}


@pytest.mark.parametrize("kind", INPUTS)
def test_an_input_counts(cell, tmp_path, kind):
    """The control plane keeps inputs, and shows them: nothing is sent, nothing registered."""
    names = cell(
        "@task\ndef train(key: str = '', api_token: str = '', rows: dict[str, str] = {}) -> int:\n    return 1\n"
    )
    values, place = INPUTS[kind]
    remote = FlyteRemote(home=str(tmp_path / "never started"), image="image:1")
    with pytest.raises(CredentialError) as caught:
        remote.launch(names["train"], **values)
    assert place in str(caught.value)
    assert "'train' isn't started" in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert not (tmp_path / "never started").exists()


def test_an_input_may_be_allowed(cell):
    """By the decorator, or for one call; harmless inputs need no word."""
    names = cell("@task(allow_credentials=True)\ndef train(key: str) -> int:\n    return 1\n")
    refuse_credentials_in_inputs(names["train"], {"key": TOKEN})
    names = cell("@task\ndef train(key: str) -> int:\n    return 1\n")
    refuse_credentials_in_inputs(names["train"], {"key": TOKEN}, allowed=True)
    refuse_credentials_in_inputs(names["train"], {"key": "just a text", "n": 3, "rows": [1, {"a": "b"}]})
    with pytest.raises(CredentialError):
        refuse_credentials_in_inputs(names["train"], {"key": TOKEN})


FORMS = {
    "what a workflow binds": (
        "@workflow\ndef bound() -> int:\n    return train(key=TOKEN)\n",
        "bound ► nodes ► inputs ► key` looks like a GitHub token",
    ),
    "what a launch plan fixes": (
        "bound = LaunchPlan.get_or_create(whole, 'plan of fixed', fixed_inputs={'password': 'hunter22'})\n",
        "fixed_inputs ► password` is called 'password'",
    ),
    "what a launch plan has by default": (
        "bound = LaunchPlan.get_or_create(whole, 'plan of defaults', default_inputs={'password': TOKEN})\n",
        "default_inputs ► password` looks like a GitHub token",
    ),
    "a variable of an image": (
        "@task(container_image=ImageSpec(name='x', registry='r', env={'API_KEY': TOKEN}))\ndef bound(): pass\n",
        'container_image ► .env ► ["API_KEY"]',
    ),
    "a label": ("@task(labels={'who': TOKEN})\ndef bound() -> int:\n    return 1\n", "looks like a GitHub token"),
    "a container's command": (
        "bound = ContainerTask(name='bound', image='i:1', command=['run', '--key', TOKEN])\n",
        "bound ► container ► command` looks like a GitHub token",
    ),
}


@pytest.mark.parametrize("kind", FORMS)
def test_what_is_registered_counts(cell, tmp_path, kind):
    """Nothing of it is in a cell that travels, and still it would leave: in Flyte's messages, or in an image."""
    names = cell("@task\ndef train(key: str) -> int:\n    return 1\n")
    names |= {"workflow": workflow, "LaunchPlan": LaunchPlan, "ImageSpec": ImageSpec, "ContainerTask": ContainerTask}
    cell("@workflow\ndef whole(password: str) -> int:\n    return train(key=password)\n")
    source, place = FORMS[kind]
    cell(source)
    entity = names["bound"]
    captured = Capture(entity)
    started = LaunchPlan(entity.name, entity) if kind == "what a workflow binds" else entity
    settings = SerializationSettings(
        image_config=ImageConfig(Image("default", "example.org/image", "1")), project="p", domain="d"
    )
    files = PrefixAccess(str(tmp_path / "store"), str(tmp_path / "scratch"))

    def refuse() -> None:
        refuse_credentials(captured)  # an image is built for the forms, so its variables are looked at before
        forms = registrations(started, settings, files, captured.reached)
        refuse_credentials_in_forms(captured, [(each.identifier.name, each.spec) for each in forms])

    with pytest.raises(CredentialError) as caught:
        refuse()
    assert place in str(caught.value)
    assert TOKEN not in str(caught.value)
