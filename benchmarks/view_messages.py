"""What the server sends to the page that shows a flow: while it is busy, while it waits, and once it has ended."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import BrowserContext

from benchmarks.table import Row
from benchmarks.view_stage import LOAD, SHOW, notebook, until
from tests.browser.jupyter import Notebook, Server

TALK = """%%job talk
import time
for line in range(1500):
    print("line", line, "of a log that grows")
    time.sleep(0.02)"""
SHORT = "%%job short[i] --for i=range(1000)\ni * i"
STILL = "%%job still\nimport time\ntime.sleep(1000)"
QUIET = 10.0
"""Seconds for which a quiet run is listened to."""
SETTLED = 5.0
"""Seconds after which nothing more is due: what was sent last is repeated once."""


def messages(server: Server, context: BrowserContext, _: argparse.Namespace) -> list[Row]:
    """A row for a busy run, one whose only job runs in silence, and one that has ended."""
    with notebook(server, context, [LOAD, SHOW, TALK, SHORT], "messages-busy") as nb:
        nb.run(0)
        nb.run(1)
        nb.run(2)
        nb.page.locator('.nbflow-view .node[aria-label^="talk: running"]').click()
        nb.page.locator(".nbflow-view .header .toggle").click()
        began = _now(nb)
        nb.run(3)
        until(lambda: _succeeded(nb) >= 1000, "a thousand short jobs", nb.page)
        busy = _row("1,000 short jobs; drawer, log and timeline open", _since(nb, began), _now(nb) - began)
        until(
            lambda: nb.page.locator(".nbflow-view .verdict, .nbflow-view .word").first.text_content() == "succeeded",
            "the end",
            nb.page,
        )
        ended = _listen("the run has ended", nb)
    with notebook(server, context, [LOAD, SHOW, STILL], "messages-still") as nb:
        for cell in range(3):
            nb.run(cell)
        nb.page.locator('.nbflow-view .node[aria-label^="still: running"]').wait_for()
        still = _listen("a job runs in silence", nb)
        nb.python("get_ipython().run_line_magic('nbflow', 'stop')")
    return [busy, still, ended]


def _succeeded(nb: Notebook) -> int:
    found = nb.page.locator(".nbflow-view .chips [data-letter=S]")
    return int((found.text_content() or "0").split()[0].replace(",", "")) if found.count() else 0


def _now(nb: Notebook) -> float:
    return float(nb.page.evaluate("(performance.timeOrigin + performance.now()) / 1000"))


def _listen(name: str, nb: Notebook) -> Row:
    nb.page.wait_for_timeout(SETTLED * 1000)
    began = _now(nb)
    nb.page.wait_for_timeout(QUIET * 1000)
    return _row(name, _since(nb, began), _now(nb) - began)


def _since(nb: Notebook, began: float) -> list[list[Any]]:
    return [one for one in nb.page.evaluate("__wire") if one[0] >= began]


def _row(name: str, wire: Sequence[Sequence[Any]], seconds: float) -> Row:
    """*wire*: ``[at, bytes, type, …]``; the most in any second, and on average."""
    own = [one for one in wire if one[2] == "comm_msg"]
    cards = [one for one in wire if one[2] == "update_display_data"]
    return {
        "run": name,
        "seconds": seconds,
        "messages/s": len(own) / seconds,
        "most": _most(own, lambda _: 1),
        "kB/s": sum(one[1] for one in own) / seconds / 1000,
        "most kB": _most(own, lambda one: one[1]) / 1000,
        "cards and saved picture, messages/s": len(cards) / seconds,
        "their kB/s": sum(one[1] for one in cards) / seconds / 1000,
    }


def _most(found: Sequence[Sequence[Any]], of: Any) -> float:
    """The largest sum of *of* within any second, by the time of sending: a busy page hears several at once."""
    times = [one[5] for one in found]
    return max((sum(of(one) for one in found if start <= one[5] < start + 1) for start in times), default=0)
