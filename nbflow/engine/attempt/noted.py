"""Patterns that are looked for by who has threads and must not fork, or did not hear of them before a crash.

``python -P -m nbflow.engine.attempt.noted`` reads a `Question` as JSON and prints the list of the patterns found.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from nbflow.engine.attempt.patterns import PATIENCE, Question, Search
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport

NOTED = "patterns"
"""File in an attempt's folder: what is to be looked for should it fail, for whoever finds it after a crash."""


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
    command = [sys.executable, "-P", "-m", "nbflow.engine.attempt.noted"]
    data = msgspec.json.encode(question)
    with suppress(msgspec.MsgspecError, subprocess.TimeoutExpired):  # an answer that never came: nothing was found
        done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=3 * PATIENCE)
        return msgspec.json.decode(done.stdout, type=tuple[str, ...])
    return ()


def answer(question: Question) -> tuple[str, ...]:
    """The patterns found; to be called where no other child can end meanwhile."""
    search = Search(question)
    while search.pids:
        search.ended(*os.wait())
    return search.found


def main() -> None:
    """Answer the question on stdin."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    sys.stdout.buffer.write(msgspec.json.encode(answer(question)))


if __name__ == "__main__":
    main()
