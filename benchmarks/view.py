"""The live view in a real Jupyter: how soon it shows a change, what it sends, how smoothly it moves, what it costs.

``python -m benchmarks.view [--jobs 8 300 1000 10000] [--seconds 12] [--only latency messages first frames cost]``

Chromium draws in software here: frames are an upper bound for machines with a graphics card.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from playwright.sync_api import BrowserContext

from benchmarks.table import Row, keep, show
from benchmarks.view_cost import cost
from benchmarks.view_frames import first, frames
from benchmarks.view_latency import latency
from benchmarks.view_messages import messages
from benchmarks.view_stage import browser, jupyter
from tests.browser.jupyter import Server

Measure = Callable[[Server, BrowserContext, argparse.Namespace], list[Row]]

PARTS: dict[str, tuple[str, Measure]] = {
    "latency": ("from the end of an attempt to the frame that shows it, ms (target: p50 ≤ 150 at 1,000 jobs)", latency),
    "messages": (
        "what the server sends to the page (targets: 10 messages and 100 kB in any second; 0 when quiet)",
        messages,
    ),
    "first": ("from %nbflow show to the first picture of 10,000 jobs (target: 1 s, some hundred elements)", first),
    "frames": ("frames under a moving mouse, ms (target: 60 a second while panning)", frames),
    "cost": ("what the kernel pays, ms (target: its main thread as free as without the view)", cost),
}


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", nargs="+", type=int, default=[8, 300, 1000, 10_000])
    parser.add_argument("--seconds", type=float, default=12.0, help="of each flow that is watched")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    taken = parser.parse_args(arguments)
    rows: list[Row] = []
    with browser() as context, jupyter() as server:
        for part in taken.only:
            title, measure = PARTS[part]
            found = measure(server, context, taken)
            show(title, found)
            rows += [{"part": part, **row} for row in found]
    keep("view", rows)
    return rows


if __name__ == "__main__":
    main()
