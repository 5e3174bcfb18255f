"""What a retry would do, and how long that takes: what a button says before somebody presses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbflow.core.lanes import lanes
from nbflow.core.pace import Pace
from nbflow.core.status import Status
from nbflow.core.streams import Streams
from nbflow.widget.details import follows, last_good


def foretold(snapshot: Mapping[str, Any], streams: Streams, names: Sequence[str]) -> dict[str, Any]:
    """What running the jobs *names* of *snapshot* again would bring.

    ``follow``: so many wait for them, and run after them by themselves; ``below``: so many in all depend on them and
    would run with them. ``seconds`` says how long each of that takes: *names* alone, with those that follow, with all;
    None where nobody knows. ``last``: the places in *names* of those with good outputs of old.

    >>> tried = {"number": 1, "started_at": 0.0, "ended_at": 4.0, "end": "succeeded"}
    >>> ran = {"status": "succeeded", "attempts": [tried]}
    >>> run = {"jobs": {"a": ran, "b": ran | {"needs": ["a"]}}}
    >>> foretold(run, Streams(run), ["a"])
    {'follow': 0, 'below': 1, 'seconds': [4.0, 4.0, 8.0], 'last': [0]}
    """
    jobs, named = snapshot.get("jobs") or {}, set(names)
    below = [name for name in streams.downstream(names) if name not in named and name in jobs]
    following = [name for name in below if follows(jobs[name])]
    ended = [name for name in below if Status(jobs[name]["status"]).ended]
    pace = Pace(jobs, streams.above, slots=_slots(jobs))
    with_below = {*following, *ended}
    return {
        "follow": len(following),
        "below": len(with_below),
        "seconds": [_seconds(pace, streams, [*names, *more]) for more in ((), following, with_below)],
        "last": [place for place, name in enumerate(names) if last_good(jobs[name]) is not None],
    }


def _seconds(pace: Pace, streams: Streams, names: Sequence[str]) -> float | None:
    wanted = set(names)
    found = pace.again([name for name in streams.jobs if name in wanted])
    return None if found is None else round(found, 3)


def _slots(jobs: Mapping[str, Mapping[str, Any]]) -> int:
    """As many as have run side by side so far."""
    return max((bar.lane for bar in lanes(jobs)), default=0) + 1
