"""What is known of a run, and the links between its jobs. Read it; only `nbflow.core.state.evolve` writes it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from nbflow.core.attempt import AttemptState
from nbflow.core.course import Course
from nbflow.core.job import JobState
from nbflow.core.policies import Custom, Policy, Ruled
from nbflow.core.policy import Judged, cuts
from nbflow.core.queues import Queues
from nbflow.core.spec import GroupNeed, Limits
from nbflow.core.status import Verdict
from nbflow.core.tally import About, Tally

__all__ = ["AttemptState", "GroupState", "JobState", "Links", "Run"]


@dataclass(slots=True)
class GroupState:
    """A group of the run."""

    name: str
    tally: Tally
    """Over all its members, for display."""
    recorded: Verdict = Verdict.UNDECIDED
    parent: str | None = None
    """The group that it is a member of; none where that would make a loop."""
    needed: dict[Tally, None] = field(default_factory=dict)
    """Over the members that some dependent needs."""
    judged: dict[About, dict[Custom, Judged]] = field(default_factory=dict)
    """Members -> what custom policies last said about them."""

    @property
    def policy(self) -> Policy:
        return self.tally.policy

    @property
    def options(self) -> Ruled:
        """The policy with all options, given or not."""
        return self.policy if isinstance(self.policy, Ruled) else Ruled(self.policy)

    @property
    def about_to_cut(self) -> bool:
        """Recording its verdict will cancel members: not so where it only lacks members yet to be declared."""
        if self.verdict is self.recorded or not cuts(self.policy, self.verdict):
            return False
        return not self.tally.over and (self.verdict is Verdict.MET or self.tally.bad > 0)

    @property
    def members(self) -> dict[str, str]:
        """All members in declaration order, jobs and groups within, each with the letter it stands as."""
        return self.tally.members

    @property
    def verdict(self) -> Verdict:
        """Over all members; for a dependent it is over those it needs."""
        return self.tally.verdict


@dataclass(slots=True)
class Links:
    """Who has to hear of a job: by name, so that a job can be needed before it is declared."""

    dependents: dict[str, dict[tuple[str, int], None]] = field(default_factory=lambda: defaultdict(dict))
    """Job -> the jobs that need it, each with the place of that need."""
    tallies: dict[str, dict[Tally, None]] = field(default_factory=lambda: defaultdict(dict))
    """Job -> the tallies that dependents of its groups keep."""
    makers: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    """Job -> the jobs that have made it and waited for it; some may no longer do so."""
    shared: dict[tuple[str, tuple[str, ...], tuple[GroupNeed, ...]], Tally] = field(default_factory=dict)
    """Group, members and groups within -> the one tally of all dependents that need just these."""


@dataclass(slots=True)
class GroupWork:
    """What there is to do about groups."""

    untold: dict[str, None] = field(default_factory=dict)
    """Those whose verdict is not the one last recorded."""
    retried: dict[Tally, None] = field(default_factory=dict)
    """Those of whose members the failed ones are to be tried again."""
    unasked: dict[Tally, None] = field(default_factory=dict)
    """Those whose custom policy has yet to be asked."""
    undone: dict[str, list[str]] = field(default_factory=dict)
    """Those that are broken, each with its succeeded members that are yet to be rolled back, the next one last."""

    @property
    def pending(self) -> bool:
        """More will happen without a person."""
        return bool(self.retried or self.unasked or self.undone)


@dataclass(slots=True)
class Told:
    """What people were told by hooks."""

    calls: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Occasion -> how many attempts the run had started then, and when that was."""
    failed: dict[str, str] = field(default_factory=dict)
    """Hook, as it may be called in public -> why it could not tell."""


@dataclass(slots=True)
class Run:
    """Everything known of a run: the fold of its events."""

    flow: str = ""
    number: int = 0
    opened_at: float = 0.0
    seq: int = 0
    """Events folded."""
    limits: Limits = field(default_factory=Limits)
    paused: bool = False
    told: Told = field(default_factory=Told)
    attempts: int = 0
    """Attempts started, over all jobs."""
    retries: int = 0
    """Attempts granted after failed ones, over all jobs."""
    declarations: int = 0
    """Jobs and groups declared, again included."""
    jobs: dict[str, JobState] = field(default_factory=dict)
    """In declaration order."""
    groups: dict[str, GroupState] = field(default_factory=dict)
    fans: dict[str, dict[str, None]] = field(default_factory=dict)
    """Fan-out -> the jobs of its elements, in no particular order; empty if all were withdrawn."""
    links: Links = field(default_factory=Links)
    queues: Queues = field(default_factory=Queues)
    work: GroupWork = field(default_factory=GroupWork)
    course: Course | None = None
    """What has changed when, if somebody wants to know."""
