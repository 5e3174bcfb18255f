"""What the view costs the kernel: its own thread's time, and what is left to the cell that runs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import median

from playwright.sync_api import BrowserContext

from benchmarks.table import Row
from benchmarks.view_probe import KERNEL
from benchmarks.view_stage import LOAD, SHOW, notebook
from tests.browser.jupyter import Server

LOOP = """
def loop(pieces=1500):
    found = []
    for _ in range(pieces):
        began = time.perf_counter()
        for number in range(30_000): pass
        found.append((time.perf_counter() - began) * 1000)
    return found
"""
FLOW = "%%job fit[i] --for i=range({})\nimport time\ntime.sleep(0.05)"


def cost(server: Server, context: BrowserContext, taken: argparse.Namespace) -> list[Row]:
    """A row for each number of jobs, which end in quick succession, without the view and with it."""
    return [_measured(server, context, n, seen) for n in taken.jobs[1:] for seen in (False, True)]


def _measured(server: Server, context: BrowserContext, jobs: int, seen: bool) -> Row:
    cells = [LOAD, SHOW if seen else "pass", FLOW.format(jobs), KERNEL if seen else "import time", LOOP]
    with notebook(server, context, cells, f"cost-{jobs}-{seen}") as nb:
        for cell in range(len(cells)):
            nb.run(cell)
        found = nb.python("loop()")
        looks = nb.python("[(look[2], show[2]) for look, show in zip(probe.looks, probe.shows)]") if seen else []
        spent = nb.python("sum(look[2] for look in probe.looks) + sum(show[2] for show in probe.shows)") if seen else 0
        over = nb.python("time.time() - probe.looks[0][0]") if looks else 1
        nb.python("get_ipython().run_line_magic('nbflow', 'stop')")
    row: Row = {"jobs": f"{jobs:,} {'with' if seen else 'without'} the view", **_spread(found)}
    row |= dict.fromkeys(("a look, p50", "p95", "a sending", "share of a second"))
    if looks:
        each = [look * 1000 for look, _ in looks]
        row |= {"a look, p50": median(each), "p95": _high(each), "a sending": median(s for _, s in looks) * 1000}
        row["share of a second"] = spent / over
    return row


def _spread(found: Sequence[float]) -> Row:
    return {
        "a piece of a cell, p50": median(found),
        "99 %": sorted(found)[int(0.99 * len(found))],
        "longest": max(found),
    }


def _high(found: Sequence[float]) -> float:
    return sorted(found)[int(0.95 * (len(found) - 1))]
