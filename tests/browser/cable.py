"""A line between a browser and its server that can be cut: connections end, and new ones are refused."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Cable:
    """Listens on a port of its own, *port*, and passes everything on to the server's."""

    def __init__(self, server_port: int) -> None:
        self._to, self._whole = server_port, True
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._whole = False
        self._end()

    def mend(self) -> None:
        self._whole = True

    def close(self) -> None:
        self._listener.close()
        self._end()

    def _end(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                if not self._whole:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):  # cut
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
