"""Hooks: commands and webhooks that tell people who do not look that a run has ended, or that a first job has failed.

They are told to the engine by kernels, and never read from the log. Each occasion is in the log before anybody is told
of it: a hook is called once at most, also by an engine that takes over. Each runs in a process of its own, for some
seconds at most, and whatever becomes of it changes nothing in the run.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from nbflow.core.announcing import announcement, is_webhook, occasion, public
from nbflow.core.event import HookFailed, HooksCalled, Occasion
from nbflow.core.outcome import verdict
from nbflow.core.status import RunVerdict
from nbflow.engine.loop import Loop

TIMEOUT = 30.0
"""Seconds that a hook may take."""


class Hooks:
    """The hooks of the runs of *loop*; *background* runs a coroutine beside it."""

    def __init__(self, loop: Loop, background: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._loop, self._background = loop, background
        self._hooks: dict[int, tuple[str, ...]] = {}
        self._seen: dict[int, int] = {}
        """Run -> its events when it was last found to have ended: it has if there are no more at the next look."""
        self._before: dict[int, int] = {}
        """Run -> the attempts that it had started when its hooks were set while it was at rest: those are history."""
        self._dull: dict[int, int] = {}
        """Run -> its events when there was nothing to tell of it."""
        self._running = 0

    def set(self, run: int, hooks: Sequence[str]) -> None:
        """What tells people of *run* from now on."""
        new = tuple(dict.fromkeys(hooks))
        if new == self._hooks.get(run, ()):
            return
        live = self._loop.runs.get(run)
        if live is not None and not self._hooks.get(run) and verdict(live.run) is not RunVerdict.RUNNING:
            self._before[run] = live.run.attempts
        self._hooks[run] = new
        self._dull.pop(run, None)

    def pending(self, run: int) -> bool:
        """Whether people are to be told of *run* now."""
        return self._about(run) is not None

    @property
    def busy(self) -> bool:
        """Somebody is being told, or is to be."""
        return self._running > 0 or any(map(self.pending, self._hooks))

    def look(self) -> None:
        """See what there is to tell; to be called about once a second."""
        for run, hooks in self._hooks.items():
            if (about := self._about(run)) is None:
                continue
            seq = self._loop.runs[run].run.seq
            if about == "ended" and self._seen.get(run) != seq:
                self._seen[run] = seq  # the next cell may go on with it
                continue
            self._call(run, hooks, about)

    def _about(self, run: int) -> Occasion | None:
        """What is to be told of *run* now."""
        live = self._loop.runs.get(run)
        if live is None or not self._hooks.get(run) or live.run.seq == self._dull.get(run):
            return None
        about = occasion(live.run) if live.run.attempts > self._before.get(run, 0) else None
        if about is None:
            self._dull[run] = live.run.seq
        return about

    def _call(self, run: int, hooks: Sequence[str], about: Occasion) -> None:
        live = self._loop.runs[run]
        told, folder, forbidden = announcement(live.run, about), live.cwd, "shell" in live.run.limits.forbidden
        self._loop.found(run, HooksCalled(at=self._loop.now(), occasion=about))
        self._running += len(hooks)
        for hook in hooks:
            # not before the log has it: once at most
            self._loop.answer(lambda hook=hook: self._background(self._run(run, hook, told, folder, forbidden)))  # type: ignore[misc]

    async def _run(self, run: int, hook: str, told: dict[str, Any], folder: str, forbidden: bool) -> None:
        try:
            if forbidden and not is_webhook(hook):
                trouble = "commands are forbidden here (NBFlow.forbidden)"
            else:
                trouble = await call(hook, told, folder)
        finally:
            self._running -= 1
        if trouble:
            self._loop.found(run, HookFailed(at=self._loop.now(), hook=public(hook), detail=trouble))


async def call(hook: str, told: dict[str, Any], folder: str, timeout: float = TIMEOUT) -> str:
    """Call *hook* with what is *told*, in *folder*; why that did not go well, empty if it did."""
    command = [sys.executable, "-P", "-m", "nbflow.engine.hook"]
    given = msgspec.json.encode(
        {"hook": hook, "told": told, "folder": folder}
    )  # an address is nobody's business: no argument
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=nothing, start_new_session=True
        )
    except OSError as error:
        return f"it could not be started: {error.strerror}"
    try:
        said, _ = await asyncio.wait_for(process.communicate(given), timeout)
    except TimeoutError:
        return f"it took longer than {timeout:g} s"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return "" if process.returncode == 0 else said.decode(errors="replace").strip()[:200] or "it ended without a word"
