"""What a body may ask for while it runs, where its text does not tell what it reads; and what it does not get."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from nbflow.core.bindings import GIVEN
from nbflow.core.hidden import is_hidden
from nbflow.core.names import Names
from nbflow.core.run import Run
from nbflow.core.spec import Captured, Input, ValueRef
from nbflow.engine.client import Import
from nbflow.errors import ValueNotStorable
from nbflow.notebook.capturing import Captures
from nbflow.notebook.objects import uses_of_value
from nbflow.notebook.owners import ByImport, ByJob, Owners
from nbflow.notebook.value_kinds import kind_of_value

_PARTS = 2000
"""Objects in all that a value may hold to be taken for a small one."""
_BYTES = 64 * 1024
_MOST, _LEAST = 500, 10
"""Variables that are offered to one job; to many, each is offered fewer."""
_INLINE = 512
"""Bytes up to which an offered value travels in the spec of a job: it is seldom asked for."""
_TEXT = 10_000
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Offer:
    """Variables that are *given* if the body asks, and names *beyond* that: a NameError about one says what to do."""

    given: Mapping[str, Input]
    beyond: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offering:
    """Makes offers for one kernel: what costs nothing to give.

    That is what jobs have made that have ended, modules, and small values of the kernel, at their present versions.
    """

    namespace: Mapping[str, Any]
    owners: Owners
    captures: Captures
    run: Run
    jobs: int = 1
    """That are declared together, and get the same offer."""

    def of(self, names: Names, text: str, given: Collection[str]) -> Offer:
        """The offer to a body that reads *names*, has this *text* and is *given* these variables."""
        known = [name for name in self._known() if name not in given]
        if not names.asks and not names.binds:
            words = set(_WORD.findall(text))
            return Offer({}, tuple(name for name in known if name in words - names.certain))
        offers = dict(self._offers(known))
        return Offer(offers, tuple(name for name in known if name not in offers)[: self._most])

    @property
    def _most(self) -> int:
        return max(_LEAST, _MOST // max(self.jobs, 1))

    def _known(self) -> list[str]:
        """The variables of the notebook."""
        names = {*self.namespace, *self.owners.makers}
        return sorted(name for name in names if not name.startswith("_") and name not in GIVEN and not is_hidden(name))

    def _offers(self, names: Iterable[str]) -> Iterator[tuple[str, Input]]:
        room = self._most
        for name in names:
            ref = self._made(name) if name in self.owners.makers else self._captured(name)
            if ref is not None and room:
                room -= 1
                yield name, Captured(ref)

    def _made(self, name: str) -> ValueRef | None:
        match self.owners.maker(name):
            case ByImport() as maker:
                return self.captures.dump(Import(maker.module, maker.attribute), name)
            case ByJob(job=job) if job in self.run.jobs and self.run.jobs[job].status.good:
                return self.run.jobs[job].outputs.get(name)
        return None

    def _captured(self, name: str) -> ValueRef | None:
        value = self.namespace[name]
        if small(value, self.namespace):
            with suppress(ValueNotStorable):  # it is not offered then: read after all, that is a NameError
                return self.captures.dump(value, name, inline=_INLINE)
        return None


def small(value: object, namespace: Mapping[str, Any]) -> bool:
    """Whether it costs next to nothing to store *value*.

    >>> small([1, {"a": (2, 3)}], {}), small(list(range(10_000)), {}), small(object(), {})
    (True, False, False)
    """
    ahead, seen = deque([value]), set[int]()
    while ahead:
        thing = ahead.popleft()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        inside = _inside(thing, namespace)
        if inside is None or len(seen) + len(ahead) + len(inside) > _PARTS:
            return False
        ahead.extend(inside)
    return True


def _inside(value: Any, namespace: Mapping[str, Any]) -> Collection[Any] | None:
    """What has to be small for *value* to be; None if it is not, or nobody can tell."""
    if isinstance(value, str | bytes):
        return () if len(value) <= _TEXT else None
    if isinstance(value, list | tuple | set | frozenset):
        return value if len(value) <= _PARTS else None
    if isinstance(value, dict):
        return [*value, *value.values()] if len(value) <= _PARTS else None
    if isinstance(value, ModuleType) or kind_of_value(value) == "value":
        return ()
    kind = value if isinstance(value, type) else type(value)
    if isinstance(value, type | FunctionType) or kind.__module__ == "__main__":
        if getattr(value, "__module__", None) != "__main__":
            return ()  # it travels by its name
        used = [namespace[name] for name in uses_of_value(value, namespace).reads if name in namespace]
        return used if isinstance(value, type | FunctionType) else [*used, *vars(value).values()]
    return () if _bytes(value, kind) <= _BYTES else None


def _bytes(value: Any, kind: type) -> int:
    """How big an array or a table is; too big, where nobody can tell."""
    package = kind.__module__.partition(".")[0]
    if package == "numpy" and hasattr(value, "nbytes"):
        return int(value.nbytes) if value.dtype != object else _BYTES + 1
    if package == "pandas" and hasattr(value, "size"):
        return 16 * int(value.size)
    return _BYTES + 1


def blind_spots(names: Names) -> Iterator[str]:
    """What to warn of: names that the body may bind, and that later cells cannot wait for.

    >>> list(blind_spots(Names(binds=("exec() in line 2",))))
    ['exec() in line 2 may bind names that its text does not show: later cells get those that --outputs names']
    """
    reasons = [why for why in names.binds if not why.startswith("from ")]
    if reasons:
        yield (
            f"{', '.join(reasons)} may bind names that its text does not show: "
            "later cells get those that --outputs names"
        )
