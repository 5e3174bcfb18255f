"""The live cards under the job cells: one publisher keeps all of them true, and leaves them finished."""

from __future__ import annotations

import contextvars
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nbflow.core.project import project_job
from nbflow.core.run import JobState
from nbflow.engine.client import ERR, OUT, Client, Replica
from nbflow.notebook.card import Card

TICK, PACE = 1.0, 0.2
"""Seconds between updates of a running card, and at least between two updates of any."""


@dataclass(slots=True)
class Slot:
    """One displayed card: of *job* in *replica*, in the output area that *display_id* names."""

    job: str
    replica: Replica
    display_id: str
    context: contextvars.Context
    shown: str = ""
    ended: bool = False
    generation: int = 0


Publish = Callable[[dict[str, str], str, bool], None]
"""Called as publish(bundle, display_id, update)."""


@dataclass
class Cards:
    """The cards of one kernel. *publish* sends a mime bundle to the front end; *live*: it can be replaced there."""

    client: Callable[[], Client]
    publish: Publish
    live: bool = True
    note: str = ""
    """Said on the card of a job that has not ended."""
    _slots: dict[str, Slot] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _wake: threading.Event = field(default_factory=threading.Event)
    _closed: bool = False
    _thread: threading.Thread | None = None

    def show(self, replica: Replica, job: str) -> None:
        """Put a new card for *job* under the cell that runs now. An older card of the job stays as it is."""
        slot = Slot(job, replica, uuid.uuid4().hex, contextvars.copy_context())
        slot.generation = replica.run.jobs[job].generation
        card = self._card(slot)
        slot.shown = card.html()
        with self._lock:
            self._slots[job] = slot
        self.publish(card.bundle(), slot.display_id, False)
        if self.live and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="nbflow-cards", daemon=True)
            self._thread.start()
        self.changed()

    def changed(self) -> None:
        """Something happened in the run: look at the cards soon."""
        self._wake.set()

    def flush(self) -> None:
        """Bring every card up to date from this thread, now, for front ends that follow one cell at a time."""
        with self._lock:
            slots = list(self._slots.values())
        for slot in slots:
            self._update(slot, force=True)

    def close(self) -> None:
        """Stop; cards keep their last state."""
        self._closed = True
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(2)

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(TICK if self._busy() else None)
            self._wake.clear()
            with self._lock:
                slots = [slot for slot in self._slots.values() if not self._settled(slot)]
            for slot in slots:
                slot.context.run(self._update, slot)
            time.sleep(PACE)

    def _busy(self) -> bool:
        with self._lock:
            return any(not self._settled(slot) for slot in self._slots.values())

    def _settled(self, slot: Slot) -> bool:
        state = slot.replica.run.jobs.get(slot.job)
        return slot.ended and state is not None and state.status.ended and state.generation == slot.generation

    def _update(self, slot: Slot, force: bool = False) -> None:
        card = self._card(slot)
        html = card.html()
        with self._lock:
            if not force and html == slot.shown:
                slot.ended = card.status.ended
                return
            slot.shown, slot.ended = html, card.status.ended
            slot.generation = card.job["generation"]
        self.publish(card.bundle(), slot.display_id, True)

    def _card(self, slot: Slot) -> Card:
        with slot.replica.lock:
            state = slot.replica.run.jobs[slot.job]
            job: dict[str, Any] = project_job(slot.replica.run, slot.job)
            job["values"] = values(state)
            key = state.attempts[-1].key if state.attempts else ""
            traceback = state.attempts[-1].traceback if state.attempts else ""
        client = self.client()
        log = client.log(key, OUT) + client.log(key, ERR) if key else ""
        displays = client.displays(key) if key else []
        return Card(slot.job, job, time.time(), log, traceback, displays, self.note)


def values(state: JobState) -> dict[str, dict[str, Any]]:
    """Name -> size in bytes and shape of each output that the job has now."""
    return {name: {"size": ref.size, "shape": ref.shape} for name, ref in state.outputs.items()}
