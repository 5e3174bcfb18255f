"""The picture itself: what moves and how, groups and what they came to, marks, made jobs."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.page import change, show
from tests.unit.snapshots import job, snapshot

PLACES = """() => Object.fromEntries([...document.querySelectorAll('.spot')].map(spot => {
    const { e, f } = new DOMMatrix(getComputedStyle(spot).transform);
    return [spot.querySelector('.said text').textContent, [Math.round(e), Math.round(f)]]; }))"""
WANTED = (
    """() => Object.fromEntries(model.get('graph').nodes.map(node => [node[5], node.slice(1, 3).map(Math.round)]))"""
)
MOVING = """() => document.querySelector(".picture").getAnimations({ subtree: true })
    .filter(one => !one.transitionProperty).length"""


def three(*more: str) -> dict[str, Any]:
    """A job, two that need it, and more that do."""
    jobs = {"load": job()} | {name: job("waiting", ("load",)) for name in ("fit", "plot", *more)}
    return snapshot(jobs)


def settled(page: Page) -> None:
    page.wait_for_function(f"() => !({MOVING})()")


def test_nodes_glide_to_their_places(page):
    """A job more moves the others, for a moment; then each stands where the picture has it, and a new one is seen."""
    show(page, three())
    before = page.evaluate(PLACES)
    page.evaluate("() => { for (const one of document.getAnimations()) one.finish() }")
    change(page, three("report", "upload"))
    assert page.evaluate(MOVING) > 0
    settled(page)
    after = page.evaluate(PLACES)
    assert after == page.evaluate(WANTED)
    assert after["load"] != before["load"]
    assert page.locator(".spot").evaluate_all("all => all.every(one => getComputedStyle(one).opacity === '1')")


def test_what_is_on_its_way_can_turn_round(page):
    """A change in the middle of a glide goes on from where things are seen; the last one counts."""
    show(page, three())
    change(page, three("report", "upload"))
    page.evaluate("() => document.getAnimations().forEach(one => { one.pause(); one.currentTime = 100; one.play() })")
    change(page, three())
    settled(page)
    assert page.evaluate(PLACES) == page.evaluate(WANTED)
    expect(page.locator(".ghost")).to_have_count(0)


def test_nothing_moves_at_first_nor_where_it_is_not_wanted(page):
    """The first picture is just there; with reduced motion every one is."""
    show(page, three())
    assert page.evaluate(MOVING) == 0
    page.emulate_media(reduced_motion="reduce")
    change(page, three("report"))
    assert page.evaluate(MOVING) == 0
    assert page.evaluate(PLACES) == page.evaluate(WANTED)


def test_hundreds_of_nodes_do_not_glide(page):
    """That would drop frames."""
    jobs = {f"job{n}": job(needs=(f"job{n - 9}",) if n > 8 else ()) for n in range(300)}
    show(page, snapshot(jobs))
    change(page, snapshot(jobs | {"more": job(needs=("job3",))}))
    assert page.evaluate(MOVING) == 0


def test_a_job_that_goes_can_not_be_acted_on(page):
    """It fades, is no button any more meanwhile, and then is gone."""
    seen = show(page, three("report"))
    change(page, three())
    assert seen.locator("[role=button].node").count() == 3
    expect(seen.locator(".ghost")).to_have_count(0)
    assert sorted(page.evaluate(PLACES)) == ["fit", "load", "plot"]


def test_a_node_that_stays_is_the_same_element(page):
    """The keyboard's focus stays on it, and a press of the mouse that began before becomes a click on it."""
    seen = show(page, three())
    seen.locator(".node").nth(1).focus()
    box = seen.locator(".node").nth(2).bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    late = three()
    late["jobs"] = {"first": job()} | late["jobs"]  # every node has another number now
    change(page, late)
    expect(seen.locator(".node[aria-label^=fit]")).to_have_count(1)
    settled(page)
    box = seen.locator(".node[aria-label^=plot]").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.up()
    expect(seen.locator(".drawer .name")).to_have_text("plot")


def test_the_focus_stays_while_jobs_are_added(page):
    """And the arrow keys go on from there."""
    seen = show(page, three())
    seen.locator(".node").nth(1).focus()
    change(page, three("report"))
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')").startswith("fit: waiting")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')").startswith("plot: waiting")


def test_the_selection_stays_while_jobs_are_added_and_the_view_does_not_jump(page):
    """Somebody may have gone to look at something else."""
    jobs = {f"job{n}": job(needs=(f"job{n - 1}",) if n else ()) for n in range(20)}
    seen = show(page, snapshot(jobs))
    seen.locator(".node").first.click()
    expect(seen.locator(".node[aria-pressed=true]")).to_have_count(1)
    seen.locator(".scroll").evaluate("scroll => { scroll.scrollLeft = 900 }")
    change(page, snapshot(jobs | {"more": job(needs=("job19",))}))
    expect(seen.locator(".node[aria-pressed=true]")).to_have_attribute("aria-label", "job0: succeeded, done")
    assert seen.locator(".scroll").evaluate("scroll => scroll.scrollLeft") == 900


STATES = {
    "undecided": "fits · 2 of 3 needed: 1 ✓ 1 ✕",
    "met": "fits · 2 of 3 needed: 1 ✓ 1 ✕ · met",
    "broken": "fits · 2 of 3 needed: 1 ✓ 1 ✕ · broken",
}


@pytest.mark.parametrize("verdict", STATES)
def test_a_group_tells_what_is_needed_and_what_that_came_to(page, verdict):
    """All of it where one points at it; over its members as much as there is room for."""
    statuses = {"fit_a": "succeeded", "fit_b": "failed", "fit_c": "running"}
    run = snapshot({name: job(status, group="fits") for name, status in statuses.items()}, {"fits": "at-least:2"})
    run["groups"]["fits"]["verdict"] = verdict
    seen = show(page, run)
    assert seen.locator(".frame > title").evaluate("title => title.textContent") == STATES[verdict]
    line = seen.locator(".frame text").text_content()
    assert line.startswith("fits")
    assert ("1 ✓ 1 ✕" in line) if verdict == "undecided" else (verdict in line)


def test_a_job_that_another_one_made_says_so(page):
    """A dotted line from its maker, which is named."""
    seen = show(page, snapshot({"maker": job(), "made": job("running", maker="maker")}))
    assert seen.locator(".wires .made").count() == 1
    expect(seen.locator(".node").nth(1)).to_have_attribute("aria-label", "made: running, starting; made by maker")


def test_marks_say_where_a_job_runs_and_that_it_is_kept(page):
    """A drawing with a title each; a job in a process of its own has none."""
    seen = show(page, snapshot({"a": job(executor="kernel", cache=True), "b": job()}))
    titles = seen.locator(".badge > title").evaluate_all("all => all.map(one => one.textContent)")
    assert titles == ["runs in the kernel", "its outputs are kept for later runs"]
    assert seen.locator(".node").first.get_attribute("aria-label").endswith("; ".join(titles))


def test_of_ten_thousand_cells_only_those_that_change_are_drawn_again(page):
    """A piece of the grid in which nothing has changed keeps its elements."""

    def sweep(done: int) -> dict[str, Any]:
        status = ["succeeded" if n < done else "waiting" for n in range(4000)]
        return snapshot({f"f[a={n}]": job(s, group="f", fan="f") for n, s in enumerate(status)}, {"f": "strict"})

    seen = show(page, sweep(700))
    cells = seen.locator(".cells g")
    count = cells.count()
    cells.evaluate_all("all => all.forEach(one => { one.old = true })")
    change(page, sweep(701))
    kept = cells.evaluate_all("all => all.filter(one => one.old).length")
    assert count - 2 <= kept < count


def percent(page: Page) -> int:
    return int(page.locator(".zoom button").nth(1).inner_text().removesuffix(" %"))


def test_keys_and_a_double_click_zoom_and_fit(page):
    """Plus and minus by steps; 0, and two clicks on the ground, show all of it; two on a node do not."""
    jobs = {f"job{n}": job(needs=(f"job{n - 1}",) if n else ()) for n in range(20)}
    seen = show(page, snapshot(jobs))
    seen.locator(".node").first.focus()
    page.keyboard.press("+")
    assert percent(page) == 88
    page.keyboard.press("-")
    assert percent(page) == 70
    page.keyboard.press("0")
    whole = percent(page)
    assert whole < 40
    page.keyboard.press("+")
    before = percent(page)
    seen.locator(".node").first.dblclick()
    assert percent(page) == before
    seen.locator(".node").first.press("Escape")
    expect(seen.locator(".main.open")).to_have_count(0)
    seen.locator(".scroll").dblclick(position={"x": 300, "y": 8})
    assert percent(page) == whole


def test_two_fingers_zoom(page):
    """As far as they move apart; what is between them stays there. One finger scrolls, as on any page."""
    seen = show(page, three())
    before = percent(page)
    seen.locator(".scroll").evaluate("""scroll => {
        const touch = (id, x) => new Touch({ identifier: id, target: scroll, clientX: x, clientY: 100 });
        const send = (kind, touches) => scroll.dispatchEvent(new TouchEvent(kind, { touches, cancelable: true }));
        send('touchstart', [touch(1, 300), touch(2, 400)]);
        send('touchmove', [touch(1, 280), touch(2, 420)]);
        send('touchmove', [touch(1, 250), touch(2, 450)]);
    }""")
    page.wait_for_function(
        "before => parseInt(document.querySelectorAll('.zoom button')[1].textContent) > before", arg=before
    )
    assert percent(page) == 2 * before


def test_many_wheel_events_are_one_zoom(page):
    """The picture is drawn once a frame, not once an event."""
    seen = show(page, three())
    drawn = seen.locator(".scroll").evaluate("""scroll => new Promise(done => {
        let times = 0;
        new MutationObserver(all => { times += all.filter(one => one.attributeName === 'width').length })
            .observe(document.querySelector('.picture'), { attributes: true });
        const turn = { deltaY: -10, ctrlKey: true, cancelable: true };
        for (let at = 0; at < 9; at += 1) scroll.dispatchEvent(new WheelEvent('wheel', turn));
        requestAnimationFrame(() => requestAnimationFrame(() => done(times)));
    })""")
    assert drawn == 1


def test_a_group_can_be_folded(page):
    """What stands at the top right of its frame asks for that, as a fan-out's does; its drawer calls it a group."""
    jobs = {"load": job(), "fit": job(needs=("load",), group="g"), "score": job("waiting", ("fit",), group="g")}
    seen = show(page, snapshot(jobs, {"g": "best-effort"}))
    seen.get_by_role("button", name="Fold g").click()
    sent = page.evaluate("() => kernel.sent.at(-1)")
    assert (sent["op"], sent["jobs"]) == ("turn", ["g"])
    seen.locator(".opener").click()
    expect(seen.locator(".drawer.many")).to_contain_text("group of 2")
