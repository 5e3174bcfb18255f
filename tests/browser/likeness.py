"""Whether two screenshots look the same, with tolerance for how edges of letters and lines are smoothed."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

NEAR = 30
"""How far outside the range of its neighbours in the other picture, of 255, a blurred pixel may be in any channel."""
MOST = 60
"""Pixels that may look different: a letter or two, not a word."""


@dataclass(frozen=True)
class Likeness:
    """How many pixels differ, and where: red on the paled picture."""

    pixels: int
    difference: Image.Image

    def __bool__(self) -> bool:
        return self.pixels <= MOST


def likeness(one: bytes, other: bytes) -> Likeness:
    """Compare two PNGs. A pixel differs if, slightly blurred, nothing like it is there or beside there in the other."""
    first, second = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(np.float32) for png in (one, other))
    if first.shape != second.shape:
        return Likeness(first.size + second.size, Image.fromarray(second.astype(np.uint8)))
    smooth = _blurred(first), _blurred(second)
    missed = _outside(*smooth) | _outside(*reversed(smooth))
    shown = (255 - (255 - second) // 4).astype(np.uint8)
    shown[missed] = (220, 0, 0)
    return Likeness(int(missed.sum()), Image.fromarray(shown))


def _neighbours(picture: np.ndarray) -> np.ndarray:
    """The picture, moved by a pixel in each direction and in none."""
    high, wide, _ = picture.shape
    around = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    return np.stack([around[down : down + high, right : right + wide] for down in range(3) for right in range(3)])


def _blurred(picture: np.ndarray) -> np.ndarray:
    return _neighbours(picture).mean(axis=0)


def _outside(wanted: np.ndarray, there: np.ndarray) -> np.ndarray:
    near = _neighbours(there)
    far = np.maximum(near.min(axis=0) - wanted, wanted - near.max(axis=0))
    return far.max(axis=2) > NEAR
