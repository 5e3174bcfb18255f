"""What a small stored value is, in a line, read from its bytes without running any of them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from nbflow.core.spec import ValueRef
from nbflow.engine.opcodes import MARK, Node, Odd, Reader

BYTES = 2_000
"""Bytes of a value that is looked into."""
SIGNS = 200
"""Characters of what is told of it."""
DEEP = 4
_NUMBERS = {"float64": "d", "float32": "f", "float16": "e", "int64": "q", "int32": "i", "uint64": "Q", "uint32": "I"}
"""Scalars of numpy -> how their bytes are read."""
_AROUND = {"list": "[]", "tuple": "()", "set": "{}"}


def preview(ref: ValueRef) -> str:
    """The value as Python writes it, if it is small and plain: numbers, texts, and what is made of them; else empty.

    >>> import pickle
    >>> def told(value): return preview(ValueRef(inline=pickle.dumps(value, 5), type=type(value).__name__))
    >>> told(0.25), told({"a": [1, None]}), told(print)
    ('0.25', "{'a': [1, None]}", '')
    """
    if ref.inline is None or len(ref.inline) > BYTES:
        return ""
    try:
        text = _text(Reader(ref.inline).read(), ref.type, DEEP)
    except (Odd, ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError, struct.error):
        return ""
    return text if len(text) <= SIGNS else text[: SIGNS - 1] + "…"


def _text(part: Any, type_: str, deep: int) -> str:
    if not isinstance(part, Node):
        if part is MARK:
            raise Odd
        return repr(part)
    if not deep:
        return "…"
    inner = [_text(each, "", deep - 1) for each in part.parts] if part.kind in (*_AROUND, "dict") else []
    match part.kind:
        case "dict":
            return "{" + ", ".join(map(": ".join, zip(inner[::2], inner[1::2], strict=True))) + "}"
        case "tuple" if len(inner) == 1:
            return f"({inner[0]},)"
        case "set" if not inner:
            return "set()"
        case "list" | "tuple" | "set" as kind:
            return _AROUND[kind][0] + ", ".join(inner) + _AROUND[kind][1]
        case _:
            return _number(part, type_)


def _number(part: Node, type_: str) -> str:
    """A scalar of numpy: the bytes among what it is made with."""
    found = [each for each in _within(part) if isinstance(each, bytes)]
    if type_ not in _NUMBERS or len(found) != 1:
        raise Odd
    return repr(struct.unpack(f"<{_NUMBERS[type_]}", found[0])[0])


def _within(part: Any) -> Iterator[Any]:
    if not isinstance(part, Node):
        yield part
        return
    for each in part.parts:
        yield from _within(each)
