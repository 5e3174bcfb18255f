"""The view with many jobs: strips of fan-outs, what is looked for, what depends on what, how large it is drawn."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.page import change, show
from tests.unit.snapshots import job, layered, snapshot


def sweep(count: int = 48, failed: int = 21, policy: str = "strict") -> dict[str, Any]:
    """A job, a fan-out of which one element has failed, and one that waits for it."""
    jobs = {"load": job()}
    for n in range(count):
        status = "failed" if n == failed else "succeeded" if n < count // 2 else "waiting"
        jobs[f"fit[a={n}]"] = job(status, ("load",), group="fit", fan="fit")
    return snapshot(jobs | {"best": job("waiting", ("fit",))}, {"fit": policy})


MIDDLE = """place => {
    const [x, y, across, wide, high, gap] = model.get('graph').nodes.find(node => node[9])[9];
    return [x + place % across * (wide + gap) + wide / 2, y + Math.floor(place / across) * (high + gap) + high / 2];
}"""


def cell(seen: Locator, place: int) -> tuple[float, float]:
    """The middle of a cell of the strip, on the page."""
    box = seen.locator(".strip .box").bounding_box()
    x, y = seen.page.evaluate(MIDDLE, place)
    return box["x"] + x, box["y"] + y


def sent(page: Page) -> dict[str, Any]:
    return page.evaluate("() => kernel.sent.at(-1)")


def test_a_fan_out_is_one_node_with_a_cell_for_each_job(page):
    """Its cells are a path a status; the failed one has a cross."""
    seen = show(page, sweep())
    assert seen.locator(".node").count() == 3
    tiles = seen.locator(".cells g").evaluate_all(
        "all => all.map(g => [g.getAttribute('class'), g.children[0].getAttribute('d').split('M').length - 1])"
    )
    assert sorted(tiles) == [["s-F", 1], ["s-S", 23], ["s-W", 24]]
    assert seen.locator(".cells .s-F .mark").get_attribute("d") != ""


def test_pointing_at_a_cell_names_its_job(page):
    """And the name goes when the mouse does."""
    seen = show(page, sweep())
    page.mouse.move(*cell(seen, 21))
    expect(seen.locator(".dag .tip")).to_have_text("fit[a=21]: failed")
    page.mouse.move(2, 2)
    expect(seen.locator(".dag .tip")).to_be_hidden()


def test_a_click_on_a_cell_opens_its_job(page):
    """The drawer tells of it, and its cell is marked."""
    seen = show(page, sweep())
    page.mouse.click(*cell(seen, 21))
    assert (sent(page)["op"], sent(page)["jobs"]) == ("select", ["fit[a=21]"])
    expect(seen.locator(".drawer .name")).to_have_text("fit[a=21]")
    expect(seen.locator(".pointer")).to_be_visible()


def test_keys_walk_in_a_strip(page):
    """Enter goes to the cell that needs somebody, arrows to its neighbours, Enter opens, Escape leaves."""
    seen = show(page, sweep())
    strip = seen.locator(".strip")
    seen.locator(".node").first.focus()
    page.keyboard.press("ArrowRight")
    expect(strip).to_be_focused()
    page.keyboard.press("Enter")
    expect(strip).to_have_attribute("aria-label", "fit[a=21]: failed")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert sent(page)["jobs"] == ["fit[a=22]"]
    page.keyboard.press("ArrowLeft")
    assert sent(page)["jobs"] == ["fit[a=21]"]


def test_a_strip_can_be_opened_and_its_failed_jobs_retried(page):
    """What stands at its top right asks for the fan-out, and for its group."""
    seen = show(page, sweep())
    seen.get_by_role("button", name="Open fit").click()
    assert (sent(page)["op"], sent(page)["jobs"]) == ("turn", ["fit"])
    seen.get_by_role("button", name="Retry 1 failed of group fit").click()
    assert (sent(page)["op"], sent(page)["jobs"]) == ("retry", ["fit[a=21]"])


def test_too_many_are_not_opened(page):
    """Ten thousand boxes would help nobody."""
    seen = show(page, sweep(400))
    expect(seen.locator(".strip")).to_be_visible()
    expect(seen.get_by_role("button", name="Open fit")).to_be_hidden()


def test_a_status_is_seen_alone(page):
    """A chip of the header lets all others recede, in strips too; pressed again, it takes that back."""
    seen = show(page, sweep())
    chip = seen.locator("[data-letter=F]")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    assert seen.locator(".out").count() == 2
    assert seen.locator(".cover").get_attribute("d").count("M") == 47
    chip.click()
    assert seen.locator(".out").count() == 0


def test_a_chip_that_is_pressed_stays_while_nothing_has_its_status(page):
    """Else nobody could press it again."""
    seen = show(page, sweep())
    seen.locator("[data-letter=F]").click()
    change(page, sweep(failed=-1))
    expect(seen.locator("[data-letter=F]")).to_have_text("0 failed")


def test_jobs_are_found_by_name(page):
    """A slash begins, letters narrow it down, Enter goes from one to the next, Escape ends it."""
    seen = show(page, sweep())
    seen.locator(".node").first.focus()
    page.keyboard.press("/")
    page.keyboard.type("a=4")
    expect(seen.locator(".found")).to_have_text("9 of 50")
    for name in ("fit[a=4]", "fit[a=40]"):
        page.keyboard.press("Enter")
        assert sent(page)["jobs"] == [name]
    page.keyboard.press("Escape")
    assert seen.locator(".out").count() == 0
    expect(seen.get_by_role("button", name="Find jobs")).to_be_focused()


def test_what_nobody_is_called_is_said(page):
    """None found is told, not an empty page."""
    seen = show(page, sweep())
    seen.get_by_role("button", name="Find jobs").click()
    page.keyboard.type("nobody")
    expect(seen.locator(".found")).to_have_text("none")


def test_what_depends_on_a_node_stands_out(page):
    """Pointed at, all that it needs and that needs it stays; the rest recedes."""
    jobs = {"a": job(), "b": job(needs=("a",)), "c": job(needs=("b",)), "d": job(needs=("a",)), "e": job()}
    seen = show(page, snapshot(jobs))
    seen.get_by_role("button", name="b:").hover()
    expect(seen.locator(".picture")).to_have_class("picture traced")
    assert seen.locator(".spot.near text:first-of-type").all_text_contents() == ["a", "b", "c"]
    assert seen.locator(".wires .near").count() == 2
    page.mouse.move(2, 2)
    expect(seen.locator(".picture")).to_have_class("picture")


def test_the_picture_is_zoomed_and_fitted(page):
    """Buttons, and the wheel with Ctrl; the middle button fits all of it into the view."""
    seen = show(page, layered(120))
    wide = seen.locator(".picture").bounding_box()["width"]
    seen.get_by_role("button", name="zoom in").click()
    assert seen.locator(".picture").bounding_box()["width"] == pytest.approx(1.25 * wide, rel=0.01)
    seen.get_by_role("button", name="fit the picture").click()
    picture, stage = (seen.locator(where).bounding_box() for where in (".picture", ".scroll"))
    assert picture["width"] <= stage["width"] + 1
    page.mouse.move(stage["x"] + 300, stage["y"] + 40)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    expect(seen.locator(".overview")).to_be_visible()


def test_a_flow_that_is_little_wider_than_the_page_is_seen_whole(page):
    """Ten columns are drawn smaller rather than cut off; what is much wider keeps a size that reads."""
    chain = {f"job{n}": job(needs=(f"job{n - 1}",) if n else ()) for n in range(10)}
    seen = show(page, snapshot(chain))
    picture, stage = (seen.locator(where).bounding_box() for where in (".picture", ".scroll"))
    assert picture["width"] <= stage["width"]
    seen = show(page, snapshot({f"job{n}": job(needs=(f"job{n - 1}",) if n else ()) for n in range(14)}))
    assert seen.locator(".picture").bounding_box()["width"] > seen.locator(".scroll").bounding_box()["width"]


def test_the_overview_leads_to_any_part(page):
    """A click at its right end scrolls there; one that drags the ground moves the picture."""
    seen = show(page, layered(120))
    box = seen.locator(".overview").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    left = seen.locator(".scroll").evaluate("one => one.scrollLeft")
    assert left > 1000
    stage = seen.locator(".scroll").bounding_box()
    page.mouse.move(stage["x"] + 500, stage["y"] + 6)
    page.mouse.down()
    page.mouse.move(stage["x"] + 700, stage["y"] + 6, steps=4)
    page.mouse.up()
    assert seen.locator(".scroll").evaluate("one => one.scrollLeft") == pytest.approx(left - 200, abs=3)


def test_ten_thousand_jobs_are_few_elements(page):
    """The page stays light: a path a status, not a box a job."""
    seen = show(page, sweep(10_000))
    assert seen.locator("*").count() < 400
