"""A log in the drawer: found, followed, read from its beginning, saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from nbflow.core.log_part import LogPart
from nbflow.widget.packing import packed
from tests.browser.page import change, show
from tests.unit import snapshots

JOB = ("fit_trees", 1, None)
LINES = "".join(f"step {n}\n" for n in range(100))


def logged(text: str, cut: int = 0, **more: Any) -> dict[Any, LogPart]:
    """The tail of *text*, of which the first *cut* bytes are left out."""
    data = text.encode()
    return {JOB: LogPart((("out", data[cut:]),), (cut, 0), (len(data), 0), (len(data), 0), **more)}


def serve(page: Page, text: str, room: int = 100_000) -> list[dict[str, Any]]:
    """Answer questions about the log as the kernel does; what was asked."""
    data, asked = text.encode(), list[dict[str, Any]]()

    def told(ask: dict[str, Any]) -> dict[str, Any]:
        asked.append(ask)
        end = (ask.get("end") or [len(data)])[0]
        start = ask["start"][0] if "start" in ask else max(0, end - room)
        stop = min(start + room, end)
        part = LogPart((("out", data[start:stop]),), (start, 0), (stop, 0), (len(data), 0))
        return packed(part) | {"kind": "log", "number": ask["number"]}

    page.expose_function("told", told)
    page.evaluate("""() => { const send = model.send;
        model.send = ask => { send(ask); if (ask.op === 'log') told(ask).then(kernel.answer) } }""")
    return asked


def rows(seen: Locator) -> list[str]:
    return seen.locator(".log .lines > div").all_text_contents()


def at_end(seen: Locator) -> bool:
    return seen.locator(".log").evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight < 2")


def test_what_is_looked_for_is_marked_and_gone_through(page):
    """Ctrl+F in the log; Enter goes on, Shift+Enter back; Esc ends the search, not the look at the job."""
    seen = show(page, snapshots.ten(), logged(LINES))
    seen.locator(".log").focus()
    page.keyboard.press("Control+f")
    page.keyboard.type("STEP 1")
    expect(seen.locator(".findbar .count")).to_have_text("none")
    page.keyboard.press("Control+a")
    page.keyboard.type("step 1")
    expect(seen.locator(".findbar .count")).to_have_text("1 of 11")
    expect(seen.locator(".log mark").first).to_have_text("step 1")
    for key, told in (("Enter", "2 of 11"), ("Shift+Enter", "1 of 11"), ("Shift+Enter", "11 of 11")):
        page.keyboard.press(key)
        expect(seen.locator(".findbar .count")).to_have_text(told)
    expect(seen.locator(".log mark.now")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(seen.locator(".log mark")).to_have_count(0)
    expect(seen.locator(".log")).to_be_focused()
    expect(seen.locator(".drawer")).to_be_visible()


def test_marks_stay_while_the_log_grows(page):
    """And the count goes on."""
    seen = show(page, snapshots.ten(), logged(LINES))
    seen.get_by_role("button", name="Find", exact=True).click()
    page.keyboard.type("step 99")
    expect(seen.locator(".findbar .count")).to_have_text("1 of 1")
    change(page, snapshots.ten(), logged(LINES + "step 99 again\n"))
    expect(seen.locator(".findbar .count")).to_have_text("1 of 2")
    expect(seen.locator(".log mark")).to_have_count(2)


def test_its_end_is_followed_until_somebody_scrolls_up(page):
    """Then a button says how many lines have come, and leads to them."""
    seen = show(page, snapshots.ten(), logged(LINES))
    expect(seen.locator(".jump")).to_be_hidden()
    change(page, snapshots.ten(), logged(LINES + "more\n"))
    expect(seen.locator(".log")).to_contain_text("more")
    assert at_end(seen)
    seen.locator(".log").evaluate("log => { log.scrollTop = 300 }")
    expect(seen.locator(".jump")).to_be_visible()
    change(page, snapshots.ten(), logged(LINES + "more\n" + "and more\n" * 12))
    expect(seen.locator(".jump")).to_have_text("↓ 12 new lines")
    assert seen.locator(".log").evaluate("log => log.scrollTop") == 300
    seen.locator(".jump").click()
    expect(seen.locator(".jump")).to_be_hidden()
    assert at_end(seen)


def test_what_is_marked_with_the_mouse_stays_so_while_it_grows(page):
    """As in a terminal."""
    seen = show(page, snapshots.ten(), logged(LINES))
    seen.locator(".log .lines > div").nth(98).evaluate("line => getSelection().selectAllChildren(line)")
    change(page, snapshots.ten(), logged(LINES + "more\n"))
    expect(seen.locator(".log")).to_contain_text("more")
    assert page.evaluate("() => getSelection().toString().trim()") == "step 98"


def test_what_comes_before_the_tail_is_there_when_asked_for(page):
    """What is in sight stays where it is."""
    seen = show(page, snapshots.ten(), logged(LINES * 50, cut=len(LINES) * 48))
    asked = serve(page, LINES * 50)
    seen.get_by_role("button", name="before").click()
    expect(seen.get_by_role("button", name="before")).to_be_hidden()
    (ask,) = asked
    assert (ask["jobs"], ask["attempt"], ask["step"], ask["end"]) == (["fit_trees"], 1, None, [len(LINES) * 48, 0])
    assert "start" not in ask
    assert at_end(seen)
    seen.locator(".log").evaluate("log => { log.scrollTop = 0 }")
    expect(seen.locator(".log .lines > div").first).to_have_text("step 0\n")
    assert seen.locator(".log").evaluate("log => log.scrollHeight") >= 5000 * 18


def test_a_tail_that_has_gone_on_is_joined_to_what_was_there(page):
    """What came in between is asked for."""
    seen = show(page, snapshots.ten(), logged(LINES))
    asked = serve(page, LINES * 3)
    change(page, snapshots.ten(), logged(LINES * 3, cut=len(LINES) * 2))
    expect(seen.locator(".log")).to_have_text(LINES * 3)
    assert [(ask["start"], ask["end"]) for ask in asked] == [([0, 0], [len(LINES) * 2, 0])]


@pytest.mark.parametrize("job", ["fit_trees"])
def test_the_whole_of_it_is_saved(page, job):
    """Not only its end; with the traceback, under a name that tells what it is."""
    text = "".join(f"line {n}\n" for n in range(30_000))
    seen = show(page, snapshots.ten(), logged(text, cut=len(text) - 900, traceback="ValueError: no"))
    asked = serve(page, text)
    with page.expect_download() as download:
        seen.get_by_role("button", name="Save").click()
    assert download.value.suggested_filename == f"{job}-attempt-1.log"
    assert Path(download.value.path()).read_text() == f"{text}\nValueError: no\n"
    assert [ask["start"] for ask in asked] == [[n * 100_000, 0] for n in range(len(asked))]
    expect(seen.get_by_role("button", name="Save", exact=True)).to_be_visible()


def test_saving_can_be_stopped(page):
    """The button says how far it is, and that it stops it."""
    seen = show(page, snapshots.ten(), logged(LINES * 9000, cut=len(LINES) * 8999))
    serve(page, LINES * 9000)
    seen.get_by_role("button", name="Save").click()
    seen.get_by_role("button", name="of 7.1 MB · Stop").click()
    expect(seen.get_by_role("button", name="Stopped")).to_be_visible()
    expect(seen.get_by_role("button", name="Save", exact=True)).to_be_visible()


def test_all_of_it_can_be_searched(page):
    """A search that has only seen the end says so, and goes on through the rest."""
    seen = show(page, snapshots.ten(), logged(LINES * 20, cut=len(LINES) * 19))
    serve(page, LINES * 20)
    seen.get_by_role("button", name="Find", exact=True).click()
    page.keyboard.type("step 77")
    expect(seen.locator(".findbar .count")).to_have_text("1 of 1 in the last 790 B")
    seen.get_by_role("button", name="Search all of it").click()
    expect(seen.locator(".findbar .count")).to_contain_text("of 20")
    expect(seen.get_by_role("button", name="Search all of it")).to_be_hidden()


def test_streams_are_told_apart(page):
    """What went to standard error is marked at its side."""
    part = LogPart((("out", b"read\n"), ("err", b"careful\n"), ("out", b"done\n")), (0, 0), (10, 8), (10, 8))
    seen = show(page, snapshots.ten(), {JOB: part})
    expect(seen.locator(".log")).to_have_text("read\ncareful\ndone\n")
    expect(seen.locator(".log .err")).to_have_text("careful\n")


def test_long_lines_are_broken_where_wanted(page):
    """Else they are scrolled to; one that never ends is cut, with words."""
    seen = show(page, snapshots.ten(), logged("x" * 2000 + "\n"))
    wide = "log => log.scrollWidth > log.clientWidth"
    assert seen.locator(".log").evaluate(wide)
    seen.get_by_role("button", name="Wrap").click()
    assert not seen.locator(".log").evaluate(wide)
    change(page, snapshots.ten(), logged("x" * 2000 + "\n" + "y" * 40_000))
    expect(seen.locator(".log")).to_contain_text("… 30,000 more signs in this line")


def test_a_long_log_is_few_elements(page):
    """A hundred thousand lines: those that have been in sight."""
    seen = show(page, snapshots.ten(), logged("".join(f"line {n}\n" for n in range(100_000))))
    expect(seen.locator(".log")).to_contain_text("line 99999")
    assert len(rows(seen)) < 2000
    seen.locator(".log").evaluate("log => { log.scrollTop = 900000 }")
    expect(seen.locator(".log")).to_contain_text("line 50010")
    assert len(rows(seen)) < 4000


def test_the_log_of_another_job_is_another(page):
    """Nothing of the first is left."""
    seen = show(page, snapshots.ten(), logged(LINES) | {("load", 2, None): LogPart.of("read\n")})
    expect(seen.locator(".log")).to_have_text("read\n")
    seen.locator(".node", has_text="fit_trees").first.click()
    expect(seen.locator(".log")).to_have_text(LINES)
