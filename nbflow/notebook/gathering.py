"""What a fan-out has made, as the kernel reads it: dicts keyed by the element, and results as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from nbflow.core.elements import Fan, fan_of
from nbflow.core.group_plan import broken_text
from nbflow.core.groups import jobs_in
from nbflow.core.run import JobState, Run
from nbflow.core.spec import ValueRef
from nbflow.core.status import Verdict
from nbflow.errors import GroupError
from nbflow.notebook.session import Session

GLANCE, SHARE = 0.2, 25
"""Seconds between looks at what costs as much as there are jobs, and so many times as long as a look takes."""

MANY = 500
"""Jobs up to which it costs little to look at all of them after each event."""


class Result(NamedTuple):
    """What one element has left: its *key* in the dicts, and its outputs by name."""

    key: Any
    outputs: dict[str, Any]


class Fans:
    """The fan-outs of the run that this kernel follows.

    Keys are the very objects that the notebook gave, where it was this kernel that declared the fan-out.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    def remember(self, fan: str, refs: list[ValueRef], keys: list[Any]) -> None:
        """The elements of *fan* have these *keys*, which are stored as *refs*."""
        self.session.keys[fan] = refs, keys

    def of(self, name: str) -> Fan:
        """The fan-out *name*, which may have no elements."""
        replica = self.session.replica
        with replica.lock:
            return fan_of(replica.run, name) or Fan(name, name, {})

    def keys(self, fan: Fan) -> list[Any]:
        """The key of each element of *fan*."""
        refs = [element.key for element in fan.elements.values()]
        known, keys = self.session.keys.get(fan.name, ([], []))
        if known != refs:
            keys = [self._load(ref) for ref in refs]
            self.session.keys[fan.name] = refs, keys
        return keys

    def _load(self, ref: ValueRef) -> Any:
        return self.session.client.values.load(ref, self.session.namespace)

    def made_by(self, fan: Fan, output: str) -> tuple[object, ...]:
        """Tells what *fan* has left as *output* from what other attempts or elements leave."""
        replica = self.session.replica
        with replica.lock:
            jobs = [(name, replica.run.jobs[name]) for name in fan.elements]
            good = [(name, job) for name, job in jobs if job.status.good]
            return tuple((name, job.generation, len(job.attempts), job.outputs.get(output)) for name, job in good)

    def gathered(self, fan: Fan, output: str) -> dict[Any, Any]:
        """What the elements of *fan* have left as *output*, in their order; those without one are left out."""
        replica, keys = self.session.replica, self.keys(fan)
        with replica.lock:
            jobs = [replica.run.jobs[name] for name in fan.elements]
            good = [(key, job.outputs[output]) for key, job in zip(keys, jobs, strict=True) if _has(job, output)]
        values = self.session.client.values.load_all([ref for _, ref in good], self.session.namespace)
        return dict(zip((key for key, _ in good), values, strict=True))

    def check(self, group: str) -> None:
        """Raise `GroupError` if *group* is broken."""
        replica = self.session.replica
        with replica.lock:
            error = broken(replica.run, group)
        if error is not None:
            raise error

    def results(self, name: str, wait: Callable[[Callable[[Run], bool]], bool]) -> Iterator[Result]:
        """What the fan-out, or the members of the group, *name* leave, in the order of their ends.

        A member of a group that is no fan-out has its job's name as key. *wait* waits until what it is given says so of
        the run; False when its time is up.

        Raises:
            GroupError: at the end, the group is broken.
            TimeoutError: *wait* said so.
        """
        fan = self.of(name)
        if fan.elements:
            group, places = fan.group, dict(zip(fan.elements, self.keys(fan), strict=True))
        else:
            group, places = name, {job: job for job in self.session.members(name)}
        while places:
            ended = self._ended(places)
            for job, outputs in ended.items():
                key = places.pop(job)
                if outputs is not None:
                    values = {out: self._load(ref) for out, ref in outputs.items()}
                    yield Result(key, {n: v for n, v in values.items() if not isinstance(v, ModuleType)})
            if not ended and not wait(_any_ended(places)):
                raise TimeoutError(f"not ended: {few(list(places))}")
        self.check(group)

    def _ended(self, names: Mapping[str, Any]) -> dict[str, dict[str, ValueRef] | None]:
        """Those of *names* that have ended, first ends first, with their outputs if they have any to give."""
        replica = self.session.replica
        with replica.lock:
            jobs = [(name, replica.run.jobs[name]) for name in names]
            ended = sorted((item for item in jobs if item[1].status.ended), key=lambda item: item[1].changed_at)
            return {name: dict(job.outputs) if job.status.good else None for name, job in ended}


def _any_ended(names: Mapping[str, Any]) -> Callable[[Run], bool]:
    def done(run: Run) -> bool:
        return any(run.jobs[name].status.ended for name in names)

    return done if len(names) <= MANY else glance(done)


def _has(job: JobState, output: str) -> bool:
    return job.status.good and output in job.outputs


def few(names: Sequence[str], shown: int = 5) -> str:
    """Some of *names*, and how many more there are.

    >>> few(["a", "b", "c"], shown=2)
    'a, b and 1 more'
    """
    return ", ".join(names) if len(names) <= shown else f"{', '.join(names[:shown])} and {len(names) - shown} more"


def broken(run: Run, group: str) -> GroupError | None:
    """The error for whoever relies on *group*, if its policy is broken."""
    state = run.groups.get(group)
    if state is None or state.verdict is not Verdict.BROKEN:
        return None
    jobs = {name: run.jobs[name] for name in jobs_in(run, group)}
    bad = {name: job for name, job in jobs.items() if job.status.ended and not job.status.good}
    failed = {name: job.reason.words() if job.reason else job.status.value for name, job in bad.items()}
    return GroupError(group, failed, [name for name, job in jobs.items() if job.status.good], broken_text(state))


def decided(group: str) -> Callable[[Run], bool]:
    """Whether the policy of *group* has said what it has to say: of a run, at no cost."""

    def done(run: Run) -> bool:
        state = run.groups.get(group)
        return state is None or state.verdict is not Verdict.UNDECIDED

    return done


def glance(look: Callable[[Run], bool]) -> Callable[[Run], bool]:
    """*look*, but only every `GLANCE` seconds, or less often if it takes long; False in between."""
    rest = 0.0

    def done(run: Run) -> bool:
        nonlocal rest
        now = time.monotonic()
        if now < rest:
            return False
        found = look(run)
        rest = time.monotonic() + max(GLANCE, SHARE * (time.monotonic() - now))
        return found

    return done
