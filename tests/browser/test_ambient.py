"""What a page does for a flow beside its view: cards that stand still, the tab's title, one notification."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from nbflow.notebook.card import Card
from nbflow.widget.ambient import Ambient
from tests.browser.page import bare, show
from tests.unit import snapshots

PLAYED = """
const state = %s, on = {};
const emit = (name, value) => (on[name] ?? []).forEach(heard => heard(value));
window.told = []; window.hidden = false; window.asked = 0;
Object.defineProperty(document, 'hidden', { get: () => hidden });
Object.defineProperty(window, 'localStorage', { value: { kept: {}, getItem(key) { return this.kept[key] ?? null },
    setItem(key, value) { this.kept[key] = value } } });
window.Notification = class { constructor(title, more) { told.push([title, more.body, more.tag]) } close() {} };
Notification.permission = %s;
Notification.requestPermission = async () => { asked += 1; return Notification.permission = 'granted' };
window.kernel = { sent: [],
    change(values) { Object.assign(state, values); for (const name in values) emit(`change:${name}`) },
    tell(cards) { emit('msg:custom', { kind: 'cards', cards }) } };
window.model = { get: name => state[name], on(name, heard) { (on[name] ??= []).push(heard) },
    off(name, heard) { on[name] = (on[name] ?? []).filter(each => each !== heard) },
    send(message) { kernel.sent.push(message) } };
const code = %s;
const ambient = await import(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
window.end = ambient.default.initialize({ model });
"""
STANDING = {
    "flow": "analysis",
    "run": 3,
    "going": True,
    "running": 2,
    "failed": 0,
    "paused": False,
    "said": "2 running",
}
STANDING |= {"verdict": "running", "why": "", "still": 3.5}
ENDED = STANDING | {"going": False, "running": 0, "verdict": "succeeded", "said": "4 ✓ · 3 m 10 s"}
FAILED = ENDED | {"verdict": "failed", "failed": 1, "said": "3 ✓ · 1 ✕ · 3 m 10 s", "why": "fit: exit 10"}
WANTED = "localStorage.setItem('nbflow:tell', 'yes'); Notification.permission = 'granted'"


def card(status: str = "running", name: str = "fit", **more: Any) -> Card:
    return Card(name, {"status": status, "started_at": 10.0, "of": 1, "needs": [], **more}, 14.0, mark="a1")


def open_page(page: Page, body: str, cards: dict[str, str] | None = None, standing: dict | None = None) -> None:
    """A page with *body*, whose clock stands, and the flow's model in it."""
    page.clock.install()
    page.set_content(bare(body))
    state = {"standing": standing or STANDING, "cards": cards or {}}
    played = PLAYED % (json.dumps(state), json.dumps("default"), json.dumps(str(Ambient._esm)))
    page.evaluate(
        "code => { const played = document.createElement('script'); played.type = 'module'; "
        "played.textContent = code; document.body.append(played) }",
        played,
    )
    page.wait_for_function("() => window.end")


def sent(page: Page) -> list[dict[str, Any]]:
    return page.evaluate("() => kernel.sent")


# --- cards
def test_a_card_whose_clock_stands_is_asked_for_and_goes_on(page):
    """After a reload: what the page has from the file is hidden, and what the kernel tells stands in its place."""
    open_page(page, card().html(), {"a1": "R fit"})
    page.clock.run_for(3000)
    assert sent(page) == []
    page.clock.run_for(1500)
    assert sent(page) == [{"op": "cards", "ids": ["a1"]}]
    done = card("succeeded", ended_at=70.0)
    page.evaluate("cards => kernel.tell(cards)", {"a1": done.message()})
    seen = page.locator(".nbflow-card:visible")
    expect(seen).to_have_text("✓ fit succeeded 1 m")
    page.evaluate("() => kernel.change({ cards: { a1: 'S fit' } })")
    page.clock.run_for(10_000)
    assert len(sent(page)) == 1
    expect(seen).to_have_count(1)


def test_a_card_is_asked_for_again_where_the_kernel_was_gone(page):
    """That nothing can be sent is no fault of the page's, and is tried again."""
    open_page(page, card().html(), {"a1": "R fit"})
    page.evaluate("() => { kernel.send = model.send; model.send = () => { throw new Error('Cannot send') } }")
    page.clock.run_for(6000)
    assert sent(page) == []
    page.evaluate("() => { model.send = kernel.send }")
    page.clock.run_for(2000)
    assert sent(page) == [{"op": "cards", "ids": ["a1"]}]


def test_a_card_that_lives_is_left_alone(page):
    """Jupyter brings it up to date each second: nobody asks the kernel for it."""
    open_page(page, f"<div id=out>{card().html()}</div>", {"a1": "R fit"})
    for second in range(8):
        page.clock.run_for(1000)
        html = Card("fit", card().job, 15.0 + second, mark="a1").html()
        page.evaluate("html => { document.getElementById('out').innerHTML = html }", html)
    assert sent(page) == []


def test_a_card_that_says_another_status_than_the_job_has_is_asked_for(page):
    """But not at once: what Jupyter has to tell may be under way."""
    open_page(page, card("waiting").html(), {"a1": "W fit"})
    page.clock.run_for(20_000)
    assert sent(page) == []
    page.evaluate("() => kernel.change({ cards: { a1: 'S fit' } })")
    page.clock.run_for(1000)
    assert sent(page) == []
    page.clock.run_for(1000)
    assert sent(page) == [{"op": "cards", "ids": ["a1"]}]


def test_what_a_standing_page_says_of_the_run_is_made_true(page):
    """The card that waits and says how the run stands is asked for, too; one that has ended is given the words."""
    waiting = Card("after", {"status": "waiting"}, 9.0, mark="b2", standing="1 ✓ · 13 waiting")
    done = Card("load", {"status": "succeeded"}, 9.0, mark="c3", standing="1 ✓")
    cards = {"a1": "R fit", "b2": "W after", "c3": "S load"}
    open_page(page, card().html() + waiting.html() + done.html(), cards)
    page.clock.run_for(2000)
    assert sent(page) == []
    page.clock.run_for(3500)
    assert [message["ids"] for message in sent(page)] in ([["a1", "b2"]], [["a1"], ["b2"]])
    page.evaluate("standing => kernel.change({ standing })", ENDED | {"still": 3.5})
    expect(page.locator(".nbflow-card").last).to_contain_text("4 ✓ · 3 m 10 s")


def test_what_jupyter_tells_of_a_card_wins(page):
    """A card that comes alive again, as with a slow connection, is shown itself."""
    open_page(page, f"<div id=out>{card().html()}</div>", {"a1": "R fit"})
    page.clock.run_for(5000)
    page.evaluate("cards => kernel.tell(cards)", {"a1": card().message()})
    expect(page.locator("[data-nbflow-of]")).to_have_count(1)
    html = Card("fit", card().job, 25.0, mark="a1").html()
    page.evaluate("html => { document.querySelector('.nbflow-card').outerHTML = html }", html)
    page.clock.run_for(1000)
    expect(page.locator(".nbflow-card:visible")).to_have_text("◐ fit running 0:15")
    expect(page.locator("[data-nbflow-of]")).to_have_count(0)


def cell(source: str, output: str = "") -> str:
    return (
        f'<div class="jp-CodeCell"><div class="jp-Cell-inputWrapper"><div class="cm-line">{source}</div></div>'
        f'<div class="jp-OutputArea">{output}</div></div>'
    )


def test_a_card_that_was_never_saved_comes_back_under_its_cell(page):
    """The newest of each job, while the run goes on; an output of the cell's own takes its place."""
    cells = cell("%%job other") + cell("%%job fit[a] --for a=[1]") + cell("x = 1")
    open_page(page, f'<div class="jp-NotebookPanel">{cells}</div>', {"a0": "C fit", "a1": "R fit"})
    page.clock.run_for(1000)
    assert sent(page) == [{"op": "cards", "ids": ["a1"]}]
    page.evaluate("cards => kernel.tell(cards)", {"a1": card().message()})
    expect(page.locator(".jp-CodeCell").nth(1)).to_contain_text("◐ fit running 0:04")
    expect(page.locator(".nbflow-card")).to_have_count(1)
    page.evaluate(
        "() => { document.querySelectorAll('.jp-OutputArea')[1].innerHTML = '<p class=jp-OutputArea-child>new</p>' }"
    )
    page.clock.run_for(1000)
    expect(page.locator(".nbflow-card")).to_have_count(0)


def test_a_cleared_output_stays_cleared(page):
    """A card that the page has shown, or one of a run that was over when the page came, does not come back."""
    open_page(page, f'<div class="jp-NotebookPanel">{cell("%%job fit")}</div>', {"a1": "S fit"}, ENDED)
    page.clock.run_for(5000)
    assert sent(page) == []


def test_no_card_becomes_markup(page):
    """Whatever a job is called, prints or fails with."""
    text = "<img src=x onerror=window.pwned=1>"
    open_page(page, card().html(), {"a1": "R fit"})
    page.clock.run_for(5000)
    hostile = Card(text, {"status": "failed", "reason_text": text, "needs": [text]}, 9.0, log=text, traceback=text)
    page.evaluate("cards => kernel.tell(cards)", {"a1": hostile.message() | {"standing": text}})
    expect(page.locator(".nbflow-card:visible b")).to_have_text(text)
    assert page.locator("img").count() == 0
    assert page.evaluate("() => window.pwned") is None


# --- the tab
def test_the_title_says_what_runs_and_is_given_back(page):
    """While the page shows something of the flow; Jupyter may change the title meanwhile."""
    open_page(page, card().html(), {"a1": "R fit"})
    assert page.title() == "(2 running) analysis.ipynb"
    page.evaluate("() => { document.title = 'renamed.ipynb' }")
    page.wait_for_function("() => document.title === '(2 running) renamed.ipynb'")
    page.evaluate("standing => kernel.change({ standing })", STANDING | {"running": 1, "failed": 1})
    assert page.title() == "(1 running, 1 ✕) renamed.ipynb"
    page.evaluate("standing => kernel.change({ standing })", ENDED)
    assert page.title() == "renamed.ipynb"


@pytest.mark.parametrize("gone", ["document.querySelector('.nbflow-card').remove()", "end()"])
def test_the_title_is_given_back_when_the_flow_leaves_the_page(page, gone):
    """Its cards, or its kernel."""
    open_page(page, card().html(), {"a1": "R fit"})
    page.evaluate(f"() => {{ {gone} }}")
    page.clock.run_for(1000)
    assert page.title() == "analysis.ipynb"


def test_a_page_without_the_flow_keeps_its_title(page):
    """A flow that runs in a notebook of which nothing is shown here."""
    open_page(page, "<p>nothing</p>", {"a1": "R fit"})
    page.clock.run_for(2000)
    assert page.title() == "analysis.ipynb"


def test_a_failure_that_nobody_saw_stays_in_the_title_until_somebody_looks(page):
    """✕, from the run's end to the next look at the tab."""
    open_page(page, card().html(), {"a1": "R fit"})
    page.evaluate("standing => { hidden = true; kernel.change({ standing }) }", FAILED)
    assert page.title() == "✕ analysis.ipynb"
    page.evaluate("() => { hidden = false; document.dispatchEvent(new Event('visibilitychange')) }")
    assert page.title() == "analysis.ipynb"


# --- the notification
def test_one_notification_when_it_ends_while_nobody_looks(page):
    """With how it stands; not again when it is told again."""
    open_page(page, card().html(), {"a1": "R fit"})
    page.evaluate(f"standing => {{ {WANTED}; hidden = true; kernel.change({{ standing }}) }}", ENDED)
    page.evaluate("standing => kernel.change({ standing })", ENDED)
    assert page.evaluate("() => told") == [["analysis: succeeded", "4 ✓ · 3 m 10 s", "nbflow analysis 3 end"]]


def test_the_first_failure_is_told_and_then_the_end(page):
    """The second failure is not."""
    open_page(page, card().html(), {"a1": "R fit"})
    page.evaluate(f"() => {{ {WANTED}; hidden = true }}")
    for failed in (1, 2):
        standing = STANDING | {"failed": failed, "why": "fit: exit 10"}
        page.evaluate("standing => kernel.change({ standing })", standing)
    page.evaluate("standing => kernel.change({ standing })", FAILED)
    assert [title for title, *_ in page.evaluate("() => told")] == ["analysis: a job failed", "analysis: failed"]


@pytest.mark.parametrize(
    "before",
    ["hidden = true", f"{WANTED}", f"{WANTED}; hidden = true; Notification.permission = 'denied'"],
    ids=["not asked for", "somebody looks", "forbidden"],
)
def test_nothing_is_told_unasked_or_to_one_who_looks(page, before):
    """And nobody is asked for a permission by a run that ends."""
    open_page(page, card().html(), {"a1": "R fit"})
    page.evaluate(f"standing => {{ {before}; kernel.change({{ standing }}) }}", FAILED)
    assert page.evaluate("() => [told, asked]") == [[], 0]


def test_the_view_has_a_button_that_asks(page):
    """While the run goes on. Pressed once it asks the browser, pressed again it is silent."""
    page.evaluate(
        "() => { window.asked = 0; window.Notification = class {}; Notification.permission = 'default'; "
        "Notification.requestPermission = async () => { asked += 1; return Notification.permission = 'granted' } }"
    )
    seen = show(page, snapshots.ten())
    button = seen.get_by_role("button", name="Tell me when it ends")
    assert page.evaluate("() => asked") == 0
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("() => asked") == 1
