"""What a card shows of a job's outputs: the last lines that it printed, and what it displayed, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nbflow.engine.client import Display
from nbflow.engine.client import shown as outputs
from nbflow.notebook import rich, terminal
from nbflow.notebook.terminal import Row, Run, Screen

Part = list[Run] | Display
"""A line, or a rich output."""
WIDTH = 500
"""Characters of a line that a card shows."""
DISPLAYS = 100
"""Rich outputs that a card shows."""


@dataclass(slots=True)
class Printed:
    """Lines and rich outputs in their order. *hidden*: there is more above than is shown."""

    parts: list[Part] = field(default_factory=list)
    hidden: bool = False

    def last(self, lines: int) -> Printed:
        """The same with the last so many *lines*, and the last `DISPLAYS` rich outputs."""
        kept: list[Part] = []
        shown = 0
        for part in reversed(self.parts):
            if isinstance(part, Display):
                shown += 1
                kept += [part] * (shown <= DISPLAYS)
            elif lines > 0:
                lines -= 1
                kept.append(part)
        return Printed(kept[::-1], self.hidden or len(kept) < len(self.parts))


def printed(shown: Sequence[outputs.Shown]) -> Printed:
    """What was *shown*, as a screen would show it.

    A line stands where something was last written into it: a progress bar on the one stream is one line below those
    that the other has printed meanwhile.
    """
    screens: dict[str, Screen] = {}
    found: list[tuple[int, Part]] = []
    hidden = False
    for at, each in enumerate(shown):
        if isinstance(each, Display):
            found += [(at, each)] * any(each.data.values())
        else:
            screens.setdefault(each.stream, Screen()).feed(each.text, at)
            hidden |= each.cut
    for screen in screens.values():
        latest = 0
        for row in _filled(screen.rows):
            latest = max(latest, row.at)
            found.append((latest, terminal.cut(row.runs, WIDTH)))
    return Printed([part for _, part in sorted(found, key=lambda item: item[0])], hidden)


def _filled(rows: Sequence[Row]) -> Sequence[Row]:
    """*rows* up to the last that is not blank."""
    last = max((at for at, row in enumerate(rows) if any(char != " " for char, _ in row.cells)), default=-1)
    return rows[: last + 1]


def html(parts: Sequence[Part], style: str) -> str:
    """*parts* as HTML: lines that follow each other in one ``pre`` with *style*."""
    found, lines = list[str](), list[str]()

    def close() -> None:
        if lines:
            found.append(f'<pre style="{style}">{chr(10).join(lines)}</pre>')
            lines.clear()

    for part in parts:
        if isinstance(part, Display):
            close()
            found.append(f'<div style="margin:4px 0 0 22px">{rich.rich_html(part)}</div>')
        else:
            lines.append(terminal.html(part))
    close()
    return "".join(found)


def text(parts: Sequence[Part]) -> list[str]:
    """*parts* as lines of plain text."""
    found = list[str]()
    for part in parts:
        if isinstance(part, Display):
            found += rich.rich_text(part).splitlines()
        else:
            found.append("".join(each for each, _ in part))
    return found


def told(traceback: str) -> list[list[Run]]:
    """The lines of a traceback: the person's own code stands out, and the error does most."""
    lines = terminal.screen(traceback).rstrip().splitlines()
    return [[(line, _tone(line))] for line in lines]


def _tone(line: str) -> str:
    if line.startswith(("Traceback (", "The above exception", "During handling")) or not line.strip():
        return ""
    if line.startswith("  File "):
        return "" if '"<job ' not in line else "font-weight:600"
    return "" if line.startswith((" ", "|", "+")) else "color:#c8402f;font-weight:600"
