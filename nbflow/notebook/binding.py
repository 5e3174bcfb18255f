"""From a job cell to its spec: what the body reads is bound, at declaration, to the versions that its reader sees."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from nbflow.core.elements import fan_of
from nbflow.core.hidden import is_hidden, spoken
from nbflow.core.match import match_names
from nbflow.core.names import Names
from nbflow.core.run import Run
from nbflow.core.spec import Captured, Gathered, Input, JobSpec, Need, Part, Produced, ValueRef
from nbflow.engine.client import Import, Replica
from nbflow.errors import DeclarationError, ValueNotStorable
from nbflow.notebook.calling import declared_name, produced
from nbflow.notebook.line import JobHeader
from nbflow.notebook.needed import Needed, follows
from nbflow.notebook.owners import ByFan, ByImport, ByJob, Owners
from nbflow.notebook.references import Reference

SHELL = "get_ipython"
"""Each process has a shell of its own."""
Capture = Callable[[str, Any], ValueRef]
"""Stores one value of the kernel under its variable's name."""


@dataclass(frozen=True, slots=True)
class Binder:
    """Binds names to versions, for one kernel. *replica* is None before the first declaration of a run."""

    namespace: Mapping[str, Any]
    owners: Owners
    capture: Capture
    replica: Replica | None
    given: Collection[str] = ()
    """Names that the job gets otherwise: loop variables."""
    look: Callable[[Iterable[str]], None] = lambda _names: None
    """Has names whose values code in the kernel has changed unseen be the kernel's."""

    def inputs(self, header: JobHeader, names: Names) -> dict[str, Input]:
        """Where each variable that the body reads comes from. Unknown names are left to the job's own NameError."""
        local = header.executor == "kernel"
        if header.inputs is not None:
            reads: Iterable[str] = header.inputs
        else:
            reads = sorted(names.needed | names.deletes)
        readers, found = self.readers(header), {}
        for name in reads:
            if name in self.given or is_hidden(name):
                continue
            self.look([name])
            try:
                found[name] = self._input(readers, header.name, name, local)
            except ValueNotStorable:
                # One that only may be needed is no reason to refuse the job: read after all, it is a NameError there.
                if header.inputs is not None or name not in names.maybe:
                    raise
        return {name: source for name, source in found.items() if source is not None}

    def made(self, header: JobHeader, name: str) -> Input | None:
        """Where the hidden state *name* comes from that a job makes."""
        job = self.owners.job_of(name)
        return self._version(self.readers(header), header.name, Produced(job, name)) if job is not None else None

    def readers(self, header: JobHeader) -> frozenset[str]:
        """The jobs of the run that *header* declares anew: one, or the elements of a fan-out."""
        run = self.replica.run if self.replica is not None else Run()
        fan = fan_of(run, header.name)
        return frozenset(name for name in (header.name, *(fan.elements if fan else ())) if name in run.jobs)

    def _input(self, readers: Collection[str], reader: str, name: str, local: bool) -> Input | None:
        match self.owners.maker(name):
            case ByJob(job=maker):
                return self._version(readers, reader, Produced(maker, name))
            case ByFan(fan=fan):
                return self._version(readers, reader, self._gathered(fan, name))
            case ByImport() as maker:
                return Captured(self.capture(name, Import(maker.module, maker.attribute)))
            case None if isinstance(value := self.namespace.get(name), Reference) and not local:
                source = produced(value, declared_name, lambda key, what: self.capture(what, key))
                return self._version(readers, reader, source)
            case None if name in self.namespace and not local and name != SHELL:
                return Captured(self.capture(name, self.namespace[name]))
        return None

    def _gathered(self, fan: str, output: str) -> Gathered:
        found = fan_of(self.replica.run, fan) if self.replica is not None else None
        elements = found.elements if found is not None else {}
        return Gathered(output, tuple(Part(element.key, job) for job, element in elements.items()))

    def _version(self, readers: Collection[str], reader: str, source: Input) -> Input | None:
        """What *readers* get for *source*. A job cannot wait for itself, nor for one that needs it.

        Where such a one made the present version, as where ``x = x + 1`` is declared again, it gets that value, or, if
        there is none, the version before.

        Raises:
            DeclarationError: that value is being made just now.
        """
        jobs = self.replica.run.jobs if self.replica is not None else {}
        found: Input | None = source
        while isinstance(found, Produced | Gathered) and readers and follows(jobs, makers := _makers(found), readers):
            making = next((by for by in makers if by not in readers and jobs[by].status.active), None)
            if making is not None:
                name = found.output
                raise DeclarationError(
                    f"job {reader!r} reads {spoken(name)!r}, which {making!r} is making: wait for it, or cancel it"
                )
            if isinstance(found, Produced) and jobs[found.job].status.good and found.output in jobs[found.job].outputs:
                return Captured(jobs[found.job].outputs[found.output])
            found = jobs[makers[0]].spec.inputs.get(found.output)
        return found

    def needs(self, header: JobHeader, inputs: Mapping[str, Input]) -> tuple[Need, ...]:
        """The jobs that make the inputs, and what ``--after`` names; each once, a plain need before an optional one.

        What a fan-out makes needs its group, all members that there are.

        Raises:
            UnknownJob: ``--after`` names no job or group of this run.
        """
        run = self.replica.run if self.replica is not None else Run()
        needed = Needed(run, self.readers(header), header.group)
        for source in inputs.values():
            needed.read(source)
        for after in header.after:
            for name in match_names([after.pattern], needed.known):
                needed.wait_for(name, after.optional)
        return tuple(needed.found.values())


def _makers(source: Produced | Gathered) -> list[str]:
    return [source.job] if isinstance(source, Produced) else [part.job for part in source.parts]


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
    return tuple(sorted(name for name in names.writes if not is_hidden(name)))


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
        cache=header.cache,
        on_missing=header.on_missing,
        executor=header.executor,
        hold=header.hold,
        **bound,
    )
