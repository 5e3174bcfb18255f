"""The live view in real front ends, driven as a person would: by clicks and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import ARTIFACTS
from tests.browser.jupyter import Notebook
from tests.interpreters import interpreters

LOAD = "%load_ext nbflow"
SHOW = "%nbflow show"
FLAKY = """%%job fit
import pathlib
print("looking for the switch")
if not pathlib.Path("switch").exists():
    raise ValueError("the switch is off")
model = 42"""
GATE = """%%job gate
import pathlib, time
while not pathlib.Path("gate").exists():
    time.sleep(0.05)
opened = True"""
SLOW = """%%job slow
import time
for step in range(600):
    print("step", step, flush=True)
    time.sleep(0.1)
done = True"""
AFTER = """%%job after
later = done"""
DARK = "element => /^rgba?\\((\\d\\d?), (\\d\\d?), (\\d\\d?)\\b/.test(getComputedStyle(element).backgroundColor)"
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def view(nb: Notebook, cell: int = 1) -> Locator:
    return nb.cell(cell).locator(".nbflow-view")


def node(seen: Locator, job: str) -> Locator:
    return seen.locator(f'.node[aria-label^="{job}:"]')


def has(seen: Locator, job: str, status: str) -> None:
    expect(node(seen, job)).to_have_attribute("aria-label", re.compile(f"^{job}: {status}"))


def touch(nb: Notebook, name: str) -> None:
    """Make a file beside the notebook, without the kernel's help."""
    (Path(nb.server.root / nb.path).parent / name).touch()


def shot(nb: Notebook, name: str) -> None:
    """Keep a picture for people."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    nb.page.screenshot(path=ARTIFACTS / f"{name}.png")


def begin(notebook, ui: str, *jobs: str, **options) -> tuple[Notebook, Locator]:
    """A notebook with a view above *jobs*, all of them declared."""
    nb = notebook([LOAD, SHOW, *jobs], ui, **options)
    for cell in range(2 + len(jobs)):
        nb.run(cell)
    return nb, view(nb)


@pytest.mark.parametrize("ui", ["lab", "nb7"])
def test_a_failed_job_is_found_read_and_retried(notebook, ui):
    """Statuses change without a cell being run; click the failed node, read its log, press Retry, see it succeed."""
    nb = notebook([LOAD, SHOW, FLAKY], ui)
    nb.run(0)
    nb.run(1)
    seen = view(nb)
    expect(seen).to_contain_text("No jobs yet")
    nb.run(2)
    expect(node(seen, "fit")).to_have_attribute("aria-label", "fit: failed, ValueError")
    node(seen, "fit").click()
    drawer = seen.locator(".drawer")
    expect(drawer.locator(".why")).to_have_text("ValueError: the switch is off.")
    expect(drawer.locator(".log")).to_contain_text("looking for the switch")
    expect(drawer.locator(".trace")).to_contain_text("ValueError: the switch is off")
    shot(nb, f"view-failed-{ui}")
    touch(nb, "switch")
    drawer.get_by_role("button", name="Retry fit").click()
    expect(node(seen, "fit")).to_have_attribute("aria-label", re.compile("^fit: succeeded, [0-9.]+ m?s"))
    expect(drawer.locator("tbody tr")).to_have_count(2)
    expect(drawer.get_by_role("button", name="Skip")).to_be_disabled()
    shot(nb, f"view-retried-{ui}")
    drawer.get_by_role("button", name="attempt 1, ValueError").click()
    expect(drawer.locator(".trace")).to_contain_text("ValueError: the switch is off")
    drawer.get_by_role("button", name="Close").click()
    expect(drawer).to_be_hidden()
    assert nb.errors() == []


def retry_now(nb: Notebook, seen: Locator) -> None:
    """Click the failed job, see why, press Retry, see it succeed."""
    has(seen, "fit", "failed")
    node(seen, "fit").click()
    expect(seen.locator(".why")).to_have_text("ValueError: the switch is off.")
    touch(nb, "switch")
    seen.get_by_role("button", name="Retry fit").click()
    has(seen, "fit", "succeeded")


WAITING = [("lab", interpreters()[0].name), ("nb7", interpreters()[0].name)]
WAITING += [("lab", interpreter.name) for interpreter in interpreters()[1:]]


@pytest.mark.parametrize(("ui", "kernel"), WAITING)
def test_buttons_act_while_a_cell_waits_for_a_job(notebook, ui, kernel):
    """A cell that waits for one job does not keep another from being retried."""
    nb = notebook([LOAD, SHOW, GATE, FLAKY, "print('gate is', opened)"], ui, kernel=kernel)
    for cell in range(4):
        nb.run(cell)
    seen = view(nb)
    has(seen, "gate", "running")
    nb.run(4, wait=False)
    retry_now(nb, seen)
    assert nb.running(4)
    touch(nb, "gate")
    nb.wait_cell(4)
    assert "gate is True" in nb.text(4)
    assert nb.errors() == []


@pytest.mark.parametrize("ui", ["lab", "nb7"])
def test_buttons_act_while_an_ordinary_cell_runs(notebook, ui):
    """A cell that sleeps, and knows nothing of nbflow, does not keep a job from being retried (subshells)."""
    nb = notebook([LOAD, SHOW, FLAKY, "import time; time.sleep(60)"], ui)
    for cell in range(3):
        nb.run(cell)
    seen = view(nb)
    has(seen, "fit", "failed")
    with running(nb, 3):
        retry_now(nb, seen)
    assert nb.errors() == []


@contextmanager
def running(nb: Notebook, cell: int) -> Iterator[None]:
    """*cell* runs meanwhile, and is interrupted then."""
    nb.run(cell, wait=False)
    yield
    assert nb.running(cell)
    nb.interrupt()
    nb.wait_cell(cell)


def test_cancel_stops_and_skip_goes_on_without(notebook):
    """Cancel ends a running job; Skip on a waiting one ends it before it began; what is senseless is disabled."""
    nb, seen = begin(notebook, "lab", SLOW, AFTER)
    has(seen, "slow", "running")
    node(seen, "after").click()
    expect(seen.locator(".why")).to_have_text("It waits for slow (running).")
    expect(seen.get_by_role("button", name="Retry after")).to_be_disabled()
    seen.get_by_role("button", name="Skip after", exact=True).click()
    has(seen, "after", "skipped, by hand")
    node(seen, "slow").click()
    expect(seen.locator(".log")).to_contain_text("step 3\n")
    shot(nb, "view-running")
    seen.get_by_role("button", name="Cancel slow").click()
    has(seen, "slow", "cancelled, by hand")
    expect(seen.get_by_role("button", name="Cancel slow")).to_be_disabled()
    assert nb.errors() == []


@pytest.mark.parametrize("ui", ["lab", "nb7"])
def test_everything_works_by_keyboard(notebook, ui):
    """Tab reaches one node, arrows walk the edges, letters act, Escape closes; the notebook takes no key meanwhile."""
    nb, seen = begin(notebook, ui, SLOW, AFTER)
    has(seen, "slow", "running")
    has(seen, "after", "waiting")
    cells = nb.page.evaluate(f"() => {nb.PANEL}.content.widgets.length")
    keys = nb.page.keyboard
    nb.page.evaluate(FRAMES)  # Jupyter gives the focus to the cell that has run in the next frame
    node(seen, "slow").focus()
    keys.press("ArrowRight")
    expect(node(seen, "after")).to_be_focused()
    keys.press("ArrowLeft")
    expect(node(seen, "slow")).to_be_focused()
    keys.press("Enter")
    expect(seen.locator(".drawer .name")).to_have_text("slow")
    keys.press("r")
    expect(seen.locator(".note")).to_have_text("Retry slow: it is running.")
    keys.press("c")
    has(seen, "slow", "cancelled")
    keys.press("Tab")
    expect(seen.get_by_role("separator")).to_be_focused()
    keys.press("Tab")
    expect(seen.get_by_role("button", name="Close")).to_be_focused()
    keys.press("Tab")
    expect(seen.get_by_role("button", name="Retry slow")).to_be_focused()
    keys.press("Enter")
    has(seen, "slow", "running")
    keys.press("Escape")
    expect(seen.locator(".drawer")).to_be_hidden()
    expect(node(seen, "slow")).to_be_focused()
    keys.press("s")
    has(seen, "slow", "skipped")
    assert nb.page.evaluate(f"() => {nb.PANEL}.content.widgets.length") == cells
    assert nb.errors() == []


def test_a_reload_brings_the_view_back(notebook):
    """After a page reload the view stands as it stood, with the job that was looked at, and its buttons work."""
    nb, seen = begin(notebook, "lab", FLAKY)
    has(seen, "fit", "failed")
    node(seen, "fit").click()
    expect(seen.locator(".why")).to_contain_text("switch")
    nb.save()
    nb.reload().wait_idle()
    seen = view(nb)
    expect(seen.locator(".why")).to_have_text("ValueError: the switch is off.")
    retry_now(nb, seen)
    assert nb.errors() == []


def test_a_reload_while_a_cell_waits_brings_the_view_back(notebook):
    """The page asks the kernel for its widgets, and is answered although a cell is waiting there."""
    nb = notebook([LOAD, SHOW, GATE, FLAKY, "print('gate is', opened)"], "lab")
    for cell in range(4):
        nb.run(cell)
    has(view(nb), "fit", "failed")
    nb.save()
    nb.run(4, wait=False)
    nb.reload()
    seen = view(nb)
    retry_now(nb, seen)
    has(seen, "gate", "running")
    touch(nb, "gate")
    has(seen, "gate", "succeeded")
    assert nb.errors() == []


def test_two_views_agree(notebook):
    """Two views of a run show the same statuses; each has its own selection."""
    nb = notebook([LOAD, SHOW, FLAKY, SHOW], "lab")
    for cell in range(4):
        nb.run(cell)
    one, other = view(nb, 1), view(nb, 3)
    has(one, "fit", "failed")
    has(other, "fit", "failed")
    retry_now(nb, one)
    has(other, "fit", "succeeded")
    expect(other.locator(".drawer")).to_be_hidden()
    assert nb.errors() == []


def test_the_view_follows_the_theme(notebook):
    """In a dark theme the ground is dark, the ink light, and statuses have their colours for dark grounds."""
    nb, seen = begin(notebook, "lab", FLAKY)
    has(seen, "fit", "failed")
    node(seen, "fit").click()
    expect(seen.locator(".why")).to_contain_text("switch")
    light = colours(seen)
    nb.theme(dark=True)
    try:
        expect(nb.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
        nb.page.wait_for_function(DARK, arg=seen.element_handle())
        dark = colours(seen)
        shot(nb, "view-dark-lab")
    finally:
        nb.theme(dark=False)
    assert sum(light["ground"]) > 700 > 200 > sum(dark["ground"])
    assert sum(light["ink"]) < 200 < 600 < sum(dark["ink"])
    assert light["box"] != dark["box"]


def colours(seen: Locator) -> dict[str, list[int]]:
    script = """element => {
        const of = (at, name) => getComputedStyle(at)[name].match(/[0-9.]+/g).slice(0, 3).map(Number);
        return { ground: of(element, 'backgroundColor'), ink: of(element, 'color'),
                 box: of(element.querySelector('.box'), 'stroke') }; }"""
    return seen.evaluate(script)


def test_a_restarted_kernel_is_noticed_and_the_view_comes_back(notebook):
    """A view whose kernel is gone says so; shown again elsewhere, it has the run, its buttons work, in both places."""
    nb = notebook([LOAD, SHOW, FLAKY, "%nbflow resume", SHOW], "lab")
    for cell in range(3):
        nb.run(cell)
    seen, other = view(nb), view(nb, 4)
    has(seen, "fit", "failed")
    node(seen, "fit").click()
    expect(seen.locator(".why")).to_contain_text("switch")
    nb.restart_kernel()
    expect(seen.locator(".note")).to_contain_text("The kernel was restarted")
    shot(nb, "view-restarted")
    seen.get_by_role("button", name="Retry fit").click()
    expect(seen.locator(".note")).to_contain_text("Retry fit: not heard. The kernel was restarted")
    for cell in (0, 3, 4):
        nb.run(cell)
    has(other, "fit", "failed")
    expect(seen.locator(".note")).not_to_contain_text("restarted")
    retry_now(nb, seen)
    has(other, "fit", "succeeded")
    assert nb.errors() == []


def test_the_file_has_a_picture_for_where_there_is_no_kernel(notebook):
    """Beside the live view, and hidden while it lives, there is a picture that is saved and needs nothing."""
    nb, seen = begin(notebook, "lab", FLAKY)
    has(seen, "fit", "failed")
    expect(nb.cell(1).locator(".nbflow-static")).to_be_hidden()
    touch(nb, "switch")
    node(seen, "fit").press("r")
    has(seen, "fit", "succeeded")
    picture = nb.cell(1).locator(".nbflow-static img")
    expect(picture).to_have_attribute("alt", re.compile("^analysis · run 1 · succeeded"))
    outputs = nb.save().cells[1].outputs
    live, still = (output["data"] for output in outputs)
    assert live["text/plain"] == "live view of analysis"
    assert "✓" in still["text/plain"] and "%3Csvg" in still["text/html"]
