"""A flow as one self-contained SVG: no scripts, no style sheets, no fonts from elsewhere; reads on any page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbflow.core.captions import caption
from nbflow.core.icons import ICONS
from nbflow.core.lettering import clip
from nbflow.core.scene import SMALL_SIZE, Frame, Node, Scene, path_data, scene, shape
from nbflow.core.status import Status
from nbflow.picture.head import FIRST, NAME_SIZE, SAID_SIZE, SIDE, STEP, TALLY_SIZE, Count, Head, head
from nbflow.picture.palette import DASHES, DIM, GROUND, INK, INKS, LINE, SOFT, WIRE, fill, weight
from nbflow.picture.plain import NO_MATHS, escaped
from nbflow.picture.summary import headline, jobs

SHRUNK = 0.7
"""A page narrower than this share of the picture scrolls it: smaller, nobody could read it."""
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"


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
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" '
            f'height="{high:.0f}" style="max-width:100%;min-width:{SHRUNK * wide:.0f}px;height:auto" role="img" '
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
    return _icon(count.status, count.x, count.y - 11, INKS[count.status]) + words


def _icon(status: Status, x: float, y: float, colour: str) -> str:
    icon = ICONS[status]
    stroke = (
        f'<path d="{icon.stroke}" fill="none" stroke="{colour}" stroke-width="1.7" stroke-linecap="round" '
        f'stroke-linejoin="round"/>'
    )
    fill = f'<path d="{icon.fill}" fill="{colour}"/>' if icon.fill else ""
    return f'<g transform="translate({x:.1f},{y:.1f})">{stroke}{fill}</g>'


def _graph(drawn: Scene, snapshot: Mapping[str, Any]) -> list[str]:
    wires = "".join(path_data(path) for path in drawn.wires)
    found = jobs(snapshot)
    return [
        *(_frame(frame) for frame in drawn.frames),
        f'<path d="{wires}" fill="none" stroke="{WIRE}" stroke-width="1.5"/>' if wires else "",
        *(_node(node, found[node.job], float(snapshot.get("now") or 0.0)) for node in drawn.nodes),
    ]


def _frame(frame: Frame) -> str:
    box = (
        f'<rect x="{frame.x:.1f}" y="{frame.y:.1f}" width="{frame.width:.1f}" height="{frame.height:.1f}" rx="12" '
        f'fill="{SOFT}" stroke="{LINE}"/>'
    )
    title = (
        f'<text x="{frame.x + 12:.1f}" y="{frame.y + 19:.1f}" font-size="{SMALL_SIZE}" fill="{DIM}">'
        f"{escaped(frame.title)}</text>"
    )
    return box + (title if frame.title else "")


def _node(node: Node, job: Mapping[str, Any], now: float) -> str:
    status = Status(job["status"])
    said = caption(job).said_at(now)
    tip = f"<title>{escaped(_tip(node.job, status, said, job))}</title>"
    return f"<g>{tip}{_box(node, status)}{_words(node, status, said)}</g>"


def _tip(name: str, status: Status, said: str, job: Mapping[str, Any]) -> str:
    why = job.get("reason_text") or ""
    return f"{name}: {status.value}, {why[:300] or said}" if why or said else f"{name}: {status.value}"


def _box(node: Node, status: Status) -> str:
    colour, dash = INKS[status], DASHES[status]
    dashes = f' stroke-dasharray="{dash[0]:g} {dash[1]:g}"' if dash else ""
    return (
        f'<rect x="{node.x:.1f}" y="{node.y:.1f}" width="{node.width:.1f}" height="{node.height:.1f}" '
        f'rx="{8 if node.form == "node" else 6}" fill="{fill(status)}" stroke="{colour}" '
        f'stroke-width="{weight(status):g}"{dashes}/>'
    )


def _words(node: Node, status: Status, said: str) -> str:
    x, y = node.x, node.y
    match node.form:
        case "node":
            small = clip(said, node.width - 20, SMALL_SIZE)
            return (
                f"{_icon(status, x + 10, y + 7, INKS[status])}"
                f'<text x="{x + 30:.1f}" y="{y + 18.5:.1f}">{escaped(node.label)}</text>'
                f'<text x="{x + 11:.1f}" y="{y + 35:.1f}" font-size="{SMALL_SIZE}" fill="{DIM}">{escaped(small)}</text>'
            )
        case "cell":
            label = f'<text x="{x + 23:.1f}" y="{y + 17:.1f}" font-size="{SMALL_SIZE}">{escaped(node.label)}</text>'
            return _icon(status, x + 5, y + 6, INKS[status]) + label
        case _:
            return _icon(status, x + (node.width - 14) / 2, y + (node.height - 14) / 2, INKS[status])
