"""Files: made and read by tasks, with formats, by paths, and passed on unread."""

import csv
import os
from pathlib import Path
from typing import List

import flytekit
from flytekit import FlyteFile as RootFile
from flytekit import task, workflow
from flytekit.types.file import CSVFile, FlyteFile, JPEGImageFile, PDFFile


@task
def write_table(rows: int) -> FlyteFile["csv"]:
    path = os.path.join(flytekit.current_context().working_directory, "table.csv")
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=["number", "square"])
        writer.writeheader()
        for number in range(rows):
            writer.writerow({"number": number, "square": number * number})
    return FlyteFile(path=path)


@task
def normalize(table: FlyteFile["csv"], column: str) -> CSVFile:
    with open(table, newline="") as file:
        values = [float(row[column]) for row in csv.DictReader(file)]
    out = Path(flytekit.current_context().working_directory) / f"normalized-{column}.csv"
    with out.open("w") as file:
        csv.writer(file).writerows([[value / max(values)] for value in values])
    return CSVFile(path=str(out))


@task
def lines_of(table: FlyteFile) -> List[str]:
    table.download()
    return Path(table.path).read_text().splitlines()


@task
def plain_path() -> FlyteFile:
    with open("here.txt", "w") as file:
        file.write("one\ntwo")
    return "here.txt"


@task
def with_streams() -> FlyteFile:
    new = FlyteFile.new_remote_file("streamed.txt")
    with new.open("w") as file:
        file.write("three")
    return new


@task
def read_stream(file: FlyteFile) -> str:
    with file.open("r") as opened:
        return opened.read()


@workflow
def pipeline(rows: int = 3) -> FlyteFile:
    return normalize(table=write_table(rows=rows), column="square")


@workflow
def of_a_path() -> List[str]:
    return lines_of(table=plain_path())


@workflow
def streams() -> str:
    return read_stream(file=with_streams())


found = pipeline()
with open(found) as file:
    assert [float(line) for line in file] == [0.0, 0.25, 1.0]
assert of_a_path() == ["one", "two"]
assert streams() == "three"
assert RootFile is FlyteFile
assert FlyteFile["jpeg"].extension() == "jpeg"
assert JPEGImageFile.extension() == "jpeg" and PDFFile.extension() == "pdf"
