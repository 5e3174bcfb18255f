"""Jobs that are made inside of a job: they are declared when its attempt has succeeded."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Protocol

from nbflow.core.match import is_pattern
from nbflow.core.policies import Policy
from nbflow.core.run import Run
from nbflow.core.spec import JobNeed, JobSpec, Need, ValueRef
from nbflow.engine.client import AttemptOrder, Values
from nbflow.errors import DeclarationError
from nbflow.notebook.building import Batch, Surroundings
from nbflow.notebook.calling import Called
from nbflow.notebook.files import Ordering
from nbflow.notebook.handlers import Handlers
from nbflow.notebook.line import Defaults, JobHeader

_LONGEST = 100
"""Characters of a name that tells of all makers."""


class Asking(Protocol):
    """What the attempt has asked for so far, as far as it matters here."""

    order: AttemptOrder
    values: Values
    jobs: dict[str, JobSpec]


@dataclass
class Inside:
    """The attempt that the code runs in, as the place where jobs are declared.

    What its flow has beside them is not known here. So names are made unique by the maker's: ``split/fit``.
    """

    asking: Asking
    defaults: Defaults = field(default_factory=Defaults)
    handlers: Handlers = field(default_factory=Handlers)

    def name(self, wanted: str, taken: Collection[str], exact: bool) -> str:
        """A name that no job has that was made here."""
        if exact:
            if wanted in self.asking.jobs or wanted in taken:
                raise DeclarationError(f"there is a job {wanted!r} already: give it another name")
            return wanted
        return unique(_below(self.asking.order.job, wanted), self.asking.jobs, taken)

    def known(self) -> Collection[str] | None:
        """The engine will say."""
        return None

    def after(self, header: JobHeader) -> tuple[Need, ...]:
        """Jobs by their full names."""
        for need in header.after:
            if is_pattern(need.pattern):
                raise DeclarationError(f"--after: inside of a job {need.pattern!r} cannot be looked up: name the jobs")
        return tuple(JobNeed(need.pattern, need.optional) for need in header.after)

    def policy(self, group: str) -> Policy | None:
        """It is the flow's business."""
        raise DeclarationError(f"the policy of group {group!r} cannot be set inside of a job: set it in the flow")

    def ordering(self, name: str) -> Ordering:  # noqa: ARG002 - every job made here is a new one
        """The files of jobs that are made here; those of the flow are not known."""
        return Ordering(Run(), ())

    def dump(self, value: Any, name: str, hole: Callable[[object], int | None] | None = None) -> ValueRef:
        """Store a value."""
        return self.asking.values.dump(value, name, hole)

    def surroundings(self) -> Surroundings:
        """The maker's own."""
        order = self.asking.order
        return Surroundings(order.env, order.path, os.getcwd())  # noqa: PTH109


def declare(handle: Called, asking: Asking) -> None:
    """Have *handle*, and all that it refers to, among the jobs of *asking*."""
    if handle.declared:
        if handle.name not in asking.jobs:
            raise DeclarationError(f"job {handle.name!r} was declared elsewhere: call its function in here")
        return
    batch = Batch(Inside(asking))
    batch.add(handle)
    asking.jobs.update((spec.name, spec) for spec in batch.specs)
    batch.declared_in(None)


def _below(maker: str, wanted: str) -> str:
    """The name of what *maker* makes. Makers within makers without end do not make names without end.

    >>> _below("split", "fit"), _below("a/" * 60, "fit")
    ('split/fit', 'fit~b38d479a')
    """
    name = f"{maker}/{wanted}"
    return name if len(name) <= _LONGEST else f"{wanted}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def unique(wanted: str, *used: Collection[str]) -> str:
    """*wanted*, or, where that is in use, the one of ``wanted-2``, ``wanted-3``, … that comes after those in use.

    Found by halving: where numbers were given by hand, with gaps, it may be one in a gap.

    >>> unique("fit", {"fit", "fit-2"}, ["fit-3"])
    'fit-4'
    """

    def in_use(number: int) -> bool:
        return any(_numbered(wanted, number) in names for names in used)

    free = 1
    while in_use(free):
        free *= 2
    low = free // 2
    while low + 1 < free:
        middle = (low + free) // 2
        low, free = (middle, free) if in_use(middle) else (low, middle)
    return _numbered(wanted, free)


def _numbered(wanted: str, number: int) -> str:
    return wanted if number == 1 else f"{wanted}-{number}"
