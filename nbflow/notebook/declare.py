"""What ``%%job`` does: read the body, bind its names, declare the job, and show its card."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from nbflow.core.handed import changed
from nbflow.core.names import Names
from nbflow.core.policies import Policy
from nbflow.core.policy import ruled
from nbflow.core.run import Run
from nbflow.core.spec import JobSpec, Part, ValueRef
from nbflow.errors import DeclarationError, StoreError
from nbflow.notebook import surroundings
from nbflow.notebook.binding import Binder, imports_of, outputs_of, spec_of, starred, types_of
from nbflow.notebook.bodies import check_variables, looped, nothing, reading_too
from nbflow.notebook.calls import Calls
from nbflow.notebook.cards import Cards
from nbflow.notebook.fanout import FanOut, check_name, fan_out, sharing, withdrawn
from nbflow.notebook.files import Ordering, scope_of
from nbflow.notebook.handing import Handing
from nbflow.notebook.handlers import Handlers, unreached
from nbflow.notebook.interrupt import whole
from nbflow.notebook.judges import evaluator, judging
from nbflow.notebook.line import JobHeader
from nbflow.notebook.local_modules import LocalModules
from nbflow.notebook.loops import values_of
from nbflow.notebook.needed import follows
from nbflow.notebook.offering import Offer, Offering, blind_spots
from nbflow.notebook.owners import ByFan, ByJob, Owners
from nbflow.notebook.pairing import Paired, items_read, parts_for
from nbflow.notebook.reading import Reader
from nbflow.notebook.redeclaring import learned, leave, pin
from nbflow.notebook.session import Session
from nbflow.notebook.transform import Transformed, plain
from nbflow.notebook.waiting import Waiting

Body = tuple[Transformed, Names]
"""A cell's body as Python, and its names."""


class _Jobs(NamedTuple):
    """What a cell declares: *specs*, all made of *template*; *gone*: elements that it declares no longer."""

    template: JobSpec
    specs: Sequence[JobSpec]
    gone: Sequence[JobSpec]
    warnings: Sequence[str]


@dataclass(slots=True)
class Declarer:
    """Declares jobs for one kernel. *cell_id* gives the running cell's id, or ""."""

    session: Session
    owners: Owners
    reader: Reader
    cards: Cards
    namespace: dict[str, Any]
    waiting: Waiting
    cell_id: Callable[[], str]
    handlers: Handlers = field(default_factory=Handlers)
    modules: LocalModules = field(default_factory=LocalModules)
    handing: Handing = field(init=False)

    def __post_init__(self) -> None:
        self.handing = Handing(self.owners, self.session.captures, self.namespace)

    def known(self) -> list[str]:
        """The jobs, groups and fan-outs that ``--after`` may name."""
        return list(dict.fromkeys([*self.session.names(), *self.session.groups(), *self.session.fans()]))

    def declare(self, header: JobHeader) -> None:
        """Declare the job or fan-out of *header*; on an error nothing is declared.

        Raises:
            DeclarationError: the body cannot be read, its needs make a loop, or loop variables have no good values.
            ValueNotStorable: a variable that the body reads cannot leave the kernel.
            StoreError: the store is not there any more; said once.
        """
        self._check_store()
        body = self._read(header)
        self.handing.bound_anew(pin(self.session, self._readers(header)))
        fan = self._fan_out(header) if header.loops else None
        if fan is not None:
            header, body = replace(header, group=header.group or header.name), (body[0], looped(body[1], fan))
        with self.session.held():
            jobs = self._jobs(header, body, fan)
            self._declare(header, body, fan, jobs)
        for text in self._warnings(header, body[1], fan, jobs):
            print(f"nbflow: job {header.name!r}: {text}", file=sys.stderr)
        if fan is not None and not fan.keys:
            print(nothing(header, jobs.template.outputs))
        else:
            self.cards.show(self.session.replica, header.name)

    def _readers(self, header: JobHeader) -> frozenset[str]:
        """The jobs of the run that *header* declares anew."""
        return Binder(self.namespace, self.owners, self._capture(None), self.session.opened).readers(header)

    def _jobs(self, header: JobHeader, body: Body, fan: FanOut | None) -> _Jobs:
        """The jobs that are to be declared, in the order that their files ask for."""
        paired = self._paired(header, *body, fan) if fan is not None else Paired({})
        template = self._spec(header, *body, fan, paired)
        specs = fan.specs(template, self._capture(fan), paired) if fan is not None else [template]
        run = self.session.replica.run if self.session.opened else Run()
        gone = withdrawn(run, header.name, [spec.name for spec in specs])
        ordering = Ordering(run, self._readers(header))
        text = header.body if header.bash else ast.parse(body[0].code)
        specs = ordering.ordered(header, specs, self._scopes(fan), [spec.name for spec in gone], text=text)
        return _Jobs(template, specs, gone, ordering.warnings)

    def _declare(self, header: JobHeader, body: Body, fan: FanOut | None, jobs: _Jobs) -> None:
        """Declare them, and know from then on what is theirs: all of it, or nothing."""
        hidden = self.reader.hidden
        read = self.handing.read({**jobs.template.offered, **jobs.template.inputs})

        def declare() -> None:
            self.session.declare([*jobs.gone, *jobs.specs], self._policies(header, fan))
            self._own(header, jobs.template.outputs, *body, fan)
            states = [self.session.job(spec.name) for spec in jobs.specs]
            self.handing.declared(states, read)
            hidden.watch(states)
            if fan is not None:
                keys = [spec.element.key for spec in jobs.specs if spec.element]
                self.waiting.fans.remember(fan.name, keys, fan.keys)

        free = hidden.free(body[1], header.executor == "kernel")
        whole(declare)
        hidden.carry_out(body[1], free)

    def _warnings(self, header: JobHeader, names: Names, fan: FanOut | None, jobs: _Jobs) -> list[str]:
        """What a person should know of jobs that were declared."""
        spots = blind_spots(names) if header.outputs is None and header.executor != "kernel" else ()
        looped = fan.warnings if fan is not None else ()
        modules = self.modules.warnings(names, self.namespace)
        return [*unreached(header.rules), *looped, *jobs.warnings, *spots, *modules]

    def _scopes(self, fan: FanOut | None) -> list[Mapping[str, Any]]:
        """For each job that is declared, what expressions in the paths of its files may use."""
        if fan is None:
            return [self.namespace]
        return [scope_of(self.namespace, dict(zip(fan.variables, each, strict=True))) for each in fan.elements]

    def _fan_out(self, header: JobHeader) -> FanOut:
        """The elements of the fan-out: what the expressions of its loop variables read is waited for."""
        check_name(self.session.replica.run if self.session.opened else None, header.name, header.group)
        for loop in header.loops:
            names = self.reader.read(loop.expression)
            self.waiting.bring(names.needed, names.sure)
        values = [values_of(loop, self.namespace) for loop in header.loops]
        return fan_out(header.name, header.loops, values, header.zipped)

    def _paired(self, header: JobHeader, transformed: Transformed, names: Names, fan: FanOut) -> Paired:
        """What the elements read of other fan-outs item by item, and by nothing but the text of the cell."""
        tree, found = ast.parse(transformed.code), dict[str, list[Part]]()
        if header.inputs is not None or not fan.keys:
            return Paired(found)
        self.handing.look(names.needed)
        more = Calls(self.namespace, self.owners, self.reader.read, self._capture(fan)).reads(header)
        otherwise = self.reader.elsewhere(names.needed) | more
        readers = Binder(self.namespace, self.owners, self._capture(fan), self.session.opened).readers(header)
        for name in names.needed - names.writes - otherwise:
            maker, items = self.owners.maker(name), items_read(tree, name, fan.variables)
            if not isinstance(maker, ByFan) or not items:
                continue
            other = self.waiting.fans.of(maker.fan)
            if not follows(self.session.replica.run.jobs, other.elements, readers):
                parts = parts_for(other, self.waiting.fans.keys(other), fan.variables, items, fan.elements)
                found |= {name: parts} if parts else {}
        return Paired(found)

    def _spec(
        self, header: JobHeader, transformed: Transformed, names: Names, fan: FanOut | None, paired: Paired
    ) -> JobSpec:
        """The job, or what the elements of a fan-out have in common."""
        given = (*fan.variables, *paired.parts) if fan is not None else ()
        capture = self._capture(fan)
        binder = Binder(self.namespace, self.owners, capture, self.session.opened, given, self.handing.look)
        calls = Calls(self.namespace, self.owners, self.reader.read, capture)
        inputs = binder.inputs(*reading_too(header, names, calls.reads(header)))
        readable = [*inputs, *given]
        states = self.reader.hidden.given(
            names,
            lambda name: binder.made(header, name),
            capture,
            local=header.executor == "kernel",
            script=header.bash,
            fan=fan is not None,
        )
        inputs |= states.inputs
        offer = self._offer(header, names, [*readable, *inputs], len(fan.keys) if fan is not None else 1)
        return spec_of(
            header,
            names,
            transformed.code if transformed.shell else "",
            transformed.shell,
            inputs=self.handing.numbered(inputs),
            offered={**self.handing.numbered(offer.given), **states.offered},
            beyond=offer.beyond,
            outputs=(*outputs_of(header, names), *self.reader.hidden.outputs(names, fan is not None)),
            closed=header.outputs is not None or fan is not None,
            needs=binder.needs(header, inputs),
            types=types_of(ast.parse(transformed.code), names.needed if header.executor == "kernel" else readable),
            rollback=calls.call("rollback", header, readable),
            fallback=calls.call("fallback", header, readable),
            cell_id=self.cell_id(),
            env={**surroundings.environment(), **header.env},
            path=surroundings.path(),
            cwd=self._cwd(header),
        )

    def _offer(self, header: JobHeader, names: Names, given: list[str], jobs: int) -> Offer:
        """What the body may ask for while it runs, and what it does not get; in the kernel all is there anyway."""
        if header.bash or header.executor == "kernel":
            return Offer({}, ())
        run = self.session.replica.run if self.session.opened else Run()
        stated = names if header.inputs is None else replace(names, asks=(), binds=())
        return Offering(self.namespace, self.owners, self.session.captures, run, jobs).of(stated, header.body, given)

    def _read(self, header: JobHeader) -> tuple[Transformed, Names]:
        """The body as Python, and its names; a script for bash has none.

        Raises:
            DeclarationError: it cannot be read.
        """
        if header.bash:
            check_variables(header, self.namespace, self.owners)
            return Transformed(""), Names()
        transformed = plain(header.body)
        names = self.reader.read(transformed.code)
        if names.syntax_error is not None:
            fault = names.syntax_error
            raise DeclarationError(f"job {header.name!r}, line {fault.line}: {fault.message}")
        if header.outputs is None and self.session.opened is not None:
            names = learned(self.session.replica.run, header.name, header.body, names)
        return transformed, names

    def take_up(self, run: Run) -> None:
        """Another run was taken up: what its jobs make can be read here, but for names in use."""
        self.owners.forget()
        fans = set[str]()
        for name, state in sorted(run.jobs.items(), key=lambda item: item[1].declared_at):
            spec = state.spec
            fan = spec.element.fan if spec.element is not None else None
            if spec.withdrawn or spec.function or fan in fans:
                continue  # what a function gives is read through its handle
            outputs = [output for output in (*spec.outputs, *changed(state)) if output not in self.namespace]
            code = "" if spec.bash else spec.code or spec.source
            self.reader.learn(self.reader.read(code))
            if fan is not None:
                fans.add(fan)
                self.owners.declare_fan(fan, outputs, imports_of(ast.parse(code)))
            else:
                self.owners.declare(name, outputs, imports_of(ast.parse(code)))

    def _own(
        self, header: JobHeader, outputs: tuple[str, ...], transformed: Transformed, names: Names, fan: FanOut | None
    ) -> None:
        """The outputs are the job's now; what the kernel holds under those names is an older version, and goes."""
        live, tree = header.executor == "kernel", ast.parse(transformed.code)
        star = {} if live else starred(tree, names.writes)
        self.reader.hidden.declared(names, fan is not None)
        outputs = tuple(name for name in outputs if not self._comes_later(header, name))
        outputs, imports = (*outputs, *star), {} if live else star | imports_of(tree)
        self.reader.learn(names)
        leave(self.session, self.owners, self.namespace, header.name, outputs)
        if fan is not None:
            self.owners.declare_fan(header.name, outputs, imports)
        else:
            gone = names.deletes if live else ()  # once the job has ended, not before
            self.owners.declare(header.name, (*outputs, *gone), imports, live)
        if not live:
            for name in names.deletes - set(outputs):
                self.owners.release(name)
            for name in (*outputs, *names.deletes):
                self.namespace.pop(name, None)
            self.session.captures.forget([*outputs, *names.deletes])
        if fan is not None and not fan.keys:
            for name in outputs:
                self.owners.release(name)
                self.namespace[name] = {}

    def _comes_later(self, header: JobHeader, name: str) -> bool:
        """Whether something that has yet to run after *header*'s job, which it needs, makes the present *name*."""
        run = self.session.replica.run
        match self.owners.maker(name):
            case ByJob(job=job):
                makers = [job]
            case ByFan(fan=fan):
                makers = list(self.waiting.fans.of(fan).elements)
            case _:
                return False
        declared = Binder(self.namespace, self.owners, self._capture(None), self.session.replica).readers(header)
        if not makers or not declared.isdisjoint(makers):
            return False
        return not all(run.jobs[each].status.ended for each in makers) and follows(run.jobs, makers, declared)

    def _check_store(self) -> None:
        try:
            self.session.check_store()
        except StoreError:
            self.owners.forget()
            raise

    def _policies(self, header: JobHeader, fan: FanOut | None) -> dict[str, Policy]:
        """The group's policy where the cell says it; a fan-out without elements has a group all the same."""
        empty = fan is not None and not fan.keys
        if header.group is None or (header.policy is None and not header.group_options and not empty):
            return {}
        present, judge = self.session.policy(header.group), header.policy
        if judge is not None:
            judge = judging(judge, evaluator(self.namespace), self.session.captures.dump)
        return {header.group: ruled(present, judge, header.group_options)}

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

    def _capture(self, fan: FanOut | None) -> Callable[[str, Any], ValueRef]:
        """Stores values of the kernel; those that all elements of *fan* have in common once."""
        return sharing(self.session.captures.dump, len(fan.keys) if fan is not None else 1)
