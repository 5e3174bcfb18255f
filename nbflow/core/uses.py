"""What a function, a class or an object uses of the names outside of it, and how its code object tells."""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from types import CodeType
from typing import NamedTuple


class Passed(NamedTuple):
    """A name given to a function: *callee* is called with it at *place*, a number or a keyword."""

    callee: str
    place: int | str
    name: str


@dataclass(frozen=True)
class Uses:
    """Names outside of a function that its body reads, binds (``global``) or deletes, and visibly changes in place."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    changes: frozenset[int | str] = frozenset()
    """Arguments, by place and by name, that a call visibly changes in place."""
    methods: frozenset[str] = frozenset()
    """Of a class or an object: the methods that visibly change the object they are called on."""
    looks: frozenset[str] = frozenset()
    """The other methods, as far as they are known."""
    handed: frozenset[Passed] = frozenset()
    """Names outside that are given to functions of the notebook, which may change them."""
    passed: frozenset[tuple[int | str, str, int | str]] = frozenset()
    """Arguments of its own (place or name) that are given to a function, at a place: that one may change them."""
    makes: bool = False
    """What a call gives has code of the same kind: an object of a class, a function made by a function."""
    unpickles: bool = False
    """It makes objects, of classes that it looks for in the notebook's namespace."""
    asks: frozenset[str] = frozenset()
    """Why it may read names that its text does not show."""
    binds: frozenset[str] = frozenset()
    """Why it may bind names that its text does not show."""

    def __or__(self, other: Uses) -> Uses:
        if other is NOTHING or other is self:
            return self
        if self is NOTHING:
            return other
        return Uses(
            self.reads | other.reads,
            self.writes | other.writes,
            self.mutates | other.mutates,
            self.changes | other.changes,
            self.methods | other.methods,
            (self.looks | other.looks) - self.methods - other.methods,
            self.handed | other.handed,
            self.passed | other.passed,
            self.makes or other.makes,
            self.unpickles or other.unpickles,
            self.asks | other.asks,
            self.binds | other.binds,
        )

    def without(self, names: Iterable[str]) -> Uses:
        """The same, but for *names*."""
        hidden = frozenset(names)
        if self is NOTHING or (hidden.isdisjoint(self.reads | self.writes | self.mutates) and not self.handed):
            return self
        return replace(
            self,
            reads=self.reads - hidden,
            writes=self.writes - hidden,
            mutates=self.mutates - hidden,
            handed=frozenset(each for each in self.handed if each.name not in hidden),
        )

    def of_class(self) -> Uses:
        """The same for the class whose method this is: the arguments of methods are not those of the class."""
        return replace(self, changes=frozenset(), passed=frozenset()) if self.changes or self.passed else self


NOTHING = Uses()


def union(uses: Iterable[Uses]) -> Uses:
    """All of them together."""
    result = NOTHING
    for each in uses:
        result |= each
    return result


def changed_arguments(uses: Uses, behind: Callable[[str], Uses], seen: frozenset[str] = frozenset()) -> set[int | str]:
    """The arguments that a call changes, itself or through the functions that it gives them to.

    >>> outer = Uses(passed=frozenset({(0, "add", 1)}))
    >>> changed_arguments(outer, lambda name: Uses(changes=frozenset({1})))
    {0}
    """
    found = set(uses.changes)
    for own, callee, place in uses.passed:
        if own not in found and callee not in seen and place in _changed_by(callee, behind, seen):
            found.add(own)
    return found


def _changed_by(callee: str, behind: Callable[[str], Uses], seen: frozenset[str]) -> set[int | str]:
    return changed_arguments(behind(callee), behind, seen | {callee})


@lru_cache(maxsize=4096)
def code_uses(code: CodeType) -> Uses:
    """What running *code* uses of the global names, the functions inside of it included; changes in place are not seen.

    >>> sorted(code_uses((lambda a: [a + b for _ in c]).__code__).reads)
    ['b', 'c']
    """
    reads, writes, own = set(), set(), set()
    for instruction in dis.get_instructions(code):
        match instruction.opname:
            case "LOAD_GLOBAL" | "LOAD_NAME" | "LOAD_FROM_DICT_OR_GLOBALS":
                reads.add(instruction.argval)
            case "STORE_GLOBAL" | "DELETE_GLOBAL":
                writes.add(instruction.argval)
            case "STORE_NAME":
                own.add(instruction.argval)
    inner = union(code_uses(each) for each in code.co_consts if isinstance(each, CodeType))
    return Uses(frozenset(reads - own), frozenset(writes)) | inner


def globals_of(code: CodeType) -> frozenset[str]:
    """The global names that running *code* may read, builtins included.

    >>> sorted(globals_of(globals_of.__code__))
    ['code_uses']
    """
    return code_uses(code).reads
