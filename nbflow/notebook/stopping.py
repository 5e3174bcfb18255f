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

    _threads: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def stop(self, key: str, how: type[Stopped] = Stopped) -> None:
        """Raise *how* in the thread that runs *key*, as soon as it is back in Python; none is fine."""
        with self._lock:
            if key in self._threads:
                _raise_in(self._threads[key], how)

    @contextmanager
    def open(self, key: str, timeout: float | None) -> Iterator[None]:
        """The thread can be stopped in here, and is after *timeout* seconds."""
        timer = threading.Timer(timeout, self.stop, (key, TimedOut)) if timeout is not None else None
        with self._lock:
            self._threads[key] = threading.get_ident()
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            yield
        finally:
            if timer is not None:
                timer.cancel()
            with self._lock:
                _raise_in(self._threads.pop(key), _NOTHING)  # one that was asked for just now is too late
