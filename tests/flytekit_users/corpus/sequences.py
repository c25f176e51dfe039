"""A use: sequences in files, searched by a shell command, its result read as a table."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

import flytekit
from flytekit import conditional, kwtypes, task, workflow
from flytekit.extras.tasks.shell import OutputLocation, ShellTask
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile

Result = NamedTuple("Result", table=pd.DataFrame, found=bool)

search = ShellTask(
    name="corpus.search",
    debug=False,
    script="""
    mkdir -p {inputs.outdir}
    grep -n {inputs.pattern} {inputs.query} > {inputs.outdir}/{inputs.output} || true
    echo done > {inputs.stdout}
    """,
    inputs=kwtypes(query=FlyteFile, pattern=str, outdir=str, output=str, stdout=str),
    output_locs=[
        OutputLocation(var="stdout", var_type=FlyteFile, location="{inputs.stdout}"),
        OutputLocation(var="result", var_type=FlyteFile, location="{inputs.outdir}/{inputs.output}"),
    ],
)


@task
def write_query(text: str) -> FlyteFile:
    path = Path(flytekit.current_context().working_directory) / "query.txt"
    path.write_text(text)
    return FlyteFile(str(path))


@task
def read_result(result: FlyteFile) -> Result:
    rows = [line.split(":", 1) for line in Path(result).read_text().splitlines()]
    return Result(table=pd.DataFrame(rows, columns=["line", "text"]), found=bool(rows))


@task
def size(table: pd.DataFrame) -> int:
    return len(table)


@task
def nothing() -> int:
    return 0


@task
def is_done(stdout: FlyteFile) -> bool:
    return Path(stdout).read_text().strip() == "done"


@workflow
def searching(text: str, pattern: str) -> int:
    stdout, result = search(
        query=write_query(text=text), pattern=pattern, outdir="output", output="found.txt", stdout="stdout.txt"
    )
    is_done(stdout=stdout)
    found = read_result(result=result)
    return conditional("found").if_(found.found.is_true()).then(size(table=found.table)).else_().then(nothing())


assert searching(text="ACGT\nTTTT\nGACG", pattern="ACG") == 2
assert searching(text="TTTT", pattern="ACG") == 0
