"""One attempt as its supervisor sees it: from the order to the one report of its end, and until its tree is gone.

Time is the monotonic clock's, handed in as *now*. The zygote drives this with what it sees: words from the child, the
child's exit, the passing of time. An end is never taken from an exit status where a result record is expected: a record
in place says how the attempt ended, and no record is a failure whatever the status.
"""

from __future__ import annotations

import math
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from resource import struct_rusage
from typing import Literal

from msgspec.structs import replace

from nbflow.core.status import Reason
from nbflow.engine.attempt import tree
from nbflow.engine.attempt.logs import Logs
from nbflow.engine.attempt.memory import Watch
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport, ResultRecord
from nbflow.engine.attempt.results import from_record, read_record

LINGER = 1.0
"""Seconds a child may take for its exit handlers once its result is in place."""
LEFTOVER_GRACE = 0.5
"""Seconds that what an ended child left behind gets to clean up (resource trackers do) before it is killed."""
STARTING = 60.0
"""Seconds from the fork until the child must be ready: nothing of the user's runs before."""
ROUND = 0.02
"""Seconds between two rounds of killing."""
STUBBORN = 1.0
"""The same once `PATIENCE` is over: what does not die at once waits for something that may take for ever."""
PATIENCE = 1.0
"""Seconds of killing after which the end is reported although something of the tree cannot be killed."""


@dataclass(frozen=True)
class Stop:
    """Why an attempt is being stopped, and what its end is called then."""

    end: Literal["failed", "cancelled", "lost"]
    reason: Reason


class Supervised:
    """An attempt under way in the child *pid*. *next_at* is when `tick` wants to be called."""

    def __init__(
        self,
        order: AttemptOrder,
        pid: int,
        now: float,
        report: Callable[[AttemptReport], None],
        memory: Watch | None = None,
    ) -> None:
        self.order, self.pid, self._report, self._memory = order, pid, report, memory
        self.tag = tree.tag(order.key)
        self._logs = Logs(order.folder)
        self.next_at = now + STARTING
        self.reported = False
        self._started = False
        self._stop: Stop | None = None
        self._kill_at = math.inf
        self._give_up_at = math.inf
        self._exit: tuple[int, struct_rusage] | None = None
        self._trouble = ""
        self._littered = False
        self._asked: set[int] = set()

    # --- what is seen
    def ready(self, now: float) -> None:
        """The child is about to run the user's code: the clock of its timeout starts, once."""
        if not self._started and self._stop is None:
            self._started = True
            self.next_at = math.inf if self.order.timeout is None else now + self.order.timeout

    def done(self, now: float) -> None:
        """The child says that its result is in place.

        An attempt's success is told at once. After a failure or a step something else of the job may follow: that is
        told when nothing of this one is left that it could meet.
        """
        record = self._record()
        if record is not None:
            self.next_at = self._kill_at = now + LINGER
            if record.end != "failed" and self.order.step is None:
                self._say(from_record(record))

    def unrecorded(self, why: str) -> None:
        """The child says that it cannot put its result in place."""
        self._trouble = f"the result could not be written: {why}"

    def exited(self, status: int, usage: struct_rusage, now: float) -> None:
        """The child has ended; what it started may not have."""
        self._exit = (status, usage)
        self.next_at = now
        if self._stop is None:
            self._kill_at = now + LEFTOVER_GRACE
        self._give_up_at = max(now, self._kill_at) + PATIENCE

    def overdrawn(self, reason: Reason, now: float) -> None:
        """Its tree takes more memory than it may. There is no grace: meanwhile it could take all there is."""
        if self._stop is None and not self.reported and self._exit is None:
            self._stop = Stop("failed", replace(reason, attempt=self.order.attempt))
            self._kill_at = self.next_at = now

    def cancel(self, cause: Reason, now: float) -> None:
        """Somebody wants it stopped."""
        self._begin_stop(Stop("cancelled", cause), now)

    # --- what is done
    def tick(self, now: float, orphans: set[int] | None) -> bool:
        """Do what is due; True when the attempt has been reported and its tree is gone.

        *orphans* are the processes adopted by this one, None if they are not known.
        """
        if self._exit is not None:
            return self._sweep(now, orphans)
        if now >= self._kill_at:
            tree.send(self.pid, signal.SIGKILL)
            tree.end({self.tag})
            self.next_at = now + ROUND
        elif self._stop is None:
            self._begin_stop(self._overdue(), now)
        return False

    def trim(self) -> bool:
        """Keep the logs within their limit; whether they were too long. A disk that refuses is no reason to stop."""
        try:
            return self._logs.trim()
        except OSError:
            traceback.print_exc()
            return False

    def _overdue(self) -> Stop:
        if not self._started:
            return Stop("lost", Reason("lost", f"did not start within {STARTING:g} s", self.order.attempt))
        return Stop("failed", Reason("timeout", f"{self.order.timeout:g} s", self.order.attempt))

    def _begin_stop(self, stop: Stop, now: float) -> None:
        """Ask the whole tree to end, each process once; `tick` insists when the grace is over.

        A child that has not begun gets none: it has nothing to clean up, and still ignores the polite signal, as the
        process does that it was forked from.
        """
        if self._stop is not None or self.reported or self._exit is not None:
            return
        self._stop = stop
        self._kill_at = self.next_at = now + (self.order.grace if self._started else 0.0)
        tree.ask({self.tag}, self._asked)
        if self.pid not in self._asked:  # it wears no tag: it has not begun, or its cell has set the limit anew
            tree.send(self.pid, signal.SIGTERM)
            tree.send(self.pid, signal.SIGCONT)

    def _sweep(self, now: float, orphans: set[int] | None) -> bool:
        """After the child's exit: end what it left behind, then report."""
        left = self._leftovers(now, orphans)
        if not left or now >= self._give_up_at:
            self._settle()
        self.next_at = now + (ROUND if now < self._give_up_at else STUBBORN)
        return not left

    def _leftovers(self, now: float, orphans: set[int] | None) -> int:
        """How many processes the child left, after asking or killing them; at least one if that is not yet certain.

        All that it left have been adopted, or descend from one that has. So where it ended well, and no orphan is
        ours, there is nothing to search for; should one be overlooked, the zygote's next look at its orphans finds it.
        An orphan that is gone by the time it is looked at may have been ours, and may have forked before it went.
        """
        worn = None if orphans is None else {tree.worn(pid) for pid in orphans}
        if worn is not None and self.reported and not self._littered and not worn & {self.tag, None}:
            return 0
        count = tree.end({self.tag}) if now >= self._kill_at else tree.ask({self.tag}, self._asked)
        self._littered |= count > 0
        return max(count, 1) if worn is not None and None in worn else count

    # --- what is told
    def _settle(self) -> None:
        """Report the end of a child that is gone: by its record, else by how it was stopped, else by how it ended."""
        if not self.reported and not self._settle_by_record():
            assert self._exit is not None
            self._say(self._by_exit(*self._exit))

    def _settle_by_record(self) -> bool:
        """Report what the record says, if there is one to go by."""
        record = self._record()
        if record is not None:
            self._say(from_record(record))
        return record is not None

    def _record(self) -> ResultRecord | None:
        """What the child wrote; None, too, if that is a failure while it is being stopped."""
        record = read_record(self.order.folder, self.order.key)
        return None if record is not None and self._stop is not None and record.end != "succeeded" else record

    def _by_exit(self, status: int, usage: struct_rusage) -> AttemptReport:
        code = os.waitstatus_to_exitcode(status)
        stop = self._stop or self._own_end(code)
        return AttemptReport(
            key=self.order.key,
            end=stop.end,
            reason=stop.reason,
            exit_code=code if code >= 0 else None,
            signal=_signal_name(-code) if code < 0 else None,
            peak_memory=usage.ru_maxrss * 1024,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
        )

    def _own_end(self, code: int) -> Stop:
        """What it means that the child ended by itself with *code* (negative: a signal), and left no record."""
        attempt = self.order.attempt
        if not self._started:
            return Stop("lost", Reason("lost", "its process ended before it was ready", attempt))
        if self._trouble:
            return Stop("failed", Reason("output not storable", self._trouble, attempt))
        if code == -signal.SIGKILL and self._memory is not None and self._memory.killed():
            return Stop("failed", Reason("out of memory", "killed by the system", attempt))
        if code < 0:
            return Stop("failed", Reason("signal", _signal_name(-code), attempt))
        return Stop("failed", Reason("exit code", str(code) if code else "0 without a result", attempt))

    def _say(self, report: AttemptReport) -> None:
        if not self.reported:
            self.reported = True
            self.trim()
            self._report(report)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
