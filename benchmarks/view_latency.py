"""How soon a change is seen: the end of an attempt, by the engine's clock, and the frame in which it is drawn."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from playwright.sync_api import BrowserContext

from benchmarks.table import Row
from benchmarks.view_probe import DASK, DASK_VIEW, KERNEL, PAGE, VIEW
from benchmarks.view_stage import LOAD, SHOW, clock_skew, notebook
from tests.browser.jupyter import Notebook, Server

FLOW = "%%job fit[i] --for i=range({})\nimport random, time\ntime.sleep(random.uniform(0.2, 0.6))"
STEPS = ("engine → kernel", "waits", "look", "sent", "in the page", "drawn")


@dataclass(frozen=True)
class Watched:
    """What the probes saw of one flow, in the kernel's time: see `benchmarks.view_probe`."""

    ends: list[list[float]]
    looks: list[list[float]]
    shows: list[list[Any]]
    seen: list[tuple[float, int]]
    wire: list[list[Any]]

    def steps(self, nth: int) -> dict[str, float] | None:
        """Seconds of each step for the *nth* success, its sum as ``whole``; None if it was not seen."""
        at, arrived = self.ends[nth - 1]
        drawn = next((when for when, shown in self.seen if shown >= nth and when >= at), None)
        if drawn is None or self.seen[0][1] >= nth:
            return None
        found = {"whole": drawn - at, "engine → kernel": arrived - at}
        look = next((one for one in self.looks if one[0] >= arrived), None)
        sent = next((one for one in self.shows if look and one[0] >= look[0] and one[1] <= drawn), None)
        came = next((one[0] for one in self.wire if sent and abs(one[3] - sent[0]) < 1e-6), None)
        if not (look and sent and came):
            return found
        looked = look[0] + look[1]
        parts = (arrived - at, look[0] - arrived, look[1], sent[1] - looked, came - sent[1], drawn - came)
        return found | dict(zip(STEPS, parts, strict=True))


def latency(server: Server, context: BrowserContext, taken: argparse.Namespace) -> list[Row]:
    """A row for each number of jobs, and one for a peer's live view of as many as the target names."""
    rows = [_row(f"nbflow, {n:,} jobs", _watch(server, context, n, taken.seconds)) for n in taken.jobs]
    peer = _peer(server, context, taken.seconds)
    ours = next((row["p50"] for row in rows if row["view"] == "nbflow, 1,000 jobs"), None)
    return rows + ([peer | ({"÷ nbflow": peer["p50"] / ours} if ours else {})] if peer else [])


def _watch(server: Server, context: BrowserContext, jobs: int, seconds: float) -> Watched:
    with notebook(server, context, [LOAD, SHOW, FLOW.format(jobs), KERNEL], f"latency-{jobs}") as nb:
        for cell in range(4):
            nb.run(cell)
        nb.page.locator(".nbflow-view .chips [data-letter=S]").wait_for()
        nb.page.evaluate(PAGE, VIEW)
        nb.page.wait_for_timeout(seconds * 1000)
        told = nb.python("probe.told()")
        ahead = clock_skew(nb.page)
        seen = [(at - ahead, shown) for at, shown in nb.page.evaluate("__seen")]
        wire = [[at - ahead, *rest] for at, *rest in nb.page.evaluate("__wire")]
        nb.python("get_ipython().run_line_magic('nbflow', 'stop')")
    return Watched(sorted(told["ends"]), told["looks"], told["shows"], seen, wire)


def _row(name: str, watched: Watched) -> Row:
    found = [steps for nth in range(1, len(watched.ends) + 1) if (steps := watched.steps(nth))]
    whole = [steps["whole"] for steps in found]
    row: Row = {"view": name, "ends": len(whole), **_spread(whole)}
    for step in STEPS:
        if times := [steps[step] for steps in found if step in steps]:
            row[step] = median(times) * 1000
    return row


def _spread(seconds: Sequence[float]) -> Row:
    ordered = sorted(seconds) or [float("nan")]
    return {"p50": median(ordered) * 1000, "p95": ordered[int(0.95 * (len(ordered) - 1))] * 1000}


def _peer(server: Server, context: BrowserContext, seconds: float) -> Row | None:
    """dask.distributed's ``progress`` in a notebook: a bar, and how many are done; from each task's own end."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        return None
    with notebook(server, context, [DASK], "latency-dask") as nb:
        nb.run(0)
        nb.page.locator(".widget-hprogress").wait_for()
        watched = _watch_peer(nb, seconds)
    return {"view": "dask.distributed progress, 1,000 tasks", "ends": len(watched), **_spread(watched)}


def _watch_peer(nb: Notebook, seconds: float) -> list[float]:
    nb.page.evaluate(PAGE, DASK_VIEW)
    nb.page.wait_for_timeout(seconds * 1000)
    ahead, seen = clock_skew(nb.page), nb.page.evaluate("__seen")
    ends = sorted(nb.python("ended()"))
    found = []
    for nth, at in enumerate(ends, 1):
        drawn = next((when - ahead for when, shown in seen if shown >= nth and when - ahead >= at), None)
        if drawn is not None and seen[0][1] < nth:
            found.append(drawn - at)
    return found
