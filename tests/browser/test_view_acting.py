"""Acting in the view, with a kernel played by the test: selections, groups, what buttons say, undo, keys."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.page import change, show
from tests.browser.test_view_axe import AXE, judged
from tests.browser.test_view_many import cell, sent, sweep
from tests.unit import snapshots

FIT = {("fit_lasso", 3): "scaling 14 columns\nLinAlgError: SVD did not converge\n"}
LINE = {"load": snapshots.job(), "clean": snapshots.job(needs=("load",)), "fit": snapshots.job("failed", ("clean",))}


def node(seen: Locator, job: str) -> Locator:
    return seen.locator(f'.node[aria-label^="{job}:"]')


def note(seen: Locator) -> Locator:
    return seen.locator(".note")


def answer(page: Page, **more: Any) -> None:
    """Answer the last request."""
    done = {"kind": "done", "count": 1, "of": 1} | more
    page.evaluate("done => kernel.answer({ ...done, number: kernel.sent.at(-1).number })", done)


def foretell(page: Page, asked: int = 1, **told: Any) -> None:
    """Answer the question what a retry of so many jobs would bring, once it is asked."""
    page.wait_for_function("asked => kernel.asides.at(-1)?.jobs.length === asked", arg=asked)
    told = {"follow": 0, "below": 0, "seconds": [42.0, 42.0, 42.0], "last": []} | told
    page.evaluate("told => kernel.answer({ kind: 'foretold', number: kernel.asides.at(-1).number, ...told })", told)


def count(page: Page) -> int:
    return page.evaluate("() => kernel.sent.length")


def failed(*places: int) -> dict[str, Any]:
    """A fan-out in which the jobs at these places have failed."""
    run = sweep(failed=-1)
    for place in places:
        run["jobs"][f"fit[a={place}]"] |= {"status": "failed", "reason_text": f"ValueError: {place}"}
    return run


def pick(seen: Locator, *places: int) -> None:
    """Take the cells at these places into the selection."""
    for place in places:
        seen.page.keyboard.down("Control")
        seen.page.mouse.click(*cell(seen, place))
        seen.page.keyboard.up("Control")


# --- selections
def test_ctrl_and_click_select_many(page):
    """The drawer counts them; once more takes one out again."""
    seen = show(page, failed(21, 30))
    pick(seen, 21, 30, 2)
    expect(seen.locator(".many .name")).to_have_text("3 jobs")
    expect(seen.locator(".many .counts li")).to_have_text(["2 failed", "1 succeeded"])
    assert seen.locator(".picked").get_attribute("d").count("M") == 3
    pick(seen, 2)
    expect(seen.locator(".many .name")).to_have_text("2 jobs")
    expect(seen.locator(".strip")).to_have_attribute("aria-pressed", "true")


def test_shift_and_click_select_a_run_of_cells(page):
    """All between the one that was picked and this one."""
    seen = show(page, sweep())
    page.mouse.click(*cell(seen, 5))
    page.keyboard.down("Shift")
    page.mouse.click(*cell(seen, 21))
    page.keyboard.up("Shift")
    expect(seen.locator(".many .name")).to_have_text("17 jobs")


def test_shift_and_click_select_all_on_the_way(page):
    """Whatever lies between two jobs along the needs."""
    seen = show(page, snapshots.snapshot(LINE))
    node(seen, "load").click()
    node(seen, "fit").click(modifiers=["Shift"])
    expect(seen.locator('.node[aria-pressed="true"]')).to_have_count(3)


def test_shift_and_arrows_select_by_keyboard(page):
    """From cell to cell, and from node to node; the cell that keys act on goes along."""
    seen = show(page, sweep())
    seen.locator(".strip").focus()
    page.keyboard.press("Enter")
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    expect(seen.locator(".many .name")).to_have_text("2 jobs")
    expect(seen.locator(".strip")).to_have_attribute("aria-label", "fit[a=22]: succeeded")
    page.keyboard.press("Shift+Space")
    expect(seen.locator(".drawer:visible .name")).to_have_text("fit[a=21]")


def test_a_rectangle_selects_what_it_touches(page):
    """Drawn with Shift held; the page does not move meanwhile."""
    seen = show(page, snapshots.snapshot(LINE))
    boxes = [node(seen, name).locator(".box").bounding_box() for name in ("load", "clean")]
    page.keyboard.down("Shift")
    page.mouse.move(boxes[0]["x"] - 8, boxes[0]["y"] - 8)
    page.mouse.down()
    page.mouse.move(boxes[1]["x"] + 5, boxes[1]["y"] + 5, steps=3)
    expect(seen.locator(".band")).to_be_visible()
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(seen.locator(".band")).to_be_hidden()
    expect(seen.locator(".many .name")).to_have_text("2 jobs")


def test_all_that_the_filter_shows_is_selected(page):
    """By the button beside the chips, or Ctrl+A; Esc lets it go."""
    seen = show(page, failed(3, 21, 30))
    expect(seen.get_by_role("button", name="Select 3")).to_have_count(0)
    seen.locator("[data-letter=F]").click()
    seen.get_by_role("button", name="Select 3").click()
    expect(seen.locator(".many .name")).to_have_text("3 jobs")
    page.keyboard.press("Escape")
    expect(seen.locator(".many")).to_have_count(0)
    node(seen, "load").focus()
    page.keyboard.press("Control+a")
    expect(seen.locator(".many .name")).to_have_text("3 jobs")


def test_names_of_a_selection_lead_to_their_jobs(page):
    """Those that need somebody come first."""
    seen = show(page, failed(21))
    pick(seen, 2, 21)
    first = seen.locator(".many .members button").first
    expect(first).to_have_text("fit[a=21]")
    first.click()
    expect(seen.locator(".drawer:visible .name")).to_have_text("fit[a=21]")


def test_a_selection_outlives_what_changes(page):
    """By name: jobs that are gone leave it, the others stay."""
    seen = show(page, failed(21, 30))
    pick(seen, 21, 30)
    run = failed(21, 30)
    run["jobs"] = {"earlier": snapshots.job()} | run["jobs"]
    change(page, run)
    expect(seen.locator(".many .members button")).to_have_text(["fit[a=21]", "fit[a=30]"])
    del run["jobs"]["fit[a=30]"]
    change(page, run)
    expect(seen.locator(".drawer:visible .name")).to_have_text("fit[a=21]")


# --- groups and fan-outs
def test_a_fan_out_is_told_of_in_the_drawer(page):
    """A click on its head: policy, counts, why members failed, and what can be done with them."""
    seen = show(page, failed(3, 21))
    seen.locator(".strip .box").click(position={"x": 30, "y": 12})
    assert (sent(page)["op"], sent(page)["jobs"]) == ("members", ["fit"])
    page.evaluate(
        "told => kernel.answer({ kind: 'members', number: kernel.sent.at(-1).number, ...told })",
        {"name": "fit", "why": "Policy: all 48. Broken.", "failed": [["fit[a=3]", "ValueError: 3"]], "all": 2},
    )
    expect(seen.locator(".many .why")).to_have_text("Policy: all 48. Broken.")
    expect(seen.locator(".many .members li")).to_have_text(["fit[a=3]ValueError: 3"])
    expect(seen.locator(".many .rest")).to_have_text("and 1 more that failed")
    seen.get_by_role("button", name="Retry 2 failed of fit", exact=True).click()
    assert (sent(page)["op"], sent(page)["jobs"]) == ("retry", ["fit[a=3]", "fit[a=21]"])
    expect(note(seen)).to_have_text("Retry 2 failed of fit: asked.")


def test_a_group_is_opened_by_its_title_and_by_key(page):
    """Enter on the frame's title, or G on a member; all its members can be selected from there."""
    seen = show(page, snapshots.ten())
    seen.locator(".frame .opener").focus()
    page.keyboard.press("Enter")
    expect(seen.locator(".many .name")).to_have_text("fits")
    page.keyboard.press("Escape")
    expect(seen.locator(".many")).to_have_count(0)
    node(seen, "fit_trees").press("g")
    expect(seen.locator(".many .name")).to_have_text("fits")
    seen.get_by_role("button", name="Select 3 jobs").click()
    expect(seen.locator('.node[aria-pressed="true"]')).to_have_count(3)


# --- acts
def test_each_job_is_asked_for_by_its_own_generation(page):
    """And only those for which the act means something."""
    run = failed(21, 30)
    run["jobs"]["fit[a=30]"]["generation"] = 4
    seen = show(page, run)
    pick(seen, 2, 21, 30)
    seen.locator(".strip").press("r")
    asked = sent(page)
    assert (asked["op"], asked["jobs"], asked["generations"]) == ("retry", ["fit[a=21]", "fit[a=30]"], [1, 4])
    answer(page, of=2)
    expect(note(seen)).to_have_text("Retry 2 failed: 1 of 2; 1 has changed meanwhile.")


def test_all_failed_are_retried_from_the_header(page):
    """The button is there only when something has failed, and says how many."""
    seen = show(page, sweep(failed=-1))
    expect(seen.locator(".again")).to_be_hidden()
    change(page, failed(3, 21, 30))
    seen.get_by_role("button", name="Retry 3 failed", exact=True).click()
    assert sent(page)["jobs"] == ["fit[a=3]", "fit[a=21]", "fit[a=30]"]


def test_a_retry_says_how_long_it_takes_before_it_is_asked_for(page):
    """On the button, in its name and for the selection as well."""
    seen = show(page, snapshots.ten(), FIT)
    foretell(page)
    expect(seen.locator(".drawer .act").first).to_have_text("Retry fit_lasso and 2 downstream, about 42 s")
    expect(seen.get_by_role("button", name="Retry fit_lasso and 2 downstream, about 42 s")).to_be_visible()


def test_nothing_is_said_of_a_time_that_nobody_knows(page):
    """No question mark, no guess."""
    seen = show(page, snapshots.ten(), FIT)
    foretell(page, seconds=[None, None, None])
    expect(seen.locator(".drawer .act").first).to_have_text("Retry fit_lasso and 2 downstream")


def test_a_double_click_acts_once(page):
    """Nor does a key that is held down, or a second press before the answer."""
    seen = show(page, snapshots.ten(), FIT)
    before = count(page)
    seen.get_by_role("button", name="Pause all").dblclick()
    assert count(page) == before + 1
    answer(page)
    node(seen, "fit_lasso").press("s")
    node(seen, "fit_lasso").press("s")
    assert count(page) == before + 2


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"kind": "refused", "said": "the engine is gone"}, "Retry fit_lasso: the engine is gone"),
        ({"count": 0}, "Retry fit_lasso: nothing to do, it has changed meanwhile."),
    ],
)
def test_an_act_that_fails_says_why(page, said, shown):
    """Where people look, and for those who listen."""
    seen = show(page, snapshots.ten(), FIT)
    node(seen, "fit_lasso").press("r")
    answer(page, **said)
    expect(note(seen)).to_have_text(shown)
    expect(seen.locator(".spoken")).to_have_text(shown)


def test_many_chips_have_a_row_of_their_own(page):
    """Beside the buttons of a header that is not wide they would stand one above the other."""
    page.set_viewport_size({"width": 820, "height": 700})
    seen = show(page, snapshots.ten())
    assert seen.locator(".header").bounding_box()["height"] < 110


# --- undo
def test_what_can_be_taken_back_is_offered(page):
    """By a button and a key, and it goes by the number of what was asked."""
    seen = show(page, snapshots.ten())
    node(seen, "report").press("s")
    first = sent(page)["number"]
    answer(page, undo=True)
    expect(note(seen)).to_have_text("Skip report: accepted.")
    expect(seen.get_by_role("button", name="Undo (Z)")).to_be_visible()
    node(seen, "report").press("z")
    assert (sent(page)["op"], sent(page)["of"]) == ("undo", first)
    expect(seen.get_by_role("button", name="Undo (Z)")).to_be_hidden()
    answer(page)
    expect(note(seen)).to_have_text("Skip report: taken back.")


def test_an_undo_that_comes_too_late_says_so(page):
    """The kernel knows; nothing is offered a second time."""
    seen = show(page, snapshots.ten())
    node(seen, "report").press("s")
    answer(page, undo=True)
    seen.get_by_role("button", name="Undo (Z)").click()
    answer(page, kind="refused", said="something has begun or changed since")
    expect(note(seen)).to_have_text("Skip report: it cannot be taken back, something has begun or changed since.")
    before = count(page)
    node(seen, "report").press("z")
    expect(note(seen)).to_have_text("There is nothing to be taken back.")
    assert count(page) == before


def test_what_cannot_be_taken_back_is_not_offered(page):
    """A failure that is retried is gone."""
    seen = show(page, snapshots.ten(), FIT)
    node(seen, "fit_lasso").press("r")
    answer(page, undo=False)
    expect(note(seen)).to_contain_text("accepted")
    expect(seen.get_by_role("button", name="Undo (Z)")).to_be_hidden()


# --- keys
def test_all_keys_are_shown_and_the_focus_returns(page):
    """A dialog that holds the focus until Esc."""
    seen = show(page, snapshots.ten())
    node(seen, "load").press("?")
    panel = seen.get_by_role("dialog", name="All keys")
    expect(panel).to_be_visible()
    assert panel.locator("tr").count() >= 20
    expect(panel.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Tab")
    assert panel.evaluate("panel => panel.contains(document.activeElement)")
    before = count(page)
    page.keyboard.press("p")
    assert count(page) == before
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(node(seen, "load")).to_be_focused()
    seen.get_by_role("button", name="All keys").click()
    expect(panel).to_be_visible()


def test_l_goes_to_the_log(page):
    """Of the job that has the focus; where nothing was printed, that is said."""
    seen = show(page, snapshots.ten(), FIT)
    seen.get_by_role("tab", name="Code").click()
    node(seen, "fit_lasso").press("l")
    expect(seen.locator(".log")).to_be_focused()
    node(seen, "report").press("l")
    expect(note(seen)).to_have_text("Log of report: there is none yet.")


def test_letters_typed_into_a_field_are_no_commands(page):
    """A search for "spring" neither skips nor pauses."""
    seen = show(page, snapshots.ten(), FIT)
    node(seen, "load").press("/")
    before = count(page)
    page.keyboard.type("spring?")
    assert count(page) == before
    expect(seen.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_for_people(page, theme):
    """Kept to be looked at: a selection, a group, all keys."""
    from tests.browser.conftest import ARTIFACTS

    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    seen = show(page, failed(3, 21, 30), None, theme)
    pick(seen, 3, 21, 30, 5)
    foretell(page, 3, follow=1, below=1)
    page.screenshot(path=ARTIFACTS / f"acting-selection-{theme}.png")
    page.keyboard.press("?")
    page.screenshot(path=ARTIFACTS / f"acting-keys-{theme}.png")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not there: run npm ci in nbflow/widget/js")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_has_nothing_to_say_of_selections_and_keys(page, theme):
    """Of the drawer of many, what is offered to be undone, and the panel."""
    seen = show(page, failed(3, 21, 30), None, theme)
    pick(seen, 3, 21, 30)
    seen.locator(".strip").press("s")
    answer(page, count=3, of=3, undo=True)
    judged(page, ".nbflow-view")
    page.keyboard.press("?")
    judged(page, ".nbflow-view")
    page.keyboard.press("Escape")
    seen.locator(".strip").press("g")
    judged(page, ".nbflow-view")
