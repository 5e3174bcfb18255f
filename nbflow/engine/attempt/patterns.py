"""Which patterns the log of a failed attempt holds: each looked for in a short-lived process of its own.

A regular expression can take for ever and cannot be interrupted; a process can be killed.

``python -P -m nbflow.engine.attempt.patterns`` reads a `Question` as JSON and prints the list of those found: for
callers that must not fork.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from nbflow.engine.attempt.record import ERR, OUT, AttemptOrder, AttemptReport

SECONDS = 1.0
"""Processor time that looking for one pattern may take."""
PATIENCE = 10
"""Seconds that it may take in all."""
NOTED = "patterns"
"""File in an attempt's folder: what is to be looked for should it fail, for whoever finds it after a crash."""
_FOUND, _NOT_FOUND, _MALFORMED = 0, 1, 2


class Question(Struct, frozen=True):
    """Which of *patterns* are in the log in *folder*, or in *text*, the traceback?"""

    folder: str
    patterns: tuple[str, ...]
    text: str = ""


class Search:
    """A `Question` that is being answered. *leave* is called in each new process, to close what is the caller's.

    Attributes:
        pids: the processes that are still looking.
    """

    def __init__(self, question: Question, leave: Callable[[], None] = lambda: None) -> None:
        self.question = question
        self.pids: dict[int, str] = {}
        self._found: set[str] = set()
        for pattern in question.patterns:
            try:
                pid = os.fork()
            except OSError as error:
                self._say(pattern, f"cannot be looked for ({error.strerror})")
                continue
            if pid == 0:
                _look(question, pattern, leave)
            self.pids[pid] = pattern

    def ended(self, pid: int, status: int) -> None:
        """The process *pid* has ended with wait status *status*."""
        pattern = self.pids.pop(pid)
        match os.waitstatus_to_exitcode(status):
            case 0:
                self._found.add(pattern)
            case 1:
                pass
            case 2:
                self._say(pattern, "is no regular expression")
            case _:
                self._say(pattern, f"takes longer than {SECONDS:g} s to look for")

    @property
    def found(self) -> tuple[str, ...]:
        """The patterns found so far, in the order asked for."""
        return tuple(pattern for pattern in self.question.patterns if pattern in self._found)

    def _say(self, pattern: str, what: str) -> None:
        """A line for people in the attempt's log; a disk that refuses it changes nothing."""
        with suppress(OSError), (Path(self.question.folder) / ERR).open("a", encoding="utf-8") as log:
            log.write(f"nbflow: the pattern {pattern!r} {what}: it counts as not found\n")


def answer(question: Question) -> tuple[str, ...]:
    """The patterns found; to be called where no other child can end meanwhile."""
    search = Search(question)
    while search.pids:
        search.ended(*os.wait())
    return search.found


def note(order: AttemptOrder) -> None:
    """Leave *order*'s patterns in its folder."""
    (Path(order.folder) / NOTED).write_bytes(msgspec.json.encode(order.patterns))


def with_noted(folder: Path, report: AttemptReport) -> AttemptReport:
    """*report* of the attempt in *folder*, with those of the patterns found that were noted there."""
    with suppress(OSError, msgspec.MsgspecError):
        return with_found(folder, msgspec.json.decode((folder / NOTED).read_bytes(), type=tuple[str, ...]), report)
    return report


def with_found(folder: Path, patterns: tuple[str, ...], report: AttemptReport) -> AttemptReport:
    """*report*, if it is one of failure, with those of *patterns* found; for whoever has threads and cannot fork."""
    if report.end != "failed" or not patterns:
        return report
    return replace(report, found=_ask(Question(str(folder), patterns, report.traceback)))


def _ask(question: Question) -> tuple[str, ...]:
    command = [sys.executable, "-P", "-m", "nbflow.engine.attempt.patterns"]
    data = msgspec.json.encode(question)
    with suppress(msgspec.MsgspecError, subprocess.TimeoutExpired):  # an answer that never came: nothing was found
        done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=3 * PATIENCE)
        return msgspec.json.decode(done.stdout, type=tuple[str, ...])
    return ()


def holds(question: Question, pattern: str) -> bool:
    """Whether *pattern* is in what the attempt wrote or raised; ``^`` and ``$`` match at every line.

    >>> holds(Question("/no/such", (), "CUDA error\\nout of memory"), "^out of")
    True
    """
    sought = re.compile(pattern, re.MULTILINE)
    for name in (OUT, ERR):
        with suppress(OSError):
            if sought.search((Path(question.folder) / name).read_text(errors="replace")):
                return True
    return sought.search(question.text) is not None


def _look(question: Question, pattern: str, leave: Callable[[], None]) -> NoReturn:
    code = _NOT_FOUND
    try:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(PATIENCE)
        leave()
        code = _FOUND if holds(question, pattern) else _NOT_FOUND
    except re.error:
        code = _MALFORMED
    finally:
        os._exit(code)


def main() -> None:
    """Answer the question on stdin."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    sys.stdout.buffer.write(msgspec.json.encode(answer(question)))


if __name__ == "__main__":
    main()
