"""The exceptions of a failed attempt, and those of their frames that are the user's: where each stands, and in what."""

from __future__ import annotations

import linecache
import os
import site
import sysconfig
from collections.abc import Iterator
from types import CodeType, FrameType, TracebackType

from nbflow.engine.attempt.failures import OURS
from nbflow.engine.attempt.stack import Parameters

CHAIN, OUTER, INNER, SOURCE = 8, 20, 40, 1_000_000

Frames = tuple[tuple[FrameType, int, int], ...]
"""Frames, each with its line and its last instruction."""
Chain = list[tuple[BaseException, str, Frames]]
"""Exceptions, the one that ended the attempt first; each with what it is to the one before, and its frames."""


def chain(error: BaseException, job: str) -> Chain:
    """*error* and what led to it; none that the lines of *job* did not lead to."""
    found = [(each, link, frames) for each, link in _linked(error) if (frames := _frames(each.__traceback__, job))]
    return found if found and found[0][0] is error else []


def _linked(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """*error*, and what led to it, as Python tells it."""
    link, seen = "", set[int]()
    while len(seen) < CHAIN and id(error) not in seen:
        seen.add(id(error))
        yield error, link
        if error.__cause__ is not None:
            error, link = error.__cause__, "cause"
        elif error.__context__ is not None and not error.__suppress_context__:
            error, link = error.__context__, "context"


def _frames(tb: TracebackType | None, job: str) -> Frames:
    """The frames from the first of the user's own on, without nbflow's."""
    found, filename = [], f"<job {job}>"
    while tb is not None:
        found.append((tb.tb_frame, tb.tb_lineno, tb.tb_lasti))
        tb = tb.tb_next
    start = next((at for at, (frame, *_) in enumerate(found) if frame.f_code.co_filename == filename), 0)
    return tuple(each for each in found[start:] if not each[0].f_code.co_filename.startswith(OURS))


def few(frames: Frames) -> Frames:
    """Of a recursion without end, both ends."""
    return frames if len(frames) <= OUTER + INNER else frames[:OUTER] + frames[-INNER:]


def parameters(code: CodeType) -> Parameters | None:
    """The parameters of the function that *code* is of; None if it is none's.

    >>> parameters((lambda a, /, b, *c, d, **e: 0).__code__)
    Parameters(only=('a',), plain=('b',), rest='c', by_name=('d',), more='e')
    """
    if not code.co_flags & 0x01:  # CO_OPTIMIZED: it is a function's
        return None
    names, plain = code.co_varnames, code.co_argcount
    rest = plain + code.co_kwonlyargcount
    stars = [bool(code.co_flags & flag) for flag in (0x04, 0x08)]
    return Parameters(
        only=names[: code.co_posonlyargcount],
        plain=names[code.co_posonlyargcount : plain],
        rest=names[rest] if stars[0] else "",
        by_name=names[plain:rest],
        more=names[rest + stars[0]] if stars[1] else "",
    )


def position(code: CodeType, last: int) -> tuple[int | None, int | None, int | None]:
    """The end line, the column and the end column of the instruction *last* of *code*."""
    found = next((place for at, place in enumerate(code.co_positions()) if at == last // 2), None)
    return (None, None, None) if found is None else (found[1], found[2], found[3])


def names_used(code: CodeType) -> set[str]:
    """The globals and attributes that *code* names, functions inside of it included."""
    found, ahead = set[str](), [code]
    while ahead:
        one = ahead.pop()
        found |= set(one.co_names)
        ahead += [each for each in one.co_consts if isinstance(each, CodeType)]
    return found


def texts(files: set[str]) -> Iterator[tuple[str, str]]:
    """Those of *files* that are the user's own, with their texts."""
    for file in files:
        if not installed(file) and (text := "".join(linecache.getlines(file))) and len(text) <= SOURCE:
            yield file, text


_HOMES = tuple(
    f"{os.path.realpath(home)}{os.sep}"
    for home in {
        *(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        site.getusersitepackages(),
    }
)


def installed(file: str) -> bool:
    """Whether *file* is of Python itself or of a package, and so the same tomorrow."""
    return file.startswith("<frozen") or os.path.realpath(file).startswith(_HOMES)
