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
    """The first message: import these packages, so that attempts need not."""

    modules: tuple[str, ...]


ToZygote = Run | Cancel | Warm


class Ready(Struct, frozen=True, tag="ready"):
    """The zygote has imported what it was asked for, but for *failed* (module -> why), and takes orders.

    *unfit* are modules that start threads when imported: a process that has imported one must not be forked.
    """

    failed: dict[str, str] = {}
    unfit: tuple[str, ...] = ()


class Ended(Struct, frozen=True, tag="ended"):
    """An attempt has ended; said once per order."""

    report: AttemptReport


FromZygote = Ready | Ended

_encode = msgspec.msgpack.Encoder().encode
to_zygote = msgspec.msgpack.Decoder(ToZygote).decode
from_zygote = msgspec.msgpack.Decoder(FromZygote).decode


def frame(message: Struct) -> bytes:
    """*message* as it travels: its length in four bytes, then msgpack.

    >>> frame(Warm(()))[:4]
    b'\\x00\\x00\\x00\\x14'
    """
    body = _encode(message)
    return len(body).to_bytes(LENGTH_BYTES) + body


class Frames:
    """Cuts a stream of bytes back into message bodies.

    >>> frames = Frames()
    >>> data = frame(Warm(())) + frame(Warm(("math",)))
    >>> list(frames.feed(data[:10])), [to_zygote(body) for body in frames.feed(data[10:])]
    ([], [Warm(modules=()), Warm(modules=('math',))])
    """

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take in *data*; yield each body that is now complete."""
        self._pending += data
        while len(self._pending) >= LENGTH_BYTES:
            end = LENGTH_BYTES + int.from_bytes(self._pending[:LENGTH_BYTES])
            if len(self._pending) < end:
                return
            body = bytes(self._pending[LENGTH_BYTES:end])
            del self._pending[:end]
            yield body
