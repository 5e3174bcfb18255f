"""Values an option takes: durations, numbers, names, policies. Each parser raises ValueError for anything else."""

from __future__ import annotations

import ast
import keyword
import math
import re

from nbflow.core.elements import split_names
from nbflow.core.policies import Judge
from nbflow.core.policy import parse
from nbflow.errors import DeclarationError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SIZES = {"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}
_NAME_LIMIT = 200


def duration(text: str) -> float:
    """Seconds of ``30``, ``30s``, ``5m``, ``1h30m``, ``250ms``, ``2d``.

    >>> [duration(text) for text in ("30", "1.5s", "5m", "1h30m", "250ms")]
    [30.0, 1.5, 300.0, 5400.0, 0.25]
    """
    if re.fullmatch(r"\d+(\.\d*)?|\.\d+", text):
        return float(text)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(text)
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def some_duration(text: str) -> float:
    """A `duration` longer than nothing."""
    if (seconds := duration(text)) <= 0:
        raise ValueError(text)
    return seconds


def limit(text: str) -> float | None:
    """A `some_duration`, or None for ``none``: no limit.

    >>> limit("none") is None, limit("5m")
    (True, 300.0)
    """
    return None if text == "none" else some_duration(text)


def whole(text: str) -> int:
    """A whole number ≥ 0."""
    if not re.fullmatch(r"[0-9]+", text):
        raise ValueError(text)
    return int(text)


def positive(text: str) -> int:
    """A whole number ≥ 1."""
    if (number := whole(text)) < 1:
        raise ValueError(text)
    return number


def row(text: str) -> str:
    """What has a row of a timeline: ``job`` or ``slot``."""
    if text not in ("job", "slot"):
        raise ValueError(text)
    return text


def size(text: str) -> int:
    """Bytes of ``2GB``, ``1.5G``, ``500 MB`` (powers of 1,000), ``1GiB`` (of 1,024); at least one, with a unit.

    >>> size("2GB"), size("500MB"), size("1GiB")
    (2000000000, 500000000, 1073741824)
    """
    found = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+) ?([KMGT]?I?)B?", text.upper())
    if not found or text[-1] in "0123456789." or (count := int(float(found[1]) * _SIZES[found[2]])) < 1:
        raise ValueError(text)
    return count


def room(given: str | int | None) -> int | None:
    """Bytes of a setting that is a size or a number of bytes; None is none.

    >>> room("20GB"), room(5_000_000), room(None)
    (20000000000, 5000000, None)
    """
    if given is None:
        return None
    count = given if isinstance(given, int) else size(given)
    if count < 1:
        raise ValueError(given)
    return count


def factor(text: str) -> float:
    """A finite number ≥ 1."""
    number = float(text)
    if not (math.isfinite(number) and number >= 1):
        raise ValueError(text)
    return number


def fraction(text: str) -> float:
    """A number from 0 to 1."""
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError(text)
    return number


def variables(text: str) -> tuple[str, ...]:
    """Variables' names, separated by commas or spaces, each once; none for an empty text.

    >>> variables("x, y z")
    ('x', 'y', 'z')
    """
    names = tuple(dict.fromkeys(re.split(r"[\s,]+", text.strip(" ,")))) if text.strip(" ,") else ()
    for name in names:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(name)
    return names


def listed(text: str) -> tuple[str, ...]:
    """Names or patterns separated by commas, each once; at least one.

    >>> listed("a,fit*,a,fit[x=1,y=2]")
    ('a', 'fit*', 'fit[x=1,y=2]')
    """
    names = tuple(dict.fromkeys(name.strip() for name in split_names(text)))
    if not all(names):
        raise ValueError(text)
    return names


def classes(text: str) -> tuple[str, ...]:
    """Names of exception classes, dotted or not, separated by commas, each once; at least one.

    >>> classes("OSError,requests.Timeout")
    ('OSError', 'requests.Timeout')
    """
    names = listed(text)
    for name in names:
        if not _dotted(name):
            raise ValueError(name)
    return names


def expression(text: str) -> str:
    """A Python expression, of one line or more.

    >>> expression(" len(df) > 0 ")
    'len(df) > 0'
    """
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, MemoryError, RecursionError):
        raise ValueError(text) from None
    return text.strip()


def call(text: str) -> str:
    """A function by its name, dotted or not, or ``=expression``.

    >>> call("undo"), call("= df.head(0)")
    ('undo', '=df.head(0)')
    """
    if text.startswith("="):
        return f"={expression(text[1:])}"
    if not _dotted(text):
        raise ValueError(text)
    return text


def missing(text: str) -> str:
    """What a job does without a need: ``error``, ``none``, ``pass`` or ``=expression``."""
    if text.startswith("="):
        return f"={expression(text[1:])}"
    if text not in ("error", "none", "pass"):
        raise ValueError(text)
    return text


def _dotted(name: str) -> bool:
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in name.split("."))


def job_name(text: str) -> str:
    """A name a job or a group may have: printable, no spaces, none of ``,*?``, not starting with ``-``, ≤ 200 long."""
    bad = not text or len(text) > _NAME_LIMIT or text.startswith("-") or not text.isprintable()
    if bad or any(char.isspace() or char in ",*?" for char in text):
        raise ValueError(text)
    return text


def known_job(text: str) -> str:
    """The name of a job that is there: it may be that of an element of a fan-out, such as ``fit[a=1,b=2]``."""
    if split_names(text) != [text] or not text or any(char.isspace() for char in text):
        raise ValueError(text)
    return text


def setting(text: str) -> tuple[str, str]:
    """An environment variable and its value.

    >>> setting("MODE=a=b")
    ('MODE', 'a=b')
    """
    name, equals, value = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or "\0" in value:
        raise ValueError(text)
    return name, value


def path(text: str) -> str:
    """A path: any text but an empty one."""
    if not text or "\0" in text:
        raise ValueError(text)
    return text


def files(text: str) -> tuple[str, ...]:
    """Paths or patterns, separated by commas outside of braces, each once; none for an empty text.

    >>> files("raw/{year}.csv, {name(a, b)},*.txt")
    ('raw/{year}.csv', '{name(a, b)}', '*.txt')
    """
    if "\0" in text:
        raise ValueError(text)
    parts, depth = [""], 0
    for char in text:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += char
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def policy(text: str) -> Judge:
    """A group's policy.

    >>> policy("at-least:2")
    AtLeast(count=2, percent=False)
    >>> policy("critical:a,b")
    Critical(names=('a', 'b'))
    """
    try:
        return parse(text)
    except DeclarationError:
        raise ValueError(text) from None
