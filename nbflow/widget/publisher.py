"""Sends a view's state: one thread, at most ten messages a second, nothing when nothing changed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import msgspec

from nbflow.widget.state import State

PACE = 0.1
"""Seconds at least between two messages of whatever kind."""
BYTES_PER_SECOND = 90_000
"""A message is paid for by the pause that follows it: servers drop what comes faster than 1 MB/s."""
AGAIN = 3.0
"""Seconds after the last change at which everything is sent once more, for a browser that missed something."""
LOG_PACE = 0.5
"""Seconds between two looks at a growing log."""
PIECE = 40_000
"""Characters of one message's share of a long answer: what somebody asks to see comes in pieces, one a `PACE`."""
TOGETHER = 100
"""Short answers that go in one message."""


class Screen(Protocol):
    """Where the state goes."""

    def look(self) -> tuple[State, bool]:
        """The state as it stands, and whether something in it grows without telling (a log)."""

    def show(self, changed: State) -> None:
        """Send what is new."""

    def show_again(self, whole: bool = False) -> None:
        """Send everything once more; *whole*: even what hardly ever changes."""

    def tell(self, message: dict[str, Any]) -> None:
        """Send one message beside the state."""


class Publisher:
    """Publishes one screen. `turn` does what is due; `start` has a thread do so until `close`.

    State and answers take turns, so that neither keeps the other waiting for longer than a few messages take. *work*
    tells how much a look took of the processor: one that is dear is taken less often. That it had to wait for others,
    on a busy machine, is no reason to show later still.
    """

    def __init__(
        self,
        screen: Screen,
        shown: State,
        clock: Callable[[], float] = time.monotonic,
        work: Callable[[], float] = time.thread_time,
    ) -> None:
        self._screen, self._shown, self._clock, self._work = screen, dict(shown), clock, work
        self._answers: deque[dict[str, Any]] = deque()
        self._pieces: deque[dict[str, Any]] = deque()
        self._news = threading.Event()
        self._dirty, self._closed, self._answered, self._missed = False, False, False, False
        self._free_at = 0.0
        """No message before this instant."""
        self._open_at = 0.0
        """No state before this instant."""
        self._again_at: float | None = None
        self._look_at: float | None = None

    def start(self) -> None:
        """Begin, on a daemon thread."""
        threading.Thread(target=self._run, name="nbflow-view", daemon=True).start()

    def changed(self) -> None:
        """There may be something new to show. Brief; may be called by any thread."""
        self._dirty = True
        self._news.set()

    def answer(self, message: dict[str, Any]) -> None:
        """Have *message* sent as soon as one may be. Brief; may be called by any thread."""
        self._answers.append(message)
        self._news.set()

    def again(self) -> None:
        """Have everything sent once more: a page has slept. Brief; may be called by any thread."""
        self._missed = True
        self._news.set()

    def close(self) -> None:
        """Send no more."""
        self._closed = True
        self._news.set()

    def _run(self) -> None:
        due: float | None = None
        while not self._closed:
            self._news.wait(None if due is None else max(0.0, due - self._clock()))
            self._news.clear()
            if not self._closed:
                due = self.turn(self._clock())

    def turn(self, now: float) -> float | None:
        """Do what is due at *now* (seconds, monotonic); returns when the next thing will be, None if nothing will."""
        if self._look_at is not None and now >= self._look_at:
            self._dirty, self._look_at = True, None
        if self._missed:
            self._again_at = now
        if now >= self._free_at:
            self._send(now)
        waits = [max(self._free_at, self._open_at)] if self._dirty else []
        waits += [self._free_at] if self._answers or self._pieces else []
        waits += [max(self._again_at, self._free_at, self._open_at)] if self._again_at is not None else []
        return min([*waits, *([self._look_at] if self._look_at is not None else [])], default=None)

    def _send(self, now: float) -> None:
        """Send one message, if there is one to be sent."""
        owed, state = bool(self._answers or self._pieces), self._dirty and now >= self._open_at
        self._answered = owed and not (state and self._answered)
        if self._answered:
            self._tell(now)
        elif state:
            self._dirty = False
            self._show(now)
        elif self._again_at is not None and now >= max(self._again_at, self._open_at):
            self._screen.show_again(self._missed)
            self._again_at, self._missed = None, False
            self._pay(now, self._shown)

    def _tell(self, now: float) -> None:
        """Send what was answered, the short ones first and together."""
        short: list[dict[str, Any]] = []
        while self._answers and len(short) < TOGETHER:
            message = sendable(self._answers.popleft())
            pieces = list(_pieces(message))
            short += pieces if len(pieces) == 1 else []
            self._pieces.extend(pieces if len(pieces) > 1 else [])
        if short:
            message = short[0] if len(short) == 1 else {"kind": "several", "several": short}
            self._pay(now, message)
        else:
            message = self._pieces.popleft()
            self._free_at = now + PACE
        self._screen.tell(message)

    def _show(self, now: float) -> None:
        began, since = self._work(), self._clock()
        state, grows = self._screen.look()
        if grows:
            self._look_at = now + LOG_PACE
        changed = {name: value for name, value in state.items() if self._shown.get(name) != value}
        if not changed:
            return
        self._screen.show(sendable(changed))
        self._shown |= changed
        now += self._clock() - since  # sent only now: a look may have had to wait
        self._again_at = now + AGAIN
        self._pay(now, changed)
        self._open_at = max(self._open_at, now + 3 * (self._work() - began))

    def _pay(self, now: float, sent: Any) -> None:
        self._free_at = now + PACE
        self._open_at = max(now, self._open_at) + len(msgspec.json.encode(sendable(sent))) / BYTES_PER_SECOND


def sendable(value: Any) -> Any:
    r"""*value*, unless it holds half a character, which no message can carry: then a copy with signs for those.

    >>> sendable({"said": "caf\udcc3 au lait"})
    {'said': 'caf� au lait'}
    """
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        return _whole(value)
    return value


def _whole(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case Mapping():
            return {_whole(key): _whole(each) for key, each in value.items()}
        case list() | tuple():
            return [_whole(each) for each in value]
        case _:
            return value


def _pieces(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """*message*, or, where it is long, what it reads as JSON in pieces.

    >>> [piece["at"] for piece in _pieces({"number": 7, "text": "x" * 2 * PIECE})]
    [0, 1, 2]
    """
    text = msgspec.json.encode(message).decode()
    if len(text) <= PIECE:
        yield message
        return
    of = -(-len(text) // PIECE)
    for at in range(of):
        part = text[at * PIECE : (at + 1) * PIECE]
        yield {"kind": "piece", "number": message["number"], "at": at, "of": of, "text": part}
