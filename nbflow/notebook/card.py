"""How one job's card looks: a line on its state, its last lines of output, what it displayed. Text in, text out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from nbflow.core import words
from nbflow.core.status import Status
from nbflow.engine.client import Display
from nbflow.engine.client import shown as outputs
from nbflow.notebook import printed as output
from nbflow.notebook.printed import WIDTH, Part, printed, told
from nbflow.notebook.rich import IMAGES, MONO
from nbflow.notebook.step_lines import changed_lines, step_lines
from nbflow.notebook.terminal import screen
from nbflow.picture.palette import ANYWHERE, HUES

LIVE_LINES, FINAL_LINES = 6, 40
LOG_LIMIT = 64 * 1024
"""Bytes of each stream's end that a card is made from."""

TONE = {status: ANYWHERE[status] for status in Status if HUES[status] != "grey"}
"""The colours of glyphs and cells of those that are not quiet: the view's, fit for any page."""
_STEPS = (Status.RECOVERING, Status.ROLLING_BACK, Status.FALLING_BACK)
_BROKEN = (Status.FAILED, Status.RETRYING, Status.UNKNOWN, *_STEPS)
"""Something went wrong, and what it was is worth the traceback."""
_RAISED = ("exception", "assertion", "invalid argument", "invalid type")
"""A debugger can be opened where it happened."""
PICTURE = 100_000
"""Characters of a picture that is sent by itself."""
_PALE = "color-mix(in srgb, currentColor 75%, transparent)"
QUIET = f"var(--jp-content-font-color2, var(--vscode-descriptionForeground, {_PALE}))"


@dataclass(frozen=True, slots=True)
class Card:
    """All that a card shows: *job* as in a snapshot's ``jobs``, the log's end, and the rich outputs."""

    name: str
    job: dict[str, Any]
    now: float
    log: str = ""
    """The end of what it printed: `LOG_LIMIT` bytes at most."""
    traceback: str = ""
    displays: Sequence[Display] = field(default=())
    shown: Sequence[outputs.Shown] = ()
    """What it printed and displayed, in its order, where that is known: in place of *log* and *displays*."""
    note: str = ""
    """Said of a job that has not ended."""
    standing: str = ""
    """How the run as a whole stands; said at the right, on one card of the flow."""
    mark: str = ""
    """What a page knows the card by."""

    @property
    def status(self) -> Status:
        return Status(self.job["status"])

    @property
    def facts(self) -> list[str]:
        """What stands after the status, in words, most telling first.

        >>> job = {"status": "running", "started_at": 10.0, "try": 2, "of": 3, "needs": ["load"]}
        >>> Card("fit", job, now=14.0).facts
        ['0:04', 'attempt 2 of 3', 'needs load']
        """
        note = [self.note] if self.note and not self.status.ended else []
        return [
            *self._times(),
            *self._attempts(),
            *self._deadline(),
            *self._why(),
            *self._needs(),
            *self._outputs(),
            *self._remedy(),
            *note,
        ]

    def _times(self) -> list[str]:
        job, status = self.job, self.status
        if status is Status.RUNNING and job.get("started_at"):
            return [words.elapsed(max(0.0, self.now - job["started_at"]))]
        if status in _STEPS:
            return []  # the line of the step says so
        if status is Status.RETRYING and job.get("due_at"):
            return [f"again in {words.elapsed(max(0.0, job['due_at'] - self.now))}"]
        if status.ended and job.get("started_at") and job.get("ended_at"):
            return [words.duration(max(0.0, job["ended_at"] - job["started_at"]))]
        return []

    def _attempts(self) -> list[str]:
        tried, allowed = self.job.get("try", 0), self.job.get("of", 1)
        if tried == 0 or (tried == 1 and allowed == 1):
            return []
        return [f"attempt {tried} of {allowed}"]

    def _deadline(self) -> list[str]:
        at = self.job.get("deadline_at")
        if at is None or self.status.ended:
            return []
        return [f"deadline in {words.elapsed(max(0.0, at - self.now))}"]

    def _why(self) -> list[str]:
        text = self.job.get("reason_text", "")
        if self.status is Status.RECOVERED and self.job.get("fallback"):
            text = text.replace("its fallback", f"its fallback {self.job['fallback']}", 1)
        said = self.status in (Status.SUCCEEDED, Status.WAITING) or text == self.status.value  # elsewhere on the card
        return [_one_line(text)] if text and not said else []

    def _needs(self) -> list[str]:
        needs = self.job.get("waits_for") if self.status is Status.WAITING else self.job.get("needs")
        if not needs:
            return []
        files = self.job.get("files") or {}
        said = [f"{need} ({', '.join(files[need])})" if need in files else need for need in needs]
        shown = [*said[:4], f"{len(said) - 4} more"] if len(said) > 5 else said
        return [("waits for " if self.status is Status.WAITING else "needs ") + ", ".join(shown)]

    def _outputs(self) -> list[str]:
        told = [_output(name, ref) for name, ref in self.job.get("values", {}).items()]
        return [each for each in told if each][:3]

    def _remedy(self) -> list[str]:
        """How to look into it, where a traceback is all that there is to go by."""
        raised = (self.job.get("reason") or {}).get("kind") in _RAISED
        return [f"%nbflow debug {self.name}"] if self.status is Status.FAILED and raised else []

    @property
    def parts(self) -> list[Part]:
        """What followed its attempts, what it printed and displayed last, and the traceback of a failed job."""
        shown = self.shown or (outputs.Text("out", self.log), *self.displays)
        kept = printed(shown).last(FINAL_LINES if self.status.ended else LIVE_LINES)
        said = [*changed_lines(self.job), *step_lines(self.job, self.now)]
        steps = [_cut(screen(line), WIDTH) for line in said]
        more = [f"… more above: %nbflow log {self.name}"] if kept.hidden else []
        trace = told(self.traceback)[-FINAL_LINES:] if self.traceback and self.status in _BROKEN else []
        return [*([(line, "")] for line in (*steps, *more)), *kept.parts, *trace]

    @property
    def lines(self) -> str:
        """All that is text among `parts`."""
        return "\n".join(output.text([part for part in self.parts if not isinstance(part, Display)]))

    @property
    def head(self) -> str:
        """The card's first line.

        >>> Card("load", {"status": "waiting", "waits_for": ["raw"]}, now=0.0).head
        '○ load  waiting · waits for raw'
        """
        return f"{self.status.glyph} {self.name}  " + " · ".join([self.status.value, *self.facts])

    def text(self) -> str:
        """The card as plain text."""
        return "\n".join([self.head, *("    " + line if line else "" for line in output.text(self.parts))])

    def html(self) -> str:
        """The card for a notebook: styles inline, every text escaped, no script; rich outputs under it."""
        tone = TONE.get(self.status, QUIET)
        facts = " · ".join(map(escape, self.facts))
        head = (
            f'<span style="color:{tone};font-weight:600">{self.status.glyph}</span> '
            f"<b>{escape(self.name)}</b> <span>{self.status.value}</span> "
            f'<span style="color:{QUIET}">{facts}</span>'
        )
        style = f"margin:2px 0 0 22px;color:{QUIET};font-family:{MONO};white-space:pre-wrap;background:transparent"
        body = output.html(self.parts, style)
        return framed(head, body, self.standing, marked(self.mark, self.status))

    def bundle(self) -> dict[str, str]:
        """The mime bundle of the card."""
        return {"text/html": self.html(), "text/plain": self.text()}

    def message(self) -> dict[str, Any]:
        """The card for a page that no longer gets its bundle: text as text, and pictures once it has ended."""
        shown = [part for part in self.parts if isinstance(part, Display)] if self.status.ended else []
        return {
            "glyph": self.status.glyph,
            "tone": TONE.get(self.status, QUIET),
            "name": self.name,
            "status": self.status.value,
            "facts": " · ".join(self.facts),
            "lines": self.lines,
            "standing": self.standing,
            "pictures": [each for part in shown for each in _picture(part.data)],
        }


def _picture(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The picture of a rich output, as its kind and its base64; none where there is no picture, or a big one."""
    found = [(kind.removeprefix("image/"), str(data[kind])) for kind in IMAGES if kind in data]
    return [(kind, re.sub(r"[^A-Za-z0-9+/=]", "", text)) for kind, text in found[:1] if len(text) <= PICTURE]


def marked(mark: str, status: Status) -> str:
    """The class by which a page knows a card, and its status; other attributes an untrusted notebook loses."""
    return f" nbflow-is-{mark}-{status.letter}" if mark else ""


def framed(head: str, body: str, standing: str, mark: str) -> str:
    """A card's HTML from that of its parts; *standing* is text, dim and at the right, where there is room for it."""
    run = (
        f'<span style="float:right;margin-left:24px;color:{QUIET};font-variant-numeric:tabular-nums" '
        f'title="the run as a whole">{escape(standing)}</span>'
        if standing
        else ""
    )
    return f'<div class="nbflow-card{mark}" style="padding:2px 0;line-height:1.5">{run}{head}{body}</div>'


def _one_line(text: str, limit: int = 160) -> str:
    return _cut(" ".join(screen(text).split()), limit)


def _cut(line: str, limit: int) -> str:
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _output(name: str, ref: dict[str, Any]) -> str:
    """An output with its extent, where that says something; what is small and has no shape goes without saying."""
    extent = [ref.get("shape", ""), words.size(ref["size"]) if ref.get("size", 0) >= 1_000_000 else ""]
    return " ".join([name, *filter(None, extent)]) if any(extent) else ""
