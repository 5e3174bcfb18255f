"""Custom policies that are being asked: one process each, for a bounded time, beside the slots of the jobs."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from functools import partial
from secrets import token_hex
from typing import NamedTuple

from nbflow.core import groups
from nbflow.core.answers import heard
from nbflow.core.event import GroupJudged
from nbflow.core.group_plan import Question, seen
from nbflow.core.inputs import Whole
from nbflow.core.plan import Ask
from nbflow.core.policy import customs
from nbflow.core.run import Run
from nbflow.core.spec import JobSpec
from nbflow.core.status import Verdict
from nbflow.engine.attempt.judging import POLICY, Seen, sent
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.engine.dispatch import Act, Dispatch
from nbflow.engine.orders import ATTEMPTS, Place

TIMEOUT = 10.0
"""Seconds a policy may take to answer."""
LOSSES = 3
"""How often a policy is asked again whose answer nobody saw."""


class _Asked(NamedTuple):
    run: int
    ask: Ask
    folder: str


class Judging:
    """The policies that are being asked by *dispatch*'s executor ``process``."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._asked: dict[str, _Asked] = {}
        self._lost: Counter[tuple[int, Ask]] = Counter()

    @property
    def busy(self) -> bool:
        """An answer is to come."""
        return bool(self._asked)

    def ask(self, run: int, state: Run, ask: Ask, place: Place) -> Act | None:
        """What has the policy asked; None if it is being asked about these members already."""
        if any(other.run == run and _same(other.ask, ask) for other in self._asked.values()):
            return None
        order = _order(state, ask, place)
        self._asked[order.key] = _Asked(run, ask, order.folder)
        return partial(self._dispatch.submit, "process", order)

    def over(self, report: AttemptReport, at: float) -> tuple[int, GroupJudged | None] | None:
        """The run, and what a policy has said there, or None if that was lost; None if *report* is of no policy."""
        found = self._asked.pop(report.key, None)
        if found is None:
            return None
        shutil.rmtree(found.folder, ignore_errors=True)
        run, ask, _ = found
        if report.end in ("lost", "cancelled"):
            self._lost[run, ask] += 1
            if self._lost[run, ask] <= LOSSES:
                return run, None
        self._lost.pop((run, ask), None)
        return run, _event(ask, at, *_verdict(report))


def unasked(ask: Ask, at: float) -> GroupJudged:
    """What is told of a policy that may not be asked, for it would run in a process."""
    return _event(ask, at, Verdict.BROKEN, "it was not asked: processes are forbidden")


def _event(ask: Ask, at: float, verdict: Verdict, reason: str) -> GroupJudged:
    return GroupJudged(
        at=at,
        group=ask.group,
        members=ask.members,
        standings=ask.standings,
        verdict=verdict,
        reason=reason,
        place=ask.place,
        parts=ask.parts,
    )


def _same(one: Ask, other: Ask) -> bool:
    """About the same members, however they stand: an answer that comes too late is asked for again."""
    return (one.group, one.members, one.place, one.parts) == (other.group, other.members, other.place, other.parts)


def _verdict(report: AttemptReport) -> tuple[Verdict, str]:
    """What the policy said; that it failed to is a verdict too."""
    if report.end == "succeeded" and report.said:
        return heard(report.said)
    reason = report.reason.words() if report.reason is not None else report.end
    return Verdict.BROKEN, f"it gave no verdict: {reason}"


def _order(run: Run, ask: Ask, place: Place) -> AttemptOrder:
    """The order to ask: in the folder, and with the environment and path, of the group's first job."""
    key = token_hex(12)
    first = next((run.jobs[name].spec for name in groups.jobs_in(run, ask.group)), JobSpec(name=ask.group))
    policy = customs(run.groups[ask.group].policy)[ask.place]
    asked = Question(ask.group, ask.members, ask.standings, ask.place, ask.parts)
    return AttemptOrder(
        key=key,
        run=run.number,
        flow=run.flow,
        job=ask.group,
        generation=0,
        attempt=0,
        folder=os.path.join(place.store, ATTEMPTS, key),  # noqa: PTH118 - as for every attempt
        store=place.store,
        cwd=os.path.join(place.cwd, first.cwd) if first.cwd else place.cwd,  # noqa: PTH118
        env=first.env,
        path=first.path,
        source="",
        inputs={POLICY: Whole(policy.value)},
        judged=sent([Seen(m.name, m.status, m.reason, m.going) for m in seen(run, asked)]),
        timeout=TIMEOUT,
    )
