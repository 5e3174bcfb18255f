"""The timeline under the picture: bars that share their selection with it."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from nbflow.core.lanes import critical, lanes
from nbflow.core.streams import Streams
from nbflow.widget import columns
from tests.browser.page import change, show
from tests.unit.snapshots import AT, attempt, job, snapshot


def run() -> dict[str, Any]:
    jobs = {
        "load": job(attempts=[attempt(1, 0, 10.0)]),
        "fit": job("failed", ("load",), [attempt(1, 10, 20.0, "failed")]),
        "plot": job("running", ("load",), [attempt(1, 10, None)]),
    }
    return snapshot(jobs, now=AT + 40)


def bars(page: Page, told: dict[str, Any], since: int = 0) -> None:
    """Answer the page's last question for bars, as the kernel does."""
    asked = page.evaluate("() => kernel.sent.findLast(one => one.op === 'timeline')")
    assert asked["since"] == since
    path = critical(told["jobs"], Streams(told).above)
    answer = {"kind": "bars", "number": asked["number"], "run": 12, "of": None, "since": since, "critical": path}
    answer |= columns.bars(lanes(told["jobs"]), since) | {"now": AT + 40}
    page.evaluate("answer => kernel.answer(answer)", answer)


def opened(page: Page, told: dict[str, Any]) -> Locator:
    seen = show(page, told)
    seen.get_by_role("button", name="Timeline").click()
    bars(page, told)
    return seen


def middle(seen: Locator, share: float, lane: int) -> tuple[float, float]:
    box = seen.locator(".lanes").bounding_box()
    return box["x"] + 62 + share * (box["width"] - 76), box["y"] + 6 + lane * 20 + 10


def test_it_is_shown_when_asked_for(page):
    """A button, or T: nothing is asked of the kernel before, and once more hides it."""
    seen = show(page, run())
    expect(seen.locator(".timeline")).to_be_hidden()
    assert page.evaluate("() => kernel.sent.filter(one => one.op === 'timeline').length") == 0
    seen.locator(".node").first.focus()
    page.keyboard.press("t")
    expect(seen.locator(".timeline")).to_be_visible()
    page.keyboard.press("t")
    expect(seen.locator(".timeline")).to_be_hidden()


def test_a_bar_says_what_it_is(page):
    """Name, attempt, how it ended, how long it took; its node stands out meanwhile."""
    seen = opened(page, run())
    page.mouse.move(*middle(seen, 0.5, 0))
    expect(seen.locator(".timeline .tip")).to_contain_text("fit, attempt 1: failed, 20.0 s")
    expect(seen.locator(".picture")).to_have_class("picture traced")


def test_a_click_on_a_bar_opens_its_job(page):
    """And its bar is marked, as it is when the node is clicked."""
    seen = opened(page, run())
    page.mouse.click(*middle(seen, 0.5, 0))
    expect(seen.locator(".drawer .name")).to_have_text("fit")
    expect(seen.locator(".lanes .chosen")).to_have_count(1)
    seen.get_by_role("button", name="Close").click()
    expect(seen.locator(".lanes .chosen")).to_have_count(0)


def test_the_critical_path_is_underlined(page):
    """What the run waits for: load, then plot, not fit."""
    seen = opened(page, run())
    assert seen.locator(".lanes .critical").get_attribute("d").count("M") == 2


def test_only_what_may_be_new_is_asked_for(page):
    """From the first bar that was open: ended ones never change."""
    seen = opened(page, run())
    later = run()
    later["jobs"]["plot"] = job("succeeded", ("load",), [attempt(1, 10, 25.0)])
    change(page, later)
    page.wait_for_function("() => kernel.sent.filter(one => one.op === 'timeline').length === 2")
    bars(page, later, since=2)
    expect(seen.locator(".lanes .bar-body.s-R")).to_have_count(0)


def test_many_bars_come_deflated(page):
    """A browser makes of it what was sent."""
    told = snapshot({f"j{n}": job(attempts=[attempt(1, n, 0.5)]) for n in range(3000)})
    seen = show(page, told)
    seen.get_by_role("button", name="Timeline").click()
    asked = page.evaluate("() => kernel.sent.findLast(one => one.op === 'timeline')")
    answer = {"kind": "bars", "run": 12, "of": None, "since": 0, "critical": []} | columns.bars(lanes(told["jobs"]), 0)
    sent = columns.dense(answer)
    assert sent["kind"] == "dense"
    page.evaluate("answer => kernel.answer(answer)", sent | {"number": asked["number"], "now": AT})
    expect(seen.locator(".lanes")).to_have_attribute("aria-label", re.compile("timeline: 3000 attempts in 1 lanes"))


def waiting() -> dict[str, Any]:
    """Two jobs in one slot: the second waited for it, failed, and was tried again a while later."""
    tries = [attempt(1, 10, 5.0, "failed", ready_at=AT), attempt(2, 20, 5.0, ready_at=AT + 18)]
    jobs = {"a": job(attempts=[attempt(1, 0, 10.0)]), "b": job(attempts=tries)}
    return snapshot(jobs, verdict="succeeded", now=AT + 40)


def test_waits_are_lines_where_each_job_has_a_row(page):
    """From when on it could have started until it did; dashed while a retry was delayed."""
    seen = opened(page, waiting())
    expect(seen.locator(".lanes .wait.delay")).to_have_attribute("d", re.compile("^M[^M]+$"))
    assert seen.locator(".lanes .wait:not(.delay)").get_attribute("d") in ("", None)
    seen.get_by_role("button", name="by job").click()
    assert seen.locator(".lanes .wait:not(.delay)").get_attribute("d").count("M") == 2
    expect(seen.locator(".lanes text").first).to_have_text("a")


def test_a_slot_is_there_while_it_is_idle(page):
    """Each has a rail, and a number."""
    seen = opened(page, run())
    assert seen.locator(".lanes .rail").get_attribute("d").count("M") == 2
    expect(seen.locator(".lanes text").first).to_have_text("slot 1")


def test_arrows_go_from_bar_to_bar(page):
    """Along a slot, and from slot to slot; what the bar is is its name, and Enter opens it."""
    seen = opened(page, run())
    spot = seen.locator(".barspot")
    spot.focus()
    expect(spot).to_have_attribute("aria-label", re.compile("^load, attempt 1: succeeded, 10.0 s, from "))
    page.keyboard.press("ArrowRight")
    expect(spot).to_have_attribute("aria-label", re.compile("^fit, attempt 1: failed, 20.0 s"))
    page.keyboard.press("ArrowDown")
    expect(spot).to_have_attribute("aria-label", re.compile("^plot, attempt 1: running, 30"))
    expect(seen.locator(".timeline .tip")).to_contain_text("plot, attempt 1")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(seen.locator(".drawer .name")).to_have_text("load")


def ticks(seen: Locator) -> list[str]:
    return seen.locator(".scale text").all_text_contents()


def test_time_can_be_looked_at_closely(page):
    """With the wheel and Ctrl, with keys, with buttons; all of it is one click away."""
    seen = opened(page, run())
    whole = ticks(seen)
    page.mouse.move(*middle(seen, 0.5, 0))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    expect(seen.locator(".scale text").first).not_to_have_text("0:00")
    seen.get_by_role("button", name="all", exact=True).click()
    assert ticks(seen) == whole
    seen.locator(".barspot").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert ticks(seen) != whole
    page.keyboard.press("0")
    assert ticks(seen) == whole


def test_a_drag_moves_along_time_and_opens_nothing(page):
    """What was looked at closely; the bar under the mouse is not clicked."""
    seen = opened(page, run())
    for _ in range(4):
        seen.get_by_role("button", name="zoom in in time").click()
    before = ticks(seen)
    x, y = middle(seen, 0.5, 0)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 150, y, steps=5)
    page.mouse.up()
    assert ticks(seen) != before
    expect(seen.locator(".drawer")).to_be_hidden()


def test_a_run_in_which_nothing_has_started_says_so(page):
    """An empty timeline is a sentence."""
    told = snapshot({"a": job("waiting")})
    seen = show(page, told)
    seen.get_by_role("button", name="Timeline").click()
    bars(page, told)
    expect(seen.locator(".lanes")).to_contain_text("Nothing has started yet")
