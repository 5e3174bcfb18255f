"""Photographs of each view in JupyterLab: ``python -m benchmarks.peers_view.shoot PYTHON [VIEW ...] [--to FOLDER]``

*PYTHON* is an interpreter that has ipykernel, scikit-learn and the peers (see ``docs/peers.md`` for versions); nbflow
runs in this one. Each view is photographed twice: when ten of the sweep's sixteen have ended, and when all has.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from playwright.sync_api import BrowserContext

from benchmarks.peers_view import steps
from benchmarks.peers_view.cells import SEEN, VIEWS
from benchmarks.view_stage import browser, jupyter
from tests import leftovers
from tests.browser.jupyter import Notebook, Server
from tests.interpreters import interpreters

PATIENCE = 120.0
STILL = 8.0
"""Seconds in which nothing more ends: then the flow has."""
SIZE = {"width": 1280, "height": 900}


def main() -> None:
    """Photograph what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("python", type=Path)
    parser.add_argument("views", nargs="*", default=list(VIEWS))
    parser.add_argument("--to", type=Path, default=Path("out"))
    taken = parser.parse_args()
    taken.to.mkdir(exist_ok=True)
    with browser() as context, jupyter() as server:
        spec = Path(os.environ["JUPYTER_PATH"]) / "kernels" / "peers"
        spec.mkdir()
        argv = [str(taken.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "peers", "language": "python"}))
        for view in taken.views:
            _shoot(server, context, view, taken.to)


def _shoot(server: Server, context: BrowserContext, view: str, to: Path) -> None:
    place = server.root / view
    place.mkdir()
    shutil.copy(Path(steps.__file__), place / "steps.py")
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in VIEWS[view]])
    name = interpreters()[0].name if view == "nbflow" else "peers"
    document.metadata["kernelspec"] = {"name": name, "display_name": view, "language": "python"}
    nbformat.write(document, place / "analysis.ipynb")
    nb = Notebook(context.new_page(), server, f"{view}/analysis.ipynb", "doc")
    nb.page.set_viewport_size(SIZE)
    nb.page.set_default_timeout(120_000)
    nb.open()
    last = len(VIEWS[view]) - 1
    for cell in range(last):
        nb.run(cell)
    nb.run(last, wait=False)
    _until(nb, lambda: len(list(place.glob("done/fit-*"))) >= 10)
    _look_at(nb, view)
    nb.page.screenshot(path=to / f"{view}-during.png")
    _until_still(nb, place)
    _look_at(nb, view)
    nb.page.screenshot(path=to / f"{view}-after.png")
    (to / f"{view}.txt").write_text("\n".join(nb.text(cell) for cell in range(last + 1)))
    nb.close()
    server.shut_down_kernel(nb.path)
    leftovers.clear(place)


def _until(nb: Notebook, true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < deadline:
        nb.page.wait_for_timeout(200)


def _until_still(nb: Notebook, place: Path) -> None:
    """Wait for the last job, or, where one before it has failed, until nothing ends any more."""
    seen, since = 0, time.monotonic()

    def still() -> bool:
        nonlocal seen, since
        ended = list(place.glob("done/*"))
        if len(ended) != seen:
            seen, since = len(ended), time.monotonic()
        importance = any(one.name == "importance" for one in ended)
        return importance and time.monotonic() - since > STILL

    _until(nb, still)


def _look_at(nb: Notebook, view: str) -> None:
    """Scroll to where that view is."""
    index, place = SEEN[view]
    seen = nb.cell(index)
    seen = seen.locator(".jp-OutputArea").first if place == "output" else seen
    block = "start" if place == "output" else place
    seen.evaluate("(seen, block) => seen.scrollIntoView({ block })", block)
    nb.page.wait_for_timeout(500)


if __name__ == "__main__":
    main()
