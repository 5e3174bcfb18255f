"""A flow as the place where calls of job functions are declared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from pathlib import Path
from typing import Any

from nbflow.core.policies import Policy
from nbflow.core.run import Run
from nbflow.core.spec import Captured, Need, ValueRef
from nbflow.errors import DeclarationError
from nbflow.notebook import surroundings
from nbflow.notebook.binding import Binder
from nbflow.notebook.building import Surroundings
from nbflow.notebook.files import Ordering
from nbflow.notebook.handlers import Handlers
from nbflow.notebook.hidden import kernels_settings
from nbflow.notebook.inside import unique
from nbflow.notebook.line import Defaults, JobHeader
from nbflow.notebook.owners import Owners
from nbflow.notebook.session import Session

Place = Callable[[], tuple[str, Hashable]]
"""The id of the cell that runs, or "", and what tells one execution of it from the next."""


class FlowTarget:
    """The run of *session*.

    Names are made unique in the run. A cell that is executed again means the same jobs again: its calls take the names
    that they had, in their order. So does a script that goes on with its last run.
    """

    def __init__(
        self,
        session: Session,
        defaults: Callable[[], Defaults] = Defaults,
        handlers: Handlers | None = None,
        place: Place = lambda: ("", None),
    ) -> None:
        self.session, self._defaults, self._place = session, defaults, place
        self.handlers = handlers if handlers is not None else Handlers()
        self.again: bool = False
        """Calls outside of cells mean the jobs that the run has already."""
        self._execution: Hashable = None
        self._given: set[str] = set()

    @property
    def defaults(self) -> Defaults:
        """What options that are not given mean."""
        return self._defaults()

    def name(self, wanted: str, taken: Collection[str], exact: bool) -> str:
        """*wanted*, if *exact*; else the name that the same call had before, or a new one."""
        if exact:
            if wanted in taken:
                raise DeclarationError(f"job {wanted!r} is declared twice at once")
            return wanted
        cell_id, execution = self._place()
        if (cell_id, execution) != self._execution:
            self._execution, self._given = (cell_id, execution), set()
        before = (n for n in self._made_before(cell_id, wanted) if n not in self._given and n not in taken)
        run = self._run()
        present: list[Collection[str]] = [run.jobs, run.groups] if run is not None else []
        found = next(before, None) or unique(wanted, *present, taken)
        self._given.add(found)
        return found

    def _made_before(self, cell_id: str, function: str) -> list[str]:
        if not cell_id and not self.again:
            return []
        run = self._run()
        specs = [state.spec for state in run.jobs.values()] if run is not None else []
        return [s.name for s in specs if (s.cell_id, s.function, s.maker) == (cell_id, function, "")]

    def known(self) -> Collection[str] | None:
        """The jobs and groups of the run."""
        return [*self.session.names(), *self.session.groups()]

    def after(self, header: JobHeader) -> tuple[Need, ...]:
        """What ``after`` names in the run."""
        return Binder({}, Owners(), self._capture, self.session.opened).needs(header, {})

    def policy(self, group: str) -> Policy | None:
        """The present policy of *group*."""
        run = self._run()
        return run.groups[group].policy if run is not None and group in run.groups else None

    def ordering(self, name: str) -> Ordering:
        """What the run knows of files; job *name* may be one of it already."""
        run = self._run() or Run()
        return Ordering(run, [name] if name in run.jobs else [])

    def dump(self, value: Any, name: str, hole: Callable[[object], int | None] | None = None) -> ValueRef:
        """Store a value in the store of the flow."""
        return self.session.captures.dump(value, name, hole)

    def surroundings(self) -> Surroundings:
        """Environment, path and folder as they are now."""
        states = {name: Captured(self.dump(state, name)) for name, state in kernels_settings().items()}
        around = surroundings.environment(), surroundings.path(), str(Path.cwd())
        return Surroundings(*around, self._place()[0], states)

    def _capture(self, name: str, value: Any) -> ValueRef:
        return self.dump(value, name)

    def _run(self) -> Run | None:
        return self.session.replica.run if self.session.opened is not None else None
