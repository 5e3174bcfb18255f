"""Keeping up with a run: its events as programs read them, callbacks on them, and the lines that a job prints."""

from __future__ import annotations

import asyncio
import codecs
import inspect
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import msgspec

from nbflow.core.event import Event, JobDeclared, kind
from nbflow.notebook.session import Session


def told(events: Sequence[Event], first: int = 1) -> list[dict[str, Any]]:
    """*events* as programs read them, JSON-ready: ``{seq, at, kind, …}``, numbered from *first*.

    >>> from nbflow.core.spec import JobSpec
    >>> [event] = told([JobDeclared(at=5.0, spec=JobSpec(name="a", outputs=("x",)))])
    >>> event["seq"], event["kind"], event["job"], event["spec"]["outputs"]
    (1, 'job-declared', 'a', ['x'])
    """
    found = []
    for seq, event in enumerate(events, first):
        job = {"job": event.job} if isinstance(event, JobDeclared) else {}
        found.append({"seq": seq, **msgspec.json.decode(msgspec.json.encode(event)), "kind": kind(event), **job})
    return found


class Listener:
    """Calls a person's function, plain or async, with each new event, one after the other, on a thread of its own.

    An async one runs in a loop of that thread: the kernel's own loop stands still while a cell runs or waits, and this
    one does not. Tasks that it starts go on there between events.
    """

    def __init__(self, session: Session, callback: Callable[[dict[str, Any]], Any]) -> None:
        self._session, self._callback = session, callback
        self._replica = session.opened
        self._seen, self._since = (self._replica.run.seq if self._replica else 0), time.time()
        self._closed, self._failed = False, False
        self._loop, self._news = asyncio.new_event_loop(), asyncio.Event()
        session.on_change(self._wake)
        threading.Thread(target=self._run, name="nbflow-events", daemon=True).start()

    def close(self) -> None:
        """Call no more."""
        self._closed = True
        self._session.off_change(self._wake)
        self._wake()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: there is nobody to wake
            self._loop.call_soon_threadsafe(self._news.set)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        while await self._news.wait() and not self._closed and not self._session.closed:
            self._news.clear()
            for event in self._fresh():
                await self._call(event)

    def _fresh(self) -> list[dict[str, Any]]:
        if self._replica is not self._session.opened:  # another run was taken up
            self._replica, self._seen = self._session.opened, 0
        events = self._replica.events()[self._seen :] if self._replica else []
        self._seen += len(events)
        events = [event for event in events if event.at >= self._since]
        return told(events, self._seen - len(events) + 1)

    async def _call(self, event: dict[str, Any]) -> None:
        """The fault of one call does not keep the next ones from being made; the first one is shown."""
        if self._closed:
            return
        try:
            result = self._callback(event)
            if inspect.isawaitable(result):
                await result
        except Exception as error:
            if not self._failed:
                error.__traceback__ = _inside(error.__traceback__)
                print(f"on_event: a call failed at {event['kind']}, later failures are not shown", file=sys.stderr)
                traceback.print_exception(error)
            self._failed = True


def _inside(trace: TracebackType | None) -> TracebackType | None:
    """The traceback below our own frames."""
    while trace is not None and trace.tb_next is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


class Follower:
    """Reads what the attempts of a job add to their logs (*stream*: ``out`` or ``err``)."""

    def __init__(self, session: Session, stream: str) -> None:
        self._session, self._stream = session, stream
        self._places: dict[str, int] = {}
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def news(self, keys: Sequence[str]) -> Iterator[str]:
        """The pieces added since the last call to the logs of the attempts *keys*, of which the last is the newest.

        Attempts that had ended before the first call are passed over, but for the newest.
        """
        known = [key for key in keys if key in self._places]
        for key in [*known[-1:], *keys[keys.index(known[-1]) + 1 :]] if known else keys[-1:]:
            data, self._places[key] = self._session.client.log_since(key, self._stream, self._places.get(key, 0))
            if text := self._decode(data):
                yield text
