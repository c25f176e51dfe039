"""Tasks and projects: registering, looking up, listing."""

import grpc
import pytest
from flyteidl.admin import common_pb2, project_pb2, task_pb2, version_pb2
from flyteidl.core import identifier_pb2, tasks_pb2

from autocontainer_nb.wire import PACKAGE_VERSION

pytestmark = pytest.mark.sandbox
INVALID, MISSING, EXISTS = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
)


def _create(sandbox, template):
    request = task_pb2.TaskCreateRequest(id=template.id, spec=task_pb2.TaskSpec(template=template))
    return sandbox.admin.CreateTask(request)


def test_a_registered_task_comes_back_as_it_was(sandbox):
    """GetTask returns the very template, under its identifier."""
    template = sandbox.template("pass")
    sandbox.register(template)
    task = sandbox.admin.GetTask(common_pb2.ObjectGetRequest(id=template.id))
    assert task.id == template.id
    assert task.closure.compiled_task.template == template
    assert task.closure.created_at.seconds > 0


def test_registering_the_same_task_again_says_already_exists(sandbox, refused):
    """As with flyteadmin, a client takes ALREADY_EXISTS for a success: it says that nothing differs."""
    template = sandbox.template("pass")
    sandbox.register(template)
    details = refused(EXISTS, lambda: _create(sandbox, template))
    assert template.id.version in details
    assert "identical" in details


def test_another_task_under_the_same_version_is_refused_with_the_differences(sandbox, refused):
    """INVALID_ARGUMENT, as with flyteadmin; the details name the fields, the registered and the given value."""
    template = sandbox.template("pass")
    template.container.args.append("digest-one")
    sandbox.register(template)
    other = tasks_pb2.TaskTemplate()
    other.CopyFrom(template)
    other.container.args[-1] = "digest-two"
    details = refused(INVALID, lambda: _create(sandbox, other))
    assert "container.args[5]: 'digest-one' -> 'digest-two'" in details
    assert f"{template.id.name}:{template.id.version}" in details


def test_a_task_that_is_not_there_is_named_with_the_versions_that_are(sandbox, refused):
    """NOT_FOUND tells what was asked for and what could have been meant."""
    template = sandbox.template("pass", name="known.name")
    sandbox.register(template)
    wanted = identifier_pb2.Identifier()
    wanted.CopyFrom(template.id)
    wanted.version = "never"
    details = refused(MISSING, lambda: sandbox.admin.GetTask(common_pb2.ObjectGetRequest(id=wanted)))
    assert "known.name:never" in details
    assert template.id.version in details


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda t: t.ClearField("metadata"), "metadata"),
        (lambda t: t.ClearField("interface"), "interface"),
        (lambda t: t.ClearField("type"), "type"),
        (lambda t: t.container.ClearField("image"), "image"),
        (lambda t: t.metadata.runtime.MergeFrom(tasks_pb2.RuntimeMetadata(flavor="python")), "runtime.version"),
        (lambda t: t.id.ClearField("version"), "id.version"),
        (lambda t: setattr(t.id, "resource_type", identifier_pb2.WORKFLOW), "WORKFLOW"),
        (lambda t: setattr(t.id, "domain", "nowhere"), "expected one of development, staging, production"),
        (lambda t: setattr(t.id, "project", "unknown"), "expected one of flytesnacks"),
    ],
)
def test_an_incomplete_task_is_refused_by_the_name_of_what_is_missing(sandbox, refused, change, word):
    template = sandbox.template("pass")
    change(template)
    assert word in refused(INVALID, lambda: _create(sandbox, template))


def test_tasks_are_listed_page_by_page_in_the_order_asked_for(sandbox):
    """Limit, token and sort_by work as a client expects that pages through everything."""
    registered = [sandbox.register(sandbox.template("pass", name="paged.task")).version for _ in range(5)]
    found, token = [], ""
    while True:
        page = sandbox.admin.ListTasks(
            common_pb2.ResourceListRequest(
                id=common_pb2.NamedEntityIdentifier(project="flytesnacks", domain="development", name="paged.task"),
                limit=2,
                token=token,
                sort_by=common_pb2.Sort(key="created_at", direction=common_pb2.Sort.DESCENDING),
            )
        )
        found += [task.id.version for task in page.tasks]
        token = page.token
        if not token:
            break
    assert found == registered[::-1]


def test_each_name_is_listed_once(sandbox):
    for _ in range(2):
        sandbox.register(sandbox.template("pass", name="twice.registered"))
    names = sandbox.admin.ListTaskIds(
        common_pb2.NamedEntityIdentifierListRequest(project="flytesnacks", domain="development", limit=100)
    ).entities
    assert [name.name for name in names].count("twice.registered") == 1


def test_lists_are_filtered(sandbox):
    template = sandbox.template("pass", name="filtered.task")
    sandbox.register(template)
    request = common_pb2.ResourceListRequest(
        id=common_pb2.NamedEntityIdentifier(project="flytesnacks", domain="development"),
        limit=10,
        filters=f"eq(task.name,filtered.task)+eq(version, {template.id.version})",
    )
    assert [task.id for task in sandbox.admin.ListTasks(request).tasks] == [template.id]


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("filters", "eq(colour,red)", "'colour'"),
        ("filters", "like(name,x)", "'like'"),
        ("filters", "name=x", "'name=x'"),
        ("token", "minus one", "'minus one'"),
        ("limit", 0, "at least 1"),
        ("sort_by", common_pb2.Sort(key="colour"), "'colour'"),
    ],
)
def test_a_list_that_cannot_be_made_is_refused_by_name(sandbox, refused, field, value, word):
    """An unknown filter, function, token or key isn't passed over silently."""
    options = {"limit": 5, field: value}
    identifier = common_pb2.NamedEntityIdentifier(project="flytesnacks", domain="development")
    request = common_pb2.ResourceListRequest(id=identifier, **options)
    assert word in refused(INVALID, lambda: sandbox.admin.ListTasks(request))


def test_projects_are_made_and_listed_with_their_domains(sandbox, refused):
    project = project_pb2.Project(id="other-project", name="Other")
    sandbox.admin.RegisterProject(project_pb2.ProjectRegisterRequest(project=project))
    listed = sandbox.admin.ListProjects(project_pb2.ProjectListRequest()).projects
    assert [project.id for project in listed] == ["flytesnacks", "other-project"]
    assert [domain.id for domain in listed[0].domains] == ["development", "staging", "production"]
    again = project_pb2.ProjectRegisterRequest(project=project)
    assert "other-project" in refused(EXISTS, lambda: sandbox.admin.RegisterProject(again))
    known = sandbox.admin.GetProject(project_pb2.ProjectGetRequest(id="other-project"))
    assert known.name == "Other"
    details = refused(MISSING, lambda: sandbox.admin.GetProject(project_pb2.ProjectGetRequest(id="third")))
    assert "flytesnacks, other-project" in details


@pytest.mark.parametrize("identifier", ["Upper", "../up", "metadata", "-dash", "a" * 64])
def test_a_project_that_cannot_be_a_directory_is_refused(sandbox, refused, identifier):
    project = project_pb2.Project(id=identifier, name="x")
    request = project_pb2.ProjectRegisterRequest(project=project)
    assert repr(identifier) in refused(INVALID, lambda: sandbox.admin.RegisterProject(request))


def test_domains_and_version_are_told(sandbox):
    domains = sandbox.admin.GetDomains(project_pb2.GetDomainRequest()).domains
    assert [domain.id for domain in domains] == ["development", "staging", "production"]
    version = sandbox.admin.GetVersion(version_pb2.GetVersionRequest()).control_plane_version
    assert version.Version == PACKAGE_VERSION
