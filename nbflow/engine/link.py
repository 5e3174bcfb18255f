"""One connection to an engine, as a client holds it: who is at the other end, requests and their replies, pushes."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

from nbflow.engine.frames import Unpacker, pack, pack_request, to_client
from nbflow.engine.locate import Address, peer, read_address
from nbflow.engine.wire import (
    PROTOCOL,
    Committed,
    Goodbye,
    Hello,
    Opened,
    Reply,
    RunHere,
    StopHere,
    ToClient,
    ToEngine,
    Welcome,
)
from nbflow.errors import DeclarationError, EngineError, NbflowError, StoreError

Push = Committed | RunHere | StopHere | Goodbye
Answer = Reply | Opened
_PATIENCE = 10.0
THREAD = "nbflow-client"


class LinkLost(EngineError):
    """The engine went away before it answered."""


class Link:
    """A connection that was welcomed.

    Args:
        connection: the socket, after the welcome.
        welcome: what the engine said of itself.
        unpacker, early: bytes and messages that arrived with the welcome.
    """

    def __init__(
        self, connection: socket.socket, welcome: Welcome, unpacker: Unpacker[ToClient], early: list[ToClient]
    ) -> None:
        self.welcome = welcome
        self._connection, self._unpacker, self._early = connection, unpacker, early
        self._pending: dict[int, Future[Answer]] = {}
        self._sending = threading.Lock()
        self._next = 1
        self._alive = True
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        return self._alive

    def listen(self, push: Callable[[ToClient], None], lost: Callable[[], None]) -> None:
        """Start the reader thread: *push* gets all messages but plain replies, in order; *lost* is called last."""
        self._thread = threading.Thread(target=self._read, args=(push, lost), name=THREAD, daemon=True)
        self._thread.start()

    def call(self, make: Callable[[int], ToEngine], timeout: float | None) -> Answer:
        """Send the message that *make* gives for a reference number, and wait for its answer.

        Raises:
            LinkLost: the engine ended meanwhile; whether it did what was asked is not known.
            EngineError: no answer within *timeout* seconds.
        """
        return self.hear(self.ask(make), timeout)

    def ask(self, make: Callable[[int], ToEngine]) -> Future[Answer]:
        """Send a request; its answer comes with the future."""
        answer: Future[Answer] = Future()
        with self._sending:
            if not self._alive:
                raise LinkLost("the engine has ended")
            ref, self._next = self._next, self._next + 1
            frame = pack_request(make(ref))
            self._pending[ref] = answer
            try:
                self._connection.sendall(frame)
            except OSError as error:
                self._alive = False
                self._pending.pop(ref, None)
                raise LinkLost(f"the engine has ended ({error})") from error
        return answer

    def hear(self, answer: Future[Answer], timeout: float | None) -> Answer:
        """Wait for an answer."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a callback of nbflow's client must not make requests: hand them to another thread")
        try:
            return answer.result(timeout)
        except TimeoutError:
            raise EngineError(f"the engine gave no answer within {timeout:g} s: see .nbflow/engine.log") from None

    def close(self) -> None:
        """Hang up; the reader thread ends."""
        with suppress(OSError):  # the other end may have been faster
            self._connection.shutdown(socket.SHUT_RDWR)

    def join(self, timeout: float) -> None:
        """Wait until the connection is over, *timeout* seconds at most."""
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _read(self, push: Callable[[ToClient], None], lost: Callable[[], None]) -> None:
        messages = self._early
        try:
            while True:
                for message in messages:
                    self._dispatch(message, push)
                data = self._connection.recv(1 << 18)
                if not data:
                    break
                messages = self._unpacker.feed(data)
        except (OSError, EngineError):
            pass  # whatever the cause, the connection is over; `lost` says so
        finally:
            self._end()
            lost()

    def _dispatch(self, message: ToClient, push: Callable[[ToClient], None]) -> None:
        if not isinstance(message, Reply):
            push(message)
        if isinstance(message, Reply | Opened) and (answer := self._pending.pop(message.ref, None)):
            answer.set_result(message)

    def _end(self) -> None:
        with self._sending:
            self._alive = False
            pending, self._pending = list(self._pending.values()), {}
            self._connection.close()
        for answer in pending:
            answer.set_exception(LinkLost("the engine ended before it answered"))


def dial(store: Path, attached: bool) -> Link | None:
    """Connect to the engine whose address *store* has; None if nobody answers there.

    Raises:
        EngineError: somebody answers, but refuses, or runs on another machine.
    """
    address = read_address(store)
    if address is None:
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_PATIENCE)
    try:
        connection.connect(address.path)
        if peer(connection).uid != os.getuid():
            raise EngineError(f"the engine of {store} belongs to another user")
        return _greet(connection, address, attached)
    except EngineError:
        connection.close()
        raise
    except OSError:
        connection.close()
        return None


def _greet(connection: socket.socket, address: Address, attached: bool) -> Link:
    connection.sendall(pack(Hello(token=address.token, protocol=PROTOCOL, attached=attached)))
    unpacker = to_client()
    while True:
        data = connection.recv(1 << 16)
        if not data:
            raise ConnectionResetError("no welcome")
        messages = unpacker.feed(data)
        if messages:
            break
    connection.settimeout(None)
    match messages[0]:
        case Welcome() as welcome:
            return Link(connection, welcome, unpacker, messages[1:])
        case Reply(message=words):
            raise EngineError(words)
        case other:
            raise EngineError(f"the engine greets with {type(other).__name__}: end it with %nbflow stop")


def raised(reply: Reply) -> NbflowError:
    """The error that *reply* tells of, as far as its class can be made from its words alone."""
    kinds: dict[str, type[NbflowError]] = {"StoreError": StoreError, "EngineError": EngineError}
    return kinds.get(reply.error, DeclarationError)(reply.message)
