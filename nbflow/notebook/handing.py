"""Names that pass from one maker to another unseen by any cell's text, and are found to have done so afterwards.

A job may change an input in place without its text saying so: its attempt tells when it ends, and the name is the
job's then, if the version that it changed is still the present one. A cell of the kernel may do the same to a value
that a job has made: then the name is the kernel's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from nbflow.core.handed import changed
from nbflow.core.run import JobState, Run
from nbflow.core.spec import Captured, Input, ValueRef
from nbflow.notebook.alterations import altered
from nbflow.notebook.capturing import Captures
from nbflow.notebook.owners import Owners


@dataclass(frozen=True, slots=True)
class _Version:
    """What a job read as a name: *moves* tells the maker's version, *value* and *ref* the kernel's, if it is one."""

    moves: int
    value: object = None
    ref: ValueRef | None = None

    def like(self, other: _Version | None) -> bool:
        """Whether the two are of one version."""
        return other is not None and self.moves == other.moves and self.value is other.value


@dataclass(slots=True)
class _Reader:
    """A job that may change what it has read, declared at *declared_at*; *inputs* as they were then."""

    declared_at: float
    inputs: Mapping[str, Input]
    versions: dict[str, _Version]
    settled: bool = False


Read = dict[str, _Version]


@dataclass(slots=True)
class Handing:
    """Keeps track of who made the names of *namespace*, where no text tells."""

    owners: Owners
    captures: Captures
    namespace: MutableMapping[str, Any]
    _readers: dict[str, _Reader] = field(default_factory=dict)
    _objects: dict[str, tuple[object, int]] = field(default_factory=dict)
    """Name -> the object that the kernel has bound to it, as far as jobs read it, and its number."""
    _numbers: int = 0

    # --- what jobs change
    def numbered(self, inputs: Mapping[str, Input]) -> dict[str, Input]:
        """*inputs* of a job that is about to be declared, with the versions of those that come from the kernel."""
        return {name: self._numbered(name, source) for name, source in inputs.items()}

    def _numbered(self, name: str, source: Input) -> Input:
        if not isinstance(source, Captured) or name not in self.namespace or self.owners.maker(name) is not None:
            return source
        value, number = self._objects.get(name, (None, 0))
        if number == 0 or value is not self.namespace[name]:
            self._numbers += 1
            self._objects[name] = self.namespace[name], self._numbers
        return replace(source, version=self._objects[name][1])

    def read(self, inputs: Mapping[str, Input]) -> Read:
        """The versions that a job with *inputs* reads, if it is declared now."""
        return {name: self._version(name, source) for name, source in inputs.items()}

    def _version(self, name: str, source: Input) -> _Version:
        if self.owners.maker(name) is None and isinstance(source, Captured):
            return _Version(self.owners.moves(name), self.namespace.get(name), source.value)
        return _Version(self.owners.moves(name))

    def declared(self, states: Iterable[JobState], read: Read) -> None:
        """Jobs that read these versions were declared."""
        for state in states:
            self._readers.pop(state.spec.name, None)
            if read and not state.spec.bash and state.spec.executor != "kernel":
                self._readers[state.spec.name] = _Reader(state.declared_at, state.spec.inputs, dict(read))

    def bound_anew(self, states: Iterable[JobState]) -> None:
        """Jobs that wait were declared once more, for they read what they have read before otherwise."""
        for state in states:
            if (reader := self._readers.get(state.spec.name)) is not None:
                reader.declared_at, reader.inputs = state.declared_at, state.spec.inputs

    def settle(self, run: Run) -> list[str]:
        """Give the jobs that have ended the names whose values they were found to have changed.

        Returns:
            What to say of jobs that came after and had begun before.
        """
        said, open_ = [], False
        for job, reader in list(self._readers.items()):
            state = run.jobs.get(job)
            if state is None or state.spec.withdrawn or state.declared_at != reader.declared_at:
                del self._readers[job]
            elif not state.status.ended:
                open_ = True
            elif not reader.settled:
                reader.settled = True
                for name in filter(str.isidentifier, changed(state) if state.status.good else ()):
                    said += [_too_late(each, name, job) for each in self._missed(run, job, name)]
                    if name in reader.versions and self._present(name, reader.versions[name]):
                        self._give(name, job)
        if not open_:
            self._readers.clear()
            self._objects.clear()
        return said

    def _missed(self, run: Run, job: str, name: str) -> list[str]:
        """The jobs that came after *job*, and read the version that it has changed as it was before."""
        own = self._readers[job]
        version = own.versions.get(name)
        return [
            other
            for other, reader in self._readers.items()
            if version is not None
            and reader.declared_at > own.declared_at
            and version.like(reader.versions.get(name))
            and run.jobs[other].spec.inputs.get(name) == reader.inputs.get(name)
        ]

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
        for name, (value, _) in list(self._objects.items()):
            if self.namespace.get(name) is not value:
                del self._objects[name]

    def look(self, names: Iterable[str]) -> None:
        """Those of *names* whose values jobs made, and code in the kernel has changed in place, are the kernel's."""
        for name in names:
            if altered(self.owners, self.captures, name, self.namespace.get(name)):
                self.owners.release(name)


def _too_late(reader: str, name: str, maker: str) -> str:
    return f"job {reader!r} read {name!r} as it was before {maker!r} changed it in place: run its cell again"
