"""Children forked before there is an order for them, so that an order need not wait for a fork.

A fork takes milliseconds in which the zygote listens to nobody; so the next one also waits, while there are spares
left, until an attempt that has just begun had the time to end.
"""

from __future__ import annotations

import math
import os
import socket
import time
import traceback
from collections import deque
from collections.abc import Callable
from typing import NoReturn

SPARES = 3
FRESH = 0.005
"""Seconds in which a short attempt is done."""
HEARING = 0.001
"""Seconds in which the engine hears of an end, and perhaps sends the next order."""
AGAIN = 1.0
"""Seconds until the next spare is forked after the system refused one, or one died."""


class Nursery:
    """Forks children, and keeps up to `SPARES` of them waiting.

    *leave* is called in a new child, to close what is the zygote's; *live* is the rest of its life, given its end of
    the channel and the zygote's process id.
    """

    def __init__(self, leave: Callable[[], None], live: Callable[[socket.socket, int], NoReturn]) -> None:
        self._leave, self._live = leave, live
        self._spares: deque[tuple[int, socket.socket]] = deque()
        self._fresh_until = self._refused_until = 0.0
        self.is_open = False
        """Whether children may be forked ahead."""

    @property
    def pids(self) -> set[int]:
        return {pid for pid, _ in self._spares}

    def take(self) -> tuple[int, socket.socket]:
        """A child and our end of its channel, forked now if there is no spare; raises `OSError` if it cannot be."""
        self._fresh_until = time.monotonic() + FRESH
        return self._spares.popleft() if self._spares else self._fork()

    def relax(self) -> None:
        """An attempt has ended: the next fork keeps nobody waiting, once the engine has had the time to hear of it."""
        self._fresh_until = time.monotonic() + HEARING

    def due_in(self) -> float:
        """Seconds until another spare should be forked; infinite if there are enough."""
        if not self.is_open or len(self._spares) >= SPARES:
            return math.inf
        after = max(self._fresh_until, self._refused_until) if len(self._spares) > 1 else self._refused_until
        return after - time.monotonic()

    def add(self) -> None:
        """Fork a spare; if the system refuses, not again for a while."""
        try:
            self._spares.append(self._fork())
        except OSError:
            traceback.print_exc()
            self._refused_until = time.monotonic() + AGAIN

    def ended(self, pid: int) -> None:
        """The child *pid* has ended; if it was a spare, it is none any more, and something is amiss."""
        for spare in [spare for spare in self._spares if spare[0] == pid]:
            self._spares.remove(spare)
            spare[1].close()
            self._refused_until = time.monotonic() + AGAIN

    def _fork(self) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            theirs.close()
            raise
        if pid == 0:
            ours.close()
            for _, channel in self._spares:
                channel.close()
            self._leave()
            self._live(theirs, parent)
        theirs.close()
        return pid, ours
