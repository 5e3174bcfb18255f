"""What the drawer of the view tells beyond a job's history: its code, its values, what it has shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbflow.core.event import JobDeclared
from nbflow.core.hidden import is_hidden, spoken
from nbflow.core.run import AttemptState, JobState, Run
from nbflow.core.spec import Built, Captured, Gathered, Input, Produced, ValueRef
from nbflow.engine.client import Display, preview
from nbflow.notebook.colouring import coloured
from nbflow.notebook.session import Session
from nbflow.notebook.tables import table

PICTURES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp")
MOST_BYTES = 6_000_000
"""Bytes of what a job has shown that are sent to a browser."""
MOST_TEXT = 20_000
"""Characters of one of its texts."""
MOST_SHOWN = 100
"""Pictures, tables and texts that are sent."""
READERS = 12
"""Jobs that are named as readers of one value."""


def closeup(session: Session, what: str, job: str, attempt: int | None) -> dict[str, Any]:
    """What the drawer's tab *what* shows of *job*: ``code``, ``data``, or the ``output`` of *attempt* (None: the last).

    Raises:
        UnknownJob: the run has no such job.
    """
    state = session.job(job)
    match what:
        case "code":
            return code(session, state, attempt)
        case "data":
            with session.replica.lock:
                return {"rows": list(_rows(session.replica.run, state))}
        case _:
            tries = [one for one in state.attempts if attempt is None or one.number == attempt]
            shown = session.client.shown(tries[-1].key, 0) if tries else []
            return {"shown": _shown([each for each in shown if isinstance(each, Display)])}


def code(session: Session, state: JobState, attempt: int | None = None) -> dict[str, Any]:
    """The cell's text, and two to compare it with, None where there are none: the last one before it that was another
    (``before``), and the one that *attempt* ran, if that was another (``then``)."""
    name, source = state.spec.name, state.spec.source
    events = (event for event in session.replica.events() if isinstance(event, JobDeclared))
    declared = [event for event in events if event.spec.name == name and not event.spec.withdrawn]
    before = next((event.spec.source for event in reversed(declared) if event.spec.source != source), None)
    ran = _ran(declared, next((one for one in state.attempts if one.number == attempt), None))
    spec = {"shell": state.spec.bash, "function": state.spec.function, "words": coloured(source, state.spec.bash)}
    return {"source": source, "before": before, "then": ran if ran != source else None} | spec


def _ran(declared: list[JobDeclared], attempt: AttemptState | None) -> str | None:
    """What the cell's text was when *attempt* began."""
    texts = [event.spec.source for event in declared if attempt is not None and event.at <= attempt.started_at]
    return texts[-1] if texts else None


def _rows(run: Run, state: JobState) -> Iterator[dict[str, Any]]:
    """A row for each value that the job reads or has made."""
    for name, source in state.spec.inputs.items():
        yield {"way": "in", "name": _called(name), **_source(run, source)}
    readers = _readers(run, state.spec.name)
    for name in state.spec.outputs:
        ref = state.outputs.get(name)
        found = readers.get(name, [])
        goes = {"to": found[:READERS], "more": len(found) - READERS}
        yield {"way": "out", "name": _called(name), "from": "", **goes, **(_ref(ref) if ref is not None else {})}


def _readers(run: Run, job: str) -> dict[str, list[str]]:
    """Output of *job* -> the jobs that read it."""
    found: dict[str, list[str]] = {}
    for other in run.jobs.values():
        read = (name for source in other.spec.inputs.values() for name in _reads(source, job))
        for name in () if other.spec.withdrawn else dict.fromkeys(read):
            found.setdefault(name, []).append(other.spec.name)
    return found


def _reads(source: Input, job: str) -> Iterator[str]:
    """The outputs of *job* that *source* is made of."""
    match source:
        case Produced(job=maker, output=output) if maker == job:
            yield output
        case Gathered(output=output, parts=gathered) if any(part.job == job for part in gathered):
            yield output
        case Built(parts=parts):
            for part in parts:
                yield from _reads(part, job)
        case _:
            pass


def _called(name: str) -> str:
    return spoken(name) if is_hidden(name) else name


def _source(run: Run, source: Input) -> dict[str, Any]:
    match source:
        case Captured():
            return {"from": "the notebook", **_ref(source.value)}
        case Produced():
            maker = run.jobs.get(source.job)
            ref = maker.outputs.get(source.output) if maker is not None and not source.path else None
            return {"from": source.job, "job": source.job, **(_ref(ref) if ref is not None else {})}
        case Gathered():
            return {"from": f"{len(source.parts)} jobs", "type": "dict", "shape": f"{len(source.parts)} items"}
        case Built():
            jobs = [part.job for part in source.parts if isinstance(part, Produced)]
            return {"from": ", ".join(jobs[:3]), "type": source.template.type}


def _ref(ref: ValueRef) -> dict[str, Any]:
    return {"type": ref.type, "shape": ref.shape, "size": ref.size, "text": preview.preview(ref)}


def _shown(displays: list[Display]) -> list[dict[str, Any]]:
    """What was shown, as pictures, tables and texts: nothing that a page could run."""
    found, room = list[dict[str, Any]](), MOST_BYTES
    for at, display in enumerate(displays):
        one = _one(display.data)
        room -= len(one["data"])
        if room < 0 or at >= MOST_SHOWN:
            found.append({"mime": "note", "data": f"{len(displays) - at} more: they are too big, or too many, to show"})
            break
        found.append(one)
    return found


def _one(data: Mapping[str, object]) -> dict[str, Any]:
    text = str(data.get("text/plain") or "")
    for mime in PICTURES:
        if isinstance(picture := data.get(mime), str):
            return {"mime": mime, "data": picture, "text": text[:200]}
    if isinstance(html := data.get("text/html"), str) and (found := table(html)) is not None:
        return {"mime": "table", "data": text[:MOST_TEXT], "table": found.told()}
    for mime in ("text/markdown", "text/latex"):
        text = text if text and not text.startswith("<") else str(data.get(mime) or text)
    cut = [f"… {len(text) - MOST_TEXT:,} more characters …"] if len(text) > MOST_TEXT else []
    return {"mime": "text/plain", "data": "\n".join([text[:MOST_TEXT] or f"<{', '.join(data)}>", *cut])}
