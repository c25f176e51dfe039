"""Tasks of any image, by their command, within workflows; what they say of themselves."""

from typing import Tuple

from flytekit import ContainerTask, Resources, Secret, kwtypes, task, workflow

area = ContainerTask(
    name="corpus.area_of_an_ellipse",
    input_data_dir="/var/inputs",
    output_data_dir="/var/outputs",
    inputs=kwtypes(a=float, b=float),
    outputs=kwtypes(area=float, metadata=str),
    image="ghcr.io/example/rawcontainers-shell:v2",
    command=["./calculate-ellipse-area.sh", "{{.inputs.a}}", "{{.inputs.b}}", "/var/outputs"],
    requests=Resources(cpu="1", mem="100Mi"),
    environment={"LEVEL": "info"},
    secret_requests=[Secret(group="team", key="token")],
)

silent = ContainerTask(name="corpus.silent", image="busybox:1", command=["sleep", "1"])


@task
def report(area: float, metadata: str) -> str:
    return f"{area} by {metadata}"


@workflow
def pipeline(a: float, b: float) -> Tuple[float, str]:
    measured = area(a=a, b=b)
    silent()
    return measured.area, report(area=measured.area, metadata=measured.metadata)


assert area.name == "corpus.area_of_an_ellipse"
assert area.python_interface.inputs == {"a": float, "b": float}
assert list(area.python_interface.outputs) == ["area", "metadata"]
assert area.task_type == "raw-container"
assert list(pipeline.python_interface.outputs) == ["o0", "o1"]
assert len(pipeline.nodes) == 3
