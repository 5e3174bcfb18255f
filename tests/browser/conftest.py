"""JupyterLab and Notebook 7 in a real Chromium.

NBFLOW_HEADED=1 shows the browser. When a test fails, a screenshot, the console and the server's log are in
``tests/browser/artifacts/``.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from tests import leftovers
from tests.browser.jupyter import CHROMIUM, CHROMIUM_ARGS, Notebook, Server
from tests.interpreters import interpreters

ARTIFACTS = Path(__file__).parent / "artifacts"
expect.set_options(timeout=15_000)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here; without a browser skip it, except in CI, where that is a failure.

    These tests come last: Playwright leaves an event loop running in the main thread, in which ``asyncio.run`` fails.
    """
    here = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    for item in here:
        item.add_marker("browser")
        if CHROMIUM is None and os.environ.get("CI") != "true":
            item.add_marker(pytest.mark.skip(reason="NO BROWSER: install chromium, or set NBFLOW_CHROMIUM"))
    items.sort(key=lambda item: item in here)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A missing browser is not to be overlooked among dots."""
    if any("NO BROWSER" in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.section("the browser tests were SKIPPED: there is no Chromium here", red=True, bold=True)


@pytest.fixture(scope="session")
def server(jupyter_folders: Path) -> Iterator[Server]:
    home = Path(tempfile.mkdtemp(prefix="nbflow-"))
    server = Server(home)
    yield server
    server.stop()
    left = leftovers.clear(home)
    shutil.rmtree(home, ignore_errors=True)
    assert not left, "left running: " + "; ".join(left)


@pytest.fixture(scope="session")
def chromium() -> Iterator[BrowserContext]:
    """One context for all tests: its cache saves seconds of loading JupyterLab per test."""
    assert CHROMIUM, "no Chromium: in CI the browser tests must run"
    with sync_playwright() as playwright:
        headless = not os.environ.get("NBFLOW_HEADED")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS, headless=headless)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        yield context
        context.close()
        browser.close()


@pytest.fixture
def page(chromium: BrowserContext) -> Iterator[Page]:
    """A page without a notebook; whatever goes wrong on it fails the test."""
    page = chromium.new_page()
    page.set_viewport_size({"width": 1160, "height": 800})
    bad: list[str] = []
    page.on("pageerror", lambda error: bad.append(str(error)))
    page.on("console", lambda message: bad.append(message.text) if message.type == "error" else None)
    yield page
    page.close()
    assert bad == []


@pytest.fixture(scope="session")
def lab_page(server: Server, chromium: BrowserContext) -> Page:
    """The JupyterLab page whose tabs the ``shared`` notebooks are."""
    page = chromium.new_page()
    page.goto(f"{server.url}/lab/workspaces/shared?token={server.token}")
    page.wait_for_function("() => window.jupyterapp?.restored && document.querySelector('#jp-main-dock-panel')")
    page.evaluate("async () => { await window.jupyterapp.restored }")
    return page


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Generator[None]:
    """Let fixtures know how their test went."""
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


@pytest.fixture
def notebook(server: Server, chromium: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Callable]:
    """notebook(cells, ui="shared", kernel=…) -> `Notebook`, open, its kernel idle, in a folder and store of its own."""
    opened: list[Notebook] = []
    place = server.root / f"{request.node.name.split('[')[0][:40]}-{secrets.token_hex(3)}"
    place.mkdir()

    def open_notebook(cells: list[str], ui: str = "shared", kernel: str = interpreters()[0].name) -> Notebook:
        document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        document.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
        file = place / f"analysis{len(opened) or ''}.ipynb"
        nbformat.write(document, file)
        page = request.getfixturevalue("lab_page") if ui == "shared" else chromium.new_page()
        opened.append(Notebook(page, server, str(file.relative_to(server.root)), ui))
        return opened[-1].open()

    yield open_notebook
    if (report := getattr(request.node, "report_call", None)) is None or report.failed:
        for index, notebook in enumerate(opened):
            _keep(notebook, f"{request.node.name}-{index}".replace("/", "_"))
    for notebook in opened:
        notebook.close()
        server.shut_down_kernel(notebook.path)
    left = leftovers.clear(place)
    assert not left, "left running: " + "; ".join(left)


def _keep(notebook: Notebook, stem: str) -> None:
    """Save what a person needs to see why a test failed."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    notebook.page.screenshot(path=ARTIFACTS / f"{stem}.png")
    log = ["---- console", *notebook.console, "---- server", notebook.server.log.read_text()[-5000:]]
    (ARTIFACTS / f"{stem}.log").write_text("\n".join(log))
