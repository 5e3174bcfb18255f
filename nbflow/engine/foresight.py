"""What would happen to jobs if they were started now, as far as the cache can tell: nothing is started for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from copy import copy

from nbflow.core.foresight import Foreseen
from nbflow.core.inputs import makers, resolve
from nbflow.core.job import JobState
from nbflow.core.run import Run
from nbflow.core.spec import ValueRef
from nbflow.core.status import Status
from nbflow.engine.live import LiveRun
from nbflow.engine.lookups import Lookups


async def foresee(lookups: Lookups, live: LiveRun, names: Sequence[str]) -> tuple[Foreseen, ...]:
    """What would become of the jobs *names* of *live*, each after those that it reads from."""
    ahead = [name for name in names if name in live.run.jobs]
    view, found = _view(live.run, ahead), list[Foreseen]()
    for name in sorted(ahead, key=lambda each: live.run.jobs[each].order):
        job = view.jobs[name]
        unknown = next((maker for maker in makers(job.spec) if not _known(view, maker)), "")
        if not job.spec.cache or unknown:
            found.append(Foreseen(job=name, cache=job.spec.cache, unknown=unknown))
            continue
        asked = lookups.asked(view, job.spec, resolve(view, name), live.cwd)
        _, entry, why = await asyncio.to_thread(lookups.look, asked, live.run.flow)
        if entry is None:
            last = lookups.cache.last(live.run.flow, job.spec.function or name)
            found.append(Foreseen(job=name, cache=True, why=why, seconds=last.seconds if last is not None else 0.0))
            continue
        job.status, job.end, job.outputs = Status.REUSED, Status.REUSED, entry.outputs
        elsewhere = entry.flow if entry.flow != live.run.flow else ""
        found.append(Foreseen(job=name, cache=True, reused=True, run=entry.run, flow=elsewhere, seconds=entry.seconds))
    return tuple(found)


def _view(run: Run, ahead: Sequence[str]) -> Run:
    """*run* as if the jobs *ahead* had not been started; it is not changed by what is done with that."""
    view = copy(run)
    view.jobs = dict(run.jobs)
    for name in ahead:
        job = copy(run.jobs[name])
        job.status, job.end, job.outputs = Status.WAITING, None, dict[str, ValueRef]()
        view.jobs[name] = job
    return view


def _known(view: Run, maker: str) -> bool:
    """Whether it is known what *maker* makes, or that it makes nothing."""
    job: JobState | None = view.jobs.get(maker)
    return job is None or job.status.ended
