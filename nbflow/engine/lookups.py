"""Looks at the cache for the loop: what is asked and answered on the engine's thread, what takes long on another one.

Before a job with ``--cache`` starts, its recipe is made and looked for. Found: `JobReused`. Not found: `CacheMissed`,
which notes the recipe's key; when an attempt has succeeded the recipe is made again, and only if it is still the same
(no input, file or module has changed meanwhile) is what came of it kept.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine
from typing import Any

from msgspec.structs import replace

from nbflow.core.event import AttemptEnded, CacheMissed, JobReused
from nbflow.core.inputs import Inputs, offered, resolve
from nbflow.core.job import JobState
from nbflow.core.plan import Look
from nbflow.core.recipe import Recipe, differences
from nbflow.core.run import Run
from nbflow.core.spec import JobSpec
from nbflow.core.status import Status
from nbflow.engine.cache import Cache, Entry, key_of
from nbflow.engine.contents import MISSING
from nbflow.engine.live import LiveRun
from nbflow.engine.recipes import Asked, Recipes
from nbflow.engine.shelf import Shelf

ASKED_FOR = "a person asked for it"
_log = logging.getLogger(__name__)

Background = Callable[[Coroutine[Any, Any, None]], object]


class Lookups:
    """The looks of one engine.

    Args:
        cache: where to look.
        values: the store's values.
        store: the ``.nbflow`` folder.
        now: the engine's clock.
        background: sees a coroutine through.
        found: takes a run's id and what a look has come to; None for that: look again if it still matters.
    """

    def __init__(
        self,
        cache: Cache,
        values: Shelf,
        store: str,
        *,
        now: Callable[[], float],
        background: Background,
        found: Callable[[int, JobReused | CacheMissed | None], object],
    ) -> None:
        self.cache, self.recipes = cache, Recipes(values)
        self._store, self._now, self._background, self._found = store, now, background, found
        self._pending: set[tuple[int, str, int]] = set()

    @property
    def busy(self) -> bool:
        """A look is under way."""
        return bool(self._pending)

    def ask(self, live: LiveRun, order: Look) -> Callable[[], None] | None:
        """What begins the look that *order* asks for; None if it is under way."""
        place = live.row.id, order.job, order.generation
        if place in self._pending:
            return None
        self._pending.add(place)
        asked = self.asked(live.run, live.run.jobs[order.job].spec, resolve(live.run, order.job), live.cwd)
        return lambda: self._begin(self._look(live, order, asked))

    def asked(self, run: Run, spec: JobSpec, given: Inputs, folder: str) -> Asked:
        """What *spec*'s recipe is made from; *folder* is the notebook's."""
        cwd = os.path.join(folder, spec.cwd) if spec.cwd else folder  # noqa: PTH118
        may_ask = offered(run, spec.name) if spec.offered and spec.name in run.jobs else {}
        return Asked(spec, given, may_ask, self._store, cwd)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._background(work)

    async def _look(self, live: LiveRun, order: Look, asked: Asked) -> None:
        about: dict[str, Any] = {"job": order.job, "generation": order.generation}
        key, entry, why = await asyncio.to_thread(self.look, asked, live.run.flow, order.fresh)
        self._pending.discard((live.row.id, order.job, order.generation))
        job = live.run.jobs.get(order.job)
        if job is None or job.spec is not asked.spec or resolve(live.run, order.job) != asked.given:
            self._found(live.row.id, None)  # it was asked about something else
        elif entry is None:
            self._found(live.row.id, CacheMissed(at=self._now(), **about, key=key, why=why))
        else:
            self._found(live.row.id, _reused(entry, live.run.flow, self._now(), about))

    def look(self, asked: Asked, flow: str, fresh: bool = False) -> tuple[str, Entry | None, str]:
        """The key of *asked*'s recipe, the entry for it, and where there is none, why not. Takes its time."""
        try:
            recipe = self.recipes.make(asked)
            key = key_of(recipe)
            if fresh:
                return key, None, ASKED_FOR
            entry = self.cache.get(key)
            if entry is None:
                last = self.cache.last(flow, _known_as(asked.spec))
                return key, None, _why(last, recipe)
            changed = self._rewritten(entry)
            return (key, None, changed) if changed else (key, entry, "")
        except Exception as error:  # whatever is odd about a job, it can still be run
            _log.warning("no look at the cache for job %r", asked.spec.name, exc_info=error)
            return "", None, f"the cache could not be asked ({error})"

    def _rewritten(self, entry: Entry) -> str:
        """What has become of files that it left, if they are not as it left them."""
        now = self.recipes.contents.of(list(entry.written))
        for path, digest in entry.written.items():
            if now.get(path) != digest:
                name = os.path.relpath(path, os.path.dirname(self._store))  # noqa: PTH120
                return f"file {name} is gone" if now.get(path, MISSING) == MISSING else f"file {name} was changed"
        return ""

    # --- what succeeded is kept
    def ended(self, live: LiveRun, event: AttemptEnded) -> Callable[[], None] | None:
        """What has the outputs of an attempt kept, once its end is in the log; None if they are not to be."""
        job = live.run.jobs[event.job]
        if not _keeps(job, event):
            return None
        asked = self.asked(live.run, job.spec, resolve(live.run, event.job), live.cwd)
        attempt, key = job.attempts[-1], job.missed.key if job.missed is not None else ""
        entry = Entry(
            key=key,
            flow=live.run.flow,
            job=_known_as(job.spec),
            run=live.run.number,
            attempt=attempt.key,
            made_at=event.at,
            seconds=event.at - attempt.started_at,
            recipe=Recipe(code=""),
            outputs=event.outputs,
            missing=event.missing,
        )
        return lambda: self._begin(asyncio.to_thread(self._keep, asked, entry))

    def _keep(self, asked: Asked, entry: Entry) -> None:
        try:
            recipe = self.recipes.make(asked)
            if key_of(recipe) != entry.key:
                _log.info("job %r is not cached: what it reads has changed while it ran", entry.job)
                return
            files = self.recipes.contents.of(asked.spec.writes)
            written = {path: digest for path, digest in files.items() if digest != MISSING}
            self.cache.put(replace(entry, recipe=recipe, written=written))
        except Exception as error:  # its success is in the log, and stays
            _log.warning("job %r is not cached", entry.job, exc_info=error)


def _keeps(job: JobState, event: AttemptEnded) -> bool:
    """Whether the attempt's outputs are all that it has done: no input changed unseen, no job made from inside."""
    ours = job.end is Status.SUCCEEDED and event.generation == job.generation and event.end == "succeeded"
    if not ours or not job.spec.cache or job.missed is None or not job.missed.key:
        return False
    return event.response is None and not event.changed


def _known_as(spec: JobSpec) -> str:
    """What a job is compared with: calls of one function, whatever they are called, with each other."""
    return spec.function or spec.name


def _why(last: Entry | None, recipe: Recipe) -> str:
    if last is None:
        return ""
    return ", ".join(differences(last.recipe, recipe)) or "what it made has been removed"


def _reused(entry: Entry, flow: str, at: float, about: dict[str, Any]) -> JobReused:
    return JobReused(
        at=at,
        **about,
        outputs=entry.outputs,
        missing=entry.missing,
        run=entry.run,
        flow=entry.flow if entry.flow != flow else "",
        attempt=entry.attempt,
        made_at=entry.made_at,
        seconds=entry.seconds,
    )
