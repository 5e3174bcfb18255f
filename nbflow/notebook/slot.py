"""One displayed card: which declaration of a job it belongs to, and what it showed last."""

from __future__ import annotations

import contextvars
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbflow.core.event import JobReused
from nbflow.core.hidden import is_hidden
from nbflow.core.project import project_job
from nbflow.core.run import AttemptState, JobState, Run
from nbflow.core.status import Status
from nbflow.core.why import reused_text
from nbflow.engine.client import Client, Display, Replica
from nbflow.notebook.card import LOG_LIMIT, Card
from nbflow.notebook.fan_card import FanCard

_ENDS = {
    "succeeded": Status.SUCCEEDED,
    "failed": Status.FAILED,
    "cancelled": Status.CANCELLED,
    "lost": Status.FAILED,
    "skipped": Status.SKIPPED,
}
GOING = (Status.RUNNING, Status.RETRYING, Status.RECOVERING, Status.ROLLING_BACK, Status.FALLING_BACK)
"""Their cards show a time that goes on."""


CLOCKS = 8
"""Cards whose clocks go on in one second: where more jobs run, each card's goes on less often."""


def resting(slots: Iterable[Looks]) -> float:
    """Seconds for which a card with a clock may rest, beside the others with one."""
    return max(1.0, sum(slot.running for slot in slots) / CLOCKS)


@dataclass(slots=True, eq=False, kw_only=True)
class Looks:
    """What a displayed card showed last, and until when it may rest."""

    last: Card | FanCard | None = None
    """The card as it was published last."""
    letter: str = ""
    """Its status then."""
    shown: str = ""
    flushed: str = ""
    """What it showed when it was last published within a cell."""
    ended: bool = False
    running: bool = False
    """Its card shows a time that goes on."""
    standing: str = ""
    """How the run stands, where this card says so."""
    _seen: tuple[object, ...] = ()
    _rest: float = 0.0
    _stood: str = ""

    @property
    def restanding(self) -> bool:
        """It does not say yet how the run stands."""
        return self.standing != self._stood

    def published(self, card: Card | FanCard, rest: float) -> None:
        """Its card looks so now; it need not be looked at again before *rest* (monotonic) for its clock alone."""
        self.shown, self._rest, self._stood = card.html(), rest, card.standing
        self.last, self.letter = card, card.status.letter
        self.ended = card.status.ended
        self.running = card.status in GOING


@dataclass(slots=True, eq=False)
class Slot(Looks):
    """The card of *job* in *replica*, in the output area that *display_id* names.

    It belongs to the declaration that opened generation *first*, and follows retries of it. Once the job was declared
    again, with generation *until*, it tells how the declaration that it belongs to ended.
    """

    job: str
    replica: Replica
    display_id: str
    context: contextvars.Context
    first: int
    until: int | None = None

    def card(self, client: Client, now: float, note: str) -> Card:
        """The card as it is now."""
        state, key, traceback, step = self.read()
        shown = client.shown(step or key, LOG_LIMIT) if key else []
        if step:  # beside what its attempt has displayed
            shown = [*(each for each in client.shown(key, 0) if isinstance(each, Display)), *shown]
        return Card(
            self.job, state, now, shown=shown, traceback=traceback, note=note, standing=self.standing, mark=self.mark
        )

    def supersede(self) -> None:
        """The job was declared again."""
        with self.replica.lock:
            self.until = self.until or self.replica.run.jobs[self.job].generation

    def read(self) -> tuple[dict[str, Any], str, str, str]:
        """The job as the card shows it, the key of the attempt whose output it shows, that one's traceback, and the
        key of the step under way, if one is."""
        with self.replica.lock:
            self._seen = self._signature()
            state = self.replica.run.jobs[self.job]
            job = project_job(self.replica.run, self.job)
            made = {name: ref for name, ref in state.outputs.items() if not is_hidden(name)}
            job["values"] = {name: {"size": ref.size, "shape": ref.shape} for name, ref in made.items()}
            mine = [a for a in state.attempts if a.generation < (self.until or a.generation + 1)]
            if self.until is not None:
                own = [a for a in mine if a.generation >= self.first]
                numbers = {a.number for a in own}
                job["attempts"] = [each for each in job["attempts"] if each["number"] in numbers]
                job["generation"] = own[-1].generation if own else self.first
                job |= replaced(own)
            last = mine[-1] if mine else None
            if (reuse := self._reused(state)) is not None:
                return job | _reused(self.replica.run, reuse), reuse.attempt, "", ""
            step = next((each.key for each in last.steps if each.end is None), "") if last else ""
        return job, last.key if last else "", last.traceback if last else "", step

    def _reused(self, state: JobState) -> JobReused | None:
        """What stood for the outputs at the end of the declaration that the card belongs to."""
        if self.until is None:
            return state.reuse
        ours = [each for each in state.reused if self.first <= each.generation < self.until]
        if not ours or any(self.until > each.generation > ours[-1].generation for each in state.attempts):
            return None
        return ours[-1]

    def moved(self, replica: Replica) -> Slot:
        """The same card, from now on of *replica*, which is of the same run."""
        return Slot(self.job, replica, self.display_id, self.context, self.first, self.until)

    @property
    def mark(self) -> str:
        """What pages know the card by."""
        return self.display_id[:12]

    @property
    def over(self) -> bool:
        """Nothing can change on it any more."""
        return self.ended and self.until is not None

    def due(self, now: float) -> bool:
        """Whether the card may look otherwise than it does."""
        with self.replica.lock:
            changed = self._signature() != self._seen
        return changed or self.restanding or (self.running and now >= self._rest)

    def _signature(self) -> tuple[object, ...]:
        """What a card depends on, but for time and logs."""
        state = self.replica.run.jobs.get(self.job)
        if state is None:
            return ()
        running = state.running.number if state.running else None
        steps = [each.end for attempt in state.attempts[-1:] for each in attempt.steps]
        told = self.until, state.status, state.reason, state.generation, state.unmet, state.asked
        return *told, len(state.attempts), running, *steps


def _reused(run: Run, reuse: JobReused) -> dict[str, Any]:
    """What a snapshot would say of a declaration that ended so."""
    return {"status": Status.REUSED.value, "reason_text": reused_text(run, reuse), "try": 0, "started_at": None}


def replaced(attempts: list[AttemptState]) -> dict[str, Any]:
    """What a snapshot would say of a declaration that is not the job's newest, with these *attempts*."""
    last = attempts[-1] if attempts else None
    ends = [last.ended_at, *(step.ended_at for step in last.steps)] if last is not None else []
    if last is None or last.end is None:
        running = last is not None
        status, why = (Status.RUNNING, "is being stopped") if running else (Status.CANCELLED, "declared again")
    else:
        status = _ENDS[last.end]
        why = last.reason.words() if last.reason and last.reason.kind != "replaced" else "declared again"
        if any(step.step == "fallback" and step.good for step in last.steps):
            status, why = Status.RECOVERED, f"by its fallback, after {why}"
    return {
        "status": status.value,
        "reason_text": "" if status is Status.SUCCEEDED else why,
        "try": len(attempts),
        "of": max(len(attempts), 1),
        "needs": [],
        "values": {},
        "rules": [],  # those of the newest declaration are others
        "rollback": None,
        "fallback": None,
        "started_at": attempts[0].started_at if attempts else None,
        "ended_at": max((at for at in ends if at is not None), default=None),
    }
