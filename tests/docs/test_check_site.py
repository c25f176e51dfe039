"""What checks the documentation's site finds what it is there to find."""

import importlib.util
from pathlib import Path

import pytest

CHECKER = Path(__file__).parents[2] / "docs" / "check_site.py"


@pytest.fixture(scope="module")
def faults():
    spec = importlib.util.spec_from_file_location("check_site", CHECKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.faults


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="gone.html">x</a>', "index.html links to gone.html: no such file"),
        ('<a href="other.html#gone">x</a>', "index.html links to other.html#gone: no such anchor"),
        ('<a href="#gone">x</a>', "index.html links to #gone: no such anchor"),
        ('<img src="gone.png">', "index.html lacks gone.png"),
        ('<script src="https://cdn.example.com/x.js"></script>', "index.html loads https://cdn.example.com/x.js"),
        ('<link rel="stylesheet" href="//fonts.example.com/x">', "index.html loads //fonts.example.com/x"),
        (
            '<a href="https://undocumented.example.com/">x</a>',
            "index.html links to https://undocumented.example.com/: in no page below docs/",
        ),
    ],
)
def test_a_fault_is_told(faults, tmp_path, body, fault):
    """A dead link, a missing anchor or file, and whatever comes from another host are a line each."""
    (tmp_path / "index.html").write_text(body, encoding="utf-8")
    (tmp_path / "other.html").write_text('<h1 id="here">x</h1>', encoding="utf-8")
    assert faults(tmp_path) == [fault]


def test_what_is_sound_passes(faults, tmp_path):
    """Links to pages, anchors and files of the site, and addresses that only tell where a page is, are no faults."""
    (tmp_path / "index.html").write_text(
        '<link rel="canonical" href="https://docs.example.com/"><a href="other.html#here">x</a><img src="a%20b.png">'
        '<a href="mailto:me@example.com">x</a>',
        encoding="utf-8",
    )
    (tmp_path / "other.html").write_text('<h1 id="here">x</h1><a href="#here">x</a>', encoding="utf-8")
    (tmp_path / "a b.png").write_bytes(b"")
    assert faults(tmp_path) == []


def test_a_style_sheet_that_loads_from_elsewhere_is_told(faults, tmp_path):
    """Fonts and imports of style sheets count as well; what is in the sheet itself doesn't."""
    (tmp_path / "index.html").write_text("", encoding="utf-8")
    (tmp_path / "a.css").write_text(
        'url("data:image/svg+xml,x") @import "https://a.example.com/x"; src: url(//b.example.com/y)', encoding="utf-8"
    )
    assert faults(tmp_path) == ["a.css loads https://a.example.com/x", "a.css loads //b.example.com/y"]


def test_a_site_without_pages_is_a_fault(faults, tmp_path):
    """What wasn't built can't pass."""
    assert len(faults(tmp_path)) == 1
