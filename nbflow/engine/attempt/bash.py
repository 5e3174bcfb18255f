"""Running a script for bash: the body of a ``--shell`` job, or what is run before a failed job's next attempt."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from numbers import Number
from pathlib import Path, PurePath
from typing import Any, NoReturn

from nbflow.core.inputs import Given, Whole
from nbflow.engine.attempt.memory import kills
from nbflow.engine.attempt.record import AttemptOrder
from nbflow.engine.attempt.refused import Refused

SCRIPT = "script"
"""File in the attempt's folder that holds a script too long for an argument."""
LONGEST = 100_000
"""Bytes of one argument or variable; the system takes 131,072."""
_NUMBERS = {"int", "float", "complex", "Decimal", "Fraction", "int64", "int32", "float64", "float32"}
_PLAIN = {"str", "bool", "PosixPath", "PurePosixPath", *_NUMBERS}
_KILLED = 128 + signal.SIGKILL


class ScriptFailed(Refused):
    """The script ended with an exit code that is not 0."""

    def __init__(self, code: int) -> None:
        super().__init__("exit code", str(code))
        self.exit_code = code


def worth_loading(given: Given) -> bool:
    """Whether an input may be one that an environment variable can hold, so that it need be loaded."""
    return not isinstance(given, Whole) or given.value.type in _PLAIN


def variables(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Those of *inputs* that are text, numbers, true or false, or paths, as environment variables.

    >>> variables({"alpha": 0.1, "fast": True, "n": 3, "out": Path("a/b"), "rows": [1, 2]})
    {'alpha': '0.1', 'fast': 'true', 'n': '3', 'out': 'a/b'}
    """
    found: dict[str, str] = {}
    for name, value in inputs.items():
        match value:
            case bool():
                found[name] = "true" if value else "false"
            case str() | PurePath() | Number():
                found[name] = str(value)
    return found


def run(order: AttemptOrder, inputs: Mapping[str, Any]) -> None:
    """Run *order*'s script to its end, with *inputs* in its environment; this process's streams are its own.

    Raises `ScriptFailed` for an exit code other than 0. Where a signal ended bash, the same ends this process: then
    whoever supervises it sees what happened to the script.
    """
    before = kills()
    try:
        process = subprocess.Popen(_command(order), stdin=subprocess.DEVNULL, env=os.environ | _fitting(inputs))
    except FileNotFoundError:
        raise Refused("executor unavailable", "there is no bash on this machine") from None
    code = process.wait()
    if code < 0:
        _end_by(-code)
    if code == _KILLED and kills() > before:
        raise Refused("out of memory", "killed by the system")
    if code:
        raise ScriptFailed(code)


def _command(order: AttemptOrder) -> list[str]:
    """In messages of bash the script goes by the job's name."""
    strict = ["bash", "-euo", "pipefail"]
    if len(order.source.encode()) <= LONGEST:
        return [*strict, "-c", order.source, order.job]
    path = Path(order.folder) / SCRIPT
    path.write_text(order.source)
    return [*strict, str(path)]


def _fitting(inputs: Mapping[str, Any]) -> dict[str, str]:
    fitting = {}
    for name, text in variables(inputs).items():
        if len(text.encode(errors="surrogateescape")) <= LONGEST and "\0" not in text:
            fitting[name] = text
        else:
            print(f"nbflow: {name!r} is too long, or no text, for an environment variable", file=sys.stderr)
    return fitting


def _end_by(number: int) -> NoReturn:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    raise Refused("signal", str(number))  # it did not end us
