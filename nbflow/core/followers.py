"""The jobs that one which has succeeded still waits for, because it made them while it ran."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nbflow.core.status import Reason, Status


@dataclass(slots=True)
class Followers:
    """Follow-ups by their place among all that their maker waits for, and how they stand.

    >>> followers = Followers.of(("fit", "check"))
    >>> followers.standing[0].value, followers.put("check", Status.FAILED, None), followers.standing[1].words()
    ('waiting', True, 'upstream failed: check')
    >>> followers.put("check", Status.SUCCEEDED, None), followers.put("fit", Status.SUCCEEDED, None)
    (True, True)
    >>> followers.standing[0].value
    'succeeded'
    """

    places: dict[str, int]
    open: set[str] = field(default_factory=set)
    """Those that are yet to end."""
    bad: dict[str, str] = field(default_factory=dict)
    """Those that did not end well -> whom to look at."""

    @classmethod
    def of(cls, names: Iterable[str]) -> Followers:
        """None has ended yet."""
        places = {name: place for place, name in enumerate(dict.fromkeys(names))}
        return cls(places, set(places))

    @property
    def standing(self) -> tuple[Status, Reason | None]:
        """Where that leaves their maker."""
        if self.bad:
            first = min(self.bad, key=self.places.__getitem__)
            return Status.FAILED, Reason("upstream failed", self.bad[first])
        return (Status.WAITING if self.open else Status.SUCCEEDED), None

    @property
    def awaited(self) -> list[str]:
        """Those that are yet to end, in order."""
        return sorted(self.open, key=self.places.__getitem__)

    def put(self, name: str, status: Status, reason: Reason | None) -> bool:
        """Note how *name* stands; whether that may matter to their maker."""
        if name not in self.places:
            return False
        before = self.standing
        (self.open.discard if status.ended else self.open.add)(name)
        self.bad.pop(name, None)
        if status.ended and not status.good:
            self.bad[name] = root(name, reason)
        return self.standing != before


def root(name: str, reason: Reason | None) -> str:
    """The job or group that people have to look at, where job *name* did not end well for *reason*."""
    return reason.detail if reason is not None and reason.kind == "upstream failed" else name
