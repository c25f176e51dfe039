"""What a dynamic task's container leaves agrees with what a real Flyte compiled of it, field by field."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from compiled_forms import compiled_dynamic
from difference_table import MAP_RESOLVER_REASON, RUNTIME_VERSION, Difference, check
from field_differences import field_differences
from flyteidl.core import dynamic_job_pb2, literals_pb2
from google.protobuf.json_format import MessageToDict, ParseDict
from recordings import as_recorded, read_recordings

RECORDINGS = {name: recording for name, recording in read_recordings().items() if recording.dynamics}
BUCKET = "s3://my-s3-bucket"
SCRIPTS = Path(sys.executable).parent
DIFFERENCES = (
    RUNTIME_VERSION,
    Difference("dynamic_map", "tasks[*].container.args[18]", MAP_RESOLVER_REASON),
)


def job_left(template, inputs, bucket, folder):
    """Run the task's registered command in an empty folder, as Flyte does, and return what it left, as a dictionary."""
    (folder / "work").mkdir(parents=True)
    (folder / "inputs.pb").write_bytes(ParseDict(inputs, literals_pb2.LiteralMap()).SerializeToString())
    known = {"{{.input}}": f"{folder}/inputs.pb", "{{.outputPrefix}}": f"{folder}/out"}
    container, identifier = template["container"], template["id"]
    script, *arguments = [known.get(part, part.replace(BUCKET, str(bucket))) for part in container["args"]]
    parts = ("project", "domain", "name", "version")
    ran = subprocess.run(
        [SCRIPTS / script, *arguments],
        cwd=folder / "work",
        env={
            **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
            **{pair["key"]: pair["value"] for pair in container.get("env", ())},
            **{f"FLYTE_INTERNAL_TASK_{part.upper()}": identifier[part] for part in parts},
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=60,
    )
    left = folder / "out" / "futures.pb"
    assert left.exists(), ran.stdout.decode(errors="replace")
    job = MessageToDict(dynamic_job_pb2.DynamicJobSpec.FromString(left.read_bytes()), preserving_proto_field_name=True)
    for each in job["tasks"]:
        each["container"]["args"] = [part.replace(str(bucket), BUCKET) for part in each["container"]["args"]]
    return job


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_a_dynamic_task_leaves_is_what_flyte_compiled(notebook, tmp_path, name):
    """Graph, subworkflows and tasks that each run leaves agree, also of a dynamic task inside of another."""
    recording = RECORDINGS[name]
    requests = notebook.launched(**recording.launch_request())
    templates = {each["id"]["name"]: each["spec"]["template"] for called, each in requests if called == "CreateTask"}
    for number, recorded in enumerate(recording.dynamics):
        task = templates[recorded["task"]]
        job = job_left(task, recorded["inputs"], notebook.folder, tmp_path / str(number))
        ours = as_recorded(compiled_dynamic(task, job))
        check(DIFFERENCES, name, field_differences(ours, {part: recorded[part] for part in ours}))
        templates |= {each["id"]["name"]: each for each in job["tasks"]}


def test_all_dynamic_definitions_are_there():
    """Six definitions have graphs that were made when they ran, one of them three; the constant one has none."""
    runs = {name: len(recording.dynamics) for name, recording in RECORDINGS.items()}
    assert runs == dict.fromkeys(
        ("dynamic", "dynamic_alone", "dynamic_fail", "dynamic_map", "dynamic_subworkflow"), 1
    ) | {"dynamic_nested": 3}
