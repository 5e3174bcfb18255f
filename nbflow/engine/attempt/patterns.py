"""Which patterns the log of a failed attempt holds: each looked for in a short-lived process of its own.

A regular expression can take for ever and cannot be interrupted; a process can be killed.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from msgspec import Struct

from nbflow.engine.attempt.record import ERR, OUT

SECONDS = 1.0
"""Processor time that looking for one pattern may take."""
PATIENCE = 10
"""Seconds that it may take in all."""
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
