"""Failure rules as they are written: ``10,11:2:./fix.sh``. Each parser raises ValueError for anything else."""

from __future__ import annotations

import re
from signal import Signals

from nbflow.core.rules import ANY, Rule
from nbflow.notebook import quantities as take
from nbflow.notebook.tokens import LineError

_SHELL = 128
"""A shell's exit code for a command that a signal ended is this more than the signal's number."""


def on_exit(text: str) -> Rule:
    """``CODES[:N[:SCRIPT]]``: exit codes from 1 to 255, names of signals, or ``*`` for any failure.

    A signal and the exit code that a shell gives for it mean the same.

    >>> on_exit("10,11:2:./fix.sh").exits, on_exit("SIGKILL").exits, on_exit("137").exits
    (('10', '11'), ('SIGKILL', '137'), ('137', 'SIGKILL'))
    >>> on_exit("10::./fix.sh").retries
    1
    """
    codes, retries, script = _parts(text)
    exits = tuple(dict.fromkeys(each for code in take.listed(codes) for each in _exit(code)))
    return Rule(on="exit", exits=exits, retries=retries, script=script, label=f"--on-exit {text}")


def on_error(text: str) -> Rule:
    """``EXC,…[:N[:SCRIPT]]``: classes of exceptions, subclasses included.

    >>> on_error("OSError,http.Timeout:3").classes
    ('OSError', 'http.Timeout')
    """
    names, retries, script = _parts(text)
    return Rule(on="error", classes=take.classes(names), retries=retries, script=script, label=f"--on-error {text}")


_COUNT = re.compile(r"(?<!\\):(\d+)(?=:|\Z)")
"""Where the pattern of a rule ends, and its number."""


def on_log(text: str) -> Rule:
    r"""``PATTERN[:N[:SCRIPT]]``: a regular expression that the attempt's output holds.

    The pattern ends at the first colon that a whole number follows, itself followed by a colon or nothing; one that is
    meant otherwise is written ``\:``.

    >>> rule = on_log("Error: disk full:2:./fix.sh a:3")
    >>> rule.pattern, rule.retries, rule.script
    ('Error: disk full', 2, './fix.sh a:3')
    >>> on_log(r"failed at 10\:30").pattern, on_log("a:b").pattern
    ('failed at 10\\:30', 'a:b')
    """
    count = _COUNT.search(text)
    pattern = text[: count.start()] if count else text
    retries, script = _parts(text[len(pattern) :])[1:]
    if not pattern:
        raise ValueError(text)
    try:
        re.compile(pattern)
    except re.error as error:
        raise LineError(f"--on-log: {pattern!r} is no regular expression: {error}") from None
    return Rule(on="log", pattern=pattern, retries=retries, script=script, label=f"--on-log {text}")


def on_oom(text: str) -> Rule:
    """``memory*F[:N[:SCRIPT]]``: when memory ran out, the next attempt may take F times as much.

    >>> rule = on_oom("memory*2:3")
    >>> rule.memory, rule.retries
    (2.0, 3)
    """
    more, retries, script = _parts(text)
    word, times, factor = more.replace(" ", "").partition("*")
    if word != "memory" or not times:
        raise ValueError(text)
    return Rule(on="oom", memory=take.factor(factor), retries=retries, script=script, label=f"--on-oom {text}")


def on_timeout(text: str) -> Rule:
    """``N[:SCRIPT]``: when an attempt took longer than ``--timeout``.

    >>> on_timeout("2:./warm-up.sh").retries
    2
    """
    _, retries, script = _parts(f"timeout:{text}")
    return Rule(on="timeout", retries=retries, script=script, label=f"--on-timeout {text}")


def _parts(text: str) -> tuple[str, int, str]:
    """What a rule is about, its retries (1 where none are given) and its script, which may hold colons."""
    about, colon, rest = text.partition(":")
    count, again, script = rest.partition(":")
    if (colon and not rest) or (again and not script.strip()):
        raise ValueError(text)
    return about, take.whole(count) if count else 1, script.strip()


def _exit(text: str) -> tuple[str, ...]:
    """A code or signal as rules hold it: with the other word for the same end, where there is one."""
    if text == ANY:
        return (ANY,)
    if text.isascii() and text.isdecimal():
        if not 1 <= int(text) <= 255:
            raise ValueError(text)
        same = [signal.name for signal in Signals if signal + _SHELL == int(text)]
        return (str(int(text)), *same)
    name = text.upper()
    signal = Signals.__members__.get(name) or Signals.__members__.get(f"SIG{name}")
    if signal is None:
        raise ValueError(text)
    return signal.name, str(signal + _SHELL)
