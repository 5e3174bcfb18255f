"""An attempt's captured output, read while it may still be written."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from nbflow.engine.attempt.record import DISPLAY, ERR, OUT, PROGRESS, Display

_decode = msgspec.json.Decoder(Display).decode


def read_log(folder: Path, stream: str, last: int | None = None) -> str:
    """The text in *stream* (``out`` or ``err``) of the attempt in *folder*; empty if there is none yet.

    *last*: of the last so many bytes at most, from the beginning of a line if there is one.
    """
    data, size = _read(folder, stream, 0 if last is None else -last)
    if len(data) < size:
        data = data[data.find(b"\n") + 1 :]
    return data.decode(errors="replace")


def read_since(folder: Path, stream: str, start: int) -> tuple[bytes, int]:
    """The bytes of a log from *start* on, and where to go on; all of a log that has been shortened since."""
    data, size = _read(folder, stream, start)
    if size < start:
        data, size = _read(folder, stream, 0)
    return data, size


def read_progress(folder: Path) -> dict[str, Any] | None:
    """How far the attempt in *folder* has said it is: ``{done, total, text, at}``; None if it has not."""
    try:
        found: dict[str, Any] = msgspec.json.decode((folder / PROGRESS).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return found


def _read(folder: Path, stream: str, start: int) -> tuple[bytes, int]:
    """A log from *start* (from its end if negative), and its size."""
    if stream not in (OUT, ERR):
        raise ValueError(f"an attempt has no log {stream!r}: there are {OUT!r} and {ERR!r}")
    try:
        with (folder / stream).open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            if start > size:
                return b"", size
            log.seek(max(0, size + start) if start < 0 else start)
            data = log.read()
            return data, log.tell()
    except FileNotFoundError:
        return b"", 0


def read_tail(folder: Path, stream: str, last: int) -> tuple[bytes, int]:
    """The *last* so many bytes of a log at most, and how many there are in all."""
    data, size = _read(folder, stream, -last) if last else _read(folder, stream, sys.maxsize)
    return data, size


def display_lines(folder: Path) -> list[Display]:
    """The lines of the ``display`` file of the attempt in *folder*.

    A line that is not whole yet is left for later; one that cannot be read is passed over.
    """
    try:
        lines = (folder / DISPLAY).read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    found: list[Display] = []
    for line in lines:
        with suppress(msgspec.MsgspecError):  # user code can write to the file, too
            found.append(_decode(line))
    return found


def read_displays(folder: Path) -> list[Display]:
    """The rich outputs of the attempt in *folder* as they stand: updated ones in place, cleared ones gone."""
    shown: list[Display] = []
    for display in display_lines(folder):
        if display.clear:
            shown.clear()
        elif display.update:
            shown[:] = [display if display.display_id == old.display_id else old for old in shown]
        elif not display.mark:
            shown.append(display)
    return shown
