"""Frames on the engine's socket: a 4-byte length, then msgpack of one message; capped before anything is read in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

from nbflow.core.event import Event
from nbflow.engine.wire import FRAME_LIMIT, Committed, ToClient, ToEngine
from nbflow.errors import EngineError

M = TypeVar("M")
_HEADER = 4
_encoder = msgspec.msgpack.Encoder()


PUSH_LIMIT = 1 << 30
"""What a client takes in a frame: one event can be larger than any request, as an attempt may leave many values."""
_PART = 4 << 20


def pack(message: ToEngine | ToClient) -> bytes:
    """*message* as one frame.

    >>> from nbflow.engine.wire import Stop
    >>> len(pack(Stop(ref=1)))
    20
    """
    body = _encoder.encode(message)
    return len(body).to_bytes(_HEADER, "big") + body


def pack_request(message: ToEngine) -> bytes:
    """*message* as one frame.

    Raises:
        EngineError: it is larger than `FRAME_LIMIT`.
    """
    frame = pack(message)
    if len(frame) - _HEADER > FRAME_LIMIT:
        raise EngineError(
            f"a message of {len(frame) / 1e6:.0f} MB is more than the engine takes ({FRAME_LIMIT / 1e6:.0f} MB): "
            f"declare fewer jobs at once"
        )
    return frame


def pack_events(run: int, first: int, events: Sequence[Event]) -> Iterator[bytes]:
    """*events* of *run* as frames of `Committed` of some 4 MB at most, as far as single events allow."""
    frame = pack(Committed(run=run, first=first, events=tuple(events)))
    if len(frame) <= _PART or len(events) == 1:
        yield frame
        return
    half = len(events) // 2
    yield from pack_events(run, first, events[:half])
    yield from pack_events(run, first + half, events[half:])


class Unpacker(Generic[M]):
    """Bytes in, whole messages out.

    Example:
        >>> from nbflow.engine.wire import Stop, ToEngine
        >>> unpacker = to_engine()
        >>> frame = pack(Stop(ref=1))
        >>> unpacker.feed(frame[:5]), unpacker.feed(frame[5:])
        ([], [Stop(ref=1)])
    """

    def __init__(self, decoder: msgspec.msgpack.Decoder[M], limit: int = FRAME_LIMIT) -> None:
        self.limit = limit
        self._decoder = decoder
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[M]:
        """The messages that *data* completes.

        Raises:
            EngineError: a frame is longer than *limit*, or is not a message. The connection is of no use after that.
        """
        self._buffer += data
        found: list[M] = []
        start = 0
        while len(self._buffer) - start >= _HEADER:
            length = int.from_bytes(self._buffer[start : start + _HEADER], "big")
            if length > self.limit:
                raise EngineError(f"a frame of {length} bytes is longer than {self.limit}: connection dropped")
            end = start + _HEADER + length
            if len(self._buffer) < end:
                break
            found.append(self._decode(start + _HEADER, end))
            start = end
        if start:
            del self._buffer[:start]
        return found

    def _decode(self, start: int, end: int) -> M:
        try:
            return self._decoder.decode(memoryview(bytes(self._buffer[start:end])))
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise EngineError(f"a frame is no message of protocol 1 ({error}): connection dropped") from error


def to_engine(limit: int = FRAME_LIMIT) -> Unpacker[ToEngine]:
    """An unpacker of what clients send."""
    return Unpacker(msgspec.msgpack.Decoder(ToEngine), limit)


def to_client() -> Unpacker[ToClient]:
    """An unpacker of what the engine sends."""
    return Unpacker(msgspec.msgpack.Decoder(ToClient), PUSH_LIMIT)
