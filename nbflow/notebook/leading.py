"""The newest card of a flow, which says at its right how the run as a whole stands."""

from __future__ import annotations

import time

from nbflow.core.glance import Glance
from nbflow.core.standing import Stander
from nbflow.notebook.fan_slot import FanSlot
from nbflow.notebook.gathering import SHARE
from nbflow.notebook.slot import Slot

PACE = 1.0
"""Seconds at least between two looks at the whole run."""


class Leading:
    """Which card says it, and what."""

    def __init__(self) -> None:
        self.slot: Slot | FanSlot | None = None
        self.rest = 0.0
        """No look at the run before (monotonic): with many jobs one takes its time."""
        self._stander = Stander()
        self._seen = -1

    def follow(self, slot: Slot | FanSlot) -> None:
        """A card was added: it says it from now on, no other does."""
        if self.slot is not None:
            slot.standing, self.slot.standing = self.slot.standing, ""
        self.slot, self._seen = slot, -1  # looked at soon, by who has the time

    @property
    def behind(self) -> bool:
        """The run has gone on since it was looked at."""
        return self.slot is not None and self.slot.replica.run.seq != self._seen

    def stand(self) -> None:
        """Look how the run stands. One job speaks for itself."""
        if self.slot is None:
            return
        began, replica = time.monotonic(), self.slot.replica
        with replica.lock:
            glance = Glance(replica.run, time.time())
            self._seen = replica.run.seq
            self.slot.standing = self._stander.line(glance) if len(glance["jobs"]) > 1 else ""
        self.rest = began + max(PACE, SHARE * (time.monotonic() - began))
