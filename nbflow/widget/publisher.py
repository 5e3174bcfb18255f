"""Sends a view's state: one thread, at most ten times a second, nothing when nothing changed."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any, Protocol

import msgspec

from nbflow.widget.state import State

PACE = 0.1
"""Seconds at least between two sendings."""
BYTES_PER_SECOND = 90_000
"""A sending of many bytes is followed by a longer pause: servers drop what comes faster than 1 MB/s."""
AGAIN = 3.0
"""Seconds after the last change at which everything is sent once more, for a browser that missed something."""
LOG_PACE = 0.5
"""Seconds between two looks at a growing log."""


class Screen(Protocol):
    """Where the state goes."""

    def look(self) -> tuple[State, bool]:
        """The state as it stands, and whether something in it grows without telling (a log)."""

    def show(self, changed: State) -> None:
        """Send what is new."""

    def show_again(self) -> None:
        """Send everything once more."""

    def tell(self, message: dict[str, Any]) -> None:
        """Send one message beside the state."""


class Publisher:
    """Publishes one screen. `turn` does what is due; `start` has a thread do so until `close`."""

    def __init__(self, screen: Screen, shown: State) -> None:
        self._screen, self._shown = screen, dict(shown)
        self._answers: deque[dict[str, Any]] = deque()
        self._news = threading.Event()
        self._dirty, self._closed = False, False
        self._open_at = 0.0
        """No sending before this instant."""
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
        """Have *message* sent at once. Brief; may be called by any thread."""
        self._answers.append(message)
        self._news.set()

    def close(self) -> None:
        """Send no more."""
        self._closed = True
        self._news.set()

    def _run(self) -> None:
        due: float | None = None
        while not self._closed:
            self._news.wait(None if due is None else max(0.0, due - time.monotonic()))
            self._news.clear()
            if not self._closed:
                due = self.turn(time.monotonic())

    def turn(self, now: float) -> float | None:
        """Do what is due at *now* (seconds, monotonic); returns when the next thing will be, None if nothing will."""
        while self._answers:
            self._screen.tell(self._answers.popleft())
        if self._look_at is not None and now >= self._look_at:
            self._dirty, self._look_at = True, None
        if self._dirty and now >= self._open_at:
            self._dirty = False
            self._send(now)
        elif self._again_at is not None and now >= self._again_at:
            self._again_at = None
            self._screen.show_again()
        waits = [self._open_at] if self._dirty else []
        return min([*waits, *(at for at in (self._again_at, self._look_at) if at is not None)], default=None)

    def _send(self, now: float) -> None:
        began = time.monotonic()
        state, grows = self._screen.look()
        if grows:
            self._look_at = now + LOG_PACE
        changed = {name: value for name, value in state.items() if self._shown.get(name) != value}
        if not changed:
            return
        self._screen.show(changed)
        self._shown |= changed
        self._again_at = now + AGAIN
        cost = len(msgspec.json.encode(changed)) / BYTES_PER_SECOND
        self._open_at = now + max(PACE, cost, 3 * (time.monotonic() - began))
