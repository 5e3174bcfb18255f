"""An attempt's captured output, read while it may still be written."""

from __future__ import annotations

from pathlib import Path

import msgspec

from nbflow.engine.attempt.record import DISPLAY, ERR, OUT, Display

_decode = msgspec.json.Decoder(Display).decode


def read_log(folder: Path, stream: str) -> str:
    """The text in *stream* (``out`` or ``err``) of the attempt in *folder*; empty if there is none yet."""
    if stream not in (OUT, ERR):
        raise ValueError(f"an attempt has no log {stream!r}: there are {OUT!r} and {ERR!r}")
    try:
        return (folder / stream).read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return ""


def read_displays(folder: Path) -> list[Display]:
    """The rich outputs of the attempt in *folder* as they stand: updated ones in place, cleared ones gone.

    A line that is not whole yet is left for later; one that cannot be read is passed over.
    """
    try:
        lines = (folder / DISPLAY).read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    shown: list[Display] = []
    for line in lines:
        try:
            display = _decode(line)
        except msgspec.MsgspecError:
            continue  # user code can write to the file, too
        _show(shown, display)
    return shown


def _show(shown: list[Display], display: Display) -> None:
    if display.clear:
        shown.clear()
    elif display.update:
        shown[:] = [display if display.display_id == old.display_id else old for old in shown]
    else:
        shown.append(display)
