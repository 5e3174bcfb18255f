"""What engine and zygote say to each other over their private socket: typed, length-prefixed msgpack, never pickled."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from nbflow.core.status import Reason
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport

LENGTH_BYTES = 4


class Run(Struct, frozen=True, tag="run"):
    """Run this attempt now."""

    order: AttemptOrder


class Cancel(Struct, frozen=True, tag="cancel"):
    """Stop that attempt, politely and then for good; unknown keys are attempts that have ended already."""

    key: str
    cause: Reason


class Warm(Struct, frozen=True, tag="warm"):
    """Import these site packages, so that later attempts need not."""

    modules: tuple[str, ...]


ToZygote = Run | Cancel | Warm


class Ready(Struct, frozen=True, tag="ready"):
    """The zygote has imported what it needs and takes orders."""


class Warmed(Struct, frozen=True, tag="warmed"):
    """The modules asked for are imported, but for *failed*: module -> why."""

    failed: dict[str, str]


class Ended(Struct, frozen=True, tag="ended"):
    """An attempt has ended; said once per order."""

    report: AttemptReport


FromZygote = Ready | Warmed | Ended

_encode = msgspec.msgpack.Encoder().encode
to_zygote = msgspec.msgpack.Decoder(ToZygote).decode
from_zygote = msgspec.msgpack.Decoder(FromZygote).decode


def frame(message: Struct) -> bytes:
    """*message* as it travels: its length in four bytes, then msgpack.

    >>> frame(Ready())[:4]
    b'\\x00\\x00\\x00\\x0c'
    """
    body = _encode(message)
    return len(body).to_bytes(LENGTH_BYTES) + body


class Frames:
    """Cuts a stream of bytes back into message bodies.

    >>> frames = Frames()
    >>> data = frame(Ready()) + frame(Warm(("math",)))
    >>> list(frames.feed(data[:10])), [to_zygote(b) for b in list(frames.feed(data[10:]))[1:]]
    ([], [Warm(modules=('math',))])
    """

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take in *data*; yield each body that is now complete."""
        self._pending += data
        start = 0
        try:
            while len(self._pending) - start >= LENGTH_BYTES:
                end = start + LENGTH_BYTES + int.from_bytes(self._pending[start : start + LENGTH_BYTES])
                if len(self._pending) < end:
                    return
                body = bytes(self._pending[start + LENGTH_BYTES : end])
                start = end
                yield body
        finally:
            del self._pending[:start]
