"""The drawer's tabs: history, summary, what was shown, code, data."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from nbflow.core.log_part import LogPart
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
    expect(seen.locator(".facts")).to_contain_text("310 MB")


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


TRACE = """Traceback (most recent call last):
  File "<job fit_lasso>", line 2, in <module>
    model = fit(df)
  File "/lib/sk.py", line 99, in fit
    raise ValueError(<b>no</b>)
ValueError: no"""
HOSTILE = "<img src=x onerror=pwned=1>\x1b]8;;javascript:pwned=1\x07<script>pwned=1</script>"


def failed(traceback: str = TRACE, text: str = "scaling\n") -> dict[Any, LogPart]:
    """The log of an attempt with its traceback."""
    return {("fit_lasso", 3, None): replace(LogPart.of(text), traceback=traceback)}


def test_a_traceback_leads_to_the_line_of_the_cell(page):
    """The line stands out in both; a click goes from the one to the other."""
    seen = show(page, snapshots.ten(), failed())
    expect(seen.locator(".trace .here").first).to_contain_text("line 2, in <module>")
    expect(seen.locator(".trace .error")).to_have_text("ValueError: no\n")
    seen.locator(".trace .frame").click()
    answer(page, "code", source="df = 1\nmodel = fit(df)\n", before=None)
    expect(seen.locator(".listing .failed")).to_have_text("model = fit(df)\n")
    expect(seen.get_by_role("tab", name="Code")).to_be_focused()


def test_a_long_traceback_is_told_by_what_matters(page):
    """The cell's own lines and the error; the rest is there for who wants it."""
    inner = "".join(f'  File "/lib/sk.py", line {n}, in fit\n    deeper()\n' for n in range(40))
    seen = show(page, snapshots.ten(), failed(TRACE.replace("ValueError: no", inner + "ValueError: no")))
    expect(seen.locator(".trace")).to_have_text(
        re.compile(r'File "<job fit_lasso>", line 2.*model = fit.*….*ValueError: no', re.S)
    )
    expect(seen.locator(".trace")).not_to_contain_text("sk.py")
    seen.get_by_role("button", name="All 86 lines").click()
    expect(seen.locator(".trace")).to_contain_text('File "/lib/sk.py", line 39')


def test_code_is_compared_with_what_the_attempt_ran(page):
    """Where it was another; words are coloured, and nothing of them is markup."""
    seen = show(page, snapshots.ten(), FIT)
    tab(seen, "Code")
    words = [["k", "del"], ["", " x\n"], ["s", '"<b>no</b>"']]
    answer(page, "code", source='del x\n"<b>no</b>"', before="a", then='del y\n"<b>no</b>"', words=words)
    expect(seen.locator(".close.code p")).to_have_text("since attempt 3: 1 line new, 1 line gone")
    expect(seen.locator(".listing .w-k")).to_have_text("del")
    expect(seen.locator(".listing .w-s")).to_have_text('"<b>no</b>"')


def test_tables_are_made_of_texts(page):
    """With headings and spans; nothing of a cell is markup."""
    seen = show(page, snapshots.ten(), FIT)
    tab(seen, "Output")
    table = {"head": [[["", True, 1, 1], ["both", True, 2, 1]]], "body": [[["0", True, 1, 1], [HOSTILE, False, 1, 1]]]}
    answer(page, "output", shown=[{"mime": "table", "data": "", "table": table | {"left_out": 12}}])
    expect(seen.locator(".tabled th").first).to_have_attribute("colspan", "2")
    expect(seen.locator(".tabled tbody td")).to_have_text(HOSTILE)
    expect(seen.locator(".tabled p")).to_have_text("… 12 more rows")
    assert page.evaluate("() => window.pwned") is None


def test_the_summary_gives_commands_to_copy(page):
    """What can be done in a cell beyond the buttons."""
    snapshot = snapshots.ten()
    snapshot["jobs"]["fit_lasso"]["attempts"][-1]["classes"] = ["builtins.ValueError"]
    seen = show(page, snapshot, FIT)
    page.evaluate(
        "() => { navigator.clipboard ??= {}; navigator.clipboard.writeText = async text => { window.kept = text } }"
    )
    tab(seen, "Summary")
    seen.get_by_role("button", name="copy %nbflow debug fit_lasso").click()
    expect(seen.locator(".command").first).to_contain_text("Copied")
    assert page.evaluate("() => window.kept") == "%nbflow debug fit_lasso"


def test_a_job_that_never_ran_begins_with_its_summary(page):
    """There are no attempts to be seen; who has chosen a tab stays there."""
    seen = show(page, snapshots.ten(), {("report", 0, None): ""})
    expect(seen.get_by_role("tab", name="Summary")).to_have_attribute("aria-selected", "true")
    seen.locator(".needs .link", has_text="fits").click()
    expect(seen.locator(".drawer .name")).to_have_text("fit_lasso")


def test_the_edge_is_moved_by_keys_and_mouse(page):
    """The drawer is as wide as somebody wants it, in all views of the page; a double click undoes it."""
    seen = show(page, snapshots.ten(), FIT)
    edge = seen.get_by_role("separator", name="width of the drawer")
    width = lambda: seen.locator(".drawer").bounding_box()["width"]  # noqa: E731
    usual = width()
    edge.focus()
    page.keyboard.press("ArrowLeft")
    assert width() == pytest.approx(usual + 24, abs=1)
    expect(edge).to_have_attribute("aria-valuenow", str(round(usual + 24)))
    page.keyboard.press("Home")
    assert width() == 280
    box = edge.bounding_box()
    page.mouse.move(box["x"] + 4, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] - 296, box["y"] + 210)
    page.mouse.up()
    assert width() == pytest.approx(580, abs=2)
    edge.dblclick()
    assert width() == usual
    expect(seen.locator(".drawer")).to_be_visible()


def test_nothing_anybody_names_or_prints_is_markup(page):
    """Jobs, logs, tracebacks, files, values, commands: text, wherever the drawer shows it."""
    snapshot = snapshots.ten()
    bad = snapshot["jobs"].pop("fit_lasso") | {"outputs": [HOSTILE], "reads": [HOSTILE], "rollback": HOSTILE}
    bad |= {"needs": [], "group": None, "reason_text": HOSTILE, "reason": {"kind": "exception", "detail": HOSTILE}}
    bad["attempts"][-1] |= {"classes": [HOSTILE], "reason": {"kind": "exception", "detail": HOSTILE}}
    snapshot["jobs"] = {"fit_lasso": bad, HOSTILE: snapshots.job("waiting", ("fit_lasso",))}
    trace = f'  File "<job fit_lasso>", line 1, in {HOSTILE}\n    {HOSTILE}\n{HOSTILE}'
    seen = show(page, snapshot, failed(trace, HOSTILE))
    expect(seen.locator(".log")).to_contain_text("<img src=x onerror=pwned=1><script>")
    seen.get_by_role("button", name="Find", exact=True).click()
    page.keyboard.type("<script>")
    expect(seen.locator(".log mark")).to_have_text("<script>")
    for name in ("Summary", "Output", "Code", "Data"):
        tab(seen, name)
        if name == "Output":
            shown = [{"mime": "note", "data": HOSTILE}, {"mime": f"image/{HOSTILE}", "data": HOSTILE, "text": HOSTILE}]
            answer(page, "output", shown=shown)
        if name == "Code":
            answer(page, "code", source=HOSTILE, before=HOSTILE + "x", words=[[HOSTILE, HOSTILE]])
        if name == "Data":
            row = {"name": HOSTILE, "from": HOSTILE, "type": HOSTILE, "shape": HOSTILE, "size": 5, "text": HOSTILE}
            answer(page, "data", rows=[row | {"way": "in", "job": HOSTILE}, row | {"way": "out", "to": [HOSTILE]}])
            expect(seen.locator(".values .what").first).to_have_text(HOSTILE)
    assert seen.locator("script, img:not(.figure img), a").count() == 0
    assert page.evaluate("() => window.pwned") is None
