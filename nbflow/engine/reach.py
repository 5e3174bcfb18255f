"""Getting through to a store's engine, wherever it is in its life: not there, starting, answering, ending, stuck."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

from nbflow.engine.link import Link, dial
from nbflow.engine.locate import LOG, make_store, read_address, start_engine
from nbflow.errors import EngineError

_PATIENCE = 20.0
_PAUSE = 0.02
_DEATHS = 3


def reach(store: Path, start: bool, attached: bool) -> Link:
    """A connection to *store*'s engine, which is started if need be and *start* allows.

    Raises:
        EngineError: there is no engine, it does not start or answer, or it runs on another machine.
        StoreError: the store cannot be made, or its log not be read.
    """
    if start:
        make_store(store)
    ends_at, deaths = time.monotonic() + _PATIENCE, 0
    while (link := dial(store, attached)) is None:
        if not start:
            raise EngineError(f"no engine is running for {store}")
        if time.monotonic() > ends_at:
            raise EngineError(f"the engine of {store} does not answer: see {store / LOG}")
        try:
            started = start_engine(store)
        except EngineError:
            started, deaths = False, deaths + 1
            if deaths == _DEATHS:
                raise
        if not started:
            _check_host(store)
            time.sleep(_PAUSE)  # another client's engine is starting, or the last one is ending
    return link


def end_engine(store: Path) -> None:
    """End an engine that cannot be spoken to, as one of another version, by a signal."""
    address = read_address(store)
    if address is not None and address.host == socket.gethostname() and _is_engine(address.pid, store):
        os.kill(address.pid, signal.SIGTERM)


def _is_engine(pid: int, store: Path) -> bool:
    """Whether *pid* is (still) the engine of *store*: numbers are given again."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"nbflow.engine" in words and os.fsencode(store) in words


def _check_host(store: Path) -> None:
    """A store on a shared disk: its lock is held, but by whom can only be called from where that is."""
    address = read_address(store)
    if address is not None and address.host != socket.gethostname():
        raise EngineError(f"the engine of {store} runs on {address.host}: work there, or end it there first")
