"""What is long, as a message: logs and columns of numbers shrink well."""

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
    return part.places() | {"spans": spans, "packed": deflated(data)}


def deflated(data: bytes) -> str:
    """*data* as zlib packs it, in base64: what the view's ``inflated`` makes bytes again.

    >>> len(deflated(b"a" * 5000)) < 100
    True
    """
    return base64.b64encode(zlib.compress(data)).decode()
