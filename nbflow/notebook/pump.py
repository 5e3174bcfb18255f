"""Clicks while a cell waits: serve a kernel's comm messages from inside of a cell that blocks its main thread.

A kernel handles one message of its shell channel at a time, so what a widget sends would stay in line until the cell
ends. The pump reads that line itself: comm messages and what a reloaded page asks first are answered at once, the rest
is kept and handed back to the kernel in its order. It works with ipykernel 6.29 to 7.4, known by what they have, not by
their version; elsewhere (plain IPython, other kernels, other threads) it only sleeps.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import threading
import time
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from nbflow.notebook.interrupt import uninterrupted

_COMM = frozenset({"comm_open", "comm_msg", "comm_close"})
_AT_ONCE = _COMM | {"kernel_info_request", "comm_info_request"}
"""Messages that are answered while a cell blocks."""

_NUDGE_EVERY = 0.1
"""Seconds between two looks of a stream that may oversleep."""

Frames = list[Any]
"""One message as it came from the socket."""


class Pump:
    """Call it in a loop instead of sleeping: ``with Pump.of(kernel) as pump: while not done(): pump(0.05)``.

    >>> with Pump.of(None) as pump:  # no kernel: sleeps
    ...     pump(0.001)
    >>> pump.live
    False
    """

    def __init__(self, line: _Line | None) -> None:
        self._line = line
        self._never = threading.Event()

    @classmethod
    def of(cls, kernel: Any) -> Pump:
        """The pump of an ipykernel, or, for None or a kernel of another make, one that sleeps."""
        return cls(_line_of(kernel))

    @property
    def live(self) -> bool:
        """Whether clicks are served; else they act when the cell ends."""
        return self._line is not None

    def __call__(self, timeout: float) -> None:
        """Serve what comes within *timeout* seconds; returns early after something came.

        A KeyboardInterrupt passes through, and no message is lost by it.
        """
        if self._line is None or threading.current_thread() is not threading.main_thread():
            self._never.wait(timeout)
        elif self._line.waits(timeout):
            self._line.serve()

    def __enter__(self) -> Pump:
        if self._line is not None and threading.current_thread() is threading.main_thread():
            self._line.enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._line is not None and threading.current_thread() is threading.main_thread():
            self._line.leave()


def unroute(comm: Any) -> None:
    """Let messages of *comm* go where the front end sends them.

    ipykernel 7.4 sends them to the subshell that last published on the comm instead, where they wait for the cell that
    runs there; earlier and other kernels have no such routing and are left alone.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default


@dataclass(frozen=True)
class _Source:
    """Where a kernel's main thread gets its messages: the socket, the stream that reads it otherwise, the way back."""

    kernel: Any
    socket: Any
    stream: Any
    reply: Any
    feeder: Any = None
    """The stream of another thread that may oversleep a message: ipykernel 7.0 to 7.3 send on the socket that it reads,
    which can take the sign of a message that arrived meanwhile."""


def _source(kernel: Any) -> _Source | None:
    """The source of *kernel*, None if it is not built as we know kernels."""
    thread, feeder = getattr(kernel, "shell_channel_thread", None), None
    if thread is not None:  # ipykernel 7: a thread reads the shell channel and hands messages on
        manager = getattr(thread, "manager", None)
        pair = getattr(manager, "_shell_channel_to_main", None)
        reply_of = getattr(manager, "get_subshell_to_shell_channel_socket", None)
        socket, stream = getattr(pair, "to_socket", None), getattr(pair, "to_stream", None)
        reply = reply_of(None) if reply_of else None
        feeder = None if hasattr(thread, "shell_stream") else getattr(kernel, "shell_stream", None)
    else:
        stream = reply = getattr(kernel, "shell_stream", None)
        socket = getattr(stream, "socket", None)
    known = [getattr(stream, "_recv_callback", None), getattr(kernel, "_publish_status", None), reply]
    known += [getattr(socket, "recv_multipart", None), getattr(kernel, "shell_handlers", {}).get("comm_msg")]
    return _Source(kernel, socket, stream, reply, feeder) if all(each is not None for each in known) else None


class _Line:
    """The messages of one kernel that were taken from its socket. Only its main thread may touch it."""

    def __init__(self, source: _Source) -> None:
        self.source = source
        self.urgent: deque[list[bytes]] = deque()
        self.kept: deque[Frames] = deque()
        self.nudged_at = 0.0
        """When, on the monotonic clock, the feeder was last told to look."""
        self.depth = 0
        """Pumps entered: a handler may itself wait."""
        self.tasks: set[asyncio.Future[Any]] = set()
        """Messages handed back that the kernel has not done with; asyncio itself would not keep them."""

    def enter(self) -> None:
        with uninterrupted():
            self.depth += 1
            if self.depth == 1:
                # Should an interrupt hit just before `leave`, the kernel's loop takes back what was kept all the same.
                self.source.stream.io_loop.add_callback(self._rescue)
                self._sift_queue()

    def leave(self) -> None:
        with uninterrupted():
            self.depth = max(0, self.depth - 1)
            if self.depth == 0:
                self.hand_back()

    def waits(self, timeout: float) -> bool:
        """Whether there is something to serve, now or within *timeout* seconds."""
        if self.source.feeder is not None and time.monotonic() - self.nudged_at > _NUDGE_EVERY:
            self.nudged_at = time.monotonic()
            _look(self.source.feeder)
        return bool(self.urgent or self.source.socket.poll(math.ceil(timeout * 1000)))

    def serve(self) -> None:
        with uninterrupted():
            while self.source.socket.poll(0):
                self._sort(self.source.socket.recv_multipart(copy=False))
        while self.urgent:
            self._handle(self.urgent.popleft())

    def hand_back(self) -> None:
        """Give the kernel what was kept, as its stream would have, in order; harmless when there is nothing."""
        import zmq

        stream = self.source.stream
        urgent = [[zmq.Frame(part) for part in parts] for parts in self.urgent]
        frames, self.urgent, self.kept = [*urgent, *self.kept], deque(), deque()
        for each in frames:
            result = stream._recv_callback(each)
            if inspect.isawaitable(result):
                task = asyncio.ensure_future(result, loop=stream.io_loop.asyncio_loop)
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
        _look(stream)  # it missed the signs of the messages we took

    def _take(self, frames: Frames) -> None:
        """An urgent message, as bytes: an interrupt that hits while one of zmq's frames is freed would be swallowed."""
        self.urgent.append([frame.bytes for frame in frames])

    def _sort(self, frames: Frames) -> None:
        if self._kind(frames) in _AT_ONCE:
            self._take(frames)
        else:
            self.kept.append(frames)

    def _rescue(self) -> None:
        self.depth = 0
        if self.kept or self.urgent:
            self.hand_back()

    def _sift_queue(self) -> None:
        """ipykernel 6 may have read messages ahead, into a queue of its own: take the urgent ones out of it."""
        queue = getattr(self.source.kernel, "msg_queue", None)
        if queue is None:
            return
        for item in [queue.get_nowait() for _ in range(queue.qsize())]:
            _, _, args = item
            if args and self._kind(args[0]) in _COMM:
                self._take(args[0])
            else:
                queue.put_nowait(item)

    def _kind(self, frames: Frames) -> str:
        """The type of a message, without marking its signature as seen."""
        try:
            _, parts = self.source.kernel.session.feed_identities(frames, copy=False)
            return str(self.source.kernel.session.unpack(parts[1].bytes)["msg_type"])
        except Exception:  # whatever is wrong with it, the kernel will say so when it gets it back
            return ""

    def _handle(self, message_parts: list[bytes]) -> None:
        """What the kernel does with one message, but for the parent: what a handler prints belongs to the cell."""
        kernel = self.source.kernel
        idents, parts = kernel.session.feed_identities(message_parts, copy=True)
        try:
            message = kernel.session.deserialize(parts, content=True, copy=True)
        except Exception:
            kernel.log.exception("nbflow: a message could not be read")
            return
        self._publish("busy", message)
        try:
            result = kernel.shell_handlers[message["header"]["msg_type"]](self.source.reply, idents, message)
            if inspect.iscoroutine(result):
                _finish(result)
        except Exception:
            kernel.log.exception("nbflow: a message handler failed")
        finally:
            self._publish("idle", message)
            with uninterrupted():
                _send(self.source.reply)

    def _publish(self, status: str, message: dict[str, Any]) -> None:
        """An interrupt that hits while one of zmq's frames is freed would be swallowed."""
        with uninterrupted():
            self.source.kernel._publish_status(status, "shell", parent=message)


_lines: WeakKeyDictionary[Any, _Line] = WeakKeyDictionary()


def _line_of(kernel: Any) -> _Line | None:
    """The one line of *kernel*, however many pumps there are."""
    if kernel is None:
        return None
    if kernel not in _lines:
        source = _source(kernel)
        if source is None:
            return None
        _lines[kernel] = _Line(source)
    return _lines[kernel]


def _finish(coroutine: Any) -> None:
    """Run a handler that is a coroutine only in form to its end.

    Raises:
        RuntimeError: it really waits for something.
    """
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("the handler waits for the kernel's loop, which a cell blocks")


def _look(stream: Any) -> None:
    """Have *stream*, in its own thread, look for a message even if it saw no sign of one."""
    import zmq

    stream.io_loop.add_callback(stream.flush, zmq.POLLIN, 1)


def _send(reply: Any) -> None:
    """Have a stream send now; a plain socket has sent already."""
    if hasattr(reply, "flush"):
        import zmq

        reply.flush(zmq.POLLOUT)
