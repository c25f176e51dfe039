"""A task's pod: the user's pod spec with the task's container merged into it."""

from datetime import datetime, timezone
from typing import ClassVar

import pytest
from google.protobuf import json_format

from autocontainer_nb.core.python_auto_container import default_notebook_task_resolver
from autocontainer_nb.core.serialize.tasks import task_template
from autocontainer_nb.core.settings.pod import PodTemplate
from autocontainer_nb.core.settings.resources import Resources
from autocontainer_nb.core.settings.serialization import FastSerializationSettings, SerializationSettings
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.image.config import ImageConfig

IMAGES = ImageConfig.auto(img_name="a/default:1", images={"side": "a/side:2"})
SETTINGS = SerializationSettings(image_config=IMAGES, env={"SHARED": "1"})


class V1Container:
    """A class as the kubernetes client's are: Python names, and the table to Kubernetes' own."""

    attribute_map: ClassVar = {"name": "name", "image": "image", "image_pull_policy": "imagePullPolicy", "env": "env"}

    def __init__(self, **given) -> None:
        for name in self.attribute_map:
            setattr(self, name, given.get(name))


class V1PodSpec:
    attribute_map: ClassVar = {"containers": "containers", "node_selector": "nodeSelector", "since": "since"}

    def __init__(self, **given) -> None:
        for name in self.attribute_map:
            setattr(self, name, given.get(name))


OBJECT = V1PodSpec(
    containers=[
        V1Container(name="main", image_pull_policy="Always", env=[{"name": "B", "value": "2"}]),
        V1Container(name="side", image="{{.image.side}}"),
    ],
    node_selector={"disk": "ssd"},
    since=datetime(2024, 1, 2, tzinfo=timezone.utc),
)
MAPPING = {
    "containers": [
        {"name": "main", "imagePullPolicy": "Always", "env": [{"name": "B", "value": "2"}]},
        {"name": "side", "image": "{{.image.side}}"},
    ],
    "nodeSelector": {"disk": "ssd"},
    "since": "2024-01-02T00:00:00+00:00",
}


def pod_of(template: PodTemplate, settings: SerializationSettings = SETTINGS, **options) -> dict:
    @task(pod_template=template, environment={"A": "1"}, task_resolver=default_notebook_task_resolver, **options)
    def train(x: int) -> int:
        return x

    message = task_template(train, settings)
    assert not message.HasField("container")
    assert dict(message.config) == {"primary_container_name": template.primary_container_name}
    assert train.get_container(settings) is None
    return json_format.MessageToDict(message.k8s_pod)


@pytest.mark.parametrize("spec", [OBJECT, MAPPING], ids=["object", "mapping"])
def test_the_primary_container_gets_the_tasks(spec: object) -> None:
    """Command, variables and resources are the task's; what the pod says besides stays; images are resolved."""
    template = PodTemplate(spec, "main", labels={"l": "1"}, annotations={"a": "2"})
    pod = pod_of(template, requests=Resources(mem="1Gi", gpu="1"))
    assert pod["metadata"] == {"labels": {"l": "1"}, "annotations": {"a": "2"}}
    main, side = pod["podSpec"]["containers"]
    assert main["image"] == "a/default:1"
    assert main["args"][0] == "pyflyte-execute"
    assert main["command"] == []
    assert main["resources"] == {"limits": {}, "requests": {"memory": "1Gi", "gpu": "1"}}
    assert [each["name"] for each in main["env"]] == ["SHARED", "A", "B"]
    assert main["imagePullPolicy"] == "Always"
    assert side == {"name": "side", "image": "a/side:2"}
    assert pod["podSpec"]["nodeSelector"] == {"disk": "ssd"}
    assert pod["podSpec"]["since"] == "2024-01-02T00:00:00+00:00"


def test_a_missing_primary_container_is_added() -> None:
    [added] = pod_of(PodTemplate())["podSpec"]["containers"]
    assert added["name"] == "primary"
    assert "resources" not in added


def test_an_image_of_the_pods_own_stays() -> None:
    spec = {"containers": [{"name": "primary", "image": "{{.image.side.fqn}}:9"}]}
    assert pod_of(PodTemplate(spec))["podSpec"]["containers"][0]["image"] == "a/side:9"


def test_the_pods_command_fetches_the_code_first() -> None:
    """Fast registration changes the primary container's arguments, and no other's."""
    fast = FastSerializationSettings(enabled=True, destination_dir=".", distribution_location="s3://b/entities.pkl")
    settings = SerializationSettings(image_config=IMAGES, fast_serialization_settings=fast)
    main, side = pod_of(PodTemplate(MAPPING, "main"), settings)["podSpec"]["containers"]
    assert main["args"][:3] == ["pyflyte-fast-execute", "--additional-distribution", "s3://b/entities.pkl"]
    assert "args" not in side


def test_the_users_template_is_never_changed() -> None:
    pod_of(PodTemplate(MAPPING, "main"))
    assert "args" not in MAPPING["containers"][0]
    assert OBJECT.containers[0].image is None


def test_what_is_no_pod_is_told() -> None:
    with pytest.raises(DefinitionError, match="pod_spec: expected a dict or a kubernetes V1PodSpec, got an int"):
        PodTemplate(3)
    with pytest.raises(DefinitionError, match="primary_container_name is empty"):
        PodTemplate(primary_container_name="")
    with pytest.raises(DefinitionError, match="expected a PodTemplate, got a dict"):
        task(pod_template={})(lambda: None)
