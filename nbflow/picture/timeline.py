"""The attempts of a run along time as a matplotlib figure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, MultipleLocator

from nbflow.core.captions import Caption
from nbflow.core.icons import ICONS
from nbflow.core.lettering import shorten, width
from nbflow.core.status import Status
from nbflow.core.words import duration, elapsed
from nbflow.picture.bars import Bar, Chart, End, Kind, Rows, Wait, chart
from nbflow.picture.fonts import families, settable
from nbflow.picture.graphic import DPI, graphic
from nbflow.picture.head import head
from nbflow.picture.marks import LOOKS, legend_of, right_of, stamp, step_look
from nbflow.picture.outlines import rounded
from nbflow.picture.palette import DIM, GROUND, INK, INKS, LINE
from nbflow.picture.pen import POINTS, SET, Pen, words
from nbflow.picture.plain import plain
from nbflow.picture.summary import headline, jobs
from nbflow.picture.ticks import step, tick

WIDE, ROW, SHARED, LEAST = 960.0, 26.0, 900.0, 7.0
"""Pixels: a figure's width, a row's height; all shared rows together, and the least of one of them."""
NAMES, NAME_SIZE, TIME_SIZE = 220.0, 12.0, 10.5
BELOW, RIGHT, LABEL = 66.0, 20.0, 92.0
THICK = 0.62
"""The share of its row that a bar fills."""


def timeline(snapshot: Mapping[str, Any], ax: Axes | None = None, *, by: Rows | None = None) -> Figure:
    """The attempts of *snapshot* along time as a matplotlib figure, on a white ground.

    A bar is an attempt: failed, timed out, cancelled and lost ones differ by colour, hatch and mark; one that runs is
    open towards now. A bar of half the height is what followed an attempt: a recovery script, rollback or fallback.
    Thin lines are waits: solid for a free slot, dashed for a retry's delay. What the end of the run waited for, its
    critical path, is underlined. Each job has a row, in order of start; where more than 40 jobs have started, each slot
    that was in use has one, and shows when it was idle.

    Args:
        snapshot: what ``nbflow.flow().snapshot()`` gives; may have no jobs.
        ax: draw on these axes instead of on a new figure; x is in seconds since the first attempt's start.
        by: ``job`` or ``slot``: what has a row, whatever their number.

    Returns:
        The figure drawn on. It is not known to pyplot, whose state is left alone: save it with ``savefig``.

    >>> timeline({"flow": "analysis", "run": 1, "verdict": "running", "jobs": {}}).axes[0].texts[0].get_text()
    'analysis'
    """
    drawn = chart(snapshot, by=by)
    if ax is None:
        ax = _own(snapshot, drawn)
    else:
        ax.set_title(loc="left", label=settable(plain(headline(snapshot))), **words(plain(headline(snapshot)), 10.0))
    if drawn.bars:
        _chart(ax, drawn)
    else:
        ax.set_axis_off()
        said = "nothing has started yet" if jobs(snapshot) else ""
        ax.text(0, 0.5, said, transform=ax.transAxes, va="center", **words("", 9.5, DIM))
    figure: Figure = ax.figure.figure
    return figure


def _own(snapshot: Mapping[str, Any], drawn: Chart) -> Axes:
    """Axes on a new figure, under a head."""
    top = head(snapshot, WIDE)
    left = min(NAMES, max((width(name, NAME_SIZE) for name in drawn.names), default=0.0)) + (44 if drawn.names else 20)
    tall = drawn.rows * (ROW if drawn.names else min(ROW, max(LEAST, SHARED / max(1, drawn.rows))))
    bottom = BELOW if drawn.rows else 20.0 if jobs(snapshot) else 0.0
    high = top.height + (20 + tall + bottom if bottom else 0.0)
    figure = graphic(WIDE, high)
    pen = Pen.on(figure.add_axes((0.0, 0.0, 1.0, 1.0)), WIDE, high)
    pen.paths([rounded(0.5, 0.5, WIDE - 1, high - 1, 10)], facecolor=GROUND, edgecolor=LINE, zorder=0)
    pen.head(top)
    place = (left / WIDE, bottom / high, (WIDE - left - RIGHT) / WIDE, max(tall, 20.0) / high)
    return figure.add_axes(place, facecolor="none")


def _chart(ax: Axes, drawn: Chart) -> None:
    across = ax.get_window_extent().width / ax.figure.figure.dpi * DPI
    span = max(drawn.span, 0.001)
    reach = span * across / max(across - LABEL, across / 2)
    ax.set(xlim=(0, reach), ylim=(drawn.rows - 0.4, -0.6))
    _scale(ax, drawn, step(reach, max(2, int(across / 90))))
    _names(ax, drawn)
    _idle(ax, drawn)
    _bars(ax, drawn)
    _steps(ax, drawn)
    _critical(ax, drawn)
    _waits(ax, drawn)
    _now(ax, drawn)
    _texts(ax, drawn, across / reach)


def _scale(ax: Axes, drawn: Chart, apart: float) -> None:
    """The axis of time, the instant it begins at, and the legend."""
    ax.spines[["left", "top", "right"]].set_visible(False)
    ax.spines["bottom"].set_color(LINE)
    ax.xaxis.set(major_locator=MultipleLocator(apart), major_formatter=FuncFormatter(lambda x, _: tick(x, apart)))
    ax.tick_params(axis="x", length=0, labelsize=TIME_SIZE * POINTS, labelcolor=DIM, labelfontfamily=families([]))
    ax.grid(axis="x", color=LINE, linewidth=0.6)
    ax.set_axisbelow(True)
    began = datetime.fromtimestamp(drawn.began_at).strftime("%Y-%m-%d %H:%M")
    ax.set_xlabel(f"since {began}", loc="right", labelpad=2, **words("", TIME_SIZE * POINTS, DIM))
    below = right_of(ax, ax.transAxes, 0)
    ax.legend(
        handles=[*legend_of(drawn.bars), *_lines_of(drawn)],
        loc="upper left",
        bbox_to_anchor=(0, -30 * POINTS / 72 / (ax.get_window_extent().height / ax.figure.figure.dpi)),
        bbox_transform=below,
        ncols=8,
        frameon=False,
        borderaxespad=0,
        borderpad=0,
        prop={"family": families([]), "size": TIME_SIZE * POINTS},
        labelcolor=DIM,
    )


def _lines_of(drawn: Chart) -> list[Line2D]:
    """What the legend says of lines."""
    kinds = {"slot" if wait.kind == "slot" else "retry" for wait in drawn.waits}
    waits = [(word, _WAITING[kind]) for kind, word in _WAITED_FOR.items() if kind in kinds]
    looks = [(word, INKS[status], style, 1.2) for word, (status, style) in waits]
    if len({bar.critical for bar in drawn.bars}) == 2:
        looks.append(("critical path", INK, (0.0, ()), 1.6))
    return [Line2D([], [], color=ink, linestyle=dash, linewidth=wide, label=word) for word, ink, dash, wide in looks]


_WAITED_FOR: dict[Kind, str] = {"slot": "waits for a slot", "retry": "waits to try again"}


def _names(ax: Axes, drawn: Chart) -> None:
    """The jobs at the left with their statuses' icons; nothing where rows are shared."""
    ax.tick_params(axis="y", length=0, pad=26 * POINTS)
    names = [settable(shorten(name, NAMES, NAME_SIZE)) for name in drawn.names]
    look = {**words("", NAME_SIZE * POINTS * SET), "fontfamily": families(drawn.names)}
    ax.set_yticks(range(len(names)), labels=names, **look)
    at = right_of(ax, ax.get_yaxis_transform(), -14)
    for status in set(drawn.statuses):
        rows = [(0.0, float(row)) for row, other in enumerate(drawn.statuses) if other is status]
        stamp(ax, ICONS[status], INKS[status], rows, at, ground=False)


def _bars(ax: Axes, drawn: Chart) -> None:
    for end, look in LOOKS.items():
        alike = [bar for bar in drawn.bars if bar.came_to is end and not bar.step]
        if alike:
            path = Path.make_compound_path(*map(_outline, alike))
            ax.add_artist(PathPatch(path, linewidth=1.0, zorder=3, **look.style()))
        if look.mark:
            stamp(ax, look.mark, look.colour, [(bar.end, bar.row) for bar in alike], ax.transData)


def _steps(ax: Axes, drawn: Chart) -> None:
    """What followed attempts: bars of kinds of their own."""
    for bar in drawn.bars:
        if bar.step:
            look = step_look(bar.step, bar.came_to)
            ax.add_artist(PathPatch(_outline(bar), linewidth=1.0, zorder=3, **look.style()))


def _outline(bar: Bar) -> Path:
    """A box; of an attempt that runs, the side towards now is open."""
    thick = THICK / 2 if bar.step else THICK
    high, low = bar.row - thick / 2, bar.row + thick / 2
    corners = [(bar.end, high), (bar.start, high), (bar.start, low), (bar.end, low)]
    if bar.came_to is End.RUNNING:
        return Path(corners)
    return Path([*corners, corners[0]], closed=True)


_WAITING: dict[Kind, tuple[Status, Any]] = {
    "slot": (Status.WAITING, (0.0, ())),
    "retry": (Status.RETRYING, (0.0, (3.0, 1.5))),
    "planned": (Status.RETRYING, (0.0, (1.0, 1.5))),
}
"""The colour and the dashes of each kind of wait."""


def _waits(ax: Axes, drawn: Chart) -> None:
    for kind, (status, style) in _WAITING.items():
        lines = [_line(wait) for wait in drawn.waits if wait.kind == kind]
        ax.add_collection(
            LineCollection(lines, colors=INKS[status], linewidths=1.2, linestyles=[style], zorder=2), autolim=False
        )


def _line(wait: Wait) -> list[tuple[float, float]]:
    return [(wait.start, float(wait.row)), (wait.end, float(wait.to))]


def _idle(ax: Axes, drawn: Chart) -> None:
    """A slot is there also while nothing runs in it."""
    if not drawn.names:
        ax.hlines(range(drawn.rows), 0, drawn.span, colors=LINE, linewidth=1.0, zorder=1)


def _critical(ax: Axes, drawn: Chart) -> None:
    """What the end of the run waited for is underlined."""
    under = THICK / 2 + 0.09
    lines = [[(bar.start, bar.row + under), (bar.end, bar.row + under)] for bar in drawn.bars if bar.critical]
    look: dict[str, Any] = {"colors": INK, "linewidths": 1.6, "zorder": 4, "capstyle": "butt"}
    ax.add_collection(LineCollection(lines, **look), autolim=False)


def _now(ax: Axes, drawn: Chart) -> None:
    if drawn.now is None:
        return
    ax.axvline(drawn.now, color=INK, linewidth=0.8, linestyle=(0, (3, 2)), zorder=2)
    at = ax.get_xaxis_transform()
    ax.text(drawn.now, 1.0, "now", transform=at, ha="center", va="bottom", **words("", TIME_SIZE * POINTS, DIM))


def _texts(ax: Axes, drawn: Chart, scale: float) -> None:
    """Numbers of attempts or names in the bars that have room, times behind the last ones. *scale*: pixels a second."""
    repeated = {bar.job for bar in drawn.bars if bar.number > 1}
    for bar in drawn.bars:
        room = 0.0 if bar.step else (bar.end - bar.start) * scale - 12
        if not drawn.names:
            inside = shorten(bar.job, room, TIME_SIZE)
            inside = inside if 2 * len(inside) > len(bar.job) else ""
        else:
            inside = str(bar.number) if bar.job in repeated and room > 10 else ""
        _text(ax, bar.start, bar.row, inside, 5, INK, backed=LOOKS[bar.came_to].hatch is not None)
        if drawn.names and bar.last:
            _text(ax, *_behind(bar, drawn), DIM)


def _behind(bar: Bar, drawn: Chart) -> tuple[float, float, str, float]:
    """Where a job's time stands, and what it says: when it goes on, or how long its last attempt took or has run."""
    due = [wait.end for wait in drawn.waits if wait.row == bar.row and wait.kind == "planned"]
    if due:
        now = drawn.now or 0.0
        return max(due[0], now), bar.row, Caption("again in {}", "down", due[0]).said_at(now), 6
    took = bar.end - bar.start
    said = elapsed(took) if bar.came_to is End.RUNNING else duration(took)
    return bar.end, bar.row, said, 12 if LOOKS[bar.came_to].mark and not bar.step else 6


def _text(ax: Axes, x: float, y: float, text: str, pixels: float, colour: str, *, backed: bool = False) -> None:
    if not text:
        return
    box = {"facecolor": GROUND, "edgecolor": "none", "pad": 1.0, "alpha": 0.85} if backed else None
    at = right_of(ax, ax.transData, pixels)
    look = words(text, TIME_SIZE * POINTS * SET, colour)
    ax.text(x, y, settable(text), transform=at, va="center_baseline", clip_on=True, zorder=5, bbox=box, **look)
