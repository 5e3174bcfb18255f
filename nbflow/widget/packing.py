"""A part of a log as a message: logs are long, and shrink well."""

from __future__ import annotations

import base64
import zlib
from typing import Any

from nbflow.core.log_part import LogPart


def packed(part: LogPart) -> dict[str, Any]:
    """*part* as values for JSON: the bytes of all its pieces together as zlib packs them, in base64.

    >>> message = packed(LogPart((("out", b"a" * 5000),), (0, 0), (5000, 0), (5000, 0)))
    >>> message["spans"], len(message["packed"]) < 100
    ([['out', 5000]], True)
    """
    data = b"".join(data for _, data in part.pieces)
    spans = [[stream, len(data)] for stream, data in part.pieces]
    return part.places() | {"spans": spans, "packed": base64.b64encode(zlib.compress(data)).decode()}
