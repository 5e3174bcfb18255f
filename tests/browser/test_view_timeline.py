"""The timeline under the picture: bars that share their selection with it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from nbflow.core.lanes import critical, lanes
from nbflow.core.streams import Streams
from tests.browser.page import change, show
from tests.unit.snapshots import AT, attempt, job, snapshot


def run() -> dict[str, Any]:
    jobs = {
        "load": job(attempts=[attempt(1, 0, 10.0)]),
        "fit": job("failed", ("load",), [attempt(1, 10, 20.0, "failed")]),
        "plot": job("running", ("load",), [attempt(1, 10, None)]),
    }
    return snapshot(jobs, now=AT + 40)


def bars(page: Page, told: dict[str, Any], since: int = 0, most: int = 2000) -> None:
    """Answer the page's last question for bars, as the kernel does."""
    asked = page.evaluate("() => kernel.sent.at(-1)")
    assert (asked["op"], asked["since"]) == ("timeline", since)
    found = [list(bar) for bar in lanes(told["jobs"])]
    path = critical(told["jobs"], Streams(told).above)
    answer = {"kind": "bars", "number": asked["number"], "run": 12, "since": since, "all": len(found), "critical": path}
    page.evaluate("answer => kernel.answer(answer)", answer | {"bars": found[since : since + most], "now": told["now"]})


def opened(page: Page, told: dict[str, Any]) -> Locator:
    seen = show(page, told)
    seen.get_by_role("button", name="Timeline").click()
    bars(page, told)
    return seen


def middle(seen: Locator, share: float, lane: int) -> tuple[float, float]:
    box = seen.locator(".lanes").bounding_box()
    return box["x"] + 12 + share * (box["width"] - 26), box["y"] + 6 + lane * 20 + 10


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


def test_many_bars_come_in_pieces(page):
    """The page asks on until it has all."""
    told = run()
    seen = show(page, told)
    seen.get_by_role("button", name="Timeline").click()
    bars(page, told, most=2)
    bars(page, told, since=2)
    assert seen.locator(".lanes").get_attribute("aria-label").startswith("timeline: 3 attempts in 2 lanes")


def test_a_run_in_which_nothing_has_started_says_so(page):
    """An empty timeline is a sentence."""
    told = snapshot({"a": job("waiting")})
    seen = show(page, told)
    seen.get_by_role("button", name="Timeline").click()
    bars(page, told)
    expect(seen.locator(".lanes")).to_contain_text("Nothing has started yet")
