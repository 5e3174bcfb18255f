"""What is known of a run, and the links between its jobs. Read it; only `nbflow.core.state.evolve` writes it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from nbflow.core.attempt import AttemptState
from nbflow.core.job import JobState
from nbflow.core.policy import cuts
from nbflow.core.queues import Queues
from nbflow.core.spec import Limits, Policy
from nbflow.core.status import Verdict
from nbflow.core.tally import Tally

__all__ = ["AttemptState", "GroupState", "JobState", "Links", "Run"]


@dataclass(slots=True)
class GroupState:
    """A group of the run."""

    name: str
    tally: Tally
    """Over all its members, for display."""
    recorded: Verdict = Verdict.UNDECIDED
    needed: dict[Tally, None] = field(default_factory=dict)
    """Over the members that some dependent needs."""

    @property
    def policy(self) -> Policy:
        return self.tally.policy

    @property
    def about_to_cut(self) -> bool:
        """Recording its verdict will cancel members: not so where it only lacks members yet to be declared."""
        if self.verdict is self.recorded or not cuts(self.policy, self.verdict):
            return False
        opened, _, *bad = self.tally.counts
        return opened > 0 and (self.verdict is Verdict.MET or sum(bad) > 0)

    @property
    def members(self) -> dict[str, int]:
        """The names of all members, in declaration order (what they count as is the tally's business)."""
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
    shared: dict[tuple[str, tuple[str, ...]], Tally] = field(default_factory=dict)
    """Group and members -> the one tally of all dependents that need just these."""


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
    attempts: int = 0
    """Attempts started, over all jobs."""
    retries: int = 0
    """Attempts granted after failed ones, over all jobs."""
    jobs: dict[str, JobState] = field(default_factory=dict)
    """In declaration order."""
    groups: dict[str, GroupState] = field(default_factory=dict)
    links: Links = field(default_factory=Links)
    queues: Queues = field(default_factory=Queues)
    untold_groups: dict[str, None] = field(default_factory=dict)
    """Groups whose verdict is not the one last recorded."""
