"""Running attempts from tests: an executor on a loop of its own thread, driven with plain calls."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from nbflow.core.inputs import Absent, Given, Whole
from nbflow.core.status import Reason
from nbflow.engine.attempt import tree
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport, Display
from nbflow.engine.executors import Executor
from nbflow.engine.executors.process import ProcessExecutor
from nbflow.engine.logs import read_displays
from nbflow.engine.values import Values

PATIENCE = 30.0
"""Seconds after which a test gives up waiting."""

Make = Callable[[Callable[[AttemptReport], None], Path], Executor]
CANCELLED = Reason("cancelled", "by the test")
GONE = Absent("load", Reason("exit code", "10"))


class Trial:
    """One attempt that a test has submitted."""

    def __init__(self, order: AttemptOrder) -> None:
        self.order = order
        self.folder = Path(order.folder)
        self.reports: list[AttemptReport] = []
        self.reported_at = 0.0
        self._first: Future[AttemptReport] = Future()

    def told(self, report: AttemptReport) -> None:
        self.reported_at = time.monotonic()
        self.reports.append(report)
        if not self._first.done():
            self._first.set_result(report)

    def report(self) -> AttemptReport:
        """The report, waited for."""
        return self._first.result(PATIENCE)

    @property
    def out(self) -> str:
        return self.text("out")

    @property
    def err(self) -> str:
        return self.text("err")

    def text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def displays(self) -> list[Display]:
        return read_displays(self.folder)

    def saw(self, text: str, name: str = "out") -> None:
        """Wait until *text* is in the attempt's log; not longer than the attempt runs."""
        until(lambda: text in self.text(name) or self.reports, f"{text!r} in {name} of {self.order.job}")
        assert text in self.text(name), (self.order.job, self.text(name), self.reports)

    def processes(self) -> list[int]:
        """What lives of the attempt's tree, found by its tag."""
        return [pid for pid, _ in tree.tagged({tree.tag(self.order.key)})]


class Runner:
    """An executor over the store ``root/.nbflow``."""

    def __init__(self, root: Path, make: Make = ProcessExecutor) -> None:
        self.root, self.store = root, root / ".nbflow"
        self.store.mkdir(exist_ok=True)
        self.values = Values(self.store)
        self.trials: dict[str, Trial] = {}
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.executor: Any = self.call(lambda: make(self._told, self.store))

    def order(self, source: str, outputs: tuple[str, ...] = (), **options: Any) -> AttemptOrder:
        key = uuid.uuid4().hex
        folder = self.store / "attempts" / key
        folder.mkdir(parents=True)
        options["inputs"] = {name: self.given(value) for name, value in options.pop("inputs", {}).items()}
        options["absent"] = dict.fromkeys(options.pop("absent", ()), GONE)
        basic = {"run": 3, "flow": "analysis", "job": "fit", "generation": 2, "attempt": 4, "of": 5, "grace": 0.3}
        places = {"folder": str(folder), "store": str(self.store), "cwd": str(self.root)}
        return AttemptOrder(key=key, source=source, outputs=outputs, **(basic | places | options))

    def given(self, value: Any) -> Given:
        """*value* as an order gives it to an attempt."""
        return value if isinstance(value, Given) else Whole(self.values.dump(value))

    def submit(self, source: str, outputs: tuple[str, ...] = (), **options: Any) -> Trial:
        trial = Trial(self.order(source, outputs, **options))
        self.trials[trial.order.key] = trial
        self.call(lambda: self.executor.submit(trial.order))
        return trial

    def run(self, source: str, outputs: tuple[str, ...] = (), **options: Any) -> Trial:
        """Submit, and wait for the report."""
        trial = self.submit(source, outputs, **options)
        trial.report()
        return trial

    def value(self, trial: Trial, name: str) -> Any:
        return self.values.load(trial.report().outputs[name])

    def cancel(self, trial: Trial, cause: Reason = CANCELLED) -> None:
        self.call(lambda: self.executor.cancel(trial.order.key, cause))

    def call(self, function: Callable[[], Any]) -> Any:
        """*function*'s result, called on the loop's thread, and awaited if it is a coroutine."""

        async def on_loop() -> Any:
            result = function()
            return await result if asyncio.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(on_loop(), self.loop).result(PATIENCE)

    def close(self) -> None:
        self.call(lambda: self.executor.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def _told(self, report: AttemptReport) -> None:
        self.trials[report.key].told(report)


def until(condition: Callable[[], Any], what: str = "it", patience: float = PATIENCE) -> Any:
    """Wait for *condition*, looking every few milliseconds: for what other processes do there is no event."""
    give_up_at = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < give_up_at, f"waited {patience} s for {what}"
        time.sleep(0.003)
    return found
