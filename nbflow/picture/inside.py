"""What stands inside a node's box, and where: the same in SVG and matplotlib."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nbflow.core.boxes import NAME_SIZE, NODE_HEIGHT, SMALL_SIZE, Frame, Node
from nbflow.core.group_lines import lines, stand
from nbflow.core.layout import Point
from nbflow.core.lettering import clip, width
from nbflow.picture.palette import DIM, INK, VERDICTS
from nbflow.picture.plain import plain
from nbflow.picture.summary import jobs

ICON = 14.0
"""The side of an icon, in pixels."""

RADIUS = {"node": 8.0, "cell": 6.0, "strip": 8.0}
"""How round the corners of a box are, by its form."""


class Label(NamedTuple):
    """A line of text that begins at (*x*, *y*), *y* being its base line."""

    x: float
    y: float
    text: str
    size: float
    colour: str


def icon_corner(node: Node) -> Point:
    """The top left corner of the status's icon.

    >>> icon_corner(Node("a", 0, 0, 64, 26, "", "cell", (0,)))
    (5, 6)
    """
    return (node.x + 5, node.y + 6) if node.form == "cell" else (node.x + 10, node.y + 7)


def note_corner(node: Node) -> Point:
    """The top left corner of the icon that says what the node's fallback has come to."""
    return (node.x + node.width - ICON - 7, node.y + NODE_HEIGHT + 1)


def note_line(node: Node) -> str:
    """Path data of the thin line over that row."""
    y = node.y + NODE_HEIGHT - 2
    return f"M{node.x + 1:.1f},{y:.1f}L{node.x + node.width - 1:.1f},{y:.1f}"


class Title(NamedTuple):
    """The line over a group's members: its *text*, and the verdict that ends it, in a *colour* of its own."""

    text: str = ""
    end: str = ""
    colour: str = DIM


def title(frame: Frame, snapshot: Mapping[str, Any]) -> Title:
    """What stands over a group's members, as far as there is room."""
    groups = snapshot.get("groups") or {}
    if not frame.title or frame.group not in groups:
        return Title()
    group, room, name = groups[frame.group], frame.width - 22, plain(frame.title)
    verdict = str(group.get("verdict", ""))
    told = lines(name, frame.asked, stand(group, groups, jobs(snapshot)), verdict)
    fitting = (one for one in told if width("".join(one), SMALL_SIZE) <= room)
    text, end = next(fitting, (clip(name, room, SMALL_SIZE), ""))
    return Title(plain(text), end, {str(one): colour for one, colour in VERDICTS.items()}.get(verdict, DIM))


APART, INSET = 9, 2.5
"""Pixels between the lines of a hatched box, and from them to its border."""


def hatch(node: Node) -> str:
    """Path data of the slanting lines that tell a box whose outputs a person gave.

    >>> hatch(Node("a", 0, 0, 22, 22, "", "cell", (0,)))
    'M7.5,2.5L2.5,7.5M16.5,2.5L2.5,16.5M19.5,8.5L8.5,19.5'
    """
    left, top = node.x + INSET, node.y + INSET
    wide, high = node.width - 2 * INSET, node.height - 2 * INSET
    lines = []
    for reach in range(5, int(wide + high) - 4, APART):
        a, b = min(reach, wide), min(reach, high)
        lines.append(f"M{left + a:.1f},{top + reach - a:.1f}L{left + reach - b:.1f},{top + b:.1f}")
    return "".join(lines)


def labels(node: Node, said: str) -> Iterator[Label]:
    """The job's name, and under it *said*, as far as the form has room for them.

    >>> [label.text for label in labels(Node("a", 0, 0, 130, 44, "a", "node", (0,)), "0:04")]
    ['a', '0:04']
    """
    x, y = node.x, node.y
    match node.form:
        case "cell":
            yield Label(x + 23, y + 17, plain(node.label), SMALL_SIZE, INK)
        case _:
            yield Label(x + 30, y + 18.5, plain(node.label), NAME_SIZE, INK)
            yield Label(x + 11, y + 35, clip(plain(said), node.width - 20, SMALL_SIZE), SMALL_SIZE, DIM)
            if node.note:
                yield Label(x + 11, y + NODE_HEIGHT + 12.5, plain(node.note), SMALL_SIZE, DIM)
