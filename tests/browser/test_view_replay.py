"""The past in the view: an instant of the run so far, an earlier run; the kernel is played."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from nbflow.core.history import History, Shift
from nbflow.core.lanes import laid, waited_for
from nbflow.core.light import PARTS
from nbflow.core.status import Verdict
from nbflow.core.streams import Streams
from nbflow.widget import columns
from nbflow.widget.drawing import Drawing
from nbflow.widget.state import view_state
from tests.browser.page import change, show
from tests.unit.snapshots import AT, attempt, job, snapshot

WHEN = "as of "


def run(**more: Any) -> dict[str, Any]:
    """Load for ten seconds; then fit, which fails after twenty, and plot, which runs."""
    jobs = {
        "load": job(attempts=[attempt(1, 0, 10.0)]),
        "fit": job("failed", ("load",), [attempt(1, 10, 20.0, "failed")], group="g"),
        "plot": job("running", ("load",), [attempt(1, 10, None)]),
    }
    return snapshot(jobs, {"g": "strict"}, now=AT + 40) | more


SHIFTS = ((0, 0, "Q"), (0, 1, "W"), (0, 2, "W"), (0, 0, "R"), (10, 0, "S"), (10, 1, "R"), (10, 2, "R"), (30, 1, "F"))
EARLIER = ((-9e4, 0, "R"), (-89_900, 0, "S"), (-89_900, 1, "R"), (-89_810, 1, "F"))
RUNS = [
    {"run": 11, "verdict": "failed", "opened_at": AT - 9e4, "began_at": AT - 9e4, "ended_at": AT - 9e4 + 190},
    {"run": 12, "verdict": "running", "opened_at": AT, "began_at": AT, "ended_at": None},
]


def earlier() -> dict[str, Any]:
    """A run of another shape, which has ended."""
    failed = [attempt(1, -89_900, 90.0, "failed")]
    jobs = {"old": job(attempts=[attempt(1, -9e4, 100.0)]), "last": job("failed", ("old",), failed)}
    return snapshot(jobs, run=11, verdict="failed", now=AT + 40)


def answer(page: Page, told: dict[str, Any], past: dict[str, Any] | None = None) -> None:
    """Answer all that the page has asked and nobody has answered, as the kernel does."""
    page.evaluate("() => { window.answered ??= 0; }")
    for _ in range(6):
        asked = page.evaluate("() => kernel.sent.slice(answered)")
        page.evaluate("count => { window.answered += count }", len(asked))
        for one in asked:
            of = told if one.get("run") is None else past
            found = _answer(one, of, past) if of is not None else None
            if found:
                message = found | {"number": one["number"], "now": told["now"]}
                page.evaluate("answer => kernel.answer(answer)", message)
        if not asked:
            return


def _answer(one: dict[str, Any], of: dict[str, Any], past: dict[str, Any] | None) -> dict[str, Any] | None:
    match one["op"]:
        case "timeline":
            parts = PARTS.of(of["jobs"])
            path = waited_for(parts, list(of["jobs"]), Streams(of).above)
            head = {"kind": "bars", "run": of["run"], "of": one.get("run"), "since": one["since"], "critical": path}
            return head | columns.bars(laid(parts), one["since"])
        case "history":
            shifts = tuple(Shift(AT + at, n, to) for at, n, to in (SHIFTS if of is not past else EARLIER))
            found = History(tuple(of["jobs"]), shifts, ((AT + 30, "g", Verdict.BROKEN),))
            drawing = Drawing()
            drawing.of(of)
            head = {"kind": "history", "of": one.get("run"), "since": one["since"], "all": len(of["jobs"])}
            return head | {"members": drawing.members} | columns.shifts(found, one["since"])
        case "runs":
            return {"kind": "runs", "runs": [each | {"counts": {"succeeded": 41, "failed": 1}} for each in RUNS]}
        case "past":
            return {"kind": "past", "of": one["run"], "state": view_state(of, Drawing(), {})}
        case _:
            return None


def opened(page: Page, told: dict[str, Any], **more: Any) -> Locator:
    seen = show(page, told, **more)
    seen.get_by_role("button", name="Timeline").click()
    answer(page, told)
    return seen


def scrub(page: Page, seen: Locator, share: float) -> None:
    box = seen.locator(".track").bounding_box()
    page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def status(seen: Locator, name: str) -> Locator:
    return seen.locator(f'.node[aria-label^="{name}: "]')


def test_the_picture_shows_an_instant(page):
    """Where the hand is: what ran then ran, what came later has not happened; the head counts what stood then."""
    seen = opened(page, run())
    scrub(page, seen, 0.5)
    expect(seen.locator(".asof")).to_contain_text(WHEN)
    expect(status(seen, "fit")).to_have_attribute("aria-label", re.compile("fit: running"))
    expect(seen.locator(".chip").filter(has_text="running")).to_have_text("2 running")
    scrub(page, seen, 0.1)
    expect(status(seen, "fit")).to_have_attribute("aria-label", re.compile("fit: waiting"))
    expect(seen.locator(".picture")).to_contain_text("0:04")


def test_the_present_is_one_key_away(page):
    """Escape, the button, or the end of the line; then all is as it stands now."""
    seen = opened(page, run())
    for back in (
        lambda: page.keyboard.press("Escape"),
        lambda: seen.get_by_role("button", name="Live").click(),
        lambda: page.keyboard.press("End"),
    ):
        scrub(page, seen, 0.1)
        expect(status(seen, "fit")).to_have_attribute("aria-label", re.compile("waiting"))
        back()
        expect(status(seen, "fit")).to_have_attribute("aria-label", re.compile("failed"))
        expect(seen.locator(".asof")).to_be_hidden()


def test_nothing_can_be_done_to_the_past(page):
    """No button, and no key asks anything of the kernel."""
    seen = opened(page, run())
    status(seen, "fit").first.click()
    scrub(page, seen, 0.9)
    expect(seen.locator(".asof")).to_be_visible()
    expect(seen.locator(".drawer .act").first).to_be_hidden()
    before = page.evaluate("() => kernel.sent.length")
    status(seen, "fit").first.focus()
    page.keyboard.press("r")
    page.keyboard.press("p")
    asked = page.evaluate("count => kernel.sent.slice(count).map(one => one.op)", before)
    assert not {"retry", "pause"} & set(asked)


def test_what_happens_meanwhile_waits(page):
    """The past stands still while the run goes on; the present shows all of it afterwards."""
    seen = opened(page, run())
    scrub(page, seen, 0.5)
    expect(status(seen, "fit")).to_have_attribute("aria-label", re.compile("running"))
    told = run()
    told["jobs"]["plot"] = job("succeeded", ("load",), [attempt(1, 10, 31.0)])
    change(page, told)
    expect(status(seen, "plot")).to_have_attribute("aria-label", re.compile("running"))
    page.keyboard.press("Escape")
    expect(status(seen, "plot")).to_have_attribute("aria-label", re.compile("succeeded"))


def test_keys_move_the_hand(page):
    """Arrows a little, with Shift to the next change, Home to the beginning; each is told to who does not see it."""
    seen = opened(page, run())
    track = seen.get_by_role("slider", name="replay the run")
    track.focus()
    page.keyboard.press("Home")
    expect(track).to_have_attribute("aria-valuenow", "0")
    expect(track).to_have_attribute("aria-valuetext", re.compile("as of .*: 1 running, 2 waiting"))
    page.keyboard.press("Shift+ArrowRight")
    expect(track).to_have_attribute("aria-valuenow", "10")
    page.keyboard.press("ArrowRight")
    expect(track).to_have_attribute("aria-valuenow", "10.2")
    page.keyboard.press("Shift+ArrowRight")
    expect(track).to_have_attribute("aria-valuenow", "30")
    page.keyboard.press("Shift+ArrowLeft")
    expect(track).to_have_attribute("aria-valuenow", "10")


def test_a_run_is_played_and_ends_in_the_present(page):
    """From the beginning, at a speed that one can choose; a second press stops it where it is."""
    seen = opened(page, run())
    seen.get_by_role("button", name="speed: 1 times").click()
    seen.get_by_role("button", name="speed: 2 times").click()
    seen.get_by_role("button", name="play the run").click()
    expect(seen.locator(".asof")).to_contain_text(WHEN)
    expect(status(seen, "fit")).to_have_attribute("aria-label", re.compile("running"))
    seen.get_by_role("button", name="stop").click()
    scrub(page, seen, 0.97)
    page.keyboard.press("Space")
    expect(seen.locator(".asof")).to_be_hidden()
    expect(seen.get_by_role("button", name="play the run")).to_be_visible()


def test_the_scale_is_a_scrubber_too(page):
    """A press on the times under the bars shows that instant; what came later recedes."""
    seen = opened(page, run())
    box = seen.locator(".scale").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + 10)
    expect(seen.locator(".asof")).to_contain_text(WHEN)
    expect(seen.locator(".lanes .veil")).to_have_count(1)


def test_an_earlier_run_is_chosen_and_left(page):
    """From a list; with the shape it had and its own timeline, clearly the past. One key, and the present is back."""
    seen = opened(page, run())
    seen.get_by_role("button", name="earlier runs").click()
    answer(page, run(), earlier())
    items = seen.get_by_role("menuitemradio")
    expect(items).to_have_count(2)
    expect(items.nth(1)).to_have_text(re.compile(r"run 11 · .* · failed · 41 ✓ 1 ✕ · 3 m 10 s"))
    items.nth(1).click()
    answer(page, run(), earlier())
    answer(page, run(), earlier())
    expect(seen.locator(".asof")).to_contain_text("run 11 · ")
    expect(status(seen, "last")).to_have_attribute("aria-label", re.compile("failed"))
    expect(status(seen, "load")).to_have_count(0)
    expect(seen.locator(".lanes")).to_have_attribute("aria-label", re.compile("2 attempts .* over 3 m 10 s"))
    scrub(page, seen, 0.2)
    expect(status(seen, "last")).to_have_count(1)
    expect(status(seen, "old")).to_have_attribute("aria-label", re.compile("running"))
    expect(seen.locator(".asof")).to_contain_text("run 11, as of ")
    page.keyboard.press("Escape")
    expect(status(seen, "load")).to_have_count(1)
    answer(page, run())
    expect(seen.locator(".lanes")).to_have_attribute("aria-label", re.compile("3 attempts"))


def test_a_job_of_an_earlier_run_is_opened_there(page):
    """What is asked about it says of which run."""
    seen = opened(page, run())
    seen.get_by_role("button", name="earlier runs").click()
    answer(page, run(), earlier())
    seen.get_by_role("menuitemradio").nth(1).click()
    answer(page, run(), earlier())
    status(seen, "last").click()
    asked = page.evaluate("() => kernel.sent.findLast(one => one.op === 'select')")
    assert (asked["jobs"], asked["run"]) == (["last"], 11)


def test_the_list_of_runs_goes_by_keys(page):
    """Escape closes it, and the focus is where it was."""
    seen = opened(page, run())
    button = seen.get_by_role("button", name="earlier runs")
    button.focus()
    page.keyboard.press("Enter")
    answer(page, run(), earlier())
    expect(seen.get_by_role("menuitemradio").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(seen.get_by_role("menuitemradio").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(seen.get_by_role("menu")).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_past_can_be_read(page, theme):
    """Its mark has the contrast of other words, and nothing reaches out of the page."""
    seen = opened(page, run(), theme=theme)
    scrub(page, seen, 0.5)
    expect(seen.locator(".asof")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
