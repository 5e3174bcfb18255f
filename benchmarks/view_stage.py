"""A real Jupyter, Chromium and kernel for the view's benchmark, and the flows that it shows."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks.view_probe import WIRE
from tests import leftovers
from tests.browser.jupyter import CHROMIUM, CHROMIUM_ARGS, Notebook, Server
from tests.interpreters import interpreters, write_specs

SIZE = {"width": 1280, "height": 900}
LOAD = "%load_ext nbflow"
SHOW = "%nbflow show"
PATIENCE = 180.0
_FOLDERS = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "run", "PATH": "path"}


@contextmanager
def browser() -> Iterator[BrowserContext]:
    """A Chromium whose pages note what the server sends them."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        context = started.new_context(viewport=SIZE)
        context.add_init_script(WIRE)
        yield context
        context.close()
        started.close()


@contextmanager
def jupyter() -> Iterator[Server]:
    """A Jupyter server with folders of its own."""
    home = Path(tempfile.mkdtemp(prefix="nbflow-"))
    changed = {f"JUPYTER_{name}": str(home / folder) for name, folder in _FOLDERS.items()}
    changed |= {"IPYTHONDIR": str(home / "ipython"), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    write_specs(home / "path")
    (home / "server").mkdir()
    server = Server(home / "server")
    try:
        yield server
    finally:
        server.stop()
        leftovers.clear(home)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def notebook(server: Server, context: BrowserContext, cells: list[str], name: str) -> Iterator[Notebook]:
    """A notebook of these *cells* in Notebook 7, in a folder and with a kernel of its own."""
    place = server.root / name
    place.mkdir()
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    kernel = interpreters()[0].name
    document.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
    nbformat.write(document, place / "analysis.ipynb")
    opened = Notebook(context.new_page(), server, f"{name}/analysis.ipynb", "nb7")
    opened.page.set_default_timeout(PATIENCE * 1000)
    try:
        yield opened.open()
    finally:
        opened.close()
        server.shut_down_kernel(opened.path)
        leftovers.clear(place)


def until(true: Any, what: str, page: Page) -> None:
    """Wait, without keeping anybody busy, until *true*."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {PATIENCE:g} s for {what}")
        page.wait_for_timeout(250)


def clock_skew(page: Page) -> float:
    """Seconds by which the page's clock is ahead of this process's, as the quickest of some answers tells."""
    found = []
    for _ in range(20):
        before = time.time()
        there = page.evaluate("(performance.timeOrigin + performance.now()) / 1000")
        after = time.time()
        found.append((after - before, there - (before + after) / 2))
    return min(found)[1]
