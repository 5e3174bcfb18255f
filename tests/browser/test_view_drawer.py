"""The drawer's tabs: history, summary, what was shown, code, data."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.page import change, show
from tests.unit import snapshots

FIT = {("fit_lasso", 3, None): "scaling\n\x1b[31mLinAlgError\x1b[0m: <b>no</b>\n"}


def tab(seen: Locator, name: str) -> None:
    seen.get_by_role("tab", name=name).click()


def answer(page: Page, kind: str, **told: Any) -> None:
    """Answer the page's last question as the kernel does."""
    asked = page.evaluate("() => kernel.sent.at(-1)")
    assert (asked["op"], asked["jobs"]) == (kind, ["fit_lasso"])
    page.evaluate("told => kernel.answer(told)", told | {"kind": kind, "number": asked["number"], "job": "fit_lasso"})


def test_arrow_keys_go_from_tab_to_tab(page):
    """As everywhere; only the open one is in the order of tabs."""
    seen = show(page, snapshots.ten(), FIT)
    seen.get_by_role("tab", name="Attempts").focus()
    page.keyboard.press("ArrowLeft")
    expect(seen.get_by_role("tab", name="Summary")).to_be_focused()
    expect(seen.get_by_role("tab", name="Summary")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    expect(seen.get_by_role("tab", name="Data")).to_be_focused()
    assert seen.locator("[role=tab][tabindex='0']").count() == 1


def test_a_logs_colours_are_shown_and_nothing_of_it_is_markup(page):
    """The error is red, the tags are text."""
    seen = show(page, snapshots.ten(), FIT)
    expect(seen.locator(".log .a-1")).to_have_text("LinAlgError")
    expect(seen.locator(".log")).to_contain_text("<b>no</b>")
    assert seen.locator(".log b").count() == 0


def test_a_coloured_log_that_grows_is_shown_whole(page):
    """And one without colours after it, too."""
    seen = show(page, snapshots.ten(), FIT)
    change(page, snapshots.ten(), {("fit_lasso", 3, None): FIT["fit_lasso", 3, None] + "more\n"})
    expect(seen.locator(".log")).to_contain_text("more")
    change(page, snapshots.ten(), {("fit_lasso", 3, None): "plain\n"})
    expect(seen.locator(".log")).to_have_text("plain")


def test_the_summary_tells_what_it_took(page):
    """Times, processor, memory."""
    seen = show(page, snapshots.ten(), FIT)
    tab(seen, "Summary")
    expect(seen.locator(".facts")).to_contain_text("6.3 s in 3 attempts")
    expect(seen.locator(".facts")).to_contain_text("310.0 MB")


def test_the_code_tells_what_changed(page):
    """Lines that are new or gone since it was declared before."""
    seen = show(page, snapshots.ten(), FIT)
    tab(seen, "Code")
    answer(page, "code", source="a = 1\nb = 2\n", before="a = 0\nb = 2\n")
    expect(seen.locator(".listing .new")).to_have_text("a = 1\n")
    expect(seen.locator(".listing .gone")).to_have_text("a = 0\n")
    assert seen.locator(".listing .line").evaluate_all("rows => rows.map(row => row.dataset.mark)") == ["−", "+", " "]


def test_values_lead_to_the_jobs_that_made_them(page):
    """A click on where a value is from opens that job."""
    seen = show(page, snapshots.ten(), FIT)
    tab(seen, "Data")
    row = {
        "way": "in",
        "name": "df",
        "from": "clean",
        "job": "clean",
        "type": "DataFrame",
        "shape": "344 × 7",
        "size": 2_100_000,
    }
    answer(page, "data", rows=[row, {"way": "out", "name": "model", "from": ""}])
    expect(seen.locator(".values").first).to_contain_text("2.1 MB")
    expect(seen.locator(".values").last).to_contain_text("not there")
    seen.locator(".values [data-job=clean]").click()
    expect(seen.locator(".drawer .name")).to_have_text("clean")


def test_pictures_are_shown_and_run_nothing(page):
    """A figure as an image; an SVG with a script in it is one, too."""
    seen = show(page, snapshots.ten(), FIT)
    tab(seen, "Output")
    hostile = '<svg xmlns="http://www.w3.org/2000/svg" onload="parent.pwned=1"><script>parent.pwned=1</script></svg>'
    answer(
        page,
        "output",
        shown=[
            {"mime": "image/svg+xml", "data": hostile},
            {"mime": "text/plain", "data": "<img src=x onerror=pwned=1>"},
        ],
    )
    expect(seen.locator(".close.output img")).to_have_count(1)
    page.wait_for_function("() => document.querySelector('.close.output img').complete")
    expect(seen.locator(".close.output pre")).to_have_text("<img src=x onerror=pwned=1>")
    assert page.evaluate("() => window.pwned") is None


def test_a_tab_is_asked_for_anew_only_when_it_may_be_another(page):
    """A tick of the clock asks for nothing; a new attempt does."""
    seen = show(page, snapshots.ten(), FIT)
    tab(seen, "Code")
    asked = "() => kernel.sent.filter(one => one.op === 'code').length"
    answer(page, "code", source="a = 1\n", before=None)
    change(page, snapshots.ten() | {"now": snapshots.AT + 60}, FIT)
    assert page.evaluate(asked) == 1
    later = snapshots.ten()
    later["jobs"]["fit_lasso"]["attempts"].append(snapshots.attempt(4, 50, None))
    change(page, later, FIT)
    assert page.evaluate(asked) == 2
