"""One caller on the engine's socket: nothing it says is looked at before it has said who it is."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from contextlib import suppress
from typing import Protocol

from nbflow.engine.frames import pack, to_engine
from nbflow.engine.locate import peer
from nbflow.engine.wire import FRAME_LIMIT, PROTOCOL, Hello, Reply, ToClient, ToEngine, Welcome
from nbflow.errors import EngineError

_log = logging.getLogger(__name__)
HELLO_LIMIT = 4096
HELLO_PATIENCE = 5.0
BACKLOG_LIMIT = 4 * FRAME_LIMIT


class Host(Protocol):
    """What a connection belongs to: the engine's server."""

    token: bytes
    trusted: bool

    def joined(self, connection: Connection) -> None:
        """*connection* was made; nothing is known of it yet."""

    def take(self, connection: Connection, message: ToEngine) -> None:
        """*connection*, which has been let in, sends *message*."""

    def lost(self, connection: Connection) -> None:
        """*connection* is over."""


class Connection(asyncio.Protocol):
    """One client of *host*."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.attached = False
        self.welcome = False
        self.follows: dict[int, int] = {}
        """Runs it follows -> when it opened them, as a count."""
        self._frames: list[bytes] = []
        self._unpacker = to_engine(HELLO_LIMIT)
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._caller: int | None = None
        """A descriptor that becomes readable when the caller's process ends."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        caller = peer(transport.get_extra_info("socket"))
        if caller.uid != os.getuid():
            self._drop("a caller of another user")
            return
        self._host.joined(self)
        self._watch(caller.pid)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(HELLO_PATIENCE, self._drop, "no hello in time")

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._unpacker.feed(data):
                if self.welcome:
                    self._host.take(self, message)
                elif not self._greet(message):
                    return
        except EngineError as error:
            self._drop(str(error))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it ended does not matter
        self._transport = None
        if self._deadline:
            self._deadline.cancel()
        if self._caller is not None:
            asyncio.get_running_loop().remove_reader(self._caller)
            os.close(self._caller)
            self._caller = None
        self._host.lost(self)

    def send(self, message: ToClient) -> None:
        """Send *message*, unless the client is gone."""
        self.write(pack(message))

    def write(self, frame: bytes) -> None:
        """Send a packed message; a client that does not read for long is dropped and may come back."""
        if self._transport is None:
            return
        if not self._frames:
            asyncio.get_running_loop().call_soon(self._flush)
        self._frames.append(frame)

    def close(self) -> None:
        """Close once everything written is sent."""
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def _flush(self) -> None:
        """Send what one turn of the loop had to say in one piece: it wakes the client once."""
        if self._transport is None or not self._frames:
            return
        self._transport.write(b"".join(self._frames))
        self._frames.clear()
        if self._transport.get_write_buffer_size() > BACKLOG_LIMIT:
            self._drop("a client that does not read")

    def _watch(self, pid: int) -> None:
        """Hang up when the caller's process ends: one that it forked may hold the socket open for ever."""
        with suppress(OSError):
            self._caller = os.pidfd_open(pid)
            asyncio.get_running_loop().add_reader(self._caller, self._caller_ended)

    def _caller_ended(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _greet(self, message: ToEngine) -> bool:
        if not isinstance(message, Hello) or not secrets.compare_digest(message.token, self._host.token):
            self._drop("a caller without the token")
            return False
        if message.protocol != PROTOCOL:
            words = f"the engine speaks protocol {PROTOCOL}, this nbflow {message.protocol}: end it with %nbflow stop"
            self.send(Reply(ref=0, error="EngineError", message=words))
            self.close()
            return False
        assert self._deadline is not None
        self._deadline.cancel()
        self._unpacker.limit = FRAME_LIMIT
        self.welcome, self.attached = True, message.attached
        self.send(Welcome(pid=os.getpid(), trusted=self._host.trusted))
        return True

    def _drop(self, why: str) -> None:
        _log.warning("connection dropped: %s", why)
        if self._transport is not None:
            self._transport.abort()
