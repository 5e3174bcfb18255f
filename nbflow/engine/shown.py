"""What an attempt printed and displayed, in its order, read while it may still go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbflow.engine.attempt.logs import LIMIT
from nbflow.engine.attempt.record import ERR, OUT, Display
from nbflow.engine.logs import display_lines, read_tail


@dataclass(frozen=True, slots=True)
class Text:
    """Something that was printed to *stream*, ``out`` or ``err``. *cut*: what came before it was left out."""

    stream: str
    text: str
    cut: bool = False


Shown = Text | Display


def read_shown(folder: Path, last: int) -> list[Shown]:
    """The texts and rich outputs of the attempt in *folder*, as they stand: updated ones in place, cleared ones gone.

    Of each stream the *last* so many bytes. Texts of the two streams stand in the order in which Python wrote them;
    what other processes wrote stands before whatever Python wrote or displayed next. Of a log that was too long to keep
    the order is not known: there rich outputs come last.
    """
    tails = {stream: _Tail(stream, *read_tail(folder, stream, last)) for stream in (OUT, ERR)}
    ordered = all(tail.size < LIMIT for tail in tails.values())
    shown: list[Shown] = []
    waiting = -1
    for display in display_lines(folder):
        places = {OUT: display.out, ERR: display.err}
        news = [text for stream, tail in tails.items() for text in tail.until(places[stream])] if ordered else []
        if waiting >= 0 and (news or not (display.clear or display.mark)):
            del shown[:waiting]
            waiting = -1
        shown += news
        if display.clear and display.wait:
            waiting = len(shown)
        elif display.clear:
            shown.clear()
        elif display.update:
            shown[:] = [display if _same(display, old) else old for old in shown]
        elif not display.mark:
            shown.append(display)
    rest = [text for tail in tails.values() for text in tail.until(tail.size)]
    if waiting >= 0 and rest:
        del shown[:waiting]
    return [*shown, *rest] if ordered else [*rest, *shown]


def _same(display: Display, old: Shown) -> bool:
    return isinstance(old, Display) and old.display_id == display.display_id


class _Tail:
    """The end of a stream's log, given out from its beginning on."""

    def __init__(self, stream: str, data: bytes, size: int) -> None:
        self.stream, self.size = stream, size
        self._data, self._at = data, size - len(data)
        self._cut = len(data) < size

    def until(self, place: int) -> Iterator[Text]:
        """What was written before byte *place* of the log, and has not been given out yet."""
        data = self._data[: max(0, place - self._at)]
        if not data:
            return
        self._data, self._at = self._data[len(data) :], self._at + len(data)
        cut, self._cut = self._cut, False
        if cut and (newline := data.find(b"\n")) >= 0:
            data = data[newline + 1 :]
        if data or cut:
            yield Text(self.stream, data.decode(errors="replace"), cut)
