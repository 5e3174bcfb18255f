"""What the drawer of the view tells beyond a job's history: its code, its values, what it has shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbflow.core.event import JobDeclared
from nbflow.core.hidden import is_hidden, spoken
from nbflow.core.run import JobState, Run
from nbflow.core.spec import Built, Captured, Gathered, Input, Produced, ValueRef
from nbflow.engine.client import Display
from nbflow.notebook.session import Session

PICTURES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp")
MOST_BYTES = 6_000_000
"""Bytes of what a job has shown that are sent to a browser."""
MOST_TEXT = 20_000
"""Characters of one of its texts."""


def closeup(session: Session, what: str, job: str, attempt: int | None) -> dict[str, Any]:
    """What the drawer's tab *what* shows of *job*: ``code``, ``data``, or the ``output`` of *attempt* (None: the last).

    Raises:
        UnknownJob: the run has no such job.
    """
    state = session.job(job)
    match what:
        case "code":
            return code(session, state)
        case "data":
            with session.replica.lock:
                return {"rows": list(_rows(session.replica.run, state))}
        case _:
            tries = [one for one in state.attempts if attempt is None or one.number == attempt]
            shown = session.client.shown(tries[-1].key, 0) if tries else []
            return {"shown": _shown([each for each in shown if isinstance(each, Display)])}


def code(session: Session, state: JobState) -> dict[str, Any]:
    """The cell's text, and the last one before it that was another; None if there was none."""
    name, source = state.spec.name, state.spec.source
    declared = [event for event in session.replica.events() if isinstance(event, JobDeclared)]
    texts = [event.spec.source for event in declared if event.spec.name == name and not event.spec.withdrawn]
    before = next((text for text in reversed(texts) if text != source), None)
    return {"source": source, "before": before, "shell": state.spec.bash, "function": state.spec.function}


def _rows(run: Run, state: JobState) -> Iterator[dict[str, Any]]:
    """A row for each value that the job reads or has made."""
    for name, source in state.spec.inputs.items():
        yield {"way": "in", "name": _called(name), **_source(run, source)}
    for name in state.spec.outputs:
        ref = state.outputs.get(name)
        yield {"way": "out", "name": _called(name), "from": "", **(_ref(ref) if ref is not None else {})}


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
    return {"type": ref.type, "shape": ref.shape, "size": ref.size}


def _shown(displays: list[Display]) -> list[dict[str, str]]:
    """What was shown, as pictures and texts: nothing that a page could run."""
    found, room = list[dict[str, str]](), MOST_BYTES
    for display in displays:
        one = _one(display.data)
        room -= len(one["data"])
        if room < 0:
            found.append({"mime": "text/plain", "data": "… more was shown: see the card under the cell …"})
            break
        found.append(one)
    return found


def _one(data: Mapping[str, object]) -> dict[str, str]:
    for mime in PICTURES:
        if isinstance(picture := data.get(mime), str):
            return {"mime": mime, "data": picture}
    text = data.get("text/plain")
    return {"mime": "text/plain", "data": str(text if text is not None else f"<{', '.join(data)}>")[:MOST_TEXT]}
