"""Names that pass from one maker to another unseen by any cell's text, and are found to have done so afterwards.

A job may change an input in place without its text saying so: its attempt tells when it ends, and the name is the
job's then, if the version that it changed is still the present one. A cell of the kernel may do the same to a value
that a job has made: then the name is the kernel's.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from nbflow.core.run import JobState, Run
from nbflow.core.spec import Captured, JobSpec, ValueRef
from nbflow.notebook.capturing import Captures
from nbflow.notebook.owners import ByFan, ByJob, Owners


@dataclass(frozen=True, slots=True)
class _Version:
    """What a job read as a name: *moves* tells the maker's version, *value* and *ref* the kernel's, if it is one."""

    moves: int
    value: object = None
    ref: ValueRef | None = None


@dataclass(slots=True)
class _Reader:
    """A job that may change what it has read; *spec* as the run has it, by identity: another is another declaration."""

    spec: JobSpec
    versions: dict[str, _Version]


@dataclass(slots=True)
class Handing:
    """Keeps track of who made the names of *namespace*, where no text tells."""

    owners: Owners
    captures: Captures
    namespace: MutableMapping[str, Any]
    _readers: dict[str, _Reader] = field(default_factory=dict)

    # --- what jobs change
    def declared(self, states: Iterable[JobState]) -> None:
        """Jobs were declared: remember which versions they read."""
        for state in states:
            self._declared(state.spec)

    def _declared(self, spec: JobSpec) -> None:
        self._readers.pop(spec.name, None)
        if spec.closed or spec.bash or spec.executor == "kernel":
            return
        read = {name: source for name, source in spec.inputs.items() if name not in spec.outputs}
        versions = {
            name: self._version(name, source.value if isinstance(source, Captured) else None)
            for name, source in read.items()
        }
        if versions:
            self._readers[spec.name] = _Reader(spec, versions)

    def _version(self, name: str, ref: ValueRef | None) -> _Version:
        if self.owners.maker(name) is None:
            return _Version(self.owners.moves(name), self.namespace.get(name), ref)
        return _Version(self.owners.moves(name))

    def settle(self, run: Run) -> None:
        """Give the jobs that have ended the names whose values they were found to have changed."""
        for job, reader in list(self._readers.items()):
            state = run.jobs.get(job)
            if state is None or state.spec is not reader.spec:
                del self._readers[job]
            elif state.status.ended:
                del self._readers[job]
                for name in changed(state):
                    if name in reader.versions and self._present(name, reader.versions[name]):
                        self._give(name, job)

    def _give(self, name: str, job: str) -> None:
        self.owners.give(name, job)
        self.namespace.pop(name, None)
        self.captures.forget([name])

    def _present(self, name: str, version: _Version) -> bool:
        """Whether the version that the job read is still the present one."""
        if self.owners.moves(name) != version.moves:
            return False
        if self.owners.maker(name) is None:
            here = name in self.namespace and self.namespace[name] is version.value
            return here and version.ref is not None and self.captures.same(version.value, version.ref)
        self.look([name])
        return self.owners.moves(name) == version.moves

    def prune(self) -> None:
        """After a cell: let go of values that the kernel has bound to no name any more."""
        for reader in self._readers.values():
            for name, version in list(reader.versions.items()):
                if version.ref is not None and self.namespace.get(name) is not version.value:
                    del reader.versions[name]

    # --- what the kernel changes
    def look(self, names: Iterable[str]) -> None:
        """Those of *names* whose values jobs made, and code in the kernel has changed in place, are the kernel's."""
        for name in names:
            brought = self.owners.brought.get(name)
            if brought is None or self.namespace.get(name) is not brought.value:
                continue
            epoch = self.captures.rest.now
            if brought.seen_at is not None and brought.seen_at == epoch:
                continue
            if self._as_brought(name, brought.value, brought.made_by):
                brought.seen_at = epoch
            else:
                self.owners.release(name)

    def _as_brought(self, name: str, value: Any, made_by: tuple[Any, ...]) -> bool:
        match self.owners.maker(name):
            case ByJob():
                ref = made_by[-1]
                here = not isinstance(ref, ValueRef) or (ref.inline is None and ref.file is None)
                return here or self.captures.same(value, ref)
            case ByFan():
                refs = [made[-1] for made in made_by if made[-1] is not None]
                same = isinstance(value, dict) and len(value) == len(refs)
                return same and all(map(self.captures.same, value.values(), refs))
        return True


def changed(state: JobState) -> tuple[str, ...]:
    """The inputs that the last attempt of a job that ended well was found to have changed in place."""
    return state.attempts[-1].changed if state.status.good and state.attempts else ()
