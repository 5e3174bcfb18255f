"""From calls of job functions to specs: arguments go by value, references become needs, names are made unique."""

from __future__ import annotations

import inspect
from collections import ChainMap
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from nbflow.core.names import Names
from nbflow.core.policies import Policy, Strict
from nbflow.core.policy import ruled
from nbflow.core.spec import Built, Captured, Input, JobNeed, JobSpec, Need, Produced, ValueRef
from nbflow.engine.client import Function
from nbflow.errors import DeclarationError
from nbflow.notebook.binding import spec_of
from nbflow.notebook.calling import (
    Called,
    code_of,
    is_call,
    jobs_of,
    produced,
    referred,
    source,
    variable_of,
)
from nbflow.notebook.calls import Calls
from nbflow.notebook.files import Ordering, scope_of
from nbflow.notebook.handlers import Handlers
from nbflow.notebook.judges import evaluator, judging
from nbflow.notebook.keywords import words
from nbflow.notebook.line import Defaults, JobHeader, header_of
from nbflow.notebook.owners import Owners
from nbflow.notebook.references import Reference, parts

Namespace = Mapping[str, Any]


@dataclass(frozen=True)
class Surroundings:
    """What a job finds around its code; *cell_id* is that of the cell that declares it."""

    env: Mapping[str, str]
    path: tuple[str, ...]
    cwd: str
    cell_id: str = ""
    states: Mapping[str, Input] = field(default_factory=dict)
    """Settings that hide in modules, where they are otherwise than at the start."""


class Target(Protocol):
    """Where jobs are declared: a flow, or the attempt that the code runs in."""

    handlers: Handlers

    @property
    def defaults(self) -> Defaults:
        """What options that are not given mean."""

    def name(self, wanted: str, taken: Collection[str], exact: bool) -> str:
        """A name that neither the target nor *taken* has; *wanted* itself, if *exact*, or else made of it."""

    def known(self) -> Collection[str] | None:
        """The jobs and groups that ``after`` may name; None if that cannot be told here."""

    def after(self, header: JobHeader) -> tuple[Need, ...]:
        """What ``after`` names, as needs."""

    def policy(self, group: str) -> Policy | None:
        """The present policy of *group*."""

    def ordering(self, name: str) -> Ordering:
        """What is known of the files of jobs declared before job *name*."""

    def dump(self, value: Any, name: str, hole: Callable[[object], int | None] | None = None) -> ValueRef:
        """Store a value, which people know by *name*."""

    def surroundings(self) -> Surroundings:
        """What jobs declared now find around them."""


@dataclass
class Batch:
    """Jobs that are to be declared together, each after all that it refers to."""

    target: Target
    names: dict[int, str] = field(default_factory=dict)
    calls: list[Called] = field(default_factory=list)
    specs: list[JobSpec] = field(default_factory=list)
    policies: dict[str, Policy] = field(default_factory=dict)
    _opened: set[int] = field(default_factory=set)
    _here: set[str] = field(default_factory=set)
    _around: Surroundings | None = None
    _taken: dict[tuple[int, tuple[str, ...]], tuple[ValueRef, str]] = field(default_factory=dict)

    def add(self, call: Called) -> None:
        """Have *call*, and whatever it refers to that is no job yet, among *specs*.

        Raises:
            DeclarationError: an option or an argument is wrong.
            ValueNotStorable: an argument, or the function, cannot leave this process.
        """
        ahead = [call]
        while ahead:
            top = ahead[-1]
            if not self._is_new(top):
                ahead.pop()
                continue
            todo = [] if id(top) in self._opened else [c for c in _meant(top) if self._is_new(c)]
            self._opened.add(id(top))
            if any(id(c) in self._opened for c in todo):
                raise DeclarationError(f"job {top.name!r} needs its own output")
            ahead.extend(todo)
            if not todo:
                self._build(ahead.pop())

    def _is_new(self, call: Called) -> bool:
        return not call.declared and id(call) not in self.names

    def name_of(self, call: Called) -> str:
        """The name of the job that *call* is, or is to be."""
        if self._is_new(call):
            self.add(call)  # it was hidden inside of an object
        return call.name if call.declared else self.names[id(call)]

    def declared_in(self, flow: Any) -> None:
        """All of them are declared in *flow*: those who hold them know it."""
        for call in self.calls:
            call.declared_in(flow, self.names[id(call)])

    def _build(self, call: Called) -> None:
        call.check()
        wanted, exact = call.options.get("name") or call.name, call.options.get("name") is not None
        name = self.target.name(str(wanted), self._here, exact)
        header, objects = self._header(call, name)
        namespace = ChainMap(objects, getattr(inspect.unwrap(call.function), "__globals__", {}))
        inputs = self._inputs(call)
        spec = self._spec(call, header, namespace, inputs)
        self.policies |= self._policies(header, namespace)
        self.names[id(call)] = name
        self.calls.append(call)
        self.specs.append(spec)
        self._here.add(name)

    def _header(self, call: Called, name: str) -> tuple[JobHeader, dict[str, Any]]:
        options = {key: value for key, value in call.options.items() if key not in ("name", "outputs")}
        if "after" in options:
            options["after"] = self._after(options["after"])
        said, objects = words(name, options)
        known = self.target.known() if "after" in options else None
        header = header_of(
            said,
            self._function(call)[1],
            known=None if known is None else [*known, *self._here],
            defaults=replace(self.target.defaults, executor="process"),
            handlers=self.target.handlers,
        )
        if header.executor == "kernel":
            raise DeclarationError(f"job {name!r} cannot run in the kernel: only cells can, functions need a process")
        return header, objects

    def _function(self, call: Called) -> tuple[ValueRef, str]:
        """The function by value, and its text; each is taken once."""
        key = id(call.function), call.outputs
        if key not in self._taken:
            taken = Function.of(call.function, call.outputs, call.name)
            self._taken[key] = self.target.dump(taken, call.name), source(call.function)
        return self._taken[key]

    def _after(self, given: Any) -> Any:
        """What ``after`` names, with calls by the names that their jobs have."""
        several = given if isinstance(given, list | tuple | set | frozenset) else [given]
        owners = [parts(each)[0] if isinstance(each, Reference) else each for each in several]
        return [self.name_of(each) if is_call(each) else each for each in owners]

    def _spec(self, call: Called, header: JobHeader, namespace: Namespace, inputs: dict[str, Input]) -> JobSpec:
        around = self._around = self._around or self.target.surroundings()
        dump = self.target.dump
        calls = Calls(namespace, Owners(), lambda _: Names(), lambda label, value: dump(value, label))
        variable = variable_of(call)
        taken, _ = self._function(call)
        code = code_of(call.function, call.arguments, variable, call.outputs)
        needs: dict[str, Need] = {job: JobNeed(job) for source in inputs.values() for job in jobs_of(source)}
        for need in self._waits(header):
            needs.setdefault(need.job if isinstance(need, JobNeed) else need.group, need)
        spec = spec_of(
            header,
            Names(),
            code,
            False,
            inputs={variable: Captured(taken), **around.states, **inputs},
            outputs=call.outputs,
            closed=True,
            needs=tuple(needs.values()),
            rollback=calls.call("rollback", header, inputs),
            fallback=calls.call("fallback", header, inputs),
            cell_id=around.cell_id,
            env={**around.env, **header.env},
            path=around.path,
            cwd=_folder(around.cwd, header.cwd),
            function=call.name,
        )
        scope = scope_of(namespace, call.arguments)
        return self.target.ordering(header.name).ordered(header, [spec], [scope], (), self.specs)[0]

    def _waits(self, header: JobHeader) -> Iterator[Need]:
        """What ``after`` names, in this batch or in the target."""
        yield from (JobNeed(each.pattern, each.optional) for each in header.after if each.pattern in self._here)
        rest = tuple(each for each in header.after if each.pattern not in self._here)
        yield from self.target.after(replace(header, after=rest))

    def _inputs(self, call: Called) -> dict[str, Input]:
        return {name: self._input(name, value) for name, value in call.arguments.items()}

    def _input(self, name: str, value: Any) -> Input:
        """Where the argument *name* comes from: it is a reference, has some inside, or is a plain value."""
        if is_call(value):
            value = value.output
        if isinstance(value, Reference):
            return self._produced(value)
        found: list[Produced] = []

        def hole(each: object) -> int | None:
            meant = each.output if is_call(each) else each
            if not isinstance(meant, Reference) and meant is each:
                return None
            found.append(self._produced(meant))
            return len(found) - 1

        stored = self.target.dump(value, name, hole)
        return Built(stored, tuple(found)) if found else Captured(stored)

    def _produced(self, reference: object) -> Produced:
        if not isinstance(reference, Reference):
            raise DeclarationError(f"{reference!r}: inside of an argument, give its .output or one of them")
        return produced(reference, self.name_of, self.target.dump)

    def _policies(self, header: JobHeader, namespace: Namespace) -> dict[str, Policy]:
        if header.group is None or (header.policy is None and not header.group_options):
            return {}
        judge = header.policy
        if judge is not None:
            judge = judging(judge, evaluator(namespace), self.target.dump)
        present = self.policies.get(header.group) or self.target.policy(header.group) or Strict()
        return {header.group: ruled(present, judge, header.group_options)}


def _meant(call: Called) -> Iterator[Called]:
    """The calls that *call* refers to."""
    return referred({**call.arguments, "after": call.options.get("after")})


def _folder(cwd: str, wanted: str) -> str:
    folder = Path(cwd) / Path(wanted).expanduser() if wanted else Path(cwd)
    if not folder.is_dir():
        raise DeclarationError(f"--cwd: there is no folder {str(folder)!r}")
    return str(folder)
