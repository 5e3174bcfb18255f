"""Round numbers on an axis of seconds, said as people say times."""

from __future__ import annotations

from nbflow.core.words import duration, elapsed

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_STEPS = (
    *(part * scale for scale in (0.001, 0.01, 0.1) for part in (1, 2, 5)),
    *(part * scale for scale in (1.0, _MINUTE) for part in (1, 2, 5, 10, 15, 30)),
    *(part * _HOUR for part in (1, 2, 3, 6, 12)),
    *(part * _DAY for part in (1, 2, 7, 14, 28)),
)


def step(span: float, most: int) -> float:
    """Seconds between ticks, so that there are at most *most* in *span* seconds.

    >>> step(52, 8), step(0.7, 8), step(5 * 3600, 8)
    (10.0, 0.1, 3600.0)
    """
    return next(
        (seconds for seconds in _STEPS if span / seconds <= most), _STEPS[-1] * (1 + span // _STEPS[-1] // most)
    )


def tick(seconds: float, apart: float) -> str:
    """The label at *seconds* where ticks are *apart*.

    >>> tick(90, 30), tick(0.2, 0.1), tick(0.02, 0.01), tick(0, 0.1), tick(172800, 86400)
    ('1:30', '0.2 s', '20 ms', '0', '2 d')
    """
    if apart >= _DAY:
        return f"{seconds / _DAY:g} d"
    if apart >= 1:
        return elapsed(seconds + 0.5)
    return duration(seconds) if seconds > 0 else "0"
