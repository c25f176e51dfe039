"""Registering: what is uploaded, what the version depends on, and what a second run costs."""

import base64
import hashlib
import io
import sys
import zipfile

import pytest
from flyteidl.admin import task_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import (
    AlreadyExistsError,
    ConversionError,
    DefinitionError,
    ImageError,
    InputError,
    NotFoundError,
)
from autocontainer_nb.remote.config.settings import Settings
from autocontainer_nb.remote.control.named import new_execution_name
from autocontainer_nb.remote.executions.submit import submit
from autocontainer_nb.remote.register.order import content_version
from autocontainer_nb.remote.register.register import register
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.wire import PICKLE_FILE_PATH

SCALE = 3


@task
def scaled(x: int) -> int:
    """Multiply by a global."""
    return SCALE * x


@pytest.fixture
def registry(control_plane, flyteadmin):
    """The control plane with a memory of tasks and of what was uploaded."""
    assert control_plane.answers["GetTask"] == flyteadmin.get_task
    return control_plane


def test_a_new_task_is_uploaded_with_its_md5_and_registered(registry, flyteadmin):
    """One PUT with Content-MD5 and the headers that the server asked for; the container's args name its URI."""
    registered = register(registry.scope(), scaled)
    assert registered.was_new
    assert registry.counts == {"GetTask": 1, "GetProject": 1, "CreateUploadLocation": 2, "CreateTask": 1}
    asked = next(sent for name, sent in registry.requests if name == "CreateUploadLocation" and sent.content_md5)
    assert (asked.project, asked.domain, asked.filename) == ("flytesnacks", "development", PICKLE_FILE_PATH)
    ((uri, headers),) = flyteadmin.store.puts
    body = flyteadmin.store.objects[uri].body
    assert asked.content_md5 == hashlib.md5(body).digest()
    sent = {name.lower(): text for name, text in headers}
    md5 = base64.b64encode(asked.content_md5).decode()
    assert sent["content-md5"] == sent["x-amz-meta-flytecontentmd5"] == md5
    assert sent["content-length"] == str(len(body)) == str(registered.written.size_bytes)
    assert zipfile.ZipFile(io.BytesIO(body)).namelist()
    created = registry.last("CreateTask")
    args = list(created.spec.template.container.args)
    assert uri in args
    assert registered.written.digest in args
    assert created.id == registered.identifier == created.spec.template.id


def test_a_second_run_uploads_and_registers_nothing(registry, flyteadmin):
    """GetTask, and beside it the looks at the code file and the project, in a new scope, and that is all."""
    first = register(registry.scope(), scaled)
    before = registry.counts
    second = register(registry.scope(), scaled)
    assert registry.counts - before == {"GetTask": 1, "CreateUploadLocation": 2, "GetProject": 1}
    assert len(flyteadmin.store.puts) == 1
    assert not second.was_new
    assert second.identifier == first.identifier


def test_a_changed_global_is_another_version_in_another_place(registry, flyteadmin):
    """What a notebook's task reads is part of its version."""
    notebook = {"__name__": "__main__", "task": task, "SCALE": 3}
    exec("@task\ndef scaled(x: int) -> int:\n    return SCALE * x", notebook)
    first = register(registry.scope(), notebook["scaled"])
    notebook["SCALE"] = 4
    second = register(registry.scope(), notebook["scaled"])
    assert second.identifier.version != first.identifier.version
    assert second.identifier.name == first.identifier.name
    assert len(flyteadmin.store.objects) == 2


def test_the_version_does_not_depend_on_who_can_read_docstrings(registry, monkeypatch):
    """Registered with what the docstring says; where docstring_parser is missing, that version is found and kept."""
    notebook = {"__name__": "__main__", "task": task}
    exec('@task\ndef scaled(x: int) -> int:\n    """Scale.\n\n    :param x: the ex\n    """\n    return x', notebook)
    first = register(registry.scope(), notebook["scaled"])
    spec = registry.last("CreateTask").spec
    assert spec.template.interface.inputs.variables["x"].description == "the ex"
    assert spec.description.short_description == "Scale."
    monkeypatch.setitem(sys.modules, "docstring_parser", None)
    second = register(registry.scope(), notebook["scaled"])
    assert not second.was_new
    assert second.identifier == first.identifier


def test_registering_leaves_the_users_task_as_it_is(registry):
    """Name, resolver and attributes of the user's own object are the same afterwards."""
    before = dict(vars(scaled))
    register(registry.scope(), scaled)
    assert dict(vars(scaled)) == before
    assert scaled(x=2) == 6


def test_two_clients_at_the_same_time_are_no_conflict(registry, refuse):
    """ALREADY_EXISTS after NOT_FOUND: somebody registered the same content meanwhile, which is fine."""
    create = registry.answers["CreateTask"]

    def lose_the_race(request):
        create(request)
        return refuse("ALREADY_EXISTS", "identical task exists")

    registry.answers["CreateTask"] = lose_the_race
    assert register(registry.scope(), scaled).was_new


def test_the_same_meaning_in_other_bytes_is_no_conflict(registry, refuse):
    """A file of other bytes under the same version, registered meanwhile: flyteadmin calls that invalid."""
    create = registry.answers["CreateTask"]

    def lose_the_race(request):
        create(request)
        return refuse("INVALID_ARGUMENT", "task with different structure already exists")

    registry.answers["CreateTask"] = lose_the_race
    assert register(registry.scope(), scaled).was_new


def test_a_real_conflict_is_told(registry, refuse):
    """ALREADY_EXISTS for a task that isn't there afterwards comes through with the server's words."""
    registry.answers["CreateTask"] = refuse("ALREADY_EXISTS", "different structure")
    with pytest.raises(AlreadyExistsError, match="different structure"):
        register(registry.scope(), scaled)


def test_an_unknown_project_is_told_before_the_upload(registry, flyteadmin, refuse):
    """The server's own words, and nothing uploaded."""
    registry.answers["GetProject"] = refuse("NOT_FOUND", "project [flytesnacks] not found")
    with pytest.raises(NotFoundError, match=r"project \[flytesnacks\] not found"):
        register(registry.scope(), scaled)
    assert not flyteadmin.store.objects


@pytest.mark.parametrize(
    ("args", "kwargs", "error"),
    [((), {}, InputError), ((), {"y": 1}, InputError), ((1, 2), {}, InputError), ((), {"x": "one"}, ConversionError)],
)
def test_wrong_arguments_reach_no_server(registry, args, kwargs, error):
    """A missing, unknown, superfluous or unsuitable argument: one line, and not a single call."""
    with pytest.raises(error) as caught:
        submit(registry.scope(), scaled, args, kwargs)
    assert "\n" not in str(caught.value)
    assert "scaled" in str(caught.value)
    assert not registry.requests


def test_a_function_without_its_decorator_is_told(registry):
    """A plain function isn't a task: which one, and what to write."""

    def plain(x: int) -> int:
        return x

    with pytest.raises(DefinitionError, match=r"plain is a function, not a task.*@task above `def plain`"):
        submit(registry.scope(), plain, (1,), {})
    with pytest.raises(DefinitionError, match="3 is a int"):
        submit(registry.scope(), 3, (), {})
    assert not registry.requests


def test_a_cluster_without_any_image_is_told_before_the_upload(registry, flyteadmin):
    """No default image: ImageError with the next step, nothing uploaded."""
    settings = Settings(project="p", domain="d", images={}, default_image="", endpoint=registry.endpoint())
    scope = Scope(settings)
    with pytest.raises(ImageError, match="no container image"):
        register(scope, scaled)
    scope.close()
    assert not registry.requests
    assert not flyteadmin.store.objects


def test_the_version_depends_on_content_only():
    """Another version in the identifier is the same content; another image or digest isn't."""
    spec = task_pb2.TaskSpec()
    spec.template.container.image = "a/b:1"
    same = task_pb2.TaskSpec()
    same.CopyFrom(spec)
    same.template.id.version = "v9"
    assert content_version(spec, "d") == content_version(same, "d")
    assert content_version(spec, "d") != content_version(spec, "e")
    same.template.container.image = "a/b:2"
    assert content_version(spec, "d") != content_version(same, "d")


def test_execution_names_follow_flytes_rule():
    """A lower-case letter first, then letters and digits, 20 in all."""
    assert new_execution_name(lambda digits: "0" * digits) == "a" + "0" * 19
