"""The view of many jobs: how soon it is there, and how smoothly it moves under a mouse."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median

from playwright.sync_api import BrowserContext, Page

from benchmarks.table import Row
from benchmarks.view_probe import FRAMES
from benchmarks.view_stage import LOAD, SHOW, notebook
from tests.browser.jupyter import Server
from tests.browser.page import show as show_page
from tests.unit.snapshots import job, layered, snapshot

MANY = 10_000
HELD = f"%config NBFlow.autostart = False\n%%job fit[i] --for i=range({MANY})\ni * i"
STEPS = 120
"""Movements of the mouse for a figure, one a frame."""
FIRST = """
index => new Promise(done => {
    const content = window.jupyterapp.shell.currentWidget.content, began = performance.now();
    const before = document.querySelectorAll('.nbflow-view').length;
    const there = () => document.querySelectorAll('.nbflow-view').length > before
        && [...document.querySelectorAll('.nbflow-view')].at(-1).querySelector('.node');
    const seen = new MutationObserver(() => {
        if (!there()) return;
        seen.disconnect();
        requestAnimationFrame(() => {
            const after = new MessageChannel();
            after.port1.onmessage = () => done(performance.now() - began);
            after.port2.postMessage(0);
        });
    });
    seen.observe(document.body, { subtree: true, childList: true });
    content.activeCellIndex = index;
    window.jupyterapp.commands.execute('notebook:run-cell');
})
"""
"""Runs a cell; milliseconds until a new view in the page is drawn with a node in it."""


def first(server: Server, context: BrowserContext, _: argparse.Namespace) -> list[Row]:
    """From running ``%nbflow show`` to the picture: the first of a kernel, and another one."""
    cells = [LOAD, "%config NBFlow.autostart = False", HELD.split("\n", 1)[1], SHOW, SHOW]
    with notebook(server, context, cells, "first") as nb:
        for cell in range(3):
            nb.run(cell)
        nb.page.locator("text=/10,?000 (jobs|waiting|held)/").first.wait_for()
        heap = _heap(nb.page)
        rows = []
        for cell, name in ((3, "first of the kernel"), (4, "shown once more")):
            took = nb.page.evaluate(FIRST, cell) / 1000
            grown = (_heap(nb.page) - heap) / 1e6
            elements = nb.page.locator(".nbflow-view").last.locator("*").count()
            rows.append({"view": name, "s": took, "heap, MB": grown, "elements": elements})
    return rows


def _heap(page: Page) -> float:
    """Bytes of live JavaScript objects."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])


def frames(_: Server, context: BrowserContext, __: argparse.Namespace) -> list[Row]:
    """Panning, zooming and pointing at jobs, in a bare page with a played kernel."""
    sweep = snapshot({f"fit[i={n}]": job("running" if n < 4 else "waiting", fan="fit") for n in range(MANY)})
    flows = {"300 nodes": layered(300), "10,000 cells": sweep}
    rows = []
    for name, flow in flows.items():
        page = context.new_page()
        page.set_viewport_size({"width": 1280, "height": 900})
        seen = show_page(page, flow)
        for _ in range(4):
            seen.get_by_role("button", name="zoom in").click()
        box = seen.locator(".scroll").bounding_box()
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        idle = _frames(page, _rest, middle)
        rows.append(_row(f"{name}: nothing moves", idle))
        for what, move in {"panning": _pan, "zooming": _zoom, "pointing": _point}.items():
            rows.append(
                _row(f"{name}: {what}", _frames(page, move, middle, held=what == "panning", ctrl=what == "zooming"))
            )
        page.close()
    return rows


def _rest(page: Page, at: float) -> None:
    page.mouse.move(2, 2 + at % 2)


def _pan(page: Page, at: float) -> None:
    page.mouse.move(_MIDDLE[0] + 200 * math.sin(at / 10), _MIDDLE[1] + 60 * math.cos(at / 10))


def _zoom(page: Page, at: float) -> None:
    page.mouse.wheel(0, -40 if at % 60 < 30 else 40)


def _point(page: Page, at: float) -> None:
    page.mouse.move(_MIDDLE[0] + 4 * (at - STEPS / 2), _MIDDLE[1] + 40 * math.sin(at / 7))


_MIDDLE = (640.0, 300.0)


def _frames(
    page: Page, move: Callable[[Page, float], None], middle: tuple[float, float], held: bool = False, ctrl: bool = False
) -> list[float]:
    """Milliseconds between frames while the mouse moves as *move* says, with a button or Ctrl held."""
    page.mouse.move(*middle)
    if held:
        page.keyboard.down("Space")
        page.mouse.down()
    if ctrl:
        page.keyboard.down("Control")
    page.evaluate(FRAMES)
    for at in range(STEPS):
        move(page, at)
    page.evaluate("() => { window.__framing = false }")
    if held:
        page.mouse.up()
        page.keyboard.up("Space")
    if ctrl:
        page.keyboard.up("Control")
    found: list[float] = page.evaluate("__frames")
    return [after - before for before, after in pairwise(found)]


def _row(name: str, found: Sequence[float]) -> Row:
    ordered = sorted(found)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    row: Row = {"what": name, "frames/s": 1000 * len(found) / sum(found), "p50": median(found)}
    return row | {"p95": p95, "longest": max(found)}
