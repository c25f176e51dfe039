"""What the cell, and a terminal, show of an upload."""

import re
from types import SimpleNamespace

from autocontainer_nb.notebook.live.uploads import UploadView, upload_html, upload_text
from autocontainer_nb.remote import observers
from autocontainer_nb.remote.transfers import UploadState

NAMES = ("train ► df", "train ► <weights>", "train ► x", "train ► y")


def state(sent_bytes: int, **more: bool) -> UploadState:
    return UploadState(what="train", names=NAMES, sent_bytes=sent_bytes, total_bytes=512_000_000, **more)


def test_the_text_has_a_bar_the_amount_and_the_names():
    """One line: how much of what is there, and whose data it is."""
    assert upload_text(state(256_000_000)) == (
        "train: uploading [############------------] 256.0 of 512.0 MB: "
        "train ► df, train ► <weights>, train ► x and 1 more"
    )
    assert upload_text(state(512_000_000, is_done=True)).startswith("train: uploaded 512.0 MB: train ► df")
    assert upload_text(state(1_000_000, is_done=True, is_failed=True)).startswith(
        "train: upload failed 1.0 of 512.0 MB"
    )


def test_downloads_are_told_as_such():
    """With the rate, without names where there are none, and without a share while the size isn't known."""
    download = {"what": "out", "names": (), "is_download": True, "seconds": 2.0}
    known = UploadState(sent_bytes=128_000_000, total_bytes=512_000_000, **download)
    assert upload_text(known) == "out: downloading [######------------------] 128.0 of 512.0 MB, 64.0 MB/s"
    unknown = UploadState(sent_bytes=3_000_000, total_bytes=0, **download)
    assert upload_text(unknown) == "out: downloading [------------------------] 3.0 MB, 1.5 MB/s"
    ended = UploadState(sent_bytes=3_000_000, total_bytes=3_000_000, is_done=True, **download)
    assert upload_text(ended) == "out: downloaded 3.0 MB, 1.5 MB/s"
    assert "download failed" in upload_html(
        UploadState(sent_bytes=1, total_bytes=3, is_done=True, is_failed=True, **download)
    )


def test_the_html_is_escaped_and_needs_no_script():
    """Names are text, whatever is in them; the bar's width is the share."""
    html = upload_html(state(128_000_000))
    assert "&lt;weights&gt;" in html
    assert "<weights>" not in html
    assert "width:25%" in html
    assert not re.search(r"<script|<style| on\w+=", html)
    assert "width:100%" in upload_html(state(900_000_000))


def test_a_cell_shows_one_display_that_is_updated():
    """The first state makes an output, all later ones replace it; the next upload makes another."""
    published = []
    pub = SimpleNamespace(publish=lambda **message: published.append(message))
    view = UploadView(SimpleNamespace(kernel=object(), display_pub=pub))
    view.install()
    for each in (state(0), state(1_000_000), state(512_000_000, is_done=True), state(0)):
        observers.uploading(each)
    view.remove()
    observers.uploading(state(0))
    assert [message["update"] for message in published] == [False, True, True, False]
    names = [message["transient"]["display_id"] for message in published]
    assert names[0] == names[1] == names[2] != names[3]
    assert set(published[0]["data"]) == {"text/html", "text/plain"}


def test_a_log_gets_the_end_of_an_upload_only(capsys):
    """Where nothing can be rewritten, one line is written, when it is done."""
    view = UploadView(SimpleNamespace(kernel=None))
    view.on_upload(state(0))
    view.on_upload(state(512_000_000, is_done=True))
    assert capsys.readouterr().err == upload_text(state(512_000_000, is_done=True)) + "\n"
