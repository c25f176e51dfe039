"""Shell commands as tasks, with inputs in the script, and files and folders that it leaves."""

from pathlib import Path
from typing import Tuple

import flytekit
from flytekit import kwtypes, task, workflow
from flytekit.extras.tasks.shell import OutputLocation, ShellTask
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile

write = ShellTask(
    name="corpus.write",
    debug=True,
    script="""
    set -ex
    echo "Hello from {inputs.who} at {inputs.x}"
    printf 'line of {inputs.x}' > {inputs.x}
    """,
    inputs=kwtypes(x=str, who=str),
    output_locs=[OutputLocation(var="i", var_type=FlyteFile, location="{inputs.x}")],
)

copy = ShellTask(
    name="corpus.copy",
    script="""
    set -e
    cp {inputs.x} {inputs.y}
    cat {inputs.x} >> {inputs.y}/all.txt
    """,
    inputs=kwtypes(x=FlyteFile, y=FlyteDirectory),
    output_locs=[
        OutputLocation(var="j", var_type=FlyteFile, location="{inputs.y}/all.txt"),
        OutputLocation(var="k", var_type=FlyteDirectory, location="{inputs.y}"),
    ],
)

nothing = ShellTask(name="corpus.nothing", script="true")


@task
def make_folder() -> FlyteDirectory:
    folder = Path(flytekit.current_context().working_directory) / "folder"
    folder.mkdir(exist_ok=True)
    (folder / "old.txt").write_text("old")
    return FlyteDirectory(path=str(folder))


@task
def text_of(file: FlyteFile) -> str:
    with open(file) as opened:
        return opened.read()


@workflow
def pipeline() -> Tuple[str, FlyteDirectory]:
    written = write(x="written.txt", who="a shell")
    joined, folder = copy(x=written, y=make_folder())
    return text_of(file=joined), folder


text, folder = pipeline()
assert text == "line of written.txt"
assert write.script.strip().startswith("set -ex")
assert nothing() is None
