"""The view by keyboard alone, told to a screen reader, enlarged, spaced, without motion, in high contrast."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.page import change, show
from tests.browser.scenes import FIT, SCENES, sweep
from tests.browser.test_view_contrast import MEASURE
from tests.unit import snapshots

FOCUSED = """() => {
    const one = document.activeElement, view = one.closest('.nbflow-view');
    if (!view) return null;
    const style = getComputedStyle(one), ring = one.querySelector(':scope > .ring, :scope > .halo');
    const drawn = ring ? getComputedStyle(ring) : null, box = one.getBoundingClientRect();
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 ? style.outlineColor : '';
    const ringed = drawn && drawn.stroke !== 'none' && parseFloat(drawn.strokeWidth) >= 2 ? drawn.stroke : '';
    const caught = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return { name: one.ariaLabel || one.textContent.trim().slice(0, 60), mark: outlined || ringed,
        accent: getComputedStyle(view).getPropertyValue('--accent'),
        seen: box.width > 0 && (one.contains(caught) || !!caught?.closest('.spot, .log')) }; }"""
STOPS = """() => [...document.querySelectorAll('.nbflow-view :is(button, input, [tabindex="0"], summary, select)')]
    .filter(one => one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true })
        && getComputedStyle(one).display !== 'none').length"""
FRAMED = "<style>.outside { display: block; margin: 4px }</style>"


def walk(page: Page, key: str = "Tab", most: int = 150) -> list[dict[str, Any]]:
    """Every stop from the first one until the focus leaves the view."""
    found: list[dict[str, Any]] = []
    while len(found) < most:
        page.keyboard.press(key)
        stop = page.evaluate(FOCUSED)
        if stop is None:
            break
        found.append(stop)
    return found


def between(page: Page) -> None:
    """Put a button before the view and one after it, and the focus on the first."""
    page.evaluate("""() => {
        const button = () => Object.assign(document.createElement('button'), { className: 'outside' });
        document.body.prepend(button()); document.body.append(button());
        document.querySelector('.outside').focus(); }""")


@pytest.mark.parametrize("scene", ["eight", "attempts", "code", "data", "strip", "looked for", "empty"])
def test_tab_goes_through_everything_and_out_again(page, scene):
    """Each control is a stop once, can be seen while it has the focus, and is marked then; and back the same way."""
    SCENES[scene](page, "light", "")
    between(page)
    found = walk(page)
    assert len(found) == page.evaluate(STOPS)
    assert [stop for stop in found if not stop["mark"]] == []
    assert [stop for stop in found if not stop["seen"]] == []
    assert [stop for stop in found if not stop["name"]] == []
    page.locator(".outside").last.focus()
    assert [stop["name"] for stop in walk(page, "Shift+Tab")] == [stop["name"] for stop in reversed(found)]


def test_a_stop_that_is_not_marked_is_found(page):
    """Control."""
    SCENES["eight"](page, "light", "<style>.nbflow-view button { outline: none !important }</style>")
    between(page)
    assert [stop for stop in walk(page) if not stop["mark"]] != []


def test_everything_is_done_by_keys(page):
    """Walk to a job, open it, look at its tabs and attempts, act, close: the focus is never lost."""
    seen = show(page, snapshots.ten(), {("fit_lasso", 3): "no\n"})
    page.keyboard.press("Escape")
    seen.locator('.node[aria-label^="load:"]').focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(seen.locator(".drawer")).to_be_visible()
    job = page.evaluate("() => kernel.sent.at(-1).jobs[0]")
    stops = [stop["name"] for stop in walk(page)]
    assert any(name.startswith(("Retry", "Run")) for name in stops)
    seen.locator(f'.node[aria-label^="{job}:"]').focus()
    page.keyboard.press("Escape")
    expect(seen.locator(".drawer")).to_be_hidden()
    expect(seen.locator(f'.node[aria-label^="{job}:"]')).to_be_focused()


def test_the_focus_survives_every_repaint(page):
    """Whatever has it, keeps it, when statuses change and when a job is added."""
    seen = show(page, snapshots.ten(), FIT)
    between(page)
    count = len(walk(page))
    later = snapshots.ten()
    later["jobs"]["fit_trees"]["status"] = "succeeded"
    more = snapshots.ten()
    more["jobs"]["another"] = snapshots.job("waiting", ("load",))
    page.locator(".outside").first.focus()
    for at in range(count):
        page.keyboard.press("Tab")
        name = page.evaluate(FOCUSED)["name"].split(":")[0]
        for told in (later, more, snapshots.ten()):
            change(page, told, FIT)
            page.evaluate("() => null")
            left = page.evaluate(FOCUSED)
            assert left is not None, f"stop {at}, {name}: the focus is lost"
    expect(seen).to_be_visible()


# --- screen readers
def test_what_a_screen_reader_is_told(page):
    """A region with the flow's name; buttons with names, states and keys; tabs and their panel; a table; a log."""
    seen = show(page, snapshots.ten(), FIT)
    assert page.get_by_role("region", name="flow").count() == 1
    expect(seen.get_by_role("group", name="jobs of the flow")).to_be_visible()
    assert seen.get_by_role("button", name="fit_lasso: failed").get_attribute("aria-pressed") == "true"
    assert seen.get_by_role("tab", selected=True).count() == 1
    expect(seen.get_by_role("tabpanel")).to_have_count(1)
    expect(seen.get_by_role("log")).to_have_count(1)
    expect(seen.locator("[aria-live=polite]").first).to_be_attached()
    assert seen.locator("[aria-live=assertive]").count() == 0


def test_a_busy_run_is_told_shortly_and_seldom(page):
    """Forty changes in two seconds are one announcement, or two; each a line."""
    show(page, snapshots.fan(300))
    page.evaluate("""() => { window.said = [];
        const live = document.querySelector('.nbflow-view .spoken'), all = { childList: true, characterData: true };
        new MutationObserver(() => said.push(live.textContent)).observe(live, { ...all, subtree: true }); }""")
    page.evaluate("""async () => { const head = model.get('head');
        for (let turn = 1; turn <= 40; turn++) {
            kernel.change({ head: { ...head, counts: [['S', 100 + turn], ['R', 40], ['W', 160 - turn]] } });
            await new Promise(done => setTimeout(done, 50)); } }""")
    said = page.evaluate("() => said")
    assert len(said) <= 2, said
    assert all(len(line) <= 120 for line in said)


# --- sizes
TARGETS = """() => {
    const seen = [...document.querySelectorAll('.nbflow-view :is(button, input, .tool, .node, [role=button])')]
        .filter(one => one.checkVisibility({ visibilityProperty: true })).map(one => [one, one.getBoundingClientRect()])
        .filter(([, box]) => box.width > 0);
    const small = seen.filter(([, box]) => box.width < 23.9 || box.height < 23.9);
    const near = (box, other) => { const x = box.x + box.width / 2, y = box.y + box.height / 2;
        const dx = Math.max(other.left - x, 0, x - other.right), dy = Math.max(other.top - y, 0, y - other.bottom);
        return Math.hypot(dx, dy) < 12; };
    const apart = (one, two) => two !== one && !two.contains(one) && !one.contains(two);
    return small.filter(([one, box]) => seen.some(([two, other]) => apart(one, two) && near(box, other)))
        .map(([one, box]) => `${one.ariaLabel || one.textContent} ${box.width} by ${box.height}`); }"""


@pytest.mark.parametrize("scene", ["attempts", "code", "data", "sixty", "looked for", "strip", "mended"])
def test_targets_are_large_enough(page, scene):
    """24 by 24 pixels, or so far from others that nobody hits these instead (WCAG 2.5.8)."""
    SCENES[scene](page, "light", "")
    assert page.evaluate(TARGETS) == []


CUT = """() => [...document.querySelectorAll('.nbflow-view :is(button, .why, .word, .dim, dd, dt, .name)')]
    .filter(one => one.checkVisibility() && one.clientWidth && one.scrollWidth > one.clientWidth + 1
        && !one.closest('.log, .attempts, .zoom') && getComputedStyle(one).overflowX === 'hidden')
    .map(one => one.textContent)"""


@pytest.mark.parametrize("scene", ["eight", "attempts", "code", "data", "looked for", "empty"])
@pytest.mark.parametrize("width", [320, 640])
def test_enlarged_it_flows_anew(page, scene, width):
    """At 400 % and 200 % of a page of 1280 pixels nothing but the picture itself is scrolled sidewards."""
    page.set_viewport_size({"width": width, "height": 512})
    seen = SCENES[scene](page, "light", "")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    inside = """view => [...view.querySelectorAll('.header > *, .drawer .inner > *, .footer > *')].filter(one =>
        one.checkVisibility() && one.getBoundingClientRect().right > view.getBoundingClientRect().right + 1)
        .map(one => one.className)"""
    assert seen.evaluate(inside) == []


SPACED = """<style>.nbflow-view, .nbflow-view * { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important } .nbflow-view p { margin-bottom: 2em !important }</style>"""


@pytest.mark.parametrize("scene", ["attempts", "summary", "code", "data", "looked for"])
def test_text_may_be_spaced(page, scene):
    """With the spacing of WCAG 1.4.12 no words are cut, and the page is no wider."""
    seen = SCENES[scene](page, "light", SPACED)
    assert page.evaluate(CUT) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    expect(seen).to_be_visible()


# --- motion and contrast
def test_nothing_moves_for_whom_motion_is_not_wanted(page):
    """Neither by style nor by script, while jobs come and statuses change."""
    page.emulate_media(reduced_motion="reduce")
    try:
        seen = show(page, snapshots.ten(), FIT)
        told = snapshots.ten()
        told["jobs"] = {"first": snapshots.job()} | told["jobs"]
        told["jobs"]["fit_trees"]["status"] = "succeeded"
        change(page, told, FIT)
        seen.locator(".node").first.hover()
        page.evaluate("() => new Promise(done => requestAnimationFrame(done))")
        assert page.evaluate("() => document.getAnimations().map(one => one.effect.target.className)") == []
    finally:
        page.emulate_media(reduced_motion="null")


def test_something_moves_for_others(page):
    """Control: the header's bar slides."""
    show(page, snapshots.ten(), FIT)
    told = snapshots.ten()
    told["jobs"]["fit_trees"]["status"] = "succeeded"
    change(page, told, FIT)
    page.evaluate("() => new Promise(done => requestAnimationFrame(done))")
    assert page.evaluate("() => document.getAnimations().length") > 0


def words(page: Page) -> list[float]:
    return [one["ratio"] for one in page.evaluate(MEASURE, ".nbflow-view") if one["kind"] == "text"]


@pytest.mark.parametrize("theme", ["light", "dark", "code-dark"])
def test_more_contrast_is_given_to_whom_asks(page, theme):
    """Texts 7 : 1 where the system asks for more, edges stronger."""
    page.emulate_media(contrast="more")
    try:
        SCENES["code"](page, theme, "")
        assert min(words(page)) >= 7
    finally:
        page.emulate_media(contrast="null")


@pytest.mark.parametrize("theme", ["lab-contrast", "code-contrast", "code-contrast-light"])
def test_high_contrast_themes_get_it(page, theme):
    """Texts 7 : 1."""
    SCENES["code"](page, theme, "")
    assert min(words(page)) >= 7


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_leave_everything_in_sight(page, scheme):
    """In two colours: texts and lines stand out, selected and pressed things are marked, bars have outlines."""
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    try:
        for scene in ("mended", "code", "looked for"):
            seen = SCENES[scene](page, scheme, "")
            found = page.evaluate(MEASURE, ".nbflow-view")
            assert [one for one in found if one["kind"] != "area" and one["ratio"] < 3] == []
        pressed, other = (seen.locator(f'.chip[aria-pressed="{on}"]').first for on in ("true", "false"))
        colour = "one => getComputedStyle(one).backgroundColor"
        assert pressed.evaluate(colour) != other.evaluate(colour)
    finally:
        page.emulate_media(forced_colors="null", color_scheme="null")


def test_ten_thousand_cells_are_reached_by_keys(page):
    """Enter goes into the strip, arrows from cell to cell, Escape out of it; each cell is told by name."""
    seen: Locator = show(page, sweep(10_000))
    strip = seen.locator(".strip")
    strip.focus()
    page.keyboard.press("Enter")
    told = strip.get_attribute("aria-label")
    assert told.startswith("fit[alpha=")
    page.keyboard.press("ArrowRight")
    assert strip.get_attribute("aria-label") != told
    page.keyboard.press("Escape")
    assert strip.get_attribute("aria-label").startswith("fit: ")
