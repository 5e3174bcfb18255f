"""The engine as a process: its lock, how it says that it is ready, and how it ends."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from nbflow.engine.engine import Engine
from nbflow.engine.locate import LOCK, published, socket_path
from nbflow.engine.store import Store
from nbflow.errors import NbflowError

_log = logging.getLogger(__name__)


def run_engine(arguments: Sequence[str]) -> None:
    """Run the engine of a store until it is told to stop, or has nothing to do and nobody attached."""
    parser = argparse.ArgumentParser(prog="python -m nbflow.engine")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--tell", type=int, default=-1)
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.WARNING)
    with _locked(options.store) as alone:
        if not alone:
            _say(options.tell, "taken")
            return
        try:
            asyncio.run(_serve(options.store, options.tell))
        except NbflowError as error:
            _log.error("%s", error)
            _say(options.tell, f"{type(error).__name__}:{error}")


@contextmanager
def _locked(store: Path) -> Iterator[bool]:
    """Hold the store's lock for the block; gives False if another engine has it."""
    descriptor = os.open(store / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        yield _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _say(tell: int, word: str) -> None:
    """Tell whoever started this engine how that went; it may be gone."""
    if tell >= 0:
        with suppress(OSError):
            os.write(tell, word.encode())
            os.close(tell)


async def _serve(path: Path, tell: int) -> None:
    store = Store(path)
    where = socket_path()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(where)
        Path(where).chmod(0o600)
        listener.listen(128)
        with published(path, where) as address:
            engine = Engine(store, address.token)
            why = await engine.run(listener, lambda: _say(tell, "ready"))
        await engine.farewell(why)
    finally:
        Path(where).unlink(missing_ok=True)
        listener.close()
        store.close()
