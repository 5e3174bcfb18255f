"""Hidden state that jobs were found to have changed though their texts do not tell: it is theirs, if nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from nbflow.core.hidden import CHANGING, GENERATORS, hidden_in
from nbflow.core.run import JobState, Run
from nbflow.engine.client import hidden
from nbflow.notebook.owners import Owners

Seeded = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Reader:
    """A job that may change states unseen: *versions* tells how often each had moved, and the kernel's own state."""

    declared_at: float
    versions: dict[str, tuple[int, hidden.Stored | None]]


@dataclass(slots=True)
class Unseen:
    """The jobs that are under way, with the versions of hidden state that they found."""

    _readers: dict[str, _Reader] = field(default_factory=dict)

    def watch(self, states: Iterable[JobState], owners: Owners, present: Mapping[str, hidden.Stored | None]) -> None:
        """Jobs were declared, and found the kernel's own states as *present* says."""
        for state in states:
            spec = state.spec
            if not (spec.closed or spec.bash or spec.executor == "kernel" or spec.element is not None):
                names = [name for name in CHANGING if name not in spec.outputs]
                versions = {name: (owners.moves(name), present.get(name)) for name in names}
                self._readers[spec.name] = _Reader(state.declared_at, versions)

    def settle(self, run: Run, owners: Owners, seeded: Seeded) -> set[str]:
        """Give the jobs that have ended what they changed; the generators among that."""
        given = set[str]()
        for job, reader in list(self._readers.items()):
            state = run.jobs.get(job)
            if state is None or state.declared_at != reader.declared_at:
                del self._readers[job]
            elif state.status.ended:
                del self._readers[job]
                changed = state.attempts[-1].changed if state.status.good and state.attempts else ()
                for name in hidden_in(changed) & reader.versions.keys():
                    if _is_present(name, *reader.versions[name], owners, seeded):
                        owners.give(name, job)
                        given.add(name)
        return given & GENERATORS


def _is_present(name: str, moves: int, state: hidden.Stored | None, owners: Owners, seeded: Seeded) -> bool:
    """Whether the version that a job found is still the present one."""
    if owners.moves(name) != moves:
        return False
    if name in owners.makers:
        return True
    return not seeded(name) if name in GENERATORS and state is None else hidden.get(name) == state
