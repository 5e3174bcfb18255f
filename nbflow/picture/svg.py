"""A flow as one self-contained SVG: no scripts, no style sheets, no fonts from elsewhere; reads on any page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nbflow.core.badges import BADGES
from nbflow.core.boxes import SMALL_SIZE, Frame, Node
from nbflow.core.icons import ICONS
from nbflow.core.layout import Point
from nbflow.core.scene import Scene, path_data, scene
from nbflow.core.shape import shape
from nbflow.core.status import Status
from nbflow.core.steps import fallback
from nbflow.core.tiles import TILES
from nbflow.picture import afar
from nbflow.picture.head import FIRST, NAME_SIZE, SAID_SIZE, SIDE, STEP, TALLY_SIZE, Count, Head, head
from nbflow.picture.inside import RADIUS, Label, hatch, icon_corner, labels, note_corner, note_line, title
from nbflow.picture.palette import (
    DASHES,
    DIM,
    DOTS,
    GROUND,
    INK,
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
from nbflow.picture.plain import NO_MATHS, escaped
from nbflow.picture.standing import Standing, standings, tiled
from nbflow.picture.summary import headline, jobs

SHRUNK = 0.7
"""A page narrower than this share of the picture scrolls it: smaller, nobody could read it."""
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif"


def svg(snapshot: Mapping[str, Any]) -> str:
    """The DAG of *snapshot* as SVG text, on a ground of its own.

    Args:
        snapshot: what ``nbflow.flow().snapshot()`` gives; may have no jobs.

    >>> svg({"flow": "analysis", "run": 1, "verdict": "running", "jobs": {}})[:27]
    '<svg xmlns="http://www.w3.o'
    """
    drawn = scene(shape(snapshot))
    top = head(snapshot, drawn.width)
    wide, high = top.width, top.height + drawn.height
    least = (SHRUNK if len(drawn.nodes) <= afar.FAR else SHRUNK / 4) * wide
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" '
            f'height="{high:.0f}" style="max-width:100%;min-width:{least:.0f}px;height:auto" role="img" '
            f'class="{NO_MATHS}" font-family="{FONT}" font-size="{SAID_SIZE}" fill="{INK}">'
            f"<title>{escaped(headline(snapshot))}</title>",
            f'<rect x=".5" y=".5" width="{wide - 1:.0f}" height="{high - 1:.0f}" rx="10" fill="{GROUND}" '
            f'stroke="{LINE}"/>',
            *_head(top),
            f'<g transform="translate({(wide - drawn.width) / 2:.1f},{top.height:.0f})">',
            *_graph(drawn, snapshot),
            "</g></svg>",
        ]
    )


def _head(top: Head) -> list[str]:
    return [
        f'<text x="{SIDE}" y="{FIRST}" font-size="{NAME_SIZE}" font-weight="600">{escaped(top.name)}</text>',
        f'<text x="{top.said_x:.0f}" y="{FIRST}" fill="{DIM}">{escaped(top.said)}</text>',
        *map(_count, top.counts),
        f'<text x="{SIDE}" y="{FIRST + STEP}" fill="{DIM}">{escaped(top.hint)}</text>' if top.hint else "",
    ]


def _count(count: Count) -> str:
    words = f'<text x="{count.x + 19:.0f}" y="{count.y}" font-size="{TALLY_SIZE}">{count.words}</text>'
    return _icons(count.status, [(count.x, count.y - 11)]) + words


_PEN = 'stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"'


def _icons(status: Status, corners: Iterable[Point]) -> str:
    """The icon of *status* at each of *corners*."""
    icon, colour = ICONS[status], INKS[status]
    drawn = "".join(
        f'<path transform="translate({x:.1f},{y:.1f})" d="{icon.stroke}"/>'
        + (f'<path transform="translate({x:.1f},{y:.1f})" d="{icon.fill}" fill="{colour}"/>' if icon.fill else "")
        for x, y in corners
    )
    return f'<g fill="none" stroke="{colour}" {_PEN}>{drawn}</g>'


def _graph(drawn: Scene, snapshot: Mapping[str, Any]) -> Iterator[str]:
    """Everything under the head; nodes of one status share their colours, which keeps pictures of many jobs small."""
    yield from (_frame(frame, snapshot) for frame in drawn.frames)
    wire = afar.wires(len(drawn.nodes)) or path_data
    for dotted, dash in ((False, ""), (True, f' stroke-dasharray="{DOTS[0]} {DOTS[1]}"')):
        wires = "".join(wire(path) for at, path in enumerate(drawn.wires) if (at in drawn.made) is dotted)
        if wires:
            yield f'<path d="{wires}" fill="none" stroke="{WIRE}" stroke-width="1.5"{dash}/>'
    found = standings(drawn, jobs(snapshot), float(snapshot.get("now") or 0.0))
    alike: dict[Status, list[Standing]] = {}
    for standing in found:
        alike.setdefault(standing.status, []).append(standing)
    if len(found) > afar.FAR:
        for status, of_it in alike.items():
            seen = afar.boxes([standing.node for standing in of_it], len(found))
            yield f'<path {_border(status)} d="{seen}"/>'
        return
    for status, of_it in alike.items():
        yield f"<g {_border(status)}>{''.join(map(_box, of_it))}</g>"
    yield '<g pointer-events="none">'
    yield from _marks(alike)
    for status, of_it in alike.items():
        yield _icons(status, (icon_corner(standing.node) for standing in of_it))
    yield from (_label(label) for standing in found for label in labels(standing.node, standing.said))
    yield "</g>"
    for standing in found:
        yield from _badges(standing.node)
        yield from _cells(standing)


def _marks(alike: Mapping[Status, list[Standing]]) -> Iterator[str]:
    """Hatches where a person gave the outputs, and the rows of fallbacks."""
    for status, found in alike.items():
        nodes = [standing.node for standing in found if standing.node.form != "strip"]
        if status is Status.SUBSTITUTED:
            lines = "".join(map(hatch, nodes))
            yield f'<path d="{lines}" fill="none" stroke="{hatching(status)}" stroke-width="1.2"/>'
        noted = [standing for standing in found if standing.node.note]
        if noted:
            lines = "".join(note_line(standing.node) for standing in noted)
            yield f'<path d="{lines}" fill="none" stroke="{hatching(status)}"/>'
        for standing in noted:
            one = fallback(standing.job)
            if one and one.status:
                yield _icons(one.status, [note_corner(standing.node)])


def _badges(node: Node) -> Iterator[str]:
    for place, name in enumerate(node.badges):
        x, y = node.badge_corner(place)
        yield (
            f'<g transform="translate({x:.1f},{y:.1f})" fill="none" stroke="{DIM}" stroke-width="1.3" '
            f'stroke-linecap="round" stroke-linejoin="round"><title>{BADGES[name].words}</title>'
            f'<path d="{BADGES[name].icon.stroke}"/></g>'
        )


def _cells(standing: Standing) -> Iterator[str]:
    """The cells of a strip, those of one status as one path."""
    for part in tiled(standing):
        colour = tile(part.status)
        whole = part.filled == part.boxes
        ground = colour if whole else tile_ground(part.status)
        yield f'<path d="{afar.nearer(part.boxes)}" fill="{ground}" stroke="{colour}" stroke-width=".8"/>'
        if part.filled and not whole:
            yield f'<path d="{afar.nearer(part.filled)}" fill="{colour}"/>'
        if part.lines:
            line = GROUND if TILES[part.status].filled else INKS[part.status]
            yield f'<path d="{part.lines}" fill="none" stroke="{line}" stroke-width="1.3"/>'


def _frame(frame: Frame, snapshot: Mapping[str, Any]) -> str:
    box = (
        f'<rect x="{frame.x:.1f}" y="{frame.y:.1f}" width="{frame.width:.1f}" height="{frame.height:.1f}" rx="12" '
        f'fill="{SOFT}" stroke="{WIRE}" stroke-width=".8"/>'
    )
    line = title(frame, snapshot)
    end = f'<tspan fill="{line.colour}">{escaped(line.end)}</tspan>' if line.end else ""
    words = (
        f'<text x="{frame.x + 12:.1f}" y="{frame.y + 19:.1f}" font-size="{SMALL_SIZE}" fill="{DIM}">'
        f"{escaped(line.text)}{end}</text>"
    )
    return box + (words if line.text else "")


def _label(label: Label) -> str:
    size = f' font-size="{label.size}"' if label.size != SAID_SIZE else ""
    colour = f' fill="{label.colour}"' if label.colour != INK else ""
    return f'<text x="{label.x:.1f}" y="{label.y:.1f}"{size}{colour}>{escaped(label.text)}</text>'


def _border(status: Status) -> str:
    dash = DASHES[status]
    dashes = f' stroke-dasharray="{dash[0]:g} {dash[1]:g}"' if dash else ""
    return f'fill="{fill(status)}" stroke="{INKS[status]}" stroke-width="{weight(status):g}"{dashes}'


def _box(standing: Standing) -> str:
    node = standing.node
    return (
        f'<rect x="{node.x:.1f}" y="{node.y:.1f}" width="{node.width:.1f}" height="{node.height:.1f}" '
        f'rx="{RADIUS[node.form]:g}"><title>{escaped(standing.tip)}</title></rect>'
    )
