"""What pages are told of a run beside its cards: for the tab's badge, one notification, and cards that were reloaded.

Jupyter forgets with a reload where displayed outputs stand. The model of `nbflow.widget.ambient` is made anew in every
page, so that the page can ask for the cards in it that stand still.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from nbflow.core.glance import Glance
from nbflow.core.light import span
from nbflow.core.outcome import unexcused, verdict
from nbflow.core.run import Run
from nbflow.core.standing import standing
from nbflow.core.status import FAILURES, RunVerdict, Status
from nbflow.notebook.fan_slot import FanSlot
from nbflow.notebook.gathering import SHARE
from nbflow.notebook.session import Session
from nbflow.notebook.slot import Slot, resting

if TYPE_CHECKING:
    from nbflow.widget.ambient import Ambient

BEGIN = 1.0
"""Seconds after the first card before the model is made: loading widgets would keep the next cells waiting."""
PACE = 1.0
"""Seconds at least between two messages of a kind."""
SETTLED = 1.5
"""Seconds for which nothing has to go on before the run is said to have ended: the next cell may go on with it."""
STILL = 2.5
"""Seconds that a card's clock may be late in a page before the page asks for the card."""
KNOWN = 300
"""Cards of which pages know where they stand: the newest."""
_RUNNING = (Status.RUNNING, Status.RECOVERING, Status.ROLLING_BACK, Status.FALLING_BACK)


class Ambience:
    """Tells the pages of one kernel how the run of *session* stands, on a thread; nothing where nothing changes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._slots: dict[str, Slot | FanSlot] = {}
        """The cards that a page may show, oldest first, by what pages know them by."""
        self._asked: dict[str, str] = {}
        """Those that a page has asked for -> how they looked when they were sent last."""
        self._model: Ambient | None = None
        self._lock, self._news = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._still_since: float | None = None
        self._going = False

    # --- from the cards, and the session
    def shown(self, slot: Slot | FanSlot) -> None:
        """A card was put under a cell."""
        with self._lock:
            self._slots[slot.mark] = slot
            while len(self._slots) > KNOWN:
                del self._slots[next(iter(self._slots))]
        self.begin()

    def begin(self) -> None:
        """Somebody looks: pages are told from now on."""
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="nbflow-ambient", daemon=True)
            self._thread.start()
        self._news.set()

    def changed(self) -> None:
        """Something happened in the run. Brief; may be called by any thread."""
        self._news.set()

    def close(self) -> None:
        """Tell no more."""
        self._closed = True
        self._news.set()
        if self._thread is not None:
            self._thread.join(2)
        if self._model is not None:
            self._model.close()

    def ask(self, marks: Iterable[str]) -> None:
        """A page asks for cards that stand still there; from now on they are sent whenever they change."""
        with self._lock:
            self._asked |= {mark: "" for mark in marks if mark in self._slots}
        self._news.set()

    # --- the thread
    def _run(self) -> None:
        time.sleep(BEGIN)
        while not self._closed:
            self._news.clear()
            began = time.monotonic()
            again = self._turn(began)
            rest = max(PACE, SHARE * (time.monotonic() - began))
            self._news.wait(rest if again else None)
            time.sleep(max(0.0, began + rest - time.monotonic()))

    def _turn(self, now: float) -> bool:
        """Send what is new; whether there is more to come by itself."""
        replica = self._session.opened
        if replica is None:
            return False
        with replica.lock:
            stands = self._standing(replica.run, now)
        with self._lock:
            slots, asked = dict(self._slots), dict(self._asked)
        if self._model is None:
            from nbflow.widget.ambient import Ambient  # widgets are loaded by those who show something

            self._model = Ambient(stands["flow"], self.ask)
        stands["still"] = STILL + resting(slots.values())
        self._model.show(stands, {mark: f"{slot.letter} {slot.job}" for mark, slot in slots.items() if slot.letter})
        self._revive({mark: slots[mark] for mark in asked if mark in slots})
        settling = self._still_since is not None and self._going
        return settling or any(slot.running for mark, slot in slots.items() if mark in asked)

    def _standing(self, run: Run, now: float) -> dict[str, Any]:
        """What pages are told of *run*; that it has ended, only once that has stayed so for a while."""
        came_to = verdict(run)
        if came_to is RunVerdict.RUNNING:
            self._going, self._still_since = True, None
        elif self._going:
            self._still_since = self._still_since or now
            self._going = now - self._still_since < SETTLED
        jobs = Glance(run, 0.0)["jobs"]
        stand = [job.status for job in jobs.states]
        start, end = span(jobs) if not self._going else (None, None)
        took = end - start if start is not None and end is not None else None
        failed = sum(status in FAILURES for status in stand)
        return {
            "flow": run.flow or self._session.place.flow,
            "run": run.number,
            "going": self._going,
            "running": sum(status in _RUNNING for status in stand),
            "failed": failed,
            "paused": run.paused,
            "verdict": came_to.value,
            "said": standing(stand, took=took),
            "why": _first(unexcused(run)) if failed else "",
        }

    def _revive(self, slots: Mapping[str, Slot | FanSlot]) -> None:
        """Send those of the cards that were asked for which look otherwise than they did."""
        told: dict[str, dict[str, Any]] = {}
        for mark, slot in slots.items():
            if slot.last is not None and self._asked[mark] != slot.shown:
                self._asked[mark], told[mark] = slot.shown, slot.last.message()
        if told and self._model is not None:
            self._model.tell(told)


def _first(failed: Mapping[str, str]) -> str:
    """The first of the failed jobs, and why.

    >>> _first({"fit": "exit 10", "b": "timeout"}), _first({})
    ('fit: exit 10, and 1 more', '')
    """
    if not failed:
        return ""
    job, reason = next(iter(failed.items()))
    said = f"{job}: {' '.join(reason.split())}"[:160]
    return f"{said}, and {len(failed) - 1} more" if len(failed) > 1 else said
