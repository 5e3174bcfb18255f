"""From a job cell to its spec: what the body reads is bound, at declaration, to the versions that its reader sees."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from nbflow.core.match import match_names
from nbflow.core.names import Names
from nbflow.core.run import JobState
from nbflow.core.spec import Captured, GroupNeed, Input, JobNeed, JobSpec, Need, Produced, ValueRef
from nbflow.core.status import Status
from nbflow.engine.client import Import, Replica
from nbflow.errors import DeclarationError, ValueNotStorable
from nbflow.notebook.line import JobHeader
from nbflow.notebook.owners import ByImport, ByJob, Owners

Capture = Callable[[str, Any], ValueRef]
"""Stores one value of the kernel under its variable's name."""


@dataclass(frozen=True, slots=True)
class Binder:
    """Binds names to versions, for one kernel. *replica* is None before the first declaration of a run."""

    namespace: Mapping[str, Any]
    owners: Owners
    capture: Capture
    replica: Replica | None

    def inputs(self, header: JobHeader, names: Names) -> dict[str, Input]:
        """Where each variable that the body reads comes from. Unknown names are left to the job's own NameError."""
        local = header.executor == "kernel"
        if header.inputs is not None:
            reads: Iterable[str] = header.inputs
        else:
            reads = sorted(names.needed | names.deletes)
        found = {}
        for name in reads:
            try:
                found[name] = self._input(header.name, name, local)
            except ValueNotStorable:
                # One that only may be needed is no reason to refuse the job: read after all, it is a NameError there.
                if header.inputs is not None or name not in names.maybe:
                    raise
        return {name: source for name, source in found.items() if source is not None}

    def _input(self, job: str, name: str, local: bool) -> Input | None:
        match self.owners.maker(name):
            case ByJob(job=maker):
                return self._version(job, Produced(maker, name))
            case ByImport() as maker:
                return Captured(self.capture(name, Import(maker.module, maker.attribute)))
            case None if name in self.namespace and not local:
                return Captured(self.capture(name, self.namespace[name]))
        return None

    def _version(self, job: str, source: Input) -> Input | None:
        """What *job* gets for *source*. A job cannot wait for itself, nor for one that needs it.

        Where such a one made the present version, as where ``x = x + 1`` is declared again, it gets that value, or, if
        there is none, the version before.

        Raises:
            DeclarationError: that value is being made just now.
        """
        jobs = self.replica.run.jobs if self.replica is not None else {}
        found: Input | None = source
        while isinstance(found, Produced) and job in jobs and (found.job == job or follows(jobs, found.job, job)):
            by, name = found.job, found.output
            maker = jobs[by]
            if by != job and maker.status.active:
                raise DeclarationError(f"job {job!r} reads {name!r}, which {by!r} is making: wait for it, or cancel it")
            if maker.status is Status.SUCCEEDED and name in maker.outputs:
                return Captured(maker.outputs[name])
            found = maker.spec.inputs.get(name)
        return found

    def needs(self, header: JobHeader, inputs: Mapping[str, Input]) -> tuple[Need, ...]:
        """The jobs that make the inputs, and what ``--after`` names; each once, a plain need before an optional one.

        Raises:
            UnknownJob: ``--after`` names no job or group of this run.
        """
        found: dict[str, Need] = {s.job: JobNeed(s.job) for s in inputs.values() if isinstance(s, Produced)}
        jobs = list(self.replica.run.jobs) if self.replica is not None else []
        groups = self.replica.run.groups if self.replica is not None else {}
        for after in header.after:
            for name in match_names([after.pattern], [*(n for n in jobs if n != header.name), *groups]):
                if name in groups and name not in jobs:
                    members = tuple(m for m in groups[name].members if m != header.name)
                    found.setdefault(name, GroupNeed(name, members, after.optional))
                elif name not in found:
                    found[name] = JobNeed(name, after.optional)
        return tuple(found.values())


def follows(jobs: Mapping[str, JobState], job: str, other: str) -> bool:
    """Whether *job* needs *other*, at however many removes."""
    ahead, seen = [job], {job}
    while ahead:
        state = jobs.get(ahead.pop())
        for need in state.spec.needs if state is not None else ():
            names = {*need.members} if isinstance(need, GroupNeed) else {need.job}
            if other in names:
                return True
            ahead += names - seen
            seen |= names
    return False


def imports_of(tree: ast.Module) -> dict[str, ByImport]:
    """The names that a body binds by plain imports at its top level, and by nothing else.

    >>> imports_of(ast.parse("import numpy as np\\nfrom os import path, sep\\nsep = 1"))
    {'np': ByImport(module='numpy', attribute=None), 'path': ByImport(module='os', attribute='path')}
    """
    found: dict[str, ByImport] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                dotted = "." in alias.name and alias.asname is None
                if not dotted:
                    found[alias.asname or alias.name] = ByImport(alias.name)
                else:
                    found.setdefault(alias.name.partition(".")[0], ByImport(alias.name.partition(".")[0]))
        elif isinstance(statement, ast.ImportFrom) and statement.level == 0 and statement.module:
            found |= {a.asname or a.name: ByImport(statement.module, a.name) for a in statement.names if a.name != "*"}
    others = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    defined = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    return {name: maker for name, maker in found.items() if name not in others | defined}


def starred(tree: ast.Module, writes: Collection[str]) -> dict[str, ByImport]:
    """The names that ``from module import *`` at the top level of a body binds, but for its own *writes*.

    The modules are imported here to know them, as the cell itself would do; one that cannot be is the job's to report.

    >>> starred(ast.parse("from bisect import *"), {"insort"})["bisect"]
    ByImport(module='bisect', attribute='bisect')
    """
    found: dict[str, ByImport] = {}
    for statement in tree.body:
        match statement:
            case ast.ImportFrom(module=str(name), names=[ast.alias(name="*")], level=0):
                with suppress(Exception):
                    found |= {each: ByImport(name, each) for each in _public(importlib.import_module(name))}
    return {name: maker for name, maker in found.items() if name not in writes}


def _public(module: ModuleType) -> Collection[str]:
    public: Collection[str] = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    return public


def outputs_of(header: JobHeader, names: Names) -> tuple[str, ...]:
    """The variables the body leaves: what the header says, or all it writes or changes in place."""
    if header.outputs is not None:
        return header.outputs
    return tuple(sorted(names.writes))


def types_of(tree: ast.Module, inputs: Collection[str]) -> dict[str, str]:
    """The types that a body declares, at its top level, for those of its *inputs* that it does not assign there.

    >>> types_of(ast.parse("x: int\\nrows: 'list[str]'\\ny: int\\nz: int = x"), {"x", "rows", "z"})
    {'x': 'int', 'rows': 'list[str]'}
    """
    found = {}
    for statement in tree.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), value=None, annotation=kind) if name in inputs:
                match kind:
                    case ast.Constant(value=str(text)):
                        found[name] = text
                    case _:
                        found[name] = ast.unparse(kind)
    return found


def spec_of(header: JobHeader, names: Names, code: str, shell: bool, **bound: Any) -> JobSpec:
    """The job as it travels to the engine.

    *bound*: inputs, outputs, needs, types, rollback, fallback, cell_id, env, path, cwd.
    """
    return JobSpec(
        name=header.name,
        source=header.body,
        code=code,
        shell=shell,
        deletes=tuple(sorted(names.deletes)),
        passing=tuple(sorted(names.passing | names.imports)) if header.outputs is None else (),
        retry=header.retry,
        timeout=header.timeout,
        deadline=header.deadline,
        group=header.group,
        rules=header.rules,
        condition=header.condition,
        bash=header.bash,
        memory=header.memory,
        once=header.once,
        on_missing=header.on_missing,
        executor=header.executor,
        hold=header.hold,
        **bound,
    )
