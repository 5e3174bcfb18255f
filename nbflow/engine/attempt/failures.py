"""From an exception in a cell to a reason that people and failure rules can read."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from types import TracebackType

from nbflow.core.status import Reason
from nbflow.core.words import size
from nbflow.errors import NbflowError, ValueNotStorable

_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (MemoryError, "out of memory"),
    (AssertionError, "assertion"),
    (ValueError, "invalid argument"),
    (TypeError, "invalid type"),
    (ImportError, "import"),
    (SyntaxError, "syntax"),
)
OURS = f"{Path(__file__).parents[2]}{os.sep}"
"""Where nbflow's own code is: no line of it tells a person anything about theirs."""
TEXT_LIMIT = 64 * 1024
DETAIL_LIMIT = 500
CLASSES_LIMIT, CLASS_LIMIT = 50, 200


def reason(error: BaseException, attempt: int | None = None) -> Reason:
    """Why the cell failed.

    >>> reason(ValueError("bad"))
    Reason(kind='invalid argument', detail='ValueError: bad', attempt=None)
    >>> reason(SystemExit(3)).words()
    'exit 3'
    """
    if isinstance(error, SystemExit):
        return Reason("exit code", str(exit_code(error)), attempt)
    kind = next((word for type_, word in _KINDS if isinstance(error, type_)), "exception")
    return Reason(kind, _one_line(error), attempt)


def beyond(error: MemoryError, limit: int) -> Reason:
    """Why the cell failed that may take *limit* bytes.

    >>> beyond(MemoryError(), 2_000_000_000).words()
    'out of memory: MemoryError (limit 2.0 GB)'
    """
    return Reason("out of memory", f"{_one_line(error)} (limit {size(limit)})")


def classes(error: BaseException) -> tuple[str, ...]:
    """Full names of the class of *error* and its bases, the class itself first; none for ``SystemExit``.

    >>> classes(KeyError("x"))
    ('builtins.KeyError', 'builtins.LookupError', 'builtins.Exception', 'builtins.BaseException')
    >>> classes(SystemExit(3))
    ()
    """
    if isinstance(error, SystemExit):
        return ()
    return tuple(_full_name(each)[-CLASS_LIMIT:] for each in type(error).__mro__[:CLASSES_LIMIT] if each is not object)


def _full_name(class_: type) -> str:
    try:
        return f"{class_.__module__}.{class_.__qualname__}"
    except Exception:
        return "<its name cannot be shown>"


def exit_code(error: SystemExit) -> int:
    """The exit status that Python would give for *error*.

    >>> [exit_code(SystemExit(code)) for code in (None, 0, 3, 256 + 3, "text")]
    [0, 0, 3, 3, 1]
    """
    match error.code:
        case None:
            return 0
        case int(code):
            return code & 0xFF
        case _:
            return 1


def _one_line(error: BaseException) -> str:
    try:
        said = str(error)
    except Exception:
        said = "<its message cannot be shown>"
    if isinstance(error, SyntaxError):
        said = f"{error.msg} (line {error.lineno})"
    first = next(iter(said.strip().splitlines()), "")
    line = f"{type(error).__name__}: {first}" if first else type(error).__name__
    return line if len(line) <= DETAIL_LIMIT else line[: DETAIL_LIMIT - 1] + "…"


def text(error: BaseException, filename: str) -> str:
    """The traceback as plain text from the first line of *filename*, the user's own code; at most 64 KiB.

    Lines of nbflow's own are left out. An error of ours that none of the user's lines led to is told by its message,
    unless the reason says all of it.
    """
    found = _from(error.__traceback__, filename)
    if found is None and isinstance(error, NbflowError):
        return f"{type(error).__name__}: {error}" if isinstance(error, ValueNotStorable) else ""
    report = traceback.TracebackException(type(error), error, found or error.__traceback__, compact=True)
    theirs = [frame for frame in report.stack if not frame.filename.startswith(OURS)]
    if theirs or found is None:
        report.stack[:] = theirs
    return _cut("".join(report.format()))


def _from(tb: TracebackType | None, filename: str) -> TracebackType | None:
    while tb is not None and tb.tb_frame.f_code.co_filename != filename:
        tb = tb.tb_next
    return tb


def _cut(text: str) -> str:
    if len(text) <= TEXT_LIMIT:
        return text
    half = TEXT_LIMIT // 2
    return f"{text[:half]}\n… {len(text) - TEXT_LIMIT} characters left out …\n{text[-half:]}"


def say_exit(error: SystemExit) -> None:
    """Print what Python prints for ``sys.exit("text")``."""
    if error.code is not None and not isinstance(error.code, int):
        print(error.code, file=sys.stderr)
