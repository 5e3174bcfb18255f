"""Hooks: who is told, when, how often, and what becomes of one that fails."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Coroutine, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from nbflow.core.event import RetryRequested, kind
from nbflow.core.spec import JobSpec, Limits
from nbflow.engine import hooks as module
from nbflow.engine.hooks import Hooks, call
from tests.unit.engine.bench import Bench

TOLD = {"flow": "f", "run": 1, "verdict": "failed", "occasion": "ended", "text": "f run 1 has failed: 1 ✕"}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / ".nbflow")


class Telling:
    """Hooks over a bench's loop whose calls the test sees: (hook, occasion)."""

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch, trouble: str = "") -> None:
        self.calls: list[tuple[str, str]] = []
        self.bench = bench

        async def called(hook: str, told: dict[str, Any], _folder: str) -> str:
            self.calls.append((hook, told["occasion"]))
            return trouble

        monkeypatch.setattr(module, "call", called)
        self.hooks = Hooks(bench.loop, self._run)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run(work)

    def looks(self) -> None:
        """Some seconds go by."""
        for _ in range(3):
            self.hooks.look()
            self.bench.loop.turn()


def test_each_hook_is_called_once_and_the_log_says_so_before(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end at the second look that finds it: the next cell may go on with the run."""
    telling, run = Telling(bench, monkeypatch), bench.open()
    telling.hooks.set(run, ["notify-send", "https://example.com/x", "notify-send"])
    bench.declare(run, JobSpec(name="a"))
    telling.looks()
    assert telling.calls == []
    bench.end("a")
    telling.hooks.look()
    bench.loop.turn()
    assert telling.calls == [] and telling.hooks.busy
    telling.looks()
    assert telling.calls == [("notify-send", "ended"), ("https://example.com/x", "ended")]
    assert not telling.hooks.busy
    assert kind(bench.store.events(run)[-1]) == "hooks-called"


def test_an_engine_that_takes_over_tells_nobody_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told the hooks anew by the kernel, and knows from the log that they were called."""
    telling, run = Telling(bench, monkeypatch), bench.open()
    telling.hooks.set(run, ["h"])
    bench.declare(run, JobSpec(name="a"), JobSpec(name="b"))
    bench.end("a", "failed")
    telling.looks()
    assert telling.calls == [("h", "first failure")]
    bench.store.close()
    later = Bench(bench.store.path)
    again = Telling(later, monkeypatch)
    later.loop.resume(later.store.runs()[0])
    again.hooks.set(run, ["h"])
    again.looks()
    assert again.calls == []
    later.end("b") if later.executor.orders else later.loop.ended(module_end(later))
    later.loop.turn()
    again.looks()
    assert again.calls == [("h", "ended")]
    later.store.close()


def module_end(bench: Bench) -> Any:
    """The end of the attempt that an earlier engine started."""
    from nbflow.engine.attempt.record import AttemptReport

    return AttemptReport(key=next(iter(bench.loop.underway)), end="succeeded")


def test_what_was_over_before_anybody_asked_is_history(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of yesterday that is looked at today; what runs in it from now on is told."""
    telling, run = Telling(bench, monkeypatch), bench.open()
    bench.declare(run, JobSpec(name="a"))
    bench.end("a", "failed")
    telling.hooks.set(run, ["h"])
    telling.looks()
    assert telling.calls == []
    bench.loop.ask(run, [RetryRequested(at=0.0, job="a", generation=1)])
    bench.loop.turn()
    bench.end("a")
    telling.hooks.set(run, ["h"])  # as with each change of a setting
    telling.looks()
    assert telling.calls == [("h", "ended")]


def test_a_hook_that_fails_is_said_once_without_its_secrets(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the run's events and in what status shows; the run is none the worse."""
    telling, run = Telling(bench, monkeypatch, "the server answered 404"), bench.open()
    telling.hooks.set(run, ["https://example.com/secret"])
    bench.declare(run, JobSpec(name="a"))
    for generation in (1, 2):
        bench.end("a")
        telling.looks()
        bench.loop.ask(run, [RetryRequested(at=0.0, job="a", generation=generation)])
        bench.loop.turn()
    kinds = [kind(event) for event in bench.store.events(run)]
    assert (kinds.count("hooks-called"), kinds.count("hook-failed")) == (2, 1)
    assert bench.loop.runs[run].run.told.failed == {"https://example.com/…": "the server answered 404"}


def test_where_scripts_are_forbidden_so_are_commands(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address is not."""
    telling, run = Telling(bench, monkeypatch), bench.open()
    bench.loop.limit(run, Limits(forbidden=("shell",)))
    telling.hooks.set(run, ["notify-send", "https://example.com/x"])
    bench.declare(run, JobSpec(name="a"))
    bench.end("a")
    telling.looks()
    assert telling.calls == [("https://example.com/x", "ended")]
    assert "forbidden" in bench.loop.runs[run].run.told.failed["notify-send"]


# --- the process of a hook
class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.got.append((self.path, self.headers["Content-Type"], json.loads(self.rfile.read(length))))  # type: ignore[attr-defined]
        self.send_response(204 if self.path != "/broken" else 500)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def endpoint() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.got = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def calls(hook: str, folder: Path, timeout: float = 20.0) -> str:
    return asyncio.run(call(hook, TOLD, str(folder), timeout))


def test_a_webhook_gets_a_small_json(endpoint: HTTPServer, tmp_path: Path) -> None:
    """By POST; what goes wrong is said without the address."""
    address = f"http://127.0.0.1:{endpoint.server_port}"
    assert calls(f"{address}/hook?key=secret", tmp_path) == ""
    assert endpoint.got == [("/hook?key=secret", "application/json; charset=utf-8", TOLD)]  # type: ignore[attr-defined]
    assert calls(f"{address}/broken", tmp_path) == "the server answered 500"


def test_an_address_where_nobody_is_says_so(tmp_path: Path) -> None:
    """In a line, without the address."""
    assert calls("http://127.0.0.1:9/secret", tmp_path) == "no connection: Connection refused"
    assert calls("http://127.0.0.1:port/secret", tmp_path) == "no answer: InvalidURL"


def test_a_command_is_told_on_stdin_and_in_its_environment(tmp_path: Path) -> None:
    """In the notebook's folder; an exit code is trouble."""
    assert calls('cat > told; printf "%s" "$NBFLOW_VERDICT $NBFLOW_TEXT" > said', tmp_path) == ""
    assert json.loads((tmp_path / "told").read_text()) == TOLD
    assert (tmp_path / "said").read_text() == "failed f run 1 has failed: 1 ✕"
    assert calls("exit 3", tmp_path) == "exit 3"


def test_a_hook_that_hangs_is_ended_with_all_its_processes(tmp_path: Path) -> None:
    """After its time."""
    command = "mkfifo pipe; echo there > started; cat pipe & cat pipe"
    for seconds in (2.0, 10.0, 30.0):  # a busy machine may take its time to start it
        assert calls(command, tmp_path, seconds) == f"it took longer than {seconds:g} s"
        if (tmp_path / "started").exists():
            break
    with pytest.raises(OSError, match="No such device"):  # nobody reads it any more
        os.close(os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK))
