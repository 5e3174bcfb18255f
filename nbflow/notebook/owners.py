"""The rename table: which job, import or kernel cell made the version of a name that the next reader sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ByJob:
    """The name's present version is an output of *job*; *live*: the job runs in this kernel's namespace itself."""

    job: str
    live: bool = False


@dataclass(frozen=True, slots=True)
class ByImport:
    """The name's present version is *module*, or *attribute* of it: anyone can import it without waiting."""

    module: str
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class ByFan:
    """The name's present version is the dict of what the elements of the fan-out *fan* leave under it."""

    fan: str


Maker = ByJob | ByFan | ByImport


@dataclass(slots=True)
class Brought:
    """A job's value that stands in the kernel's namespace: *made_by* tells which attempts made it."""

    value: object
    made_by: tuple[object, ...]
    seen_at: int | None = None
    """The epoch (`resting`) at which it was last seen to be as it was brought."""


@dataclass(slots=True)
class Owners:
    """Names that the kernel's namespace does not (or not yet) hold in their present version.

    A name that is in none of the tables belongs to the kernel: what the namespace says is its present version.

    >>> owners = Owners()
    >>> owners.declare("load", outputs=["raw", "np"], imports={"np": ByImport("numpy")})
    >>> owners.maker("raw"), owners.maker("np"), owners.maker("x")
    (ByJob(job='load', live=False), ByImport(module='numpy', attribute=None), None)
    """

    makers: dict[str, Maker] = field(default_factory=dict)
    brought: dict[str, Brought] = field(default_factory=dict)
    _moves: dict[str, int] = field(default_factory=dict)

    def maker(self, name: str) -> Maker | None:
        """Who makes the present version of *name*; None: the kernel has it."""
        return self.makers.get(name)

    def moves(self, name: str) -> int:
        """How often *name* has got another maker: tells one version from the next."""
        return self._moves.get(name, 0)

    def give(self, name: str, job: str) -> None:
        """*job* was found to have made the present version of *name*."""
        self._move(name, ByJob(job))

    def _move(self, name: str, maker: Maker) -> None:
        self.makers[name] = maker
        self.brought.pop(name, None)
        self._moves[name] = self.moves(name) + 1

    def job_of(self, name: str) -> str | None:
        """The job that makes the present version of *name*, or None."""
        maker = self.makers.get(name)
        return maker.job if isinstance(maker, ByJob) else None

    def declare(self, job: str, outputs: Iterable[str], imports: Mapping[str, ByImport], live: bool = False) -> None:
        """A job was declared (again): its outputs are its own from now on."""
        self._declare(ByJob(job, live), outputs, imports)

    def declare_fan(self, fan: str, outputs: Iterable[str], imports: Mapping[str, ByImport]) -> None:
        """A fan-out was declared (again), or a job of its name became one."""
        self._declare(ByFan(fan), outputs, imports)

    def _declare(self, maker: ByJob | ByFan, outputs: Iterable[str], imports: Mapping[str, ByImport]) -> None:
        for name in [n for n, present in self.makers.items() if _who(present) == _who(maker)]:
            self.release(name)
        for name in outputs:
            self._move(name, imports.get(name) or maker)

    def release(self, name: str) -> None:
        """The kernel has its own version of *name* now."""
        self.makers.pop(name, None)
        self.brought.pop(name, None)
        self._moves[name] = self.moves(name) + 1

    def forget(self) -> None:
        """No job counts any more; the values that were brought stay, as the kernel's own."""
        for name in [n for n, maker in self.makers.items() if _who(maker) is not None]:
            self.release(name)

    def bring(self, name: str, value: object, made_by: tuple[object, ...]) -> None:
        """The job's value was put into the namespace."""
        self.brought[name] = Brought(value, made_by)

    def rebound(self, namespace: Mapping[str, object]) -> Iterator[str]:
        """Owned names that the kernel has assigned or deleted since: by identity, so however it happened."""
        missing = object()
        for name, maker in list(self.makers.items()):
            value, brought = namespace.get(name, missing), self.brought.get(name)
            if brought is None:
                changed = value is not missing and not (isinstance(maker, ByJob) and maker.live)
            else:
                changed = value is not brought.value
            if changed:
                yield name


def _who(maker: Maker) -> str | None:
    """The job or fan-out that *maker* stands for."""
    match maker:
        case ByJob(job=job):
            return job
        case ByFan(fan=fan):
            return fan
    return None
