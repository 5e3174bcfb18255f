"""What a browser may ask: read with suspicion, for anything can be sent over a comm."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from msgspec import Struct

from nbflow.errors import NbflowError

JOB_ACTIONS = ("retry", "retry-downstream", "run", "skip", "skip-last", "cancel")
"""What changes jobs; each comes with the generation that the person saw."""
RUN_ACTIONS = ("pause", "unpause", "undo")
"""What changes the run as a whole; ``undo`` takes back the request with number *of*."""
ACTIONS = JOB_ACTIONS + RUN_ACTIONS
CLOSEUPS = ("code", "data", "output")
"""What is told of one job when somebody looks at it closely: its text, its values, what it has shown."""
BACK = ("timeline", "history", "runs", "past")
"""What is told of the past: ``timeline`` asks for the bars of the timeline, ``history`` for changes of statuses, each
from number *since* on; ``runs`` for the list of runs, ``past`` for number *run* of them."""
OF_A_RUN = ("select", "timeline", "history", "past", "members", *CLOSEUPS, "log")
"""What may be about an earlier run, number *run*; all else is about the present one."""
TOLD = (*BACK, "foretell", "members", "log", *CLOSEUPS)
"""What is answered by data: ``foretell`` asks for what a retry of the jobs would take, ``members`` for what a group, or
a fan-out, has come to, ``log`` for the part of a log that begins at *start*, or ends at *end*."""
LOOKS = ("select", "turn", *TOLD, "hello", "again")
"""What changes only what is sent to the browser: ``again`` asks, for a page that has slept, for all of it; ``turn``
opens or folds fan-outs, which *jobs* names."""
MANY = 20_000
"""No more jobs than this in one request."""


class Asked(Struct, frozen=True):
    """One request. *number* is the browser's own, for the answer.

    *generations* are those of the *jobs*, as the person saw them. *attempt* says whose log is wanted, None the last;
    with *step*, that of the step which followed it, by its place.
    """

    op: str
    number: int
    jobs: tuple[str, ...] = ()
    generations: tuple[int, ...] = ()
    attempt: int | None = None
    step: int | None = None
    since: int | None = None
    run: int | None = None
    start: tuple[int, int] | None = None
    end: tuple[int, int] | None = None
    of: int | None = None


class RefusedError(NbflowError):
    """A message that is no request; *number* is its own, as far as it could be read."""

    def __init__(self, said: str, number: int = 0) -> None:
        self.number = number
        super().__init__(said)


def read_request(
    content: Any, known: Collection[str], groups: Collection[str] = (), fans: Collection[str] = ()
) -> Asked:
    """A message from the browser as a request on the *known* jobs, or *groups*, or *fans*.

    Raises:
        RefusedError: it is none; says why in one line.

    >>> read_request({"op": "retry", "number": 1, "jobs": ["fit"], "generations": [2]}, {"fit"}).generations
    (2,)
    """
    if not isinstance(content, dict):
        raise RefusedError("a request is an object")
    number = _whole(content, "number")
    if number is None:
        raise RefusedError("a request has a number")
    op = content.get("op")
    if op not in ACTIONS and op not in LOOKS:
        raise RefusedError(f"unknown request: the view knows {', '.join(ACTIONS + LOOKS)}", number)
    kind, there = _meant(op, known, groups, fans)
    jobs = _jobs(content.get("jobs", []), there, number, kind)
    if op not in (*RUN_ACTIONS, *BACK, "select", "hello", "again") and not jobs:
        raise RefusedError(f"{op} needs a {kind}", number)
    generations = _generations(content.get("generations", []), jobs, number) if op in JOB_ACTIONS else ()
    more = {key: _whole(content, key, number) for key in ("attempt", "step", "since", "of", "run")}
    if (more["run"] is not None) > (op in OF_A_RUN) or (op == "past") > bool(more["run"]):
        said = "past needs a run" if op == "past" else "an earlier run can be looked at, not changed"
        raise RefusedError(said, number)
    start, end = (_place(content, key, number) for key in ("start", "end"))
    return Asked(op, number, jobs, generations, **more, start=start, end=end)


def _meant(
    op: str, known: Collection[str], groups: Collection[str], fans: Collection[str]
) -> tuple[str, Collection[str]]:
    """What the names of a request are of, and those that there are."""
    match op:
        case "turn":
            return "fan-out", fans
        case "members":
            return "group", {*groups, *fans}
        case _:
            return "job", known


def _place(content: dict[Any, Any], key: str, number: int) -> tuple[int, int] | None:
    """A place in a log: so many bytes of the one stream, so many of the other."""
    value = content.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise RefusedError(f"{key} is two whole numbers", number)
    out, err = (_whole({key: one}, key, number) for one in value)
    return out or 0, err or 0


def _whole(content: dict[Any, Any], key: str, number: int = 0) -> int | None:
    value = content.get(key)
    if value is None:
        return None
    if not _is_whole(value):
        raise RefusedError(f"{key} is a whole number", number)
    found: int = value
    return found


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _jobs(names: Any, known: Collection[str], number: int, kind: str) -> tuple[str, ...]:
    if not isinstance(names, list) or len(names) > MANY or not all(isinstance(name, str) for name in names):
        raise RefusedError("jobs is a list of names", number)
    if len(set(names)) != len(names):
        raise RefusedError("jobs names one twice", number)
    strange = [name for name in names if name not in known]
    if strange:
        raise RefusedError(f"no {kind} {strange[0][:80]!r} in this run", number)
    return tuple(names)


def _generations(told: Any, jobs: tuple[str, ...], number: int) -> tuple[int, ...]:
    if not isinstance(told, list) or len(told) != len(jobs) or not all(map(_is_whole, told)):
        raise RefusedError("generations are whole numbers, one for each job", number)
    return tuple(told)
