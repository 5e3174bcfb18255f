"""The live cards under the job cells: one publisher keeps all of them true, and leaves them finished."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from nbflow.core.elements import fan_of
from nbflow.engine.client import Client, Replica
from nbflow.notebook.ambience import Ambience
from nbflow.notebook.fan_slot import FanSlot
from nbflow.notebook.leading import Leading
from nbflow.notebook.slot import Slot, resting

TICK, PACE = 1.0, 0.2
"""Seconds between updates of a running card, and at least between two rounds of updates."""
ROUND = 50
"""Cards updated in one round at most: front ends drop what comes faster than about a thousand messages a second."""
RATE = 200_000
"""Bytes a second that one running card may send: one with many figures is updated less often."""

_log = logging.getLogger(__name__)
Publish = Callable[[dict[str, str], str, bool], None]
"""Called as publish(bundle, display_id, update)."""


@dataclass
class Cards:
    """The cards of one kernel. *publish* sends a mime bundle to the front end."""

    client: Callable[[], Client]
    publish: Publish
    live: bool = True
    """What was published can be replaced."""
    headless: bool = False
    """The front end sees only what is published while a cell runs, as nbclient does."""
    ambience: Ambience | None = None
    """What tells pages of cards that the front end no longer brings up to date."""
    note: str = field(init=False)
    """Said on the card of a job that has not ended."""
    _slots: list[Slot | FanSlot] = field(default_factory=list)
    """The cards that may still change, oldest first."""
    _leading: Leading = field(default_factory=lambda: Leading())
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _wake: threading.Event = field(default_factory=threading.Event)
    _closed: bool = False
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        self.note = "still going when this was saved" if self.headless else ""

    def show(self, replica: Replica, job: str) -> None:
        """Put a new card for *job* under the cell that runs now; an older card of it tells what became of that one."""
        slot = self._slot(replica, job)
        card = slot.card(self.client(), time.time(), self.note)
        if not self.live:
            self.publish({"text/plain": card.head}, slot.display_id, False)
            return
        with self._lock:
            for older in self._slots:
                if older.job == job and older.replica is replica:
                    older.supersede()
            self._slots.append(slot)
            self._leading.follow(slot)
        slot.published(card, time.monotonic())
        slot.flushed = slot.shown
        self.publish(card.bundle(), slot.display_id, False)
        if self.ambience is not None:
            self.ambience.shown(slot)
        self._start()

    def _slot(self, replica: Replica, name: str) -> Slot | FanSlot:
        """A slot for the job or fan-out *name*."""
        place = uuid.uuid4().hex, contextvars.copy_context()
        with replica.lock:
            jobs = replica.run.jobs
            if (fan := fan_of(replica.run, name)) is not None:
                return FanSlot(name, replica, *place, {each: jobs[each].generation for each in fan.elements})
            return Slot(name, replica, *place, jobs[name].generation)

    def adopt(self, replica: Replica, slots: Sequence[Slot | FanSlot]) -> None:
        """Go on with the cards that earlier ones of this kernel left; *replica* is of the same run as theirs."""
        moved = [slot.moved(replica) for slot in slots]
        with self._lock:
            self._slots += moved
        if self.ambience is not None:
            for slot in moved:
                self.ambience.shown(slot)
        self._start()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="nbflow-cards", daemon=True)
            self._thread.start()
        self.changed()

    def changed(self) -> None:
        """Something happened in the run: look at the cards soon."""
        self._wake.set()

    def flush(self) -> None:
        """Bring every card up to date from the thread of the running cell, now."""
        now = time.monotonic()
        with self._lock:
            self._leading.stand()
            slots = [slot for slot in self._slots if slot.running or slot.shown != slot.flushed or slot.due(now)]
        for slot in slots:
            self._update(slot, slot.flushed)
            slot.flushed = slot.shown
            self._drop(slot)

    def close(self) -> list[Slot | FanSlot]:
        """Stop; cards keep their last state, and those of jobs that go on say that it is the last.

        Returns:
            The cards that may still change, for `adopt`.
        """
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(2)
        if self.live and not self.headless:
            self.note = "not followed any more"
            self.flush()
        return self._slots

    def _run(self) -> None:
        while not self._closed:
            with self._lock:
                going = self._leading.behind or any(slot.running for slot in self._slots)
            self._wake.wait(TICK if going else None)
            self._wake.clear()
            now = time.monotonic()
            with self._lock:
                if now >= self._leading.rest:
                    self._leading.stand()
                due = [slot for slot in self._slots if slot.due(now)]
            for slot in due[:ROUND]:
                slot.context.run(self._follow, slot)
            if due[ROUND:]:
                self._wake.set()
            time.sleep(PACE)

    def _follow(self, slot: Slot | FanSlot) -> None:
        try:
            self._update(slot, slot.shown)
        except Exception:  # one card's fault must not keep the others from being true
            _log.exception("the card of %r could not be brought up to date", slot.job)
            slot.ended, slot.until = True, slot.until or slot.first
        self._drop(slot)

    def _update(self, slot: Slot | FanSlot, before: str) -> None:
        """Publish a card that does not look as it did *before*."""
        card = slot.card(self.client(), time.time(), self.note)
        bundle = card.bundle()
        rest = max(len(bundle["text/html"]) / RATE, resting(self._slots) - TICK)
        slot.published(card, time.monotonic() + rest)
        if slot.shown != before:
            self.publish(bundle, slot.display_id, True)

    def _drop(self, slot: Slot | FanSlot) -> None:
        """Forget a card on which nothing can change any more."""
        if slot.over and slot is not self._leading.slot and (slot.shown == slot.flushed or not self.headless):
            with self._lock:
                self._slots[:] = [each for each in self._slots if each is not slot]
