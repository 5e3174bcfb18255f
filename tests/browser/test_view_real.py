"""The view among what Jupyter does with its pages: taken apart, shown twice, cut off, kept waiting."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import expect

from tests.browser.cable import Cable
from tests.browser.jupyter import Notebook
from tests.browser.test_view import FLAKY, GATE, LOAD, SHOW, begin, has, node, retry_now, running, shot, touch, view
from tests.interpreters import interpreters

MANY_LINES = """%%job lines
for line in range(200):
    print("line", line)
done = 1"""
FILLER = ["print('\\n' * 30)"] * 12


def test_a_view_lives_among_what_jupyterlab_does_with_cells(notebook):
    """Out of sight JupyterLab takes cells apart: back in sight the view is true at once, and scrolled as it was. In a
    pane of its own it is a second view of the same. Keys typed into it are its own; outside they are Jupyter's."""
    nb = notebook([LOAD, SHOW, GATE, MANY_LINES, *FILLER], "lab")
    for cell in range(4):
        nb.run(cell)
    seen = view(nb)
    has(seen, "gate", "running")
    has(seen, "lines", "succeeded")
    node(seen, "lines").click()
    expect(seen.locator(".log")).to_contain_text("line 199")
    seen.locator(".log").evaluate("log => new Promise(done => { log.onscroll = done; log.scrollTop = 120 })")
    for cell in range(4, 16):
        nb.run(cell)
    nb.page.evaluate(
        f"""() => {{ const {{ content }} = {nb.PANEL}; window.seen = document.querySelector('.nbflow-view');
            content.notebookConfig = {{ ...content.notebookConfig, windowingMode: 'full' }}; }}"""
    )
    nb.page.evaluate(f"async () => {{ await {nb.PANEL}.content.scrollToItem(15, 'start') }}")
    nb.page.wait_for_function("() => !window.seen.isConnected || window.seen.clientHeight === 0")
    touch(nb, "gate")
    nb.page.wait_for_function("() => /succeeded/.test(window.seen.querySelector('.node').ariaLabel)")
    nb.page.evaluate(f"async () => {{ await {nb.PANEL}.content.scrollToItem(1, 'start') }}")
    expect(seen).to_be_visible()
    has(seen, "gate", "succeeded")
    assert seen.evaluate("view => view === window.seen")
    assert seen.locator(".log").evaluate("log => log.scrollTop") == 120
    # keys
    cells = nb.page.evaluate(f"() => {nb.PANEL}.content.widgets.length")
    node(seen, "gate").focus()
    for key in ("d", "d", "x", "b", "/"):
        nb.page.keyboard.press(key)
    nb.page.keyboard.type("dd0 lines")
    expect(seen.get_by_role("searchbox", name="Find jobs by name")).to_have_value("dd0 lines")
    assert nb.page.evaluate(f"() => {nb.PANEL}.content.widgets.length") == cells
    nb.cell(0).locator(".jp-InputPrompt").click()
    nb.page.keyboard.press("b")
    nb.page.wait_for_function(f"count => {nb.PANEL}.content.widgets.length === count", arg=cells + 1)
    nb.command("notebook:delete-cell")
    # scrolled output, and a pane of its own
    nb.page.evaluate(f"() => {{ const {{ content }} = {nb.PANEL}; content.activeCellIndex = 1 }}")
    nb.command("notebook:enable-output-scrolling")
    expect(seen).to_be_visible()
    shot(nb, "real-scrolled")
    nb.command("notebook:create-output-view")
    other = nb.page.locator(".jp-LinkedOutputView .nbflow-view")
    has(other, "gate", "succeeded")
    node(other, "gate").click()
    other.get_by_role("button", name="Retry gate").click()
    expect(other.locator(".drawer tbody tr")).to_have_count(2)
    has(other, "gate", "succeeded")
    has(seen, "gate", "succeeded")
    shot(nb, "real-pane")
    # JupyterLab's own: its list misses an observer where windowing is switched on while it is shown.
    assert [error for error in nb.errors() if "reading 'observe'" not in error] == []


QUIET = """async panel => { const { kernel } = panel.sessionContext.session, came = [];
    const heard = (_, { msg }) => { if (/^comm/.test(msg.header.msg_type)) came.push(msg.content); };
    kernel.anyMessage.connect(heard);
    await new Promise(done => setTimeout(done, 4000));
    kernel.anyMessage.disconnect(heard);
    return came; }"""


def test_browsers_agree_and_one_that_was_cut_off_catches_up(notebook, server, chromium):
    """While nothing changes no view is sent anything. A click in one is seen in both; one whose line is cut says so,
    and is true again as soon as it is mended."""
    nb, here = begin(notebook, "lab", GATE, FLAKY)
    has(here, "fit", "failed")
    nb.page.wait_for_timeout(5000)  # the last change is told twice, and comes into the file
    assert nb.page.evaluate(f"async () => ({QUIET})({nb.PANEL})") == []  # a job runs: its clock is the browser's
    nb.save()
    cable = Cable(int(server.url.rsplit(":", 1)[1]))
    context = chromium.browser.new_context(viewport={"width": 1280, "height": 900})
    other = Notebook(context.new_page(), server, nb.path, "lab")
    address = Notebook.ADDRESS["lab"].format(random=secrets.token_hex(4), path=nb.path)
    other.page.goto(f"http://127.0.0.1:{cable.port}{address}?token={server.token}")
    other.wait_ready()
    there = view(other)
    has(there, "fit", "failed")
    touch(nb, "switch")
    node(there, "fit").click()
    there.get_by_role("button", name="Retry fit").click()
    has(there, "fit", "succeeded")
    has(here, "fit", "succeeded")
    cable.cut()
    expect(there.locator(".note")).to_contain_text("No connection to the kernel: this is how it stood at")
    touch(nb, "gate")
    has(here, "gate", "succeeded")
    has(there, "gate", "running")
    shot(other, "real-cut-off")
    cable.mend()
    expect(there.locator(".note")).not_to_contain_text("No connection", timeout=60_000)
    has(there, "gate", "succeeded")
    context.close()
    cable.close()
    assert nb.errors() == []


@pytest.mark.parametrize("kernel", [interpreter.name for interpreter in interpreters()])
def test_a_click_while_any_cell_runs_acts_or_is_queued(notebook, kernel):
    """With subshells (ipykernel 7) it acts at once; without, the view says for what it waits, and acts at its end."""
    nb = notebook([LOAD, SHOW, FLAKY, "import time; time.sleep(60)"], "lab", kernel=kernel)
    for cell in range(3):
        nb.run(cell)
    seen = view(nb)
    has(seen, "fit", "failed")
    if not kernel.startswith("ik6"):
        with running(nb, 3):
            retry_now(nb, seen)
    else:
        node(seen, "fit").click()
        expect(seen.locator(".why")).to_contain_text("switch")
        touch(nb, "switch")
        with running(nb, 3):
            seen.get_by_role("button", name="Retry fit").click()
            expect(seen.locator(".note")).to_have_text("Retry fit: queued until the cell ends.")
            shot(nb, "real-queued")
            has(seen, "fit", "failed")
        has(seen, "fit", "succeeded")
        expect(seen.locator(".note")).not_to_contain_text("queued")
    assert nb.errors() == []
