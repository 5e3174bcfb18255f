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
    Status.RECOVERING: Icon("M2.2,3.2L6,7L2.2,10.8M7.4,10.9H11.8"),
    Status.ROLLING_BACK: Icon("M4.8,2.2L1.9,5.1L4.8,8M1.9,5.1H8.6A3.3,3.3 0 0 1 8.6,11.7H4.4"),
    Status.FALLING_BACK: Icon("M1.8,2.8H5.6A3.2,3.2 0 0 1 8.8,6V11.6M5.8,8.8L8.8,11.8L11.8,8.8"),
    Status.SUCCEEDED: Icon("M2.2,7.6L5.4,10.8L11.8,3.6"),
    Status.RECOVERED: Icon("M3.4,4.6L6,7.2L11.2,1.4M1.6,8.4C2.6,13.6 11.4,13.6 12.4,8.4"),
    Status.SUBSTITUTED: Icon(
        "M2.2,5.4C4,3.4 5.4,3.6 7,5C8.6,6.4 10,6.6 11.8,4.6M2.2,9.6C4,7.6 5.4,7.8 7,9.2C8.6,10.6 10,10.8 11.8,8.8"
    ),
    Status.REUSED: Icon("M5,5H12V12H5ZM2.2,9V2.2H9"),
    Status.FAILED: Icon("M3,3L11,11M11,3L3,11"),
    Status.SKIPPED: Icon("M1.8,9.2C3.2,3.6 9.4,2.6 11.9,8.2M12.3,4.6L12.1,8.5L8.4,7.9"),
    Status.CANCELLED: Icon(f"{_RING}M3.4,10.6L10.6,3.4"),
    Status.UNKNOWN: Icon("M4.3,4.8A2.7,2.7 0 1 1 8.2,7.1C7.3,7.6 7,8 7,9M7,11.3V11.6"),
}
