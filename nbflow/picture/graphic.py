"""Figures of a size in pixels that show themselves in a notebook without pyplot."""

from __future__ import annotations

from io import BytesIO

from matplotlib.figure import Figure

from nbflow.picture.palette import GROUND

DPI = 96.0
"""Pixels to an inch on a page."""
SHARP = 2.0
"""Pixels of the image to a pixel of the page."""
LONGEST = 150.0
"""Inches: an image of more could not be drawn at 400 dots to an inch."""
MOST = 16_000.0
"""Pixels on the longest side of an image that shows itself."""


class Graphic(Figure):
    """A matplotlib figure that a notebook shows also where pyplot was never imported."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        file = BytesIO()
        self.savefig(file, format="png", dpi=min(SHARP * DPI, MOST / max(self.get_size_inches())))
        wide, high = self.get_size_inches() * DPI
        return file.getvalue(), {"width": round(wide), "height": round(high)}


def graphic(width: float, height: float) -> Graphic:
    """An empty figure of *width* by *height* pixels, or as much smaller as the longest side demands.

    >>> graphic(480, 96).get_size_inches().tolist()
    [5.0, 1.0]
    """
    share = min(1.0, LONGEST * DPI / max(width, height))
    return Graphic(figsize=(width * share / DPI, height * share / DPI), dpi=DPI, facecolor=GROUND, edgecolor=GROUND)
