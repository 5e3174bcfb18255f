"""Snapshots that every picture has to stand, and names that people and programs come up with."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.unit.snapshots import AT, attempt, empty, fan, job, layered, long_names, mended, snapshot, ten

HOSTILE = (
    "<script>alert(1)</script>",
    '" onload="alert(1)',
    "' onclick='x",
    "]]><b>",
    "&amp;&lt;",
    "</svg></title>",
    "a\x00b\x1b[31mc\x9bd",
    "lone \ud800 surrogate",
    "\u202egpj.exe",
    "two\nlines\tand a tab",
    "$\\alpha_1$ and $5",
    "名前とても長い名前" * 6,
    "שם בעברית",
    "e\u0301\u0301\u0301",
    "👩‍🔬",
    "\ufffe\uffff",
    " ",
    "{curly} %s %(x)s",
)


def hostile() -> dict[str, Any]:
    """A flow in which every name and text is of the worst kind."""
    jobs: dict[str, Any] = {}
    for at, name in enumerate(HOSTILE):
        needs = (HOSTILE[at - 1],) if at else ()
        tries = [attempt(1, at, 2.0, "failed", reason={"kind": "exception", "detail": name})]
        jobs[name] = job(
            "failed", needs, tries, group="<g>", reason={"kind": "exception", "detail": name}, reason_text=name
        )
    return snapshot(jobs, {"<g>": "critical:<b>,</g>"}, flow=HOSTILE[0])


def named(name: str, status: str = "running") -> dict[str, Any]:
    """A flow called *name* of two jobs, one of them called so too, the other nearly so."""
    tries = [] if status == "waiting" else [attempt(1, 0, None if status == "running" else 3.0, status)]
    return snapshot({name: job(status, (), tries, reason_text=name), f"{name}b": job("waiting", (name,))}, flow=name)


SAMPLES = {
    "ten": ten(),
    "mended": mended(),
    "empty": empty(),
    "long": long_names(),
    "layered": layered(40),
    "fan": fan(40),
    "wide fan": fan(300),
    "hostile": hostile(),
    "waiting": snapshot({"a": job("waiting")}),
    "bare": {"jobs": {"a": {"status": "held"}}, "flow": "f", "run": 1, "verdict": "running"},
}
NAMES = st.text(st.characters(), min_size=1, max_size=60) | st.sampled_from(HOSTILE)

__all__ = ["AT", "HOSTILE", "NAMES", "SAMPLES", "attempt", "hostile", "job", "named", "snapshot"]
