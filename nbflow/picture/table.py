"""A run as a table: aligned text for terminals, and HTML that reads on any page and without its styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbflow.core.standing import Stander
from nbflow.core.status import Status
from nbflow.picture.palette import ANYWHERE
from nbflow.picture.plain import NO_MATHS, columns, escaped, fit, plain, start
from nbflow.picture.rows import COLUMNS, Row, group_lines, hook_lines, rows
from nbflow.picture.summary import BEGIN, counted, headline

NAME_COLUMNS, NEEDS_COLUMNS, WHY_COLUMNS = 40, 28, 72
WHY_SIGNS = 240
LISTED = 100
"""A table that is saved in the notebook lists no more jobs than this; the eventful ones come first."""


def table_text(snapshot: Mapping[str, Any], most: int | None = None) -> str:
    """The jobs of *snapshot* as aligned text, one a line: glyph, job, status, attempts, time, needs and why.

    Columns are as wide as what stands in them; long names lose their middle. Nothing in it steers a terminal. Of more
    than *most* jobs the eventful ones are listed, and the others counted; None: all are listed.

    >>> print(table_text({"flow": "analysis", "run": 1, "verdict": "running", "jobs": {}}))
    analysis · run 1 · no jobs yet: write %%job and a name on the first line of a cell, and run it
    """
    found = rows(snapshot)
    if not found:
        return _nothing(snapshot)
    listed = found if most is None else _listed(found, most)
    lines = [("", *COLUMNS), *map(_line, listed)]
    wide = [max(map(columns, column)) for column in zip(*lines, strict=True)]
    shown = [at for at, room in enumerate(wide) if at < 3 or any(line[at] for line in lines[1:])]
    body = ["  ".join(_padded(line[at], wide[at]) for at in shown).rstrip() for line in lines]
    body += [_unlisted(found, listed)] if len(listed) < len(found) else []
    return "\n".join(
        [
            plain(headline(snapshot)),
            "",
            *body,
            "",
            Stander().line(snapshot),
            *group_lines(snapshot),
            *hook_lines(snapshot),
        ]
    )


def _nothing(snapshot: Mapping[str, Any]) -> str:
    return f"{plain(headline(snapshot))}: {BEGIN}"


def _line(row: Row) -> tuple[str, ...]:
    """The cells of a row of text."""
    needs = fit(row.said_needs(2), NEEDS_COLUMNS)
    why = row.why if columns(row.why) <= WHY_COLUMNS else f"{start(row.why, WHY_COLUMNS - 1)}…"
    return (row.status.glyph, fit(row.job, NAME_COLUMNS), row.status.value, row.attempts, row.time, needs, why)


def _padded(cell: str, room: int) -> str:
    return cell + " " * (room - columns(cell))


_TABLE = "border-collapse:collapse;font-size:inherit;border:0;margin:.6em 0"
_ROW = "border-bottom:1px solid rgba(128,128,128,.3)"


def table_html(snapshot: Mapping[str, Any]) -> str:
    """The jobs of *snapshot* as an HTML table in a frame of its own: no script, no style sheet, everything escaped.

    Text takes the colour of the page, so it reads on light and dark; without its styles it is a plain table.

    >>> table_html({"flow": "analysis", "run": 1, "jobs": {}})[-20:]
    'and run it</p></div>'
    """
    opening = f'<div class="nbflow-table {NO_MATHS}" style="max-width:100%;overflow-x:auto">'
    found = rows(snapshot)
    if not found:
        return f"{opening}<p>{escaped(_nothing(snapshot))}</p></div>"
    listed = _listed(found, LISTED)
    notes = [*([_unlisted(found, listed)] if len(listed) < len(found) else []), *group_lines(snapshot)]
    return "".join(
        [
            opening,
            f"<p><strong>{escaped(headline(snapshot))}</strong><br/>{escaped(counted(snapshot))}</p>",
            f'<table cellpadding="4" style="{_TABLE}"><thead>{_html_heads(listed)}</thead><tbody>',
            *map(_html_row, listed),
            "</tbody></table>",
            f"<p>{'<br/>'.join(map(escaped, notes))}</p>" if notes else "",
            "</div>",
        ]
    )


def _listed(found: Sequence[Row], most: int) -> list[Row]:
    """The rows to show: all, or the *most* eventful ones in their order."""
    if len(found) <= most:
        return list(found)
    chosen = sorted(range(len(found)), key=lambda at: _EVENTFUL.index(found[at].status))[:most]
    return [found[at] for at in sorted(chosen)]


_EVENTFUL = (
    Status.FAILED,
    Status.UNKNOWN,
    Status.RECOVERING,
    Status.ROLLING_BACK,
    Status.FALLING_BACK,
    Status.RETRYING,
    Status.RUNNING,
    Status.RECOVERED,
    Status.SUBSTITUTED,
    Status.REUSED,
    Status.CANCELLED,
    Status.SKIPPED,
    Status.HELD,
    Status.READY,
    Status.SUCCEEDED,
    Status.WAITING,
)


def _unlisted(found: Sequence[Row], listed: Sequence[Row]) -> str:
    names = {row.job for row in listed}
    rest = [row for row in found if row.job not in names]
    return f"and {len(rest)} more jobs: {counted({'jobs': {row.job: {'status': row.status} for row in rest}})}"


def _html_heads(listed: Sequence[Row]) -> str:
    """The titles; those of columns of free text keep them wide enough to read."""
    needs = max(columns(_needs(row)) for row in listed)
    why = max(columns(row.why) for row in listed)
    widths = {"needs": min(needs, 24), "why": min(why, 36)}
    styles = {name: f"text-align:left;min-width:{wide * 0.6:.0f}em" for name, wide in widths.items()}
    names = ("status", "job", *COLUMNS[2:])
    heads = [f'<th scope="col" style="{styles.get(name, "text-align:left")}">{name}</th>' for name in names]
    return f'<tr style="{_ROW}">{"".join(heads)}</tr>'


def _html_row(row: Row) -> str:
    short = fit(row.job, NAME_COLUMNS)
    whole = f' title="{escaped(row.job)}"' if short != row.job else ""
    why = row.why if len(row.why) <= WHY_SIGNS else f"{row.why[: WHY_SIGNS - 1]}…"
    # A word is in the page's ink: no colour can be read on white and on black.
    glyph = f'<b style="color:{ANYWHERE[row.status]}">{row.status.glyph}</b>'
    status = f'<td style="text-align:left;white-space:nowrap">{glyph} {row.status}</td>'
    return (
        f'<tr style="{_ROW}">{status}'
        f"{_cell(short, 'white-space:nowrap', whole)}{_cell(row.attempts, 'white-space:nowrap')}"
        f"{_cell(row.time, 'white-space:nowrap')}{_cell(_needs(row))}{_cell(why)}</tr>"
    )


def _cell(text: str, style: str = "", more: str = "") -> str:
    """One cell, its style kept short: the table is saved in the notebook. Text may break anywhere if it has to."""
    if not text:
        return "<td></td>"
    style = style or ("overflow-wrap:anywhere" if max(map(len, text.split())) > 20 else "")
    return f'<td style="text-align:left{";" if style else ""}{style}"{more}>{escaped(text)}</td>'


def _needs(row: Row) -> str:
    return fit(row.said_needs(), 2 * NAME_COLUMNS)
