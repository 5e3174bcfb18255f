"""What ``%%job`` does: read the body, bind its names, declare the job, and show its card."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbflow.core.names import Names
from nbflow.core.policy import ruled
from nbflow.core.run import Run
from nbflow.core.spec import Policy, Strict, ValueRef
from nbflow.errors import DeclarationError, StoreError
from nbflow.notebook import surroundings
from nbflow.notebook.binding import Binder, follows, imports_of, outputs_of, spec_of, starred, types_of
from nbflow.notebook.calls import Calls
from nbflow.notebook.cards import Cards
from nbflow.notebook.handlers import Handlers, unreached
from nbflow.notebook.interrupt import whole
from nbflow.notebook.line import JobHeader
from nbflow.notebook.owners import Owners
from nbflow.notebook.reading import Reader
from nbflow.notebook.session import Session
from nbflow.notebook.transform import Transformed, plain


@dataclass(slots=True)
class Declarer:
    """Declares jobs for one kernel. *cell_id* gives the running cell's id, or ""."""

    session: Session
    owners: Owners
    reader: Reader
    cards: Cards
    namespace: dict[str, Any]
    cell_id: Callable[[], str]
    handlers: Handlers = field(default_factory=Handlers)

    def known(self) -> list[str]:
        """The jobs and groups that ``--after`` may name."""
        return [*self.session.names(), *self.session.groups()]

    def declare(self, header: JobHeader) -> None:
        """Declare the job of *header*; on an error nothing is declared.

        Raises:
            DeclarationError: the body cannot be read, or its needs make a loop.
            ValueNotStorable: a variable that the body reads cannot leave the kernel.
            StoreError: the store is not there any more; said once.
        """
        self._check_store()
        transformed, names = self._read(header)
        binder = Binder(self.namespace, self.owners, self._capture, self.session.opened)
        calls = Calls(self.namespace, self.owners, self.reader.read, self._capture)
        inputs = binder.inputs(*_reading_too(header, names, calls.reads(header)))
        outputs = outputs_of(header, names)
        spec = spec_of(
            header,
            names,
            transformed.code if transformed.shell else "",
            transformed.shell,
            inputs=inputs,
            outputs=outputs,
            needs=binder.needs(header, inputs),
            types=types_of(ast.parse(transformed.code), inputs),
            rollback=calls.call("rollback", header, inputs),
            fallback=calls.call("fallback", header, inputs),
            cell_id=self.cell_id(),
            env={**surroundings.environment(), **header.env},
            path=surroundings.path(),
            cwd=self._cwd(header),
        )

        def declare() -> None:
            self.session.declare([spec], self._policies(header))
            self._own(header, outputs, names, transformed)

        whole(declare)
        for text in unreached(header.rules):
            print(f"nbflow: job {header.name!r}: {text}", file=sys.stderr)
        self.cards.show(self.session.replica, header.name)

    def _read(self, header: JobHeader) -> tuple[Transformed, Names]:
        """The body as Python, and its names; a script for bash has none.

        Raises:
            DeclarationError: it cannot be read.
        """
        if header.bash:
            return Transformed("", ""), Names()
        transformed = plain(header.body)
        names = self.reader.read(transformed.code)
        if names.syntax_error is not None:
            fault = names.syntax_error
            raise DeclarationError(f"job {header.name!r}, line {fault.line}: {fault.message}")
        return transformed, names

    def take_up(self, run: Run) -> None:
        """Another run was taken up: what its jobs make can be read here, but for names in use."""
        self.owners.forget()
        for name, state in sorted(run.jobs.items(), key=lambda item: item[1].declared_at):
            spec = state.spec
            outputs = [output for output in spec.outputs if output not in self.namespace]
            code = "" if spec.bash else spec.code or spec.source
            self.reader.learn(self.reader.read(code))
            self.owners.declare(name, outputs, imports_of(ast.parse(code)))

    def _own(self, header: JobHeader, outputs: tuple[str, ...], names: Names, transformed: Transformed) -> None:
        """The outputs are the job's now; what the kernel holds under those names is an older version, and goes."""
        live, tree = header.executor == "kernel", ast.parse(transformed.code)
        star = {} if live else starred(tree, names.writes)
        outputs = tuple(name for name in outputs if not self._comes_later(header.name, name))
        outputs, imports = (*outputs, *star), {} if live else star | imports_of(tree)
        self.reader.learn(names)
        self.owners.declare(header.name, outputs, imports, live)
        if not live:
            for name in names.deletes - set(outputs):
                self.owners.release(name)
            for name in (*outputs, *names.deletes):
                self.namespace.pop(name, None)

    def _comes_later(self, job: str, name: str) -> bool:
        """Whether a job that needs *job*, and has yet to run after it, makes the present version of *name*."""
        jobs, maker = self.session.replica.run.jobs, self.owners.job_of(name)
        return maker not in (None, job) and not jobs[maker].status.ended and follows(jobs, maker, job)

    def _check_store(self) -> None:
        try:
            self.session.check_store()
        except StoreError:
            self.owners.forget()
            raise

    def _policies(self, header: JobHeader) -> dict[str, Policy]:
        if header.group is None or (header.policy is None and not header.group_options):
            return {}
        run = self.session.replica.run if self.session.opened else None
        present = run.groups[header.group].policy if run is not None and header.group in run.groups else Strict()
        return {header.group: ruled(present, header.policy, header.group_options)}

    def _cwd(self, header: JobHeader) -> str:
        """The folder the job runs in: the kernel's present one, unless the header says otherwise.

        Raises:
            DeclarationError: there is no such folder.
        """
        try:
            here = Path.cwd()
        except FileNotFoundError:
            raise DeclarationError("the folder that the notebook is in was deleted: os.chdir to another one") from None
        folder = here / Path(header.cwd).expanduser() if header.cwd else here
        if not folder.is_dir():
            raise DeclarationError(f"--cwd: there is no folder {str(folder)!r}")
        return str(folder)

    def _capture(self, name: str, value: Any) -> ValueRef:
        return self.session.client.values.dump(value, name)


def _reading_too(header: JobHeader, names: Names, more: frozenset[str]) -> tuple[JobHeader, Names]:
    """The same for a body that reads *more* than its text says."""
    if header.inputs is not None:
        return replace(header, inputs=tuple(dict.fromkeys([*header.inputs, *sorted(more)]))), names
    return header, replace(names, reads=names.reads | more)
