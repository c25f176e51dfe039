"""What a task finds and leaves in a real container process: its own class, decks, checkpoints, secrets, statistics."""

import socket
import zipfile
from pathlib import Path

import pytest
from container_fixture import Container

from autocontainer_nb.core.entities.notebook_scope import install_notebook_resolver, uninstall_notebook_resolver
from autocontainer_nb.core.python_auto_container import default_notebook_task_resolver
from autocontainer_nb.core.serialize.tasks import task_template
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.image.config import ImageConfig

SUBCLASS = """
from autocontainer_nb.core.entities.interface import Interface
from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask
FACTOR = 3
class Multiply(PythonAutoContainerTask):
    def __init__(self, name, by, **kwargs):
        super().__init__(name, {"by": by}, "multiply", interface=Interface({"x": int}, {"product": int}), **kwargs)
    def get_custom(self, settings):
        return self.task_config
    def pre_execute(self, user_params):
        return user_params.with_attributes(greeting="hello")
    def execute(self, **kwargs):
        from autocontainer_nb.core.run.context import current_context
        assert current_context().greeting == "hello"
        return kwargs["x"] * self.task_config["by"] * FACTOR
    def post_execute(self, user_params, rval):
        return rval + 1
train = Multiply("multiply-seven", 7, environment={"A": "1"})
"""


@pytest.fixture
def _notebook():
    install_notebook_resolver("my_notebook")
    yield
    uninstall_notebook_resolver()


@pytest.mark.usefixtures("_notebook")
def test_a_users_own_subclass_runs_in_a_container(container: Container) -> None:
    """A subclass defined and instantiated in a cell is named after the notebook and runs from the file alone."""
    captured = container.capture(SUBCLASS)
    assert captured.task.name == "my_notebook.multiply-seven"
    assert captured.task.task_resolver is default_notebook_task_resolver
    template = task_template(captured.task, SerializationSettings(image_config=ImageConfig.auto(img_name="a/b:1")))
    assert (template.type, dict(template.custom)) == ("multiply", {"by": 7})
    assert captured.task(x=2) == 43
    outcome = container.execute(captured, x=2)
    assert outcome.outputs == {"product": 43}, outcome.log


DECKS = """
import pandas as pd
from autocontainer_nb.core.run.deck import Deck
from autocontainer_nb.core.run.context import current_context
@task(enable_deck=True)
def train(x: str) -> pd.DataFrame:
    Deck("mine <&>", "<b>bold</b>")
    current_context().default_deck.append("<i>slanted</i>")
    if x == "fail":
        raise ValueError(x)
    return pd.DataFrame({"<col>": ["<cell>"]})
"""


def test_decks_are_left_beside_the_outputs(container: Container) -> None:
    """`deck.html` has the task's own decks and those made for it; text is escaped, the task's HTML stands."""
    outcome = container.execute(container.capture(DECKS), x="<script>")
    assert outcome.error is None, outcome.log
    page = (container.prefix / "out" / "deck.html").read_text()
    for expected in (
        "mine &lt;&amp;&gt;",
        "<b>bold</b>",
        "<i>slanted</i>",
        "&lt;script&gt;",
        "&lt;cell&gt;",
        "&lt;col&gt;",
    ):
        assert expected in page
    for title in ("Source Code", "Dependencies", "Timeline", "Input", "Output"):
        assert f">{title}</label>" in page
    assert "def train(x: str)" in page
    assert "<td>flyteidl</td>" in page
    assert "Run the task" in page
    assert "<script>" not in page


def test_a_failed_runs_decks_are_kept(container: Container) -> None:
    """What a task got to show before it failed is written."""
    outcome = container.execute(container.capture(DECKS), x="fail")
    assert outcome.error is not None
    assert "<b>bold</b>" in (container.prefix / "out" / "deck.html").read_text()


def test_no_deck_without_being_asked(container: Container) -> None:
    container.execute(container.capture("@task\ndef train():\n    pass\n"))
    assert not (container.prefix / "out" / "deck.html").exists()


def test_a_checkpoint_goes_from_attempt_to_attempt(container: Container) -> None:
    """What one attempt writes, the next one reads; the first finds none."""
    source = """
from autocontainer_nb.core.run.context import current_context
@task
def train() -> str:
    checkpoint = current_context().checkpoint
    before = checkpoint.read() if checkpoint.prev_exists() else None
    checkpoint.write((before or b"") + b"+")
    return repr(before)
"""
    captured = container.capture(source)
    found = []
    for number in range(3):
        arguments = container.arguments(captured)
        here, there = (
            str(container.prefix / f"cp{number}"),
            str(container.prefix / f"cp{number - 1}") if number else '""',
        )
        arguments[arguments.index("--checkpoint-path") + 1] = here
        arguments[arguments.index("--prev-checkpoint") + 1] = there
        found.append(container.run("pyflyte-execute", arguments, {"o0": str}).outputs["o0"])
    assert found == ["None", "b'+'", "b'++'"]


def test_without_a_place_for_checkpoints_the_task_is_told(container: Container) -> None:
    source = """
from autocontainer_nb.core.run.context import current_context
@task
def train():
    current_context().checkpoint
"""
    error = container.execute(container.capture(source)).error
    assert error is not None
    assert "can't store checkpoints" in error.message


def test_secrets_come_from_variables_and_files(container: Container, tmp_path: Path) -> None:
    """Flyte's variable goes ahead of Flyte's file; a missing one is told with both places, and no value is shown."""
    source = """
from autocontainer_nb.core.run.context import current_context
@task
def train() -> list[str]:
    secrets = current_context().secrets
    try:
        secrets.get("db", "absent")
    except Exception as error:
        told = f"{type(error).__name__} {error}"
    return [secrets.get("db", "password"), secrets.db.user, secrets.get("db", "key", encode_mode="rb").decode(),
            told, repr(secrets), repr(current_context())]
"""
    for name in ("user", "key", "password"):
        path = tmp_path / "secrets" / "db" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name} of the file\n")
    env = {"_FSEC_DB_PASSWORD": " of the variable ", "FLYTE_SECRETS_DEFAULT_DIR": str(tmp_path / "secrets")}
    outcome = container.execute(container.capture(source), env)
    assert outcome.outputs is not None, outcome.log
    password, user, key, told, *shown = outcome.outputs["o0"]
    assert (password, user, key) == ("of the variable", "user of the file", "key of the file")
    assert told.startswith("ConfigError The secret 'absent' of the group 'db' isn't available")
    assert "_FSEC_DB_ABSENT" in told
    assert str(tmp_path / "secrets" / "db" / "absent") in told
    assert not [text for text in [told, *shown] if "of the variable" in text or "of the file" in text]


def test_statistics_are_sent_where_a_server_is_configured(container: Container) -> None:
    """Counters, gauges and timers arrive as StatsD datagrams; without a server the same calls do nothing."""
    source = """
from autocontainer_nb.core.run.context import current_context
@task
def train():
    stats = current_context().stats
    stats.incr("runs", tags={"a": "b"})
    stats.get_stats("more").gauge("level", 3)
    with stats.timer("took"):
        pass
"""
    captured = container.capture(source)
    assert container.execute(captured).error is None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)
        env = {"FLYTE_STATSD_HOST": "127.0.0.1", "FLYTE_STATSD_PORT": str(server.getsockname()[1])}
        container.execute(captured, env)
        received = [server.recv(1000).decode() for _ in range(3)]
    assert received[:2] == ["flytekit.runs:1|c|#a:b", "flytekit.more.level:3|g"]
    assert received[2].startswith("flytekit.took:")
    assert received[2].endswith("|ms")


def test_a_cached_task_and_a_pod_task_run_like_any_other(container: Container) -> None:
    """What only the control plane acts on doesn't stand in the way of the container."""
    source = """
from autocontainer_nb.core.settings.pod import PodTemplate
@task(cache=True, pod_template=PodTemplate({"containers": []}), docs=None)
def train(x: int) -> int:
    return x
"""
    assert container.execute(container.capture(source), x=4).outputs == {"o0": 4}


def test_runtime_packages_are_installed_first(container: Container, tmp_path: Path) -> None:
    """What the image's runtime packages name is there when the task is loaded; a failure has pip's words."""
    wheel = tmp_path / "wheels" / "greeting_nb-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    info = "greeting_nb-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("greeting_nb.py", "WORD = 'hello'\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: greeting-nb\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    captured = container.capture("@task\ndef train() -> str:\n    import greeting_nb\n    return greeting_nb.WORD\n")
    site = str(tmp_path / "site")
    env = {"PIP_NO_INDEX": "1", "PIP_TARGET": site, "PYTHONPATH": site}
    failed = container.execute(captured, {**env, "_F_RUNTIME_PACKAGES": "greeting-nb"}).error
    assert failed is not None
    assert "runtime packages greeting-nb couldn't be installed" in failed.message
    (container.prefix / "out" / "error.pb").unlink()
    outcome = container.execute(captured, {**env, "_F_RUNTIME_PACKAGES": str(wheel)})
    assert outcome.outputs == {"o0": "hello"}, outcome.log


def test_large_outputs_go_into_files_of_their_own(container: Container) -> None:
    """Where Flyte asks for it, a large literal is stored beside outputs.pb; a small one stays, and both are read."""
    source = """
@task
def train() -> tuple[str, str]:
    return "x" * 2_000_000, "small"
"""
    captured = container.capture(source)
    outcome = container.execute(captured, {"_F_L_MIN_SIZE_MB": "1"})
    assert outcome.outputs == {"o0": "x" * 2_000_000, "o1": "small"}, outcome.log
    assert (container.prefix / "out" / "outputs.pb").stat().st_size < 1000
    assert (container.prefix / "out" / "o0_offloaded_metadata.pb").stat().st_size > 2_000_000
    assert container.execute(captured, {"_F_L_MIN_SIZE_MB": "1", "_F_L_MAX_SIZE_MB": "1"}).error is not None
