"""Write `seed_table.json`: every name of the seed, with parameters in order, from its Markdown.

Run as `python tests/core/write_seed_table.py SEED.md` whenever the seed changes.
"""

import json
import re
import sys
from pathlib import Path

TABLE = Path(__file__).parent / "seed_table.json"
_SIGNATURE = re.compile(r"```python\n(?:def|class) (\w+)\((.*?)\)(?: -> [^\n]*?)?:?\n?```", re.DOTALL)
_PARAMETER = re.compile(r"^    (\w+)", re.MULTILINE)


def signature(block: str) -> tuple[str, list[str]]:
    name, parameters = _SIGNATURE.search(block).groups()
    return name, _PARAMETER.findall(parameters)


def seed_table(text: str) -> dict:
    """Return {"functions", "variables", "classes"}; a class has its parameters, methods and properties."""
    module, *classes = re.split(r"^## flytekit\.core\.python_auto_container\.", text, flags=re.MULTILINE)
    return {
        "functions": dict(signature(block) for block in re.split(r"^#### ", module, flags=re.MULTILINE)[1:]),
        "variables": re.findall(r"^\| `(\w+)` \| `", module.partition("### Variables")[2], re.MULTILINE)[:4],
        "classes": {block.split(None, 1)[0]: _class(block) for block in classes},
    }


def _class(block: str) -> dict:
    head, *methods = re.split(r"^#### ", block.partition("### Properties")[0], flags=re.MULTILINE)
    properties = re.findall(r"^\| `(\w+)` \|  \|", block.partition("### Properties")[2], re.MULTILINE)
    return {
        "parameters": signature(head)[1],
        "methods": dict(signature(method) for method in methods),
        "properties": properties,
    }


if __name__ == "__main__":
    table = seed_table(Path(sys.argv[1]).read_text(encoding="utf-8"))
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
