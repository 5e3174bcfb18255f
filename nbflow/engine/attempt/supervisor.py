"""One attempt as its supervisor sees it: from the order to the one report of its end, and until its tree is gone.

Time is the monotonic clock's, handed in as *now*. The zygote drives this with what it sees: words from the child, the
child's exit, the passing of time.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from resource import struct_rusage

import msgspec

from nbflow.core.status import Reason
from nbflow.engine.attempt import tree
from nbflow.engine.attempt.record import RESULT, AttemptOrder, AttemptReport, ResultRecord

LINGER = 1.0
"""Seconds a child may take for its exit handlers once its result is in place."""
STARTING = 60.0
"""Seconds from the fork until the child must be ready: nothing of the user's runs before."""
SWEEP_EVERY = 0.02
SWEEP_LIMIT = 1.0

_record = msgspec.msgpack.Decoder(ResultRecord).decode


def read_record(folder: str, key: str) -> ResultRecord | None:
    """The result record in *folder*, if it is there, whole, and that of attempt *key*."""
    try:
        record = _record((Path(folder) / RESULT).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return record if record.key == key else None


def from_record(record: ResultRecord) -> AttemptReport:
    """The report that says what *record* says."""
    return AttemptReport(
        key=record.key,
        end=record.end,
        reason=record.reason,
        traceback=record.traceback,
        exit_code=record.exit_code,
        outputs=record.outputs,
        missing=record.missing,
        peak_memory=record.peak_memory,
        cpu_seconds=record.cpu_seconds,
    )


@dataclass(frozen=True)
class Stop:
    """Why an attempt is being stopped, and what its end is called then."""

    end: str
    reason: Reason


@dataclass
class Supervised:
    """An attempt under way."""

    order: AttemptOrder
    pid: int
    channel: socket.socket
    report: Callable[[AttemptReport], None]
    next_at: float
    """When `tick` wants to be called again."""
    tag: int = 0
    deadline: float | None = None
    stop: Stop | None = None
    kill_at: float | None = None
    exit: tuple[int, struct_rusage] | None = None
    reported: bool = False
    started: bool = False
    give_up_at: float | None = field(default=None)

    def __post_init__(self) -> None:
        self.tag = tree.tag(self.order.key)

    # --- what is seen
    def ready(self, now: float) -> None:
        """The child is about to run the user's code: the clock of its timeout starts."""
        self.started = True
        self.next_at = float("inf")
        if self.order.timeout is not None:
            self.deadline = self.next_at = now + self.order.timeout

    def done(self, now: float) -> None:
        """The child says that its result is in place."""
        record = read_record(self.order.folder, self.order.key)
        if record is not None and self.tell(record):
            self.next_at = now + LINGER

    def exited(self, status: int, usage: struct_rusage, now: float) -> None:
        """The child has ended; what it started may not have."""
        self.exit = (status, usage)
        self.give_up_at = now + SWEEP_LIMIT
        self.next_at = now

    def cancel(self, cause: Reason, now: float) -> None:
        """Somebody wants it stopped."""
        self.begin_stop(Stop("cancelled", cause), now)

    # --- what is done
    def tick(self, now: float) -> bool:
        """Do what is due; True when the attempt has been reported and its tree is gone."""
        if self.exit is not None:
            return self.sweep(now)
        if self.reported or (self.kill_at is not None and now >= self.kill_at):
            self.kill(now)
        elif self.stop is None:
            self.begin_stop(self.overdue(), now)
        return False

    def overdue(self) -> Stop:
        if not self.started:
            return Stop("lost", Reason("lost", f"did not start within {STARTING:g} s", self.order.attempt))
        return Stop("failed", Reason("timeout", f"{self.order.timeout:g} s", self.order.attempt))

    def begin_stop(self, stop: Stop, now: float) -> None:
        """Ask the whole tree to end; `tick` insists when the grace is over."""
        if self.stop is not None or self.reported:
            return
        self.stop = stop
        self.kill_at = self.next_at = now + self.order.grace
        pids = {self.pid, *tree.tagged({self.tag})}
        tree.send(pids, signal.SIGTERM)
        tree.send(pids, signal.SIGCONT)

    def kill(self, now: float) -> None:
        """One round of ending all that is left; repeated until nothing is."""
        self.kill_at = now
        self.next_at = now + SWEEP_EVERY
        tree.send({self.pid, *tree.tagged({self.tag})} if self.exit is None else set(self.left()), signal.SIGKILL)

    def left(self) -> list[int]:
        return list(tree.tagged({self.tag}))

    def sweep(self, now: float) -> bool:
        """After the child's exit: end what it left behind, then report."""
        left = self.left()
        if left and self.kill_at is not None and now < self.kill_at:
            self.next_at = min(self.kill_at, now + SWEEP_EVERY)
            return False
        tree.send(left, signal.SIGKILL)
        if not left or (self.give_up_at is not None and now >= self.give_up_at):
            self.settle()
        self.next_at = now + SWEEP_EVERY
        return not left

    def tell(self, record: ResultRecord) -> bool:
        """Report what *record* says; False if the end is settled otherwise: a failure while being stopped."""
        if self.stop is not None and record.end != "succeeded":
            return False
        self.say(from_record(record))
        return True

    def settle(self) -> None:
        """Report the end of a child that is gone: by its record, else by how it was stopped, else by how it ended."""
        if self.reported:
            return
        record = read_record(self.order.folder, self.order.key)
        if record is not None and self.tell(record):
            return
        assert self.exit is not None
        self.say(self.by_exit(*self.exit))

    def by_exit(self, status: int, usage: struct_rusage) -> AttemptReport:
        """A report without a record."""
        code = os.waitstatus_to_exitcode(status)
        name = signal.Signals(-code).name if code < 0 else None
        if self.stop is not None:
            end, reason = self.stop.end, self.stop.reason
        elif name:
            end, reason = "failed", Reason("signal", name, self.order.attempt)
        else:
            detail = str(code) if code else "0 without a result"
            end, reason = "failed", Reason("exit code", detail, self.order.attempt)
        return AttemptReport(
            key=self.order.key,
            end=end,  # type: ignore[arg-type]
            reason=reason,
            exit_code=code if code >= 0 else None,
            signal=name,
            peak_memory=usage.ru_maxrss * 1024,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
        )

    def say(self, report: AttemptReport) -> None:
        if not self.reported:
            self.reported = True
            self.report(report)
