"""Make the pictures of README and docs anew: cells run in a real kernel, and a browser draws what they show.

    python docs/images/remake.py [CHROMIUM]

Needs the environment of `make test` and a Chromium. Each picture is a cell as a notebook shows it, with the HTML of its
output; the run's id and time are those of the run that made the picture.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

WIDTH_PX = 860
TIMEOUT_S = 120
COLOURS = 64  # a third of the bytes, and no difference that an eye sees
FORMATTER = HtmlFormatter(style="friendly")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=2",
)  # fmt: skip
STYLE = """
body { margin: 0; padding: 12px; background: white; color: #1f2328; font: 14px/1.45 "DejaVu Sans", sans-serif; }
pre, code { font-family: "DejaVu Sans Mono", monospace; }
.cell { display: grid; grid-template-columns: 52px 1fr; margin-bottom: 8px; }
.prompt { color: #6e7781; font: 12px/2.2 "DejaVu Sans Mono", monospace; }
.source { background: #f6f8fa; border: 1px solid #d8dee4; border-radius: 4px; padding: 6px 10px; overflow: hidden; }
.source pre { margin: 0; font-size: 13px; line-height: 1.4; }
.shown { padding: 6px 2px 0; overflow: hidden; }
.shown > pre { margin: 0; }
"""
README = Path(__file__).parents[2] / "README.md"
DIGITS = """\
%load_ext autocontainer_nb
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from autocontainer_nb import task

digits = load_digits(as_frame=True).frame
TREES = 100

def model() -> RandomForestClassifier:
    return RandomForestClassifier(n_estimators=TREES, random_state=7)

@task
def train(share: float) -> float:
    rows = digits.sample(frac=share, random_state=7)
    forest = model().fit(rows.drop(columns="target"), rows["target"])
    return forest.score(digits.drop(columns="target"), digits["target"])"""


@dataclass(frozen=True)
class Picture:
    """A file of this folder, the cells that it shows, and how high it is."""

    name: str
    cells: tuple[str, ...]
    height_px: int


PICTURES = (
    Picture("card.png", (re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[1],), 395),
    Picture("explain.png", (DIGITS, "%flyte explain train"), 645),
)


def main() -> None:
    """Make all pictures."""
    browser = sys.argv[1] if len(sys.argv) > 1 else shutil.which("chromium")
    if browser is None:
        sys.exit("No chromium on PATH: name one, as in python docs/images/remake.py /usr/bin/chromium.")
    for picture in PICTURES:
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder, "page.html")
            page.write_text(page_of(picture, Path(folder)), encoding="utf-8")
            target = Path(__file__).with_name(picture.name)
            size = f"--window-size={WIDTH_PX},{picture.height_px}"
            where = [f"--user-data-dir={folder}/browser", f"--screenshot={target}", size, page.as_uri()]
            subprocess.run([browser, *FLAGS, *where], check=True, capture_output=True, timeout=TIMEOUT_S)
            Image.open(target).convert("RGB").quantize(COLOURS).save(target, optimize=True)
            print(f"{target.name}: {target.stat().st_size} bytes")


def page_of(picture: Picture, folder: Path) -> str:
    """Run the picture's cells and return the page that shows them with their outputs."""
    environ = {
        **os.environ,
        "AUTOCONTAINER_NB_HOME": str(folder / "state"),
        "AUTOCONTAINER_NB_NOTEBOOK": "quickstart",
        "IPYTHONDIR": str(folder / "ipython"),
    }
    manager = KernelManager(transport="ipc", ip=str(folder / "k"), kernel_name="python3")
    manager.start_kernel(env=environ, cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT_S)
        cells = "".join(cell_html(client, cell, number) for number, cell in enumerate(picture.cells, 1))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        stop = [sys.executable, "-m", "autocontainer_nb.cli", "sandbox", "stop"]
        subprocess.run(stop, env=environ, check=True, capture_output=True)
    style = STYLE + FORMATTER.get_style_defs(".source") + ".source, .source .highlight { background: #f6f8fa; }"
    return f'<!doctype html><meta charset="utf-8"><style>{style}</style>{cells}'


def cell_html(client: BlockingKernelClient, cell: str, number: int) -> str:
    """Run a cell and return it with its outputs as a notebook shows them."""
    rows = [(f"[{number}]:", "source", highlight(cell, PythonLexer(), FORMATTER))]
    rows += [(f"[{number}]:" if is_result else "", "shown", html) for is_result, html in outputs_of(client, cell)]
    return "".join(
        f'<div class="cell"><div class="prompt">{prompt}</div><div class="{kind}">{html}</div></div>'
        for prompt, kind, html in rows
    )


def outputs_of(client: BlockingKernelClient, cell: str) -> list[tuple[bool, str]]:
    """Run a cell and return its outputs as HTML, each display in its last state; whether each one is the result."""
    parts: dict[str, tuple[bool, str]] = {}

    def take(message: dict) -> None:
        content = message["content"]
        data = content.get("data", {})
        if data:
            place = content.get("transient", {}).get("display_id") or f"part {len(parts)}"
            html = data.get("text/html") or f"<pre>{escape(data['text/plain'])}</pre>"
            parts[place] = message["header"]["msg_type"] == "execute_result", html

    reply = client.execute_interactive(cell, output_hook=take, timeout=TIMEOUT_S)
    if reply["content"]["status"] != "ok":
        sys.exit("\n".join(reply["content"]["traceback"]))
    return list(parts.values())


if __name__ == "__main__":
    main()
