"""State that hides in modules, as one kernel has it: what cells do to it, which version a job gets, who makes the next.

As long as no job has changed it and the notebook has seeded nothing, there is nothing to do: what the kernel has set
otherwise than at the start travels with each job, and nothing waits.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from nbflow.core.depending import TRIGGERS
from nbflow.core.hidden import CWD, ENVIRON, GENERATORS, PATH, RANDOM, SETTINGS, hidden_in, own
from nbflow.core.hidden_needs import unwaited
from nbflow.core.hidden_reading import read_touches
from nbflow.core.names import Names
from nbflow.core.run import JobState, Run
from nbflow.core.spec import Captured, Input, ValueRef
from nbflow.core.touches import UNTOUCHED, Touches
from nbflow.core.walker import nodes
from nbflow.engine.client import hidden
from nbflow.notebook.hidden_objects import Objects
from nbflow.notebook.hidden_unseen import Unseen
from nbflow.notebook.owners import Owners

_APART = frozenset({ENVIRON, CWD, PATH})
"""Settings of the kernel that a job is told otherwise: by its environment, path and folder."""
_SCRIPTS = frozenset({ENVIRON, CWD})


@dataclass(slots=True)
class Given:
    """What a job gets of hidden state: *inputs* it waits for, *offered* what is there when it starts."""

    inputs: dict[str, Input] = field(default_factory=dict)
    offered: dict[str, Input] = field(default_factory=dict)


@dataclass
class Hidden:
    """Keeps track of the hidden state of the kernel whose namespace and jobs *objects* and *owners* know."""

    objects: Objects
    owners: Owners
    seeded: set[str] = field(default_factory=set)
    """Generators that the notebook has seeded."""
    drawn: set[str] = field(default_factory=set)
    """Generators that ordinary cells visibly draw from."""
    _random: Any = field(default_factory=lambda: hidden.get(RANDOM))
    """The state of `random` when it was last known not to be seeded."""
    _present: dict[str, hidden.Stored | None] = field(default_factory=dict)
    """The kernel's own states, as the job that was declared last found them."""
    _looked: dict[str, hidden.Stored | None] = field(default_factory=dict)
    _versions: dict[str, int] = field(default_factory=dict)
    """How often the kernel's own state has got another, as far as is known."""
    _unseen: Unseen = field(default_factory=Unseen)
    _refs: dict[str, tuple[object, ValueRef]] = field(default_factory=dict)

    # --- reading
    def touches(self, tree: ast.Module) -> Touches:
        """What a cell does to hidden state."""
        if not self._of_interest(tree):
            return UNTOUCHED
        return read_touches(tree, self.objects)

    def _of_interest(self, tree: ast.Module) -> bool:
        """Whether there can be anything in a cell: something is owned or seeded, or it has a word that may matter."""
        if any(map(self.is_seeded, GENERATORS)) or not SETTINGS.isdisjoint(self.owners.makers):
            return True
        names, words = set[str](), set[str]()
        for node in nodes(tree):
            kind = type(node)
            if kind is ast.Name:
                names.add(node.id)  # type: ignore[attr-defined]
            elif kind is ast.Attribute:
                words.add(node.attr)  # type: ignore[attr-defined]
            elif kind is ast.alias:
                words.add(node.name.rpartition(".")[2])  # type: ignore[attr-defined]
        return any(map(TRIGGERS.fullmatch, names | words)) or any(map(self.objects.notable, names))

    def extend(self, names: Names, code: ast.Module | str) -> Names:
        """*names* with the hidden state that the cell of *code* meets and leaves."""
        touches = self.touches(ast.parse(code) if isinstance(code, str) else code)
        if touches is UNTOUCHED:
            return names
        live = frozenset(filter(self.is_seeded, GENERATORS))
        kept = touches.seeds - touches.fixed  # where it is not seeded after all, the old state stays
        reads = ((touches.reads | kept) & live) | self._owned((touches.reads | touches.depends) & SETTINGS)
        writes = (touches.writes & (live | touches.seeds)) | (touches.writes & SETTINGS)
        return replace(names, reads=names.reads | reads, writes=names.writes | writes, touches=touches)

    def _owned(self, settings: Iterable[str]) -> frozenset[str]:
        return frozenset(name for name in settings if name in self.owners.makers)

    def is_seeded(self, generator: str) -> bool:
        """Whether the notebook has seeded *generator*, as far as can be seen."""
        if generator in self.seeded or generator in self.owners.makers:
            return True
        if hidden.seeded(generator) or (generator == RANDOM and self._reseeded()):
            self.seeded.add(generator)
            return True
        return False

    def _reseeded(self) -> bool:
        """Whether code that nobody sees has seeded `random`: its state is none that drawing leads to."""
        before, after = self._random, hidden.get(RANDOM)
        if before == after:
            return False
        self._random = after
        return RANDOM not in self.drawn and hidden.was_seeded(RANDOM, before, after)

    # --- ordinary cells
    def notice(self, touches: Touches) -> None:
        """An ordinary cell is about to do *touches*."""
        if touches is UNTOUCHED:
            return
        self.drawn |= touches.writes & GENERATORS
        for name in touches.writes:
            self._versions[name] = self._versions.get(name, 0) + 1
        self.seeded |= touches.seeds
        for name in touches.writes & GENERATORS & touches.fixed:
            if name not in touches.reads:
                self.owners.release(name)

    def look(self, seen: Collection[str]) -> None:
        """An ordinary cell is about to run that visibly touches *seen*: see after it what else it drew from."""
        others = [name for name in GENERATORS if name in self.owners.makers and name not in seen]
        self._looked = {name: hidden.get(name) for name in others}

    def look_again(self) -> None:
        """The cell has run: say which generators it drew from whose state is a job's, which it did not wait for."""
        looked, self._looked = self._looked, {}
        for name, before in looked.items():
            if (job := self.owners.job_of(name)) is not None and hidden.get(name) != before:
                print(f"nbflow: this cell {unwaited(name, job)}", file=sys.stderr)

    def look_back(self, texts: Iterable[str]) -> None:
        """Cells that ran before nbflow was loaded may have seeded."""
        for text in texts:
            if "seed" in text:
                try:
                    self.notice(read_touches(ast.parse(text), self.objects))
                except SyntaxError:
                    continue  # magics: what they seed is seen in the generators

    # --- jobs
    def given(
        self,
        names: Names,
        made: Callable[[str], Input | None],
        capture: Callable[[str, Any], ValueRef],
        local: bool = False,
        script: bool = False,
        fan: bool = False,
    ) -> Given:
        """What a job that is declared now gets.

        Args:
            names: those of its body.
            made: where a state comes from that a job makes.
            capture: stores a value of the kernel.
            local: it runs in the kernel, so that the kernel's own states are there.
            script: it is a script for bash.
            fan: it is an element of a fan-out: each draws from a stream of its own, and none waits for another.
        """
        found, met = Given(), hidden_in(names.reads) | (_SCRIPTS if script else frozenset())
        self._present = {CWD: hidden.get(CWD)}
        for name in sorted(filter(self.is_seeded, GENERATORS)):
            source = self._source(name, made, capture, local)
            if source is not None and (name in met or name not in names.writes):
                (found.inputs if name in met else found.offered)[own(name) if fan else name] = source
        for name in sorted(SETTINGS - _APART | self._owned(_APART)):
            source = self._source(name, made, capture, local)
            if source is not None:
                there = name in met or isinstance(source, Captured)
                (found.inputs if there else found.offered)[name] = source
        return found

    def _source(
        self, name: str, made: Callable[[str], Input | None], capture: Callable[[str, Any], ValueRef], local: bool
    ) -> Input | None:
        if name in self.owners.makers:
            return made(name)
        state = self._present[name] = None if local else hidden.get(name)
        if state is None:
            return None
        ref = self._captured(name, state, capture)
        return Captured(ref, version=self._versions.get(name, 0) + 1)

    def _captured(self, name: str, state: object, capture: Callable[[str, Any], ValueRef]) -> ValueRef:
        """The stored *state*; one that is as it was the last time is not stored again."""
        known = self._refs.get(name)
        if known is None or known[0] != state:
            known = self._refs[name] = state, capture(name, state)
            self._versions[name] = self._versions.get(name, 0) + 1
        return known[1]

    def outputs(self, names: Names, fan: bool = False) -> tuple[str, ...]:
        """The states that a job leaves: none of an element of a fan-out."""
        return () if fan else tuple(sorted(hidden_in(names.writes)))

    def declared(self, names: Names, fan: bool) -> None:
        """A job was declared, or the elements of a *fan*."""
        if not fan:
            self.seeded |= names.touches.seeds
        self.objects.learn(names.writes, names.touches)

    def free(self, names: Names, live: bool) -> frozenset[str]:
        """The settings that are the kernel's own, and of which it is known beforehand what a job makes of them."""
        return frozenset() if live else names.touches.constant - self.owners.makers.keys()

    def carry_out(self, names: Names, free: frozenset[str]) -> None:
        """Do to *free* settings here, at once, what a job that was just declared does to them: nobody waits for it."""
        for name, change in names.touches.changes:
            if name in free:
                try:
                    done = hidden.ready(name, change)
                    if done:
                        hidden.change(name, change)
                except (
                    Exception
                ):  # what it takes is not there yet, such as the folder that the job makes: it is waited for
                    done = False
                free -= frozenset() if done else {name}
        for name in free:
            self.owners.release(name)

    def watch(self, states: Iterable[JobState]) -> None:
        """Jobs were declared: remember what they found, for they may change it unseen."""
        self._unseen.watch(states, self.owners, self._present)

    def settle(self, run: Run) -> None:
        """Give the jobs that have ended the states that they were found to have changed."""
        self.seeded |= self._unseen.settle(run, self.owners, self.is_seeded)


def kernels_settings() -> dict[str, hidden.Stored]:
    """The kernel's own settings that are otherwise than at the start, but for what jobs are told otherwise."""
    found = {name: hidden.get(name) for name in sorted(SETTINGS - _APART)}
    return {name: state for name, state in found.items() if state is not None}
