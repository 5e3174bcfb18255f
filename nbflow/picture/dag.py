"""The DAG of a run as a matplotlib figure: the same scene and colours as the SVG."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path

from nbflow.core.badges import BADGES
from nbflow.core.boxes import SMALL_SIZE, Frame, Node
from nbflow.core.layout import Point
from nbflow.core.scene import Scene, path_data, scene
from nbflow.core.shape import shape
from nbflow.core.status import Status
from nbflow.core.steps import fallback
from nbflow.core.tiles import TILES
from nbflow.picture.graphic import graphic
from nbflow.picture.head import head
from nbflow.picture.inside import RADIUS, hatch, icon_corner, labels, note_corner, note_line, title
from nbflow.picture.outlines import moved, outline, rounded
from nbflow.picture.palette import (
    DASHES,
    DIM,
    DOTS,
    GROUND,
    INKS,
    LINE,
    SOFT,
    WIRE,
    fill,
    hatching,
    tile,
    tile_ground,
    weight,
)
from nbflow.picture.pen import Pen
from nbflow.picture.standing import Standing, standings, tiled
from nbflow.picture.summary import jobs


def plot(snapshot: Mapping[str, Any], ax: Axes | None = None) -> Figure:
    """The DAG of *snapshot* as a matplotlib figure, on a white ground.

    Args:
        snapshot: what ``nbflow.flow().snapshot()`` gives; may have no jobs.
        ax: draw on these axes, as large as they allow, instead of on a new figure of natural size.

    Returns:
        The figure drawn on. It is not known to pyplot, whose state is left alone: save it with ``savefig``.

    >>> plot({"flow": "analysis", "run": 1, "verdict": "running", "jobs": {}}).axes[0].texts[0].get_text()
    'analysis'
    """
    drawn = scene(shape(snapshot))
    top = head(snapshot, drawn.width)
    wide, high = top.width, top.height + drawn.height
    if ax is None:
        ax = graphic(wide, high).add_axes((0.0, 0.0, 1.0, 1.0))
    pen = Pen.on(ax, wide, high)
    pen.paths([rounded(0.5, 0.5, wide - 1, high - 1, 10)], facecolor=GROUND, edgecolor=LINE, zorder=0)
    pen.head(top)
    _graph(pen, drawn, snapshot, ((wide - drawn.width) / 2, top.height))
    figure: Figure = ax.figure.figure
    return figure


def _graph(pen: Pen, drawn: Scene, snapshot: Mapping[str, Any], corner: Point) -> None:
    left, top = corner
    for frame in drawn.frames:
        _frame(pen, frame, snapshot, corner)
    for dotted, dash in ((False, None), (True, DOTS)):
        wires = [path for at, path in enumerate(drawn.wires) if (at in drawn.made) is dotted]
        curves = [moved(outline(path_data(path)), left, top) for path in wires]
        pen.paths(curves, facecolor="none", edgecolor=WIRE, linewidth=1.5, dash=dash, zorder=2)
    found = standings(drawn, jobs(snapshot), float(snapshot.get("now") or 0.0))
    alike: dict[Status, list[Standing]] = {}
    for standing in found:
        alike.setdefault(standing.status, []).append(standing)
        for label in labels(standing.node, standing.said):
            pen.text(label.x + left, label.y + top, label.text, label.size, label.colour, zorder=5)
    for status, of_it in alike.items():
        nodes = [standing.node for standing in of_it]
        boxes = [_box(node, left, top) for node in nodes]
        style = {"edgecolor": INKS[status], "linewidth": weight(status), "dash": DASHES[status]}
        pen.paths(boxes, facecolor=fill(status), zorder=3, **style)
        _marks(pen, status, of_it, corner)
        pen.icons(status, [(x + left, y + top) for x, y in map(icon_corner, nodes)])
    for standing in found:
        _badges(pen, standing.node, corner)
        _cells(pen, standing, corner)


def _marks(pen: Pen, status: Status, found: list[Standing], corner: Point) -> None:
    """Hatches where a person gave the outputs, and the rows of fallbacks."""
    left, top = corner
    noted = [standing for standing in found if standing.node.note]
    nodes = [standing.node for standing in found if standing.node.form != "strip"]
    lines = [hatch(node) for node in nodes] if status is Status.SUBSTITUTED else []
    rows = [note_line(standing.node) for standing in noted]
    paths = [moved(outline(line), left, top) for line in (*lines, *rows)]
    pen.paths(paths, facecolor="none", edgecolor=hatching(status), linewidth=1.2, zorder=3)
    for standing in noted:
        one, (x, y) = fallback(standing.job), note_corner(standing.node)
        if one and one.status:
            pen.icons(one.status, [(x + left, y + top)])


def _cells(pen: Pen, standing: Standing, corner: Point) -> None:
    """The cells of a strip."""
    for part in tiled(standing):
        colour = tile(part.status)
        line = GROUND if TILES[part.status].filled else INKS[part.status]
        for data, style in (
            (part.boxes, {"facecolor": tile_ground(part.status), "edgecolor": colour, "linewidth": 0.8, "zorder": 4}),
            (part.filled, {"facecolor": colour, "edgecolor": "none", "zorder": 5}),
            (part.lines, {"facecolor": "none", "edgecolor": line, "linewidth": 1.3, "zorder": 6}),
        ):
            if data:
                pen.paths([moved(outline(data), *corner)], **style)


def _box(node: Node, left: float, top: float) -> Path:
    return rounded(node.x + left, node.y + top, node.width, node.height, RADIUS[node.form])


def _badges(pen: Pen, node: Node, corner: Point) -> None:
    for place, name in enumerate(node.badges):
        x, y = node.badge_corner(place)
        line = moved(outline(BADGES[name].icon.stroke), x + corner[0], y + corner[1])
        pen.paths([line], facecolor="none", edgecolor=DIM, linewidth=1.3, capstyle="round", zorder=4)


def _frame(pen: Pen, frame: Frame, snapshot: Mapping[str, Any], corner: Point) -> None:
    x, y = frame.x + corner[0], frame.y + corner[1]
    pen.paths([rounded(x, y, frame.width, frame.height, 12)], facecolor=SOFT, edgecolor=WIRE, linewidth=0.8, zorder=1)
    line = title(frame, snapshot)
    pen.text(x + 12, y + 19, line.text + line.end, SMALL_SIZE, line.colour, zorder=2)
