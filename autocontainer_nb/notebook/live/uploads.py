"""The progress of uploads and downloads: a bar in the notebook's cell, one line in a terminal."""

import shutil
import sys
from typing import TYPE_CHECKING, Final

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.remote import environment, observers
from autocontainer_nb.views.style import FAINT, PHASE_COLOURS, esc, plain

if TYPE_CHECKING:
    from autocontainer_nb.remote.transfers import UploadState


BAR_CHARACTERS: Final = 24
TRACK: Final = "rgba(127,127,127,0.35)"
_SHOWN_NAMES: Final = 3
_MEGABYTE: Final = 1_000_000


class UploadView:
    """Shows the uploads of one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._is_notebook = getattr(shell, "kernel", None) is not None
        self._display_id = ""
        self._width = 0

    def install(self) -> None:
        """Show uploads from now on."""
        observers.on_upload.append(self.on_upload)

    def remove(self) -> None:
        """Stop showing them."""
        observers.on_upload.remove(self.on_upload)

    def on_upload(self, state: "UploadState") -> None:
        """Show the state in place of the previous one; the last one stays."""
        if self._is_notebook:
            is_update = bool(self._display_id)
            self._display_id = self._display_id or f"autocontainer-nb-{environment.random_hex(32)}"
            data = {"text/html": upload_html(state), "text/plain": upload_text(state)}
            transient = {"display_id": self._display_id}
            self._shell.display_pub.publish(data=data, metadata={}, transient=transient, update=is_update)
            if state.is_done:
                self._display_id = ""
        elif sys.stderr.isatty():
            line = upload_text(state)[: shutil.get_terminal_size().columns - 1]
            sys.stderr.write("\r" + line.ljust(self._width) + ("\n" if state.is_done else ""))
            self._width = 0 if state.is_done else len(line)
        elif state.is_done:
            sys.stderr.write(upload_text(state) + "\n")


def upload_text(state: "UploadState") -> str:
    """Return `train: uploading [####----] 50.0 of 100.0 MB, 12.5 MB/s: df, weights`."""
    filled = round(BAR_CHARACTERS * _share(state))
    bar = "" if state.is_done else f" [{'#' * filled}{'-' * (BAR_CHARACTERS - filled)}]"
    names = f": {_names(state)}" if state.names else ""
    return plain(f"{state.what}: {_verb(state)}{bar} {_amount(state)}{_rate(state)}{names}")


def upload_html(state: "UploadState") -> str:
    """Return the same as a line with a bar: one HTML fragment without scripts and style sheets."""
    colour = PHASE_COLOURS["FAILED" if state.is_failed else "SUCCEEDED" if state.is_done else "RUNNING"]
    shape = "height:8px;border-radius:4px"
    track = f"display:inline-block;width:160px;{shape};background:{TRACK};vertical-align:middle"
    fill = f"display:block;width:{100 * _share(state):.0f}%;{shape};background:{colour}"
    bar = f'<span style="{track}"><span style="{fill}"></span></span>'
    names = f'<span style="{FAINT}">{esc(_names(state))}</span>'
    return (
        f'<div style="margin:4px 0"><b>{esc(state.what)}</b> {esc(_verb(state))} &nbsp;{bar}&nbsp; '
        f"{esc(_amount(state) + _rate(state))} &nbsp;{names}</div>"
    )


def _share(state: "UploadState") -> float:
    if not state.total_bytes:
        return 1.0 if state.is_done or not state.is_download else 0.0  # how much will come isn't known yet
    return min(1.0, state.sent_bytes / state.total_bytes)


def _verb(state: "UploadState") -> str:
    if state.is_failed:
        return "download failed" if state.is_download else "upload failed"
    verb = "downloaded" if state.is_download else "uploaded"
    return verb if state.is_done else f"{verb.removesuffix('ed')}ing"


def _amount(state: "UploadState") -> str:
    total = f"{(state.total_bytes or state.sent_bytes) / _MEGABYTE:,.1f} MB"
    if not state.total_bytes:
        return total
    sent = f"{min(state.sent_bytes, state.total_bytes) / _MEGABYTE:,.1f}"
    return total if state.is_done and not state.is_failed else f"{sent} of {total}"


def _rate(state: "UploadState") -> str:
    return f", {state.rate_bytes_s / _MEGABYTE:,.1f} MB/s" if state.rate_bytes_s else ""


def _names(state: "UploadState") -> str:
    more = len(state.names) - _SHOWN_NAMES
    return ", ".join(state.names[:_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
