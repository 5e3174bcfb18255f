"""Texts of ill will in every place of the view: shown as they are, they run nothing and lead nowhere."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from nbflow.widget.dag import STATIC
from tests.browser import page as bare_page
from tests.browser.page import change, show
from tests.unit import snapshots

EVIL = [
    "<img src=x onerror=window.pwned=1>",
    "<svg onload=window.pwned=1></svg>",
    "<script>window.pwned=1</script>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<a href='javascript:window.pwned=1'>here</a>",
    "javascript:window.pwned=1",
    "\"' onmouseover=window.pwned=1 x='",
    "</text></svg><img src=x onerror=window.pwned=1>",
    "<style>@import 'https://elsewhere.example'</style>",
    "\x1b]8;;javascript:window.pwned=1\x07here\x1b]8;;\x07\x1b[31m",
    "__proto__",
    "constructor",
]
ALL = " ".join(EVIL)
DRAWN = "<svg xmlns='http://www.w3.org/2000/svg' onload='parent.pwned=1'><script>parent.pwned=1</script></svg>"
ROW = {"name": ALL, "type": ALL, "shape": ALL, "size": 7, "from": ALL}
SHOWN = [{"mime": "text/plain", "data": ALL}, {"mime": "image/svg+xml", "data": DRAWN}]
ANSWERS = {
    "code": {"kind": "code", "source": ALL, "before": f"{ALL}\n1", "shell": False, "function": ""},
    "data": {"kind": "data", "rows": [{"way": "in", "job": EVIL[0], **ROW}, {"way": "out", **ROW}]},
    "output": {"kind": "output", "shown": SHOWN},
    "timeline": {"kind": "refused", "said": ALL},
    "retry": {"kind": "refused", "said": ALL},
}
ANSWER = """answers => { const send = model.send;
    model.send = message => { send(message); const answer = answers[message.op];
        const whole = { job: message.jobs[0], ...answer, number: message.number };
        if (answer) queueMicrotask(() => kernel.answer(whole)); }; }"""


def run() -> dict:
    """A run in which everything that has a name or a text is called so, and says so."""
    reason = {"kind": "exception", "detail": ALL, "attempt": 1}
    jobs = {}
    for at, name in enumerate(EVIL):
        tries = [snapshots.attempt(1, at, 1.0, "failed", reason=reason)]
        more = {"group": name, "outputs": [name], "reason_text": ALL}
        jobs[name] = snapshots.job("failed", (EVIL[at - 1],) if at else (), tries, reason=reason, **more)
    return snapshots.snapshot(jobs, dict.fromkeys(EVIL, f"critical:{EVIL[0]}"), flow=ALL)


def look_everywhere(page: Page) -> None:
    """Open jobs and their tabs, point at things, find, act, open the timeline, be told a fault."""
    snapshot, progress = run(), {EVIL[0]: {"done": 1, "total": 2, "text": ALL}}
    seen = show(page, snapshot, {(name, 1): ALL for name in EVIL}, progress=progress)
    page.evaluate(ANSWER, ANSWERS)
    for name in EVIL[:2]:
        change(page, snapshot, {(name, 1): ALL})
        seen.locator(".node").nth(EVIL.index(name)).click()
        for tab in seen.get_by_role("tab").all():
            tab.click()
            page.evaluate("() => new Promise(done => setTimeout(done, 20))")
    for button in ("R", "T"):
        seen.locator(".node").first.press(button)
    for node in seen.locator(".node, .frame").all()[:4]:
        node.hover(force=True)
    page.evaluate("text => { kernel.change({ head: { ...model.get('head'), fault: text } }) }", ALL)
    seen.locator(".node").first.press("/")
    page.keyboard.type("<img src=x onerror=window.pwned=1>")
    page.evaluate("() => new Promise(done => setTimeout(done, 100))")


def test_no_place_takes_a_text_for_markup(page):
    """Names, reasons, logs, outputs, values, code, faults, refusals: nothing runs, no link, nothing from elsewhere."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    look_everywhere(page)
    seen = page.locator(".nbflow-view")
    expect(seen.locator(".note")).to_contain_text("<img src=x onerror=window.pwned=1>")
    assert page.evaluate("() => window.pwned") is None
    assert seen.locator("a, script, iframe, object, embed, style, [srcdoc]").count() == 0
    assert (
        seen.evaluate(
            "view => [...view.querySelectorAll('*')].filter(one => [...one.attributes].some("
            "({ name }) => name.startsWith('on') || name === 'href')).length"
        )
        == 0
    )
    assert [url for url in asked if not url.startswith(("blob:", "data:", "about:"))] == []


def test_a_view_that_takes_text_for_markup_is_caught(chromium, tmp_path, monkeypatch):
    """Control of the test above: with one word of the bundle changed, the same texts do run."""
    for name in ("view.js", "view.css"):
        text = (STATIC / name).read_text()
        (tmp_path / name).write_text(text.replace(".textContent=", ".innerHTML="))
    assert (tmp_path / "view.js").read_text() != (STATIC / "view.js").read_text()
    monkeypatch.setattr(bare_page, "STATIC", tmp_path)
    page = chromium.new_page()
    look_everywhere(page)
    page.wait_for_function("() => window.pwned === 1")
    page.close()
