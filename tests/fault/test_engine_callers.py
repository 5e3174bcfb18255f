"""Who calls at the engine's socket, and what it makes of them: nothing but the store's own user is heard."""

import asyncio
import json
import math
import os
import random
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from nbflow.core.spec import JobSpec
from nbflow.engine import connection as connections
from nbflow.engine.attempt.record import AttemptReport
from nbflow.engine.client import Client
from nbflow.engine.connection import Connection
from nbflow.engine.frames import pack, to_client
from nbflow.engine.locate import Peer, read_address
from nbflow.engine.wire import Ask, Declare, Hello, Open, Reply, Report, Runs, Welcome
from tests.unit.engine.processes import connected, finish

pytestmark = pytest.mark.fault


def call(client: Client, *frames: bytes, words: float = math.inf, silence: float = 10.0) -> list[object]:
    """What the engine says to these bytes: so many *words*, or all until it hangs up or is silent for some seconds."""
    address = read_address(client.store)
    assert address is not None
    unpacker, heard = to_client(), []
    with socket.socket(socket.AF_UNIX) as caller, suppress(OSError):
        caller.settimeout(silence)
        caller.connect(address.path)
        for frame in frames:
            caller.sendall(frame)
        while len(heard) < words and (data := caller.recv(1 << 16)):
            heard += unpacker.feed(data)
        if len(heard) < words:
            heard.append("hung up")
    return heard


def hello(client: Client, **changed: object) -> bytes:
    address = read_address(client.store)
    assert address is not None
    return pack(Hello(**{"token": address.token, **changed}))


def assert_well(client: Client) -> None:
    """The engine still does its work."""
    replica = client.open("flow", -1)
    replica.declare([JobSpec(name="a", source="x = 1")])
    assert finish(replica) == {"a": "succeeded"}


def test_only_the_token_opens(tmp_path: Path) -> None:
    """A wrong or missing token is hung up on without a word."""
    with connected(tmp_path) as client:
        assert call(client, hello(client, token=b"x" * 32)) == ["hung up"]
        assert call(client, hello(client, token=b"")) == ["hung up"]
        assert call(client, pack(Open(ref=1, flow="flow"))) == ["hung up"]
        assert isinstance(call(client, hello(client), words=1)[0], Welcome)


def test_address_and_socket_are_private(tmp_path: Path) -> None:
    """Token and socket can be read and reached by their user only."""
    with connected(tmp_path) as client:
        address = read_address(client.store)
        assert address is not None
        assert (client.store / "engine.json").stat().st_mode & 0o777 == 0o600
        assert Path(address.path).parent.stat().st_mode & 0o777 == 0o700
        assert len(address.path) < 100


def test_another_protocol_is_told_why(tmp_path: Path) -> None:
    """An older or newer nbflow is answered in words that a person can act on."""
    with connected(tmp_path) as client:
        answer = call(client, hello(client, protocol=99))
        assert isinstance(answer[0], Reply)
        assert "%nbflow stop" in answer[0].message
        assert answer[1:] == ["hung up"]


@pytest.mark.parametrize("welcomed", [False, True])
def test_garbage_ends_the_call_and_nothing_else(tmp_path: Path, welcomed: bool) -> None:
    """Random bytes, frames too long and frames that are no message: the caller goes, the engine stays."""
    chance = random.Random(3)
    garbage = [
        b"GET / HTTP/1.1\r\n\r\n" * 20,
        (1 << 31).to_bytes(4, "big") + b"x" * 100,
        (4).to_bytes(4, "big") + b"\xc1\xc1\xc1\xc1",
        (100_000).to_bytes(4, "big") + b"\x91" * 100_000,
        pack(Hello(token=b"again")),
        *(chance.randbytes(300) for _ in range(20)),
    ]
    with connected(tmp_path) as client:
        greeting = (hello(client),) if welcomed else ()
        for each in garbage:
            heard = call(client, *greeting, each, silence=0.3)  # it may wait for the rest of a frame
            assert not any(isinstance(word, Reply) and not word.error for word in heard)
        assert_well(client)


def test_a_flood_before_hello_is_not_gathered(tmp_path: Path) -> None:
    """A caller who has not said who it is may send 4 KiB in a frame, not 64 MiB."""
    with connected(tmp_path) as client:
        assert call(client, hello(client, token=b"x" * 5000)) == ["hung up"]


def test_a_request_for_what_is_not_open_is_an_error(tmp_path: Path) -> None:
    """Runs and numbers that do not exist are answered, and change nothing."""
    with connected(tmp_path) as client:
        heard = call(
            client,
            hello(client),
            pack(Declare(ref=1, run=77)),
            pack(Ask(ref=2, run=77, requests=())),
            pack(Report(ref=3, report=AttemptReport(key="00", end="succeeded"))),
            pack(Runs(ref=4)),
            words=5,
        )
        errors = {word.ref: word.error for word in heard if isinstance(word, Reply)}
        assert errors == {1: "EngineError", 2: "EngineError", 3: "", 4: ""}
        assert_well(client)


class Host:
    """What a connection needs of the server."""

    token, trusted = b"t", True

    def __init__(self) -> None:
        self.callers: list[Connection] = []

    def joined(self, connection: Connection) -> None:
        self.callers.append(connection)

    def take(self, connection: Connection, message: object) -> None: ...
    def lost(self, connection: Connection) -> None: ...


def said_to(host: Host, *frames: bytes) -> bytes:
    """All that a caller who sends *frames* hears from a connection of *host*, until that hangs up."""

    async def meet() -> bytes:
        ours, theirs = socket.socketpair()
        await asyncio.get_running_loop().connect_accepted_socket(lambda: Connection(host), ours)
        reader, writer = await asyncio.open_connection(sock=theirs)
        writer.writelines(frames)
        try:
            return await asyncio.wait_for(reader.read(), 5)
        except ConnectionError:
            return b""
        finally:
            writer.close()

    return asyncio.run(meet())


def test_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller without a hello is dropped after its time."""
    monkeypatch.setattr(connections, "HELLO_PATIENCE", 0.05)
    assert said_to(host := Host()) == b""
    assert len(host.callers) == 1


def test_a_caller_of_another_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's word on who calls counts, whatever the token."""
    monkeypatch.setattr(connections, "peer", lambda _: Peer(os.getpid(), 12345))
    assert said_to(host := Host(), pack(Hello(token=b"t"))) == b""
    assert host.callers == []


def test_the_address_says_who_and_where(tmp_path: Path) -> None:
    """Tools can find the engine's process; nothing else is told."""
    with connected(tmp_path) as client:
        address = json.loads((client.store / "engine.json").read_text())
        assert set(address) == {"path", "token", "pid", "host"}
