"""What a person may have before them: the view in each of its states, drawn in a bare page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from nbflow.core.lanes import critical, lanes
from nbflow.core.status import Status
from nbflow.core.streams import Streams
from nbflow.widget import columns
from tests.browser.page import show
from tests.unit import snapshots
from tests.unit.snapshots import attempt, job, snapshot

Scene = Callable[[Page, str, str], Locator]
"""Draws itself in a page, in a theme, with more in the page's head."""
FIT = {("fit_lasso", 3, None): "scaling 14 columns\n\x1b[31mLinAlgError\x1b[0m: \x1b[1mSVD\x1b[0m did not converge\n"}
CODE = {"source": "model = fit(x)\nprint(model)\n", "before": "model = fit(y)\nprint(model)\n"}
DATA = {
    "rows": [
        {"way": "in", "name": "df", "from": "clean", "job": "clean", "type": "DataFrame", "shape": "3 × 2", "size": 96},
        {"way": "out", "name": "model", "from": ""},
    ]
}
PICTURE = "<svg xmlns='http://www.w3.org/2000/svg' width='80' height='30'><circle cx='20' cy='15' r='9'/></svg>"
OUTPUT = {"shown": [{"mime": "text/plain", "data": "3 rows"}, {"mime": "image/svg+xml", "data": PICTURE}]}


def eight() -> dict[str, Any]:
    """A flow as a first notebook has it, in the middle of its run."""
    return snapshot(
        {
            "load": job(attempts=[attempt(1, 0, 6.0)]),
            "stations": job(attempts=[attempt(1, 0, 1.2)]),
            "clean": job(needs=("load",), attempts=[attempt(1, 6, 4.2)]),
            "join": job(needs=("clean", "stations"), attempts=[attempt(1, 11, 2.0)]),
            "fit": job("running", ("join",), [attempt(1, 26, None)], of=3),
            "plot": job("running", ("join",), [attempt(1, 20, None)]),
            "score": job("waiting", ("fit",), reason_text="waits for fit"),
            "report": job("waiting", ("score", "plot"), reason_text="waits for score and plot"),
        },
        flow="weather",
    )


def every() -> dict[str, Any]:
    """A job of each status there is, with what they have in common with life."""
    told = {**snapshots.ten()["jobs"], **snapshots.mended()["jobs"]}
    jobs: dict[str, Any] = {}
    for status in Status:
        found = next((one for one in told.values() if one["status"] == status.value), job(status.value))
        name = status.value.replace(" ", "_")
        jobs[name] = found | {"needs": ["load"] if jobs else [], "waits_for": [], "group": None}
        if not jobs.get("load"):
            jobs = {"load": job(attempts=[attempt(1, 0, 3.0)]), name: jobs[name] | {"needs": ["load"]}}
    return snapshot(jobs)


def sweep(count: int, more: dict[str, Any] | None = None) -> dict[str, Any]:
    """A fan-out of *count* jobs whose cells stand in every status, between two jobs."""
    turn = [Status.SUCCEEDED] * 9 + list(Status)
    jobs = {"load": job(attempts=[attempt(1, 0, 3.0)])}
    for n in range(count):
        status = turn[n * len(turn) // count] if n % 7 else Status.SUCCEEDED
        tries = [attempt(1, 3 + n % 40, 2.0, "failed" if status is Status.FAILED else "succeeded")] if n < 60 else []
        jobs[f"fit[alpha={n}]"] = job(status.value, ("load",), tries, group="fit", fan="fit")
    jobs["best"] = job("waiting", ("fit",))
    return snapshot(jobs | (more or {}), {"fit": f"at-least:{count // 2}"})


def sixty() -> dict[str, Any]:
    """Two fan-outs, one of which shows its jobs one by one, among single jobs."""
    more: dict[str, Any] = {}
    for n, status in enumerate(["succeeded"] * 3 + ["running", "waiting"]):
        tries = [attempt(1, 30 + n, 1.0 if n < 3 else None)] if n < 4 else []
        more[f"tune[k={n}]"] = job(status, ("best",), tries, group="tune", fan="tune")
    more |= {"tidy": job(attempts=[attempt(1, 3, 8.0)], needs=("load",)), "report": job("waiting", ("tune", "tidy"))}
    told = sweep(50, more)
    told["groups"] |= snapshot(told["jobs"], {"tune": "strict"})["groups"]
    return told


def answer(page: Page, kind: str, **told: Any) -> None:
    """Answer the page's last question as the kernel does."""
    asked = page.evaluate("kind => kernel.sent.findLast(one => one.op === kind)", kind)
    kind = "bars" if kind == "timeline" else kind
    page.evaluate(
        "told => kernel.answer(told)", {"kind": kind, "number": asked["number"], "job": asked["jobs"][:1]} | told
    )


def tab(seen: Locator, name: str, **told: Any) -> Locator:
    """Open a tab of the drawer, and let the kernel tell what it shows."""
    seen.get_by_role("tab", name=name).click()
    if told:
        answer(seen.page, name.lower(), job="fit_lasso", **told)
    return seen


def timeline(seen: Locator, told: dict[str, Any]) -> Locator:
    """Open the timeline, and let the kernel send its bars."""
    seen.get_by_role("button", name="Timeline").click()
    path = critical(told["jobs"], Streams(told).above)
    sent = columns.bars(lanes(told["jobs"]), 0)
    answer(seen.page, "timeline", run=12, of=None, since=0, critical=path, now=told["now"], **sent)
    expect(seen.locator(".lanes .small").first).to_be_visible()
    return seen


def _looked_for(page: Page, theme: str, more: str) -> Locator:
    seen = show(page, sixty(), None, theme, None, more)
    seen.locator(".chip").first.click()
    seen.get_by_role("button", name="Find").first.click()
    seen.get_by_role("searchbox").fill("fit[")
    return seen


def _silent(page: Page, theme: str, more: str) -> Locator:
    seen = show(page, snapshots.ten(), FIT, theme, None, more)
    page.evaluate("() => { kernel.answers = false }")
    seen.get_by_role("button", name="Retry fit_lasso").click()
    expect(seen.locator(".silent, :scope.silent")).to_have_count(0)
    page.wait_for_function("() => document.querySelector('.nbflow-view.silent')")
    return seen


def _ten(page: Page, theme: str, more: str) -> Locator:
    return show(page, snapshots.ten(), FIT, theme, {"fit_trees": {"done": 30, "total": 120, "text": "trees"}}, more)


SCENES: dict[str, Scene] = {
    "empty": lambda page, theme, more: show(page, snapshots.empty(), None, theme, None, more),
    "eight": lambda page, theme, more: show(page, eight(), None, theme, None, more),
    "every": lambda page, theme, more: show(page, every(), None, theme, None, more),
    "mended": lambda page, theme, more: show(page, snapshots.mended(), {("prices", 2): "no\n"}, theme, None, more),
    "attempts": _ten,
    "summary": lambda page, theme, more: tab(_ten(page, theme, more), "Summary"),
    "output": lambda page, theme, more: tab(_ten(page, theme, more), "Output", **OUTPUT),
    "code": lambda page, theme, more: tab(_ten(page, theme, more), "Code", **CODE),
    "data": lambda page, theme, more: tab(_ten(page, theme, more), "Data", **DATA),
    "timeline": lambda page, theme, more: timeline(_ten(page, theme, more), snapshots.ten()),
    "sixty": lambda page, theme, more: timeline(
        show(page, sixty(), {("fit[alpha=31]", 1, None): ""}, theme, None, more), sixty()
    ),
    "strip": lambda page, theme, more: show(page, sweep(10_000), None, theme, None, more),
    "looked for": _looked_for,
    "silent": _silent,
}
