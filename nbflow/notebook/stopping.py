"""Stopping a thread of the kernel: between two lines of Python, if there are any."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in.argtypes = [ctypes.c_ulong, ctypes.py_object]
_NOTHING: ctypes.py_object[type[BaseException]] = ctypes.py_object()


class Stopped(BaseException):
    """Raised in a job's thread that has to end. No Exception: code that catches those does not swallow it."""


class TimedOut(Stopped):
    """It has taken longer than it may."""


@dataclass(slots=True)
class Stops:
    """The threads that can be stopped, by the key of the attempt that they run."""

    _threads: dict[str, int | None] = field(default_factory=dict)
    _asked: dict[str, type[Stopped]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self, key: str) -> None:
        """A thread will `open` *key*: a stop that comes before it does is kept for it."""
        with self._lock:
            self._threads[key] = None

    def stop(self, key: str, how: type[Stopped] = Stopped) -> None:
        """Raise *how* in the thread that runs *key*, as soon as it is back in Python; none is fine."""
        with self._lock:
            if key not in self._threads:
                return
            self._asked.setdefault(key, how)
            if (thread := self._threads[key]) is not None:
                _raise_in(thread, how)

    def asked(self, key: str) -> type[Stopped] | None:
        """How *key* was asked to stop first, if it was; told once."""
        with self._lock:
            return self._asked.pop(key, None)

    @contextmanager
    def open(self, key: str, timeout: float | None) -> Iterator[None]:
        """The thread can be stopped in here, and is after *timeout* seconds."""
        timer = threading.Timer(timeout, self.stop, (key, TimedOut)) if timeout is not None else None
        with self._lock:
            self._threads[key] = threading.get_ident()
            early = self._asked.get(key)
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            if early is not None:
                raise early
            yield
        finally:
            try:
                if timer is not None:
                    timer.cancel()
            finally:  # a stop may come in the line above as well
                with self._lock:
                    del self._threads[key]
                    _raise_in(threading.get_ident(), _NOTHING)  # one that was asked for just now is too late
