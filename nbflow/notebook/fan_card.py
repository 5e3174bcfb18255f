"""How a fan-out's card looks: one for all its jobs, with how many stand where, what failed, and the newest lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Any

from nbflow.core import words
from nbflow.core.captions import of_many
from nbflow.core.status import Status
from nbflow.notebook.card import QUIET, TONE, framed, marked
from nbflow.notebook.rich import MONO
from nbflow.notebook.terminal import screen

CELLS = 240
"""Elements up to which each is a little cell of its own; more are a bar of shares."""
GLYPHS = 60
"""Elements up to which the plain text shows a glyph for each."""
TOLD = 5
"""Elements of which a line says why they failed."""
WIDTH = 160
"""Characters of a line."""
_CELL = "display:inline-block;box-sizing:border-box;width:8px;height:8px;margin:0 2px 2px 0;border-radius:2px;"

_FAILED = (Status.FAILED, Status.UNKNOWN, Status.CANCELLED, Status.SKIPPED)
_LIVELY = (
    *(Status.RUNNING, Status.FALLING_BACK, Status.ROLLING_BACK, Status.RECOVERING, Status.RETRYING),
    *(Status.READY, Status.WAITING, Status.HELD),
)
"""What a card says of all where not all have ended: the first of these that one of them is."""
_ORDER = (Status.SUCCEEDED, Status.RECOVERED, Status.REUSED, Status.SUBSTITUTED, *_FAILED, *_LIVELY)


@dataclass(frozen=True, slots=True)
class FanCard:
    """All that the card of the fan-out *name* shows.

    Attributes:
        statuses: job -> where it stands, in the order of the elements.
        started_at, ended_at: from its first attempt to its last end; None while there is none.
        reasons: job -> why, of those that have failed or been left out.
        lines: job -> the last line that it printed, of some that run.
        verdict: what the group's policy says, once it does: ``met``, or ``broken`` with the reason.
    """

    name: str
    statuses: Mapping[str, Status]
    now: float
    started_at: float | None = None
    ended_at: float | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)
    verdict: str = ""
    note: str = ""
    """Said while not all have ended."""
    label: str = ""
    """What the head calls it, where that is not *name*: with its loop variables."""
    left: float | None = None
    """Seconds until all have ended, as far as those that have tell."""
    standing: str = ""
    """How the run as a whole stands; said at the right, on one card of the flow."""
    mark: str = ""
    """What a page knows the card by."""

    @property
    def counts(self) -> dict[Status, int]:
        """How many jobs stand where, ends first."""
        found = list(self.statuses.values())
        return {status: count for status in _ORDER if (count := found.count(status))}

    @property
    def status(self) -> Status:
        """Where all of them stand, in one word."""
        counts = self.counts
        lively = next((status for status in _LIVELY if status in counts), None)
        if lively is not None:
            return lively
        if self.verdict.startswith("broken") or not any(status.good for status in counts):
            return next((status for status in _FAILED if status in counts), Status.FAILED)
        return Status.SUCCEEDED

    @property
    def facts(self) -> list[str]:
        """What stands after the name, in words.

        >>> card = FanCard("fit", {"fit[a=1]": Status.SUCCEEDED, "fit[a=2]": Status.RUNNING}, 9.0, started_at=5.0)
        >>> card.facts
        ['1 of 2 · 1 running', '0:04']
        """
        open_ = not self.status.ended
        resting = () if self.started_at is not None else (self.status.value,)
        return [
            of_many(list(self.statuses.values())),
            *resting,
            *self._times(),
            *([self.verdict] if self.verdict else []),
            *([self.note] if self.note and open_ else []),
        ]

    def _times(self) -> list[str]:
        if self.started_at is None:
            return []
        if not self.status.ended:
            gone = words.elapsed(max(0.0, self.now - self.started_at))
            known = self.left is not None and self.left >= 1
            return [gone, f"about {words.about(self.left or 0.0)} left"] if known else [gone]
        return [words.duration(max(0.0, (self.ended_at or self.now) - self.started_at))]

    @property
    def told(self) -> list[str]:
        """A line for each of some that failed, and of some that print."""
        bad = [name for name, status in self.statuses.items() if status in _FAILED]
        said = [f"{self.statuses[name].glyph} {name}  {self._why(name)}" for name in bad[:TOLD]]
        if len(bad) > TOLD:
            said.append(f"… {len(bad) - TOLD} more: %nbflow status")
        return [_line(text) for text in [*said, *(f"{name}: {last}" for name, last in self.lines.items())]]

    def _why(self, name: str) -> str:
        return self.reasons.get(name, "") or self.statuses[name].value

    @property
    def head(self) -> str:
        """The card's first line.

        >>> FanCard("fit", {"fit[a=1]": Status.WAITING}, 0.0).head
        '○ fit  0 of 1 · waiting'
        """
        return f"{self.status.glyph} {self.label or self.name}  " + " · ".join(self.facts)

    def text(self) -> str:
        """The card as plain text."""
        found = list(self.statuses.values())
        strip = ["".join(status.glyph for status in found)] if 1 < len(found) <= GLYPHS else []
        return "\n".join([self.head, *(f"    {line}" for line in [*strip, *self.told])])

    def html(self) -> str:
        """The card for a notebook: styles inline, every text escaped, no script."""
        head = (
            f'<span style="color:{TONE.get(self.status, QUIET)};font-weight:600">{self.status.glyph}</span> '
            f"<b>{escape(self.label or self.name)}</b> "
            f'<span style="color:{QUIET}">{" · ".join(map(escape, self.facts))}</span>'
        )
        body = (
            f'<pre style="margin:2px 0 0 22px;color:{QUIET};font-family:{MONO};white-space:pre-wrap;\
background:transparent">{escape(chr(10).join(self.told))}</pre>'
            if self.told
            else ""
        )
        return framed(head, self._strip() + body, self.standing, marked(self.mark, self.status))

    def _strip(self) -> str:
        if len(self.statuses) <= CELLS:
            cells = "".join(
                f'<span title="{escape(name)}: {status.value}" style="{_CELL}{_paint(status)}"></span>'
                for name, status in self.statuses.items()
            )
            return f'<div style="margin:2px 0 0 22px;line-height:10px;max-width:480px">{cells}</div>'
        shares = "".join(
            f'<span title="{count} {status.value}" style="flex:{count} 0 2px;{_paint(status)}"></span>'
            for status, count in self.counts.items()
        )
        return f'<div style="display:flex;margin:4px 0 0 22px;height:8px;max-width:480px">{shares}</div>'

    def bundle(self) -> dict[str, str]:
        """The mime bundle of the card."""
        return {"text/html": self.html(), "text/plain": self.text()}

    def message(self) -> dict[str, Any]:
        """The card for a page that no longer gets its bundle."""
        cells = groupby(self.statuses.values()) if len(self.statuses) <= CELLS else []
        return {
            "glyph": self.status.glyph,
            "tone": TONE.get(self.status, QUIET),
            "name": self.label or self.name,
            "status": "",
            "facts": " · ".join(self.facts),
            "lines": "\n".join(self.told),
            "standing": self.standing,
            "cells": [[len(list(run)), TONE.get(status, QUIET), _kind(status)] for status, run in cells],
        }


def _paint(status: Status) -> str:
    """How a cell looks: filled once its job has ended, an outline while it is busy with it, else faint."""
    tone, kind = TONE.get(status, QUIET), _kind(status)
    if kind == "busy":
        return f"border:2px solid {tone}"
    return f"background:{tone}" + (";opacity:.3" if kind == "faint" else "")


def _kind(status: Status) -> str:
    """``full``, ``busy`` or ``faint``."""
    if status.ended:
        return "full"
    return "busy" if status.active and status is not Status.READY else "faint"


def _line(text: str) -> str:
    plain = " ".join(screen(text).split())
    return plain if len(plain) <= WIDTH else plain[: WIDTH - 1] + "…"


def last_line(log: str) -> str:
    r"""The last line of *log* that is not empty, as a screen would show it.

    >>> last_line("a\n10 %\r20 %\n\n")
    '20 %'
    """
    lines: Sequence[str] = screen(log).rstrip().splitlines()
    return lines[-1].strip() if lines else ""
