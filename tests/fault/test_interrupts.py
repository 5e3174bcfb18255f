"""Interrupt ■ at any instant neither stops a job nor corrupts nbflow; the cell returns at once."""

from __future__ import annotations

import contextlib
import os
import random
import time

import pytest

from tests.notebook.kernel import Cell, Kernel

pytestmark = [pytest.mark.kernel, pytest.mark.fault]
INTERRUPTS = int(os.environ.get("NBFLOW_INTERRUPTS", "25"))
SEED = int(os.environ.get("NBFLOW_SEED", "7"))
SOON = 3.0
"""Seconds in which an interrupted cell has ended. The promise is 1 s; busy machines that run tests get some more."""
PATIENT = "%%job patient\nimport os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\ny = 42"
CELLS = ["y", "%nbflow wait", "%%job more{i}\nz{i} = {i}", "%nbflow status", "%nbflow show", "z = 1 + 1"]


class KernelEnded(Exception):
    """An interrupt has ended the kernel: it came after the cell, before ipykernel ignores interrupts again.

    ipykernel's own doing, in one of some thousand interrupts on a busy machine: it can happen without nbflow.
    """


def another_kernel(nb: Kernel) -> None:
    """Go on in a fresh kernel."""
    nb.restart()
    nb.move(nb.folder)
    assert nb.run("%load_ext nbflow").ok
    assert nb.run("%nbflow resume").ok


def end_by_interrupts(nb: Kernel, cell: Cell) -> float:
    """Press ■ until *cell* has ended; seconds that it took from the press that did it.

    A press before the cell has begun does nothing. One while the kernel takes the message apart leaves the cell
    without a reply (ipykernel's own doing): idle is the end.
    """
    for _ in range(5):
        began = time.monotonic()
        nb.interrupt()
        with contextlib.suppress(AssertionError):
            nb.until(lambda: cell.idle, SOON, "the cell to end")
            return time.monotonic() - began
        if not nb.manager.is_alive():
            raise KernelEnded
    raise AssertionError(f"five interrupts did not end the cell; it said {cell.text!r}")


@pytest.mark.timeout(60 + 5 * INTERRUPTS)
def test_interrupt_at_random_instants(nb, folder):
    """Cells that wait, declare, look and compute are interrupted; the job under way never notices, and all goes on."""
    nb.run(PATIENT)
    chance, slowest, ended = random.Random(SEED), 0.0, 0
    for number in range(INTERRUPTS):
        cell = nb.start(chance.choice(CELLS).format(i=number))
        time.sleep(chance.choice([0.002, 0.02, 0.2]) * chance.random())  # the instant is the point
        try:
            slowest = max(slowest, end_by_interrupts(nb, cell))
        except KernelEnded:
            ended += 1
            another_kernel(nb)
    print(f"interrupts {INTERRUPTS}, slowest {slowest:.2f} s, kernels ended {ended}")
    assert ended <= 1 + INTERRUPTS // 250
    (folder / "go").touch()
    assert nb.run("y").text.endswith("42")
    assert nb.run("%nbflow wait").ok
    snapshot = nb.value("__import__('nbflow').flow().snapshot()")
    assert len(snapshot["jobs"]["patient"]["attempts"]) == 1
    assert {job["status"] for job in snapshot["jobs"].values()} == {"succeeded"}
    assert nb.run("%%job last\nw = y + 1").ok and nb.run("w").text.endswith("43")
