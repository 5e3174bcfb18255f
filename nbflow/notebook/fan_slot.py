"""One displayed card of a fan-out: which declaration of it the card belongs to, and what it showed last."""

from __future__ import annotations

import contextvars
import time
from dataclasses import dataclass

from nbflow.core.elements import fan_of
from nbflow.core.group_plan import broken_text
from nbflow.core.pace import alike_left
from nbflow.core.project import reason_text
from nbflow.core.run import AttemptState, JobState, Run
from nbflow.core.status import Status, Verdict
from nbflow.engine.client import OUT, Client, Replica
from nbflow.notebook.fan_card import TOLD, FanCard, last_line
from nbflow.notebook.gathering import SHARE
from nbflow.notebook.slot import GOING, Looks, replaced

TAIL = 4 * 1024
"""Bytes of a log's end that the last line is looked for in."""
PRINTING = 3
"""Running elements of which the last line is shown."""


def _left(own: dict[str, list[AttemptState]], statuses: dict[str, Status], now: float) -> float | None:
    """Seconds until all have ended, as far as those that have tell; each stands for the others."""
    last = [tries[-1] for tries in own.values() if tries]
    took = [one.ended_at - one.started_at for one in last if one.end == "succeeded" and one.ended_at is not None]
    since = [own[name][-1].started_at for name, status in statuses.items() if status is Status.RUNNING and own[name]]
    ahead = sum(not status.ended and status is not Status.HELD for status in statuses.values())
    return alike_left(took, since, ahead - len(since), now)


@dataclass(slots=True, eq=False)
class FanSlot(Looks):
    """The card of the fan-out *job* in *replica*, in the output area that *display_id* names.

    It belongs to the declaration that opened the generations *first* of the elements' jobs, and follows retries of
    them. Once the fan-out was declared again, with the generations *until*, it tells how that declaration ended.
    """

    job: str
    replica: Replica
    display_id: str
    context: contextvars.Context
    first: dict[str, int]
    until: dict[str, int] | None = None
    _quiet: float = 0.0
    """It is not looked at again before (monotonic): with many jobs that takes its time."""

    def card(self, client: Client, now: float, note: str) -> FanCard:
        """The card as it is now."""
        began = time.monotonic()
        with self.replica.lock:
            self._seen = self._signature()
            run = self.replica.run
            own = {name: self._own(run.jobs[name]) for name in self.first if name in run.jobs}
            statuses = {name: self._status(run.jobs[name], attempts) for name, attempts in own.items()}
            reasons = {name: self._reason(run, name, own[name]) for name in self._failed(statuses)}
            label = self._label(run)
            tries = [attempt for attempts in own.values() for attempt in attempts]
            keys = {name: tries[-1].key for name, tries in own.items() if tries and statuses[name] in GOING}
            verdict = self._verdict(run)
        shown = dict(sorted(keys.items(), key=lambda item: item[0])[-PRINTING:]) if len(keys) > PRINTING else keys
        lines = {name: last_line(client.log(key, OUT, last=TAIL)) for name, key in shown.items()}
        self._quiet = time.monotonic() + SHARE * (time.monotonic() - began)
        return FanCard(
            self.job,
            statuses,
            now,
            started_at=min((attempt.started_at for attempt in tries), default=None),
            ended_at=max((attempt.ended_at for attempt in tries if attempt.ended_at is not None), default=None),
            reasons=reasons,
            lines={name: line for name, line in lines.items() if line},
            verdict=verdict,
            note=note,
            label=label,
            left=_left(own, statuses, now),
            standing=self.standing,
            mark=self.mark,
        )

    def _own(self, job: JobState) -> list[AttemptState]:
        """The attempts of *job* that are of this declaration."""
        name = job.spec.name
        last = self.until.get(name) if self.until is not None else None
        return [a for a in job.attempts if a.generation >= self.first[name] and (last is None or a.generation < last)]

    def _status(self, job: JobState, attempts: list[AttemptState]) -> Status:
        return job.status if self.until is None else Status(replaced(attempts)["status"])

    def _failed(self, statuses: dict[str, Status]) -> list[str]:
        return [name for name, status in statuses.items() if status.ended and not status.good][:TOLD]

    def _reason(self, run: Run, name: str, attempts: list[AttemptState]) -> str:
        if self.until is not None:
            return str(replaced(attempts)["reason_text"])
        job = run.jobs[name]
        tried = f" · attempt {job.tries} of {job.allowed}" if job.tries > 1 else ""
        return reason_text(run, job) + tried

    def _label(self, run: Run) -> str:
        """The fan-out's name with its loop variables."""
        element = next((run.jobs[name].spec.element for name in self.first if name in run.jobs), None)
        return f"{self.job}[{', '.join(element.values)}]" if element is not None and element.values else self.job

    def _verdict(self, run: Run) -> str:
        fan = fan_of(run, self.job) if self.until is None else None
        group = run.groups.get(fan.group) if fan is not None else None
        if group is None or group.verdict is Verdict.UNDECIDED:
            return "declared again" if self.until is not None else ""
        if group.verdict is Verdict.BROKEN:
            return f"broken: {broken_text(group)}"
        return "" if all(run.jobs[name].status.good for name in self.first if name in run.jobs) else "met"

    def supersede(self) -> None:
        """The fan-out was declared again."""
        with self.replica.lock:
            jobs = self.replica.run.jobs
            self.until = self.until or {name: jobs[name].generation for name in self.first if name in jobs}

    def moved(self, replica: Replica) -> FanSlot:
        """The same card, from now on of *replica*, which is of the same run."""
        return FanSlot(self.job, replica, self.display_id, self.context, self.first, self.until)

    @property
    def mark(self) -> str:
        """What pages know the card by."""
        return self.display_id[:12]

    @property
    def over(self) -> bool:
        """Nothing can change on it any more."""
        return self.ended and self.until is not None

    def due(self, now: float) -> bool:
        """Whether the card may look otherwise than it does, and is worth a look."""
        if self.running and now < self._quiet:
            return False
        with self.replica.lock:
            changed = self._signature() != self._seen
        return changed or self.restanding or (self.running and now >= self._rest)

    def _signature(self) -> tuple[object, ...]:
        """What a card depends on, but for time and logs: with so many jobs, whatever happens."""
        return self.until is None, self.replica.run.seq
