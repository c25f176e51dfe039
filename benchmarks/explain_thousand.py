"""What `%flyte explain` costs for a task that has captured a thousand objects: capture and table, in a fresh process.

python explain_thousand.py       prints {"explain": s, "capture": s}: the table alone, and all that the magic does
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path

from container_process import environment
from timing import Samples

COUNT = 1000
WHAT = {
    "explain": "the table of 1,000 captured objects, without writing",
    "capture": "explain: capture 1,000 objects, table and text",
}


def samples(python: Path, folder: Path, *, runs: int) -> list[Samples]:
    """Return the samples of `runs` processes."""
    found = {key: Samples(what) for key, what in WHAT.items()}
    folder.mkdir()
    for _ in range(runs):
        done = subprocess.run(
            [str(python), __file__], env=environment(python, folder), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"explain_thousand.py ended with {done.returncode}:\n{done.stderr}")
        for key, elapsed_s in json.loads(done.stdout.splitlines()[-1]).items():
            found[key].seconds.append(elapsed_s)
    return list(found.values()) if runs else []


class Settings:
    """One captured object: a few attributes, a list, a dictionary."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.steps = list(range(10))
        self.names = {"first": number, "second": str(number)}


def main() -> None:
    """Capture a task that refers to a thousand objects by name; time the table, and all of it."""
    import sys

    from autocontainer_nb import task
    from autocontainer_nb.core.capture.capture import Capture
    from autocontainer_nb.core.capture.pickled_file import describe_task
    from autocontainer_nb.pickling.code.cells import cells
    from autocontainer_nb.pickling.credentials.finder import CredentialFinder
    from autocontainer_nb.pickling.explain.entities import explain_entities
    from autocontainer_nb.pickling.explain.text import explanation_text

    variables = {f"object_{number}": Settings(number) for number in range(COUNT)}
    main_module = sys.modules["__main__"]
    vars(main_module).update(variables, task=task)
    source = f"@task\ndef uses_all() -> int:\n    return len([{', '.join(variables)}])\n"
    exec(source, vars(main_module))
    entity = vars(main_module)["uses_all"]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        explanation = Capture(entity).write(f"{folder}/entities.pkl").explanation
        explanation_text("uses_all", explanation)
        capture_s = time.perf_counter() - started
    described = describe_task(entity.name, entity)
    started = time.perf_counter()
    found = explain_entities([described], entity, cells, CredentialFinder())
    explain_s = time.perf_counter() - started
    if not COUNT < len(found.rows) < COUNT + 10:
        raise RuntimeError(f"about {COUNT} rows expected, found {len(found.rows)}")
    print(json.dumps({"explain": explain_s, "capture": capture_s}))


if __name__ == "__main__":
    main()
