"""How one job's card looks: a line on its state, its last lines of output, what it displayed. Text in, text out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from nbflow.core import words
from nbflow.core.status import Status
from nbflow.engine.client import Display
from nbflow.notebook.step_lines import changed_lines, step_lines

LIVE_LINES, FINAL_LINES = 6, 40
LOG_LIMIT = 64 * 1024
"""Bytes of each stream's end that a card is made from."""
WIDTH = 500
"""Characters of a line that a card shows."""

TONE = {
    Status.SUCCEEDED: "#0f8a66",
    Status.RUNNING: "#1778b5",
    Status.RETRYING: "#a97b00",
    Status.RECOVERING: "#a97b00",
    Status.ROLLING_BACK: "#a97b00",
    Status.FALLING_BACK: "#a97b00",
    Status.RECOVERED: "#0f8a66",
    Status.REUSED: "#0f8a66",
    Status.SUBSTITUTED: "#a0557e",
    Status.FAILED: "#c8500a",
    Status.UNKNOWN: "#c8500a",
    Status.CANCELLED: "#a0557e",
    Status.SKIPPED: "#a0557e",
}
_STEPS = (Status.RECOVERING, Status.ROLLING_BACK, Status.FALLING_BACK)
_BROKEN = (Status.FAILED, Status.RETRYING, Status.UNKNOWN, *_STEPS)
"""Something went wrong, and what it was is worth the traceback."""
QUIET = "var(--jp-content-font-color2, var(--vscode-descriptionForeground, #667079))"
MONO = "var(--jp-code-font-family, ui-monospace, monospace)"
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")


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
    note: str = ""
    """Said of a job that has not ended."""

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

    @property
    def lines(self) -> str:
        """What followed its attempts, the log's end as a screen would show it, and the traceback of a failed job."""
        kept = screen(self.log).rstrip().splitlines()
        limit = FINAL_LINES if self.status.ended else LIVE_LINES
        if len(kept) > limit:
            kept = [f"… more above: %nbflow log {self.name}", *kept[-limit:]]
        said = [*changed_lines(self.job), *step_lines(self.job, self.now)]
        kept = [_cut(line, WIDTH) for line in (*map(screen, said), *kept)]
        if self.traceback and self.status in _BROKEN:
            kept += screen(self.traceback).rstrip().splitlines()[-FINAL_LINES:]
        return "\n".join(kept)

    @property
    def head(self) -> str:
        """The card's first line.

        >>> Card("load", {"status": "waiting", "waits_for": ["raw"]}, now=0.0).head
        '○ load  waiting · waits for raw'
        """
        return f"{self.status.glyph} {self.name}  " + " · ".join([self.status.value, *self.facts])

    def text(self) -> str:
        """The card as plain text."""
        shown = [str(d.data["text/plain"]) for d in self.displays if "text/plain" in d.data]
        return "\n".join([self.head, *([_indent(self.lines)] if self.lines else []), *map(_indent, shown)])

    def html(self) -> str:
        """The card for a notebook: styles inline, every text escaped, no script; rich outputs under it."""
        tone = TONE.get(self.status, QUIET)
        facts = " · ".join(map(escape, self.facts))
        head = (
            f'<span style="color:{tone};font-weight:600">{self.status.glyph}</span> '
            f"<b>{escape(self.name)}</b> <span>{self.status.value}</span> "
            f'<span style="color:{QUIET}">{facts}</span>'
        )
        body = (
            f'<pre style="margin:2px 0 0 22px;color:{QUIET};font-family:{MONO};white-space:pre-wrap;\
background:transparent">{escape(self.lines)}</pre>'
            if self.lines
            else ""
        )
        rich = "".join(f'<div style="margin:4px 0 0 22px">{rich_html(d)}</div>' for d in self.displays)
        return f'<div class="nbflow-card" style="padding:2px 0;line-height:1.5">{head}{body}{rich}</div>'

    def bundle(self) -> dict[str, str]:
        """The mime bundle of the card."""
        return {"text/html": self.html(), "text/plain": self.text()}


def rich_html(display: Display) -> str:
    """One captured output as HTML: the richest of its forms, as a notebook would choose."""
    data = display.data
    if "text/html" in data:
        return str(data["text/html"])
    if "image/svg+xml" in data:
        return str(data["image/svg+xml"])
    for kind in ("image/png", "image/jpeg", "image/gif"):
        if kind in data:
            payload = re.sub(r"[^A-Za-z0-9+/=]", "", str(data[kind]))
            return f'<img alt="output" style="max-width:100%" src="data:{kind};base64,{payload}">'
    text = data.get("text/markdown") or data.get("text/latex") or data.get("text/plain") or ""
    return f'<pre style="margin:0;font-family:{MONO};background:transparent">{escape(str(text))}</pre>'


def screen(text: str) -> str:
    r"""What a terminal would show of *text*: no colour codes, and a line rewritten after ``\r`` as it ended.

    >>> screen("10 %\r 50 %\r100 %\nend")
    '100 %\nend'
    """
    plain = _ANSI.sub("", text)
    return "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in plain.split("\n"))


def _one_line(text: str, limit: int = 160) -> str:
    return _cut(" ".join(screen(text).split()), limit)


def _cut(line: str, limit: int) -> str:
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _indent(text: str) -> str:
    return "\n".join("    " + line for line in text.splitlines())


def _output(name: str, ref: dict[str, Any]) -> str:
    """An output with its extent, where that says something; what is small and has no shape goes without saying."""
    extent = [ref.get("shape", ""), words.size(ref["size"]) if ref.get("size", 0) >= 1_000_000 else ""]
    return " ".join([name, *filter(None, extent)]) if any(extent) else ""
