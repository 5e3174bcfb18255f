"""The policies of groups, as they are declared: which members have to succeed, and what is done by the verdict.

What they mean is in `nbflow.core.policy`.
"""

from __future__ import annotations

from msgspec import Struct

from nbflow.core.spec import ValueRef


class Strict(Struct, frozen=True, tag="strict"):
    """Every member succeeds, or is excused by a person's skip."""


class BestEffort(Struct, frozen=True, tag="best-effort"):
    """Met when all members have ended, however."""


class AtLeast(Struct, frozen=True, tag="at-least"):
    """Met when all have ended and at least *count* members succeeded; broken as soon as that cannot happen."""

    count: int
    percent: bool = False
    """*count* is of a hundred members: 70 of 3 members are 3, for 2.1 of them are more than 2."""

    def of(self, members: int) -> int:
        """How many of so many members have to succeed.

        >>> AtLeast(2).of(9), AtLeast(70, percent=True).of(9), AtLeast(70, percent=True).of(10)
        (2, 7, 7)
        """
        return -(-self.count * members // 100) if self.percent else self.count


class Critical(Struct, frozen=True, tag="critical"):
    """Met when all have ended and every member named in *names* succeeded."""

    names: tuple[str, ...]


class Both(Struct, frozen=True, tag="both"):
    """``P & Q``: broken as soon as one of *policies* is, met when all are."""

    policies: tuple[Judge, ...]


class Either(Struct, frozen=True, tag="either"):
    """``P | Q``: broken when all of *policies* are; met when all members have ended otherwise."""

    policies: tuple[Judge, ...]


class Custom(Struct, frozen=True, tag="custom"):
    """An object of the notebook with ``verdict(members)``, asked in a process of its own."""

    label: str
    """As typed, for people."""
    value: ValueRef


Judge = Strict | BestEffort | AtLeast | Critical | Both | Either | Custom
"""What decides whether a group is met."""


class Ruled(Struct, frozen=True, tag="ruled", omit_defaults=True):
    """A *policy*, and what is done with the group by its verdict."""

    policy: Judge
    early: bool = False
    """Dependents need not wait for the other members once it is met (a policy with an at-least in it)."""
    fail_fast: bool = False
    """Once members have broken it, those that have not ended are cancelled."""
    cancel_rest: bool = False
    """Once it is met, the members that have not ended are cancelled (a policy with an at-least in it)."""
    max_parallel: int | None = None
    """So many members run at once."""
    retries: int = 0
    """How often its failed members are tried anew when it would be broken by them."""
    rollback: bool = False
    """Once it is broken, its succeeded members are rolled back, the last one to end first."""
    parent: str | None = None
    """The group that it is a member of."""


Policy = Judge | Ruled
