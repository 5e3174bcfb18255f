"""The statuses' glyphs as drawings in a 14 × 14 box, so that pictures do not depend on the fonts of a machine."""

from __future__ import annotations

from typing import NamedTuple

from nbflow.core.status import Status


class Icon(NamedTuple):
    """SVG path data: one path to be stroked (width 1.6, round), one to be filled; either may be empty."""

    stroke: str = ""
    fill: str = ""


_RING = "M12.2,7A5.2,5.2 0 1 1 1.8,7A5.2,5.2 0 1 1 12.2,7Z"

ICONS: dict[Status, Icon] = {
    Status.HELD: Icon("M5.2,3.6V10.4M8.8,3.6V10.4"),
    Status.WAITING: Icon(_RING),
    Status.READY: Icon(_RING, "M7,7V3.6A3.4,3.4 0 0 1 10.4,7Z"),
    Status.RUNNING: Icon(_RING, "M7,1.8A5.2,5.2 0 0 0 7,12.2Z"),
    Status.RETRYING: Icon("M11.9,5.2A5.2,5.2 0 1 0 12.2,8M12.2,1.9V5.4H8.7"),
    Status.SUCCEEDED: Icon("M2.2,7.6L5.4,10.8L11.8,3.6"),
    Status.FAILED: Icon("M3,3L11,11M11,3L3,11"),
    Status.SKIPPED: Icon("M1.8,9.2C3.2,3.6 9.4,2.6 11.9,8.2M12.3,4.6L12.1,8.5L8.4,7.9"),
    Status.CANCELLED: Icon(f"{_RING}M3.4,10.6L10.6,3.4"),
}
