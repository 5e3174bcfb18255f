"""The view in a bare page, with a kernel played by the test: for what needs a browser but no Jupyter."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Locator, Page

from nbflow.core.log_part import LogPart
from nbflow.widget.dag import STATIC
from nbflow.widget.state import LOOKS, Drawing, view_state
from tests.browser.themes import THEMES

PLAYED = """
const state = JSON.parse(document.getElementById('state').textContent), on = {};
const emit = (name, value) => (on[name] ?? []).forEach(heard => heard(value));
window.kernel = { sent: [], asides: [], answers: true,
    change(values) { Object.assign(state, values); for (const name in values) emit(`change:${name}`); },
    answer(message) { emit('msg:custom', message) } };
window.model = { get: name => state[name], on(name, heard) { (on[name] ??= []).push(heard) },
    off(name, heard) { on[name] = (on[name] ?? []).filter(each => each !== heard) },
    send(message) {
        (message.op === 'foretell' ? kernel.asides : kernel.sent).push(message); // asked beside what a person does
        const answer = { kind: 'ack', number: message.number, now: state.clock };
        if (kernel.answers) queueMicrotask(() => kernel.answer(answer)); } };
await Promise.all([...document.fonts].map(font => font.load())); // texts are measured
window.view = await import(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
window.end = view.default.render({ model, el: document.getElementById('root') });
"""


def show(
    page: Page,
    snapshot: dict[str, Any],
    logs: dict | None = None,
    theme: str = "light",
    progress: dict | None = None,
    more: str = "",
) -> Locator:
    """Show *snapshot* in *page*, with the jobs of *logs*, {(job, attempt): text} or {(job, attempt, step): text},
    looked at; the last one is open. *more*: markup for the page's head."""
    state = view_state(snapshot, Drawing(), parts(logs), progress)
    chosen = [[place[0], None, None] for place in logs or ()]
    page.evaluate("() => { delete window.end }")  # of a view that was shown before
    page.set_content(_page(state | {"looks": LOOKS, "clock": snapshot["now"], "chosen": chosen}, theme, more))
    page.wait_for_function("() => window.end")
    return page.locator(".nbflow-view")


def change(page: Page, snapshot: dict[str, Any], logs: dict | None = None) -> None:
    """Let the kernel send the state of *snapshot*."""
    page.evaluate("values => { kernel.change(values) }", view_state(snapshot, Drawing(), parts(logs)))


def parts(logs: dict | None) -> dict[Any, LogPart]:
    """*logs*, of which those that are only a text are whole."""
    return {place: LogPart.of(log) if isinstance(log, str) else log for place, log in (logs or {}).items()}


def bare(body: str, theme: str = "light", more: str = "") -> str:
    """A page of *body* in the colours of *theme*."""
    found = THEMES[theme]
    variables = "".join(f"{name}: {value};" for name, value in found.variables.items())
    return f"""<!doctype html><html lang="en" {found.html}><head><meta charset="utf-8"><title>analysis.ipynb</title>
<style>:root {{ {variables} }} body {{ background: {found.ground}; color: {found.ink} }}</style>{more}</head>
<body {found.body}>{body}</body></html>"""


def _page(state: dict[str, Any], theme: str, more: str) -> str:
    code, style = ((STATIC / name).read_text() for name in ("view.js", "view.css"))
    body = f"""<div id="root"></div>
<script type="application/json" id="state">{_json(state)}</script>
<script type="module">const code = {_json(code)};{PLAYED}</script>"""
    return bare(body, theme, f"<style>{style}</style>{more}")


def _json(value: Any) -> str:
    return json.dumps(value).replace("<", "\\u003c")
