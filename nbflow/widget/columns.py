"""Bars and histories as they go to a browser: columns of small whole numbers, for there may be tens of thousands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from nbflow.core.history import History
from nbflow.core.lanes import Lane
from nbflow.widget.packing import deflated

NEVER = -1
"""Stands for a time that is not known, or has not come."""
PLAIN = 12_000
"""Bytes of an answer that are sent as they are."""


def bars(found: Sequence[Lane], since: int) -> dict[str, Any]:
    """*found* from number *since* on.

    Instants in milliseconds: *starts* after *at* (seconds since the epoch), *ends*, *readies* and *afters* after, and
    before, the start; `NEVER` where there is none. *steps*: place -> what followed an attempt.

    >>> told = bars([Lane(3, 1, "", None, 9.5, 10.0, 12.0, "S", 0)], 0)
    >>> told["at"], told["starts"], told["ends"], told["readies"], told["letters"]
    (10.0, [0], [2000], [500], 'S')
    """
    at, rest = (found[0].start if found else 0.0), found[since:]
    return {
        "at": at,
        "jobs": [bar.job for bar in rest],
        "attempts": [bar.attempt for bar in rest],
        "steps": {str(place): bar.step for place, bar in enumerate(rest) if bar.step},
        "starts": [_ms(bar.start - at) for bar in rest],
        "ends": [NEVER if bar.end is None else _ms(bar.end - bar.start) for bar in rest],
        "readies": [_ms(bar.start - bar.ready) for bar in rest],
        "afters": [NEVER if bar.after is None else _ms(bar.start - bar.after) for bar in rest],
        "letters": "".join([bar.letter for bar in rest]),
        "lanes": [bar.lane for bar in rest],
    }


def shifts(past: History, since: int) -> dict[str, Any]:
    """The shifts of *past* from number *since* on, and all verdicts of groups.

    *times* are milliseconds, each after the one before it, the first after *at* (seconds since the epoch); *jobs* are
    numbers, each less that of the one before it: most jobs change after their neighbours.

    >>> from nbflow.core.history import Shift
    >>> told = shifts(History(("a", "b"), (Shift(5.0, 0, "Q"), Shift(5.0, 1, "Q"), Shift(7.5, 0, "R")), ()), 0)
    >>> told["at"], told["times"], told["jobs"], told["letters"]
    (5.0, [0, 0, 2500], [0, 1, -1], 'QQR')
    """
    rest = past.shifts[since:]
    at = rest[0].at if rest else 0.0
    times = [_ms(shift.at - at) for shift in rest]
    jobs = [shift.job for shift in rest]
    return {
        "at": at,
        "times": [one - before for one, before in zip(times, [0, *times], strict=False)],
        "jobs": [one - before for one, before in zip(jobs, [0, *jobs], strict=False)],
        "letters": "".join([shift.letter for shift in rest]),
        "verdicts": [[when, group, verdict.value] for when, group, verdict in past.verdicts],
    }


def dense(answer: dict[str, Any], most: int = PLAIN) -> dict[str, Any]:
    """*answer*, or, where it is longer than *most* bytes as JSON, what makes it again: ``dense``, deflated, in base64.

    >>> dense({"kind": "bars", "jobs": [0] * 9})["kind"], sorted(dense({"kind": "bars", "jobs": [0] * 99_000}))
    ('bars', ['dense', 'kind'])
    """
    text = msgspec.json.encode(answer)
    if len(text) <= most:
        return answer
    return {"kind": "dense", "dense": deflated(text)}


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
