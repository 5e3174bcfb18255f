"""Path data of the kind that SVG uses, as matplotlib paths; y grows downwards in both."""

from __future__ import annotations

import cmath
import re
from functools import cache
from itertools import pairwise

import numpy as np
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

_TOKEN = re.compile(r"[MLHVCAZ]|-?\d*\.?\d+")


@cache
def outline(data: str) -> Path:
    """The path of *data*, which may use the commands M, L, H, V, C, A (of circles) and Z, all absolute.

    Raises:
        ValueError: *data* has another command.

    >>> outline("M0,0L2,0V2").vertices.tolist()
    [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0]]
    """
    if unknown := set(re.sub(r"[MLHVCAZ\d.,\s-]", "", data)):
        raise ValueError(f"path data with {sorted(unknown)} is not understood")
    drawn = _Drawn()
    tokens = _TOKEN.findall(data)
    starts = [at for at, token in enumerate(tokens) if token.isalpha()]
    for at, end in pairwise([*starts, len(tokens)]):
        drawn.command(tokens[at], [float(token) for token in tokens[at + 1 : end]])
    return Path(drawn.points, drawn.codes)


class _Drawn:
    """A path while it is being drawn."""

    def __init__(self) -> None:
        self.points: list[tuple[float, float]] = []
        self.codes: list[np.uint8] = []

    def command(self, letter: str, given: list[float]) -> None:
        x, y = self.points[-1] if self.points else (0.0, 0.0)
        match letter:
            case "M":
                self._to(Path.MOVETO, given)
            case "L":
                self._to(Path.LINETO, given)
            case "H":
                self._to(Path.LINETO, [given[0], y])
            case "V":
                self._to(Path.LINETO, [x, given[0]])
            case "C":
                self._to(Path.CURVE4, given)
            case "A":
                radius, _, _, large, sweep, end_x, end_y = given
                self._arc(complex(x, y), radius, bool(large), bool(sweep), complex(end_x, end_y))
            case _:
                self._to(Path.CLOSEPOLY, self.points[0])

    def _to(self, code: np.uint8, given: list[float] | tuple[float, float]) -> None:
        points = list(zip(given[::2], given[1::2], strict=True))
        self.points += points
        self.codes += [code] * len(points)

    def _arc(self, start: complex, radius: float, large: bool, sweep: bool, end: complex) -> None:
        half = (end - start) / 2
        radius = max(radius, abs(half))
        away = 1j * half / abs(half) * (radius**2 - abs(half) ** 2) ** 0.5
        middle = (start + end) / 2 + (away if sweep != large else -away)
        first, last = (start, end) if sweep else (end, start)
        angles = [np.degrees(cmath.phase(point - middle)) for point in (first, last)]
        arc = Path.arc(*angles).transformed(Affine2D().scale(radius).translate(middle.real, middle.imag))
        points = np.asarray(arc.vertices)[:: 1 if sweep else -1]
        self._to(Path.CURVE4, [float(number) for number in points[1:].ravel()])


def moved(path: Path, x: float, y: float) -> Path:
    """*path* further right and down.

    >>> moved(outline("M0,0L2,0"), 1, 5).vertices.tolist()
    [[1.0, 5.0], [3.0, 5.0]]
    """
    return Path(np.add(path.vertices, (x, y)), path.codes)


def rounded(x: float, y: float, width: float, height: float, radius: float) -> Path:
    """A box with round corners.

    >>> rounded(0, 0, 10, 6, 2).get_extents().size.round(9).tolist()
    [10.0, 6.0]
    """
    radius = min(radius, width / 2, height / 2)
    return moved(_rounded(round(width, 2), round(height, 2), radius), x, y)


@cache
def _rounded(width: float, height: float, radius: float) -> Path:
    arc, right, bottom = f"A{radius},{radius} 0 0 1 ", width - radius, height - radius
    return outline(
        f"M{radius},0H{right}{arc}{width},{radius}V{bottom}{arc}{right},{height}"
        f"H{radius}{arc}0,{bottom}V{radius}{arc}{radius},0Z"
    )
