"""What a browser may ask: read with suspicion, for anything can be sent over a comm."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from msgspec import Struct

from nbflow.errors import NbflowError

ACTIONS = ("retry", "run", "skip", "cancel")
"""What changes the run; each carries the generation that the person saw."""
LOOKS = ("select", "hello")
"""What changes only what is sent to the browser."""
MANY = 10_000
"""No more jobs than this in one request."""


class Asked(Struct, frozen=True):
    """One request. *number* is the browser's own, for the answer; *attempt* whose log is wanted, None the last."""

    op: str
    number: int
    jobs: tuple[str, ...] = ()
    generation: int | None = None
    attempt: int | None = None


class RefusedError(NbflowError):
    """A message that is no request; *number* is its own, as far as it could be read."""

    def __init__(self, said: str, number: int = 0) -> None:
        self.number = number
        super().__init__(said)


def read_request(content: Any, known: Collection[str]) -> Asked:
    """A message from the browser as a request on the *known* jobs.

    Raises:
        RefusedError: it is none; says why in one line.

    >>> read_request({"op": "retry", "number": 1, "jobs": ["fit"], "generation": 2}, {"fit"})
    Asked(op='retry', number=1, jobs=('fit',), generation=2, attempt=None)
    """
    if not isinstance(content, dict):
        raise RefusedError("a request is an object")
    number = _whole(content, "number")
    if number is None:
        raise RefusedError("a request has a number")
    op = content.get("op")
    if op not in ACTIONS and op not in LOOKS:
        raise RefusedError(f"unknown request: the view knows {', '.join(ACTIONS + LOOKS)}", number)
    jobs = _jobs(content.get("jobs", []), known, number)
    if op in ACTIONS and not jobs:
        raise RefusedError(f"{op} needs a job", number)
    return Asked(op, number, jobs, _whole(content, "generation", number), _whole(content, "attempt", number))


def _whole(content: dict[Any, Any], key: str, number: int = 0) -> int | None:
    value = content.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise RefusedError(f"{key} is a whole number", number)
    return value


def _jobs(names: Any, known: Collection[str], number: int) -> tuple[str, ...]:
    if not isinstance(names, list) or len(names) > MANY or not all(isinstance(name, str) for name in names):
        raise RefusedError("jobs is a list of names", number)
    strange = [name for name in names if name not in known]
    if strange:
        raise RefusedError(f"no job {strange[0][:80]!r} in this run", number)
    return tuple(names)
