"""What a test leaves running: engines of its stores, and processes of their attempts."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from nbflow.errors import NbflowError

SOON = 2.0
"""Seconds in which every process of an attempt is gone once its engine has been stopped (a promise)."""
ENGINE_SOON = 10.0
"""Seconds in which an engine itself is gone, also one that has to notice by itself that its store was removed."""

EXITING = 0x4
"""The kernel's mark of a task that is on its way out (``PF_EXITING``)."""


def belonging_to(folder: Path) -> Iterator[psutil.Process]:
    """Engines, zygotes and attempts whose store lies in *folder*."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            marks = [v for k, v in process.environ().items() if k.startswith("NBFLOW_")] + process.cmdline()
            ours = any(str(folder) in mark for mark in marks) and process.pid != psutil.Process().pid
            if ours and any("nbflow" in mark for mark in marks):
                yield process


def doomed(pid: int) -> bool:
    """Whether *pid* is dead, ends, or has been sent what it cannot survive: it does nothing more.

    On a machine that is busy with others it may take a nice process seconds to get the time to be gone.
    """
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        pending = re.findall(r"^S(?:ig|hd)Pnd:\s*(\w+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return True
    return state in "ZX" or bool(int(fields[5]) & EXITING) or any(int(mask, 16) >> 8 & 1 for mask in pending)


def stop_engines(folder: Path) -> None:
    """Ask the engine of every store in *folder* to end."""
    for store in folder.rglob(".nbflow"):
        from nbflow.engine.client import Client

        with contextlib.suppress(NbflowError, OSError):
            Client.connect(store, start=False).stop()


def clear(folder: Path) -> list[str]:
    """Stop the engines of *folder*; end whatever is still there when it should not be, and tell what that was."""
    stop_engines(folder)
    began = time.monotonic()
    while left := [each for each in belonging_to(folder) if not doomed(each.pid)]:
        patience = SOON if any(map(_is_attempt, left)) else ENGINE_SOON
        if time.monotonic() - began > patience:
            break
        psutil.wait_procs(left, timeout=0.1)
    told = []
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            told.append(f"{process.pid} {' '.join(process.cmdline())[:120]} ({process.status()})")
            process.kill()
    return told


def _is_attempt(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return "NBFLOW_KEY" in process.environ()
    return False
