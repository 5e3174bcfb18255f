"""Signs of life while jobs run: a server that ends idle kernels takes one with only background work for idle.

What counts as activity for Jupyter's server is any message of a kernel but outputs and states: the least of them is a
message to a comm that nobody has opened, which every front end passes over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from nbflow.notebook.session import Session

COMM = "nbflow-keep-alive"


class KeepAlive:
    """Sends signs of life while *session*'s run goes on.

    Args:
        session: whose run it is.
        send: sends one.
        every: seconds between two, asked each time; 0 or less: none.
    """

    def __init__(self, session: Session, send: Callable[[], None], every: Callable[[], float]) -> None:
        self._session, self._send, self._every = session, send, every
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    def changed(self) -> None:
        """Something happened in the run, or to the setting. Brief; may be called by any thread."""
        with self._lock:
            if self._thread is None and self._wanted:
                self._thread = threading.Thread(target=self._run, name="nbflow-keep-alive", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Send no more."""
        self._closed.set()

    @property
    def _wanted(self) -> bool:
        replica = self._session.opened
        return not self._closed.is_set() and self._every() > 0 and replica is not None and replica.active

    def _run(self) -> None:
        while not self._closed.wait(self._every()):
            with self._lock:
                if not self._wanted:
                    self._thread = None
                    return
            self._send()


def sign_of(kernel: Any) -> Callable[[], None]:
    """What sends a sign of life of *kernel*; may be called on any thread."""
    content: dict[str, Any] = {"comm_id": COMM, "data": {}}

    def send() -> None:
        kernel.session.send(kernel.iopub_socket, "comm_msg", content, parent={}, ident=f"comm-{COMM}".encode())

    return send
