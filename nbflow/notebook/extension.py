"""``%load_ext nbflow``: what is put into the shell, and taken out of it again without a trace."""

from __future__ import annotations

import atexit
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from traitlets import TraitError

from nbflow.engine.client import Client, RunInfo, hidden, trust
from nbflow.errors import NbflowError
from nbflow.notebook.ambience import Ambience
from nbflow.notebook.calls import callables
from nbflow.notebook.cards import PACE, Cards
from nbflow.notebook.cells import Cells
from nbflow.notebook.completion import Completion
from nbflow.notebook.debugging import Debugging
from nbflow.notebook.declare import Declarer
from nbflow.notebook.exporting.cells import Past
from nbflow.notebook.fan_slot import FanSlot
from nbflow.notebook.file_cells import FileCells
from nbflow.notebook.flow import Flow
from nbflow.notebook.gathering import few
from nbflow.notebook.handlers import Handlers
from nbflow.notebook.handles import load, unload
from nbflow.notebook.keep_alive import KeepAlive, sign_of
from nbflow.notebook.kernel_jobs import KernelJobs
from nbflow.notebook.local_modules import LocalModules
from nbflow.notebook.magics import NBFlow
from nbflow.notebook.owners import Owners
from nbflow.notebook.place import Place, here
from nbflow.notebook.planning import Planner
from nbflow.notebook.pump import Pump
from nbflow.notebook.reading import Reader
from nbflow.notebook.resting import Rest
from nbflow.notebook.results import Results
from nbflow.notebook.session import Session
from nbflow.notebook.shows import Shows
from nbflow.notebook.slot import Slot
from nbflow.notebook.target import FlowTarget
from nbflow.notebook.waiting import Waiting

_followed: dict[Place, tuple[int, list[Slot | FanSlot]]] = {}
"""The run that an extension followed when it was unloaded, and its cards: one that is loaded later takes them up."""
_handlers: dict[Place, Handlers] = {}
"""What handlers a notebook has declared in this process; loading the extension again keeps them."""


class Extension:
    """Everything of nbflow in one IPython shell."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        kernel = getattr(shell, "kernel", None)
        self.headless = kernel is not None and not getattr(kernel, "_allow_stdin", True)
        self.magics = configured(shell)
        self.session = Session(here(shell.user_ns), self.magics, shell.user_ns)
        self.session.captures.rest = self.rest = Rest(kernel)
        self.session.captures.notice = self.notice
        self.owners = Owners()
        self.reader = Reader(shell.user_ns, self.owners, self.type_of)
        live = kernel is not None
        self.ambience = Ambience(self.session) if live and not self.headless else None
        self.cards = Cards(lambda: self.session.client, self.publish, live, self.headless, self.ambience)
        self.alive = KeepAlive(self.session, sign_of(kernel), lambda: self.magics.keep_alive) if live else None
        self.shows = Shows(self.session, self.publish, live, widgets=live and not self.headless)
        self.waiting = Waiting(self.session, self.owners, shell.user_ns, self.pumping, self.notice)
        self.cells = Cells(
            self.owners, shell.user_ns, self.reader, self.waiting.bring, self.waiting.bring_all, self.settle_names
        )
        self.file_cells = FileCells(self.session, shell.user_ns, self.waiting)
        self.kernel_jobs: KernelJobs | None = None
        self.declarer = Declarer(
            self.session, self.owners, self.reader, self.cards, shell.user_ns, self.waiting, self.cell_id
        )
        self.declarer.modules = LocalModules(reloading=self.reloading)
        self.declarer.handlers = _handlers.setdefault(self.session.place, self.declarer.handlers)
        self.completion = Completion(
            self.session.names,
            lambda: list(dict.fromkeys([*self.session.groups(), *self.session.fans()])),
            self.variables,
            lambda: callables(shell.user_ns),
            lambda: self.declarer.handlers.declared,
        )
        self.flow = Flow(self.session, self.pumping, self.settle, self.declarer.take_up, self.target())
        self.flow.debugging = self.debugging = Debugging(
            self.session, shell.user_ns, self.owners, shell, not self.headless, self.live_error
        )
        self.waiting.trace = self.debugging.trace
        self.flow.planner = Planner(self.session, shell.user_ns, self.owners, self.reader)
        history = getattr(shell.history_manager, "input_hist_raw", [])
        self.flow.past = Past(text for text in history[1:] if text)
        forms: dict[str, Callable[..., Any]] = {
            "figure": self.figure,
            "trust": self.trust,
            "bring": self.waiting.bring,
            "results": self.results,
        }
        self.magics.attach(self.flow, self.declarer, self.show, forms)

    def load(self) -> None:
        """Put magics, hooks and completion into the shell, and warm the engine."""
        shell = self.shell
        shell.register_magics(self.magics)
        shell.ast_transformers.append(self.cells)
        self.file_cells.watch(shell)
        self.rest.watch(shell.events)
        shell.events.register("post_run_cell", self.cells.after)
        shell.events.register("post_run_cell", self.flow.past.ran)
        shell.events.register("post_run_cell", self.after_cell)
        shell.Completer.custom_matchers.append(self.completion)
        self.session.on_connect(self.connected)
        self.session.on_change(self.cards.changed)
        self.session.on_change(self.shows.changed)
        if self.ambience is not None:
            self.session.on_change(self.ambience.changed)
        if self.alive is not None:
            self.session.on_change(self.alive.changed)
            alive = self.alive
            self.magics.observe(lambda _: alive.changed(), names=["keep_alive"])
        load(self.flow)
        atexit.register(self.leave)
        self.reader.hidden.look_back(shell.user_ns.get("In", ())[:-1])
        self.follow_on()

    def target(self) -> FlowTarget:
        """Where calls of job functions are declared."""
        return FlowTarget(
            self.session,
            lambda: self.magics.defaults,
            self.declarer.handlers,
            lambda: (self.cell_id(), getattr(self.shell, "execution_count", 0)),
        )

    def follow_on(self) -> None:
        """Take up the run that an earlier extension of this process followed; else only connect."""
        followed = _followed.pop(self.session.place, None)
        if followed is None:
            self.session.on_connect(self.announce)
            self.session.warm()
            return
        number, slots = followed
        try:
            self.flow.resume(number)
            self.cards.adopt(self.session.replica, slots)
        except NbflowError as error:
            print(f"nbflow: run {number} could not be taken up again: {error}", file=sys.stderr)

    def unload(self) -> None:
        """Take all of it out again; jobs go on in the engine."""
        shell = self.shell
        for table in (shell.magics_manager.magics["cell"], shell.magics_manager.magics["line"]):
            for name in ("job", "nbflow"):
                if getattr(table.get(name), "__self__", None) is self.magics:
                    del table[name]
        unload(self.flow)
        shell.magics_manager.registry.pop("NBFlow", None)
        for found in [c for c in shell.configurables if c is self.magics]:
            shell.configurables.remove(found)
        shell.ast_transformers[:] = [t for t in shell.ast_transformers if t is not self.cells]
        self.file_cells.leave(shell)
        self.rest.leave(shell.events)
        hidden.let_go()
        shell.events.unregister("post_run_cell", self.cells.after)
        shell.events.unregister("post_run_cell", self.flow.past.ran)
        shell.events.unregister("post_run_cell", self.after_cell)
        shell.Completer.custom_matchers[:] = [m for m in shell.Completer.custom_matchers if m is not self.completion]
        atexit.unregister(self.leave)
        self.cells.after()
        slots = self.cards.close()
        if self.session.opened is not None:
            number = self.session.opened.info.number
            _followed[self.session.place] = number, [slot for slot in slots if slot.replica is self.session.opened]
        self.shows.close()
        if self.ambience is not None:
            self.ambience.close()
        if self.alive is not None:
            self.alive.close()
        if self.kernel_jobs is not None:
            self.kernel_jobs.close()
        self.session.close()

    def leave(self) -> None:
        """The kernel ends: say on stderr what goes on without it."""
        replica = self.session.opened
        if replica is None or self.magics.on_kernel_exit == "cancel":
            return
        open_ = [name for name, job in replica.run.jobs.items() if not job.status.ended and not job.held]
        if open_:
            print(f"nbflow: jobs go on in the background: {few(open_)}", file=sys.__stderr__)

    # --- the shell's side
    def connected(self, client: Client) -> None:
        """A client is there: kernel jobs can run."""
        self.session.preload()
        if self.kernel_jobs is not None:  # of a client that was let go
            self.kernel_jobs.close()
        self.kernel_jobs = KernelJobs(client, self.shell, self.waiting.bring, self.rest.stirred)

    def live_error(self, key: str) -> BaseException | None:
        """The exception of an attempt that ran in this kernel, while it is remembered."""
        return self.kernel_jobs.errors.get(key) if self.kernel_jobs is not None else None

    def announce(self, client: Client) -> None:
        """Say that a run goes on, to a person who has come back to it."""
        unfinished = [info for info in client.runs(self.session.place.flow) if info.verdict == "running"]
        if unfinished and self.session.opened is None:
            self.say(unfinished_line(unfinished[-1]))

    def say(self, text: str) -> None:
        """Print *text* under the cell that runs, or ran last."""
        print(text)

    def publish(self, bundle: dict[str, Any], display_id: str, update: bool) -> None:
        """Send a mime bundle to the front end under a display id."""
        self.shell.display_pub.publish(data=bundle, metadata={}, transient={"display_id": display_id}, update=update)

    def show(self, run: int | None = None) -> None:
        """Show the live view under the running cell, or the picture of run number *run*."""
        self.shows.show(run)
        if self.ambience is not None:
            self.ambience.begin()

    def notice(self, text: str) -> Callable[[str], None]:
        """Show one quiet line under the running cell; the result replaces it."""
        if not self.cards.live:
            return lambda _: None
        display_id = uuid.uuid4().hex

        def bundle(line: str) -> dict[str, str]:
            return {"text/plain": line}

        self.publish(bundle(text), display_id, False)
        return lambda line: self.publish(bundle(line), display_id, True)

    def results(self, results: Results) -> Callable[..., None]:
        """Show *results* under the running cell; what is returned brings them up to date, when *last* at any rate."""
        if not self.cards.live:
            return lambda last=False: print(results.text()) if last else None
        display_id, rest = uuid.uuid4().hex, 0.0
        self.publish(results.bundle(), display_id, False)

        def show(last: bool = False) -> None:
            nonlocal rest
            if last or time.monotonic() >= rest:
                self.publish(results.bundle(), display_id, True)
                rest = time.monotonic() + PACE

        return show

    def figure(self, figure: Any) -> None:
        """Show a matplotlib figure once."""
        data, metadata = self.shell.display_formatter.format(figure)
        self.shell.display_pub.publish(data=data, metadata=metadata)

    def trust(self) -> None:
        """Take this folder's store as one's own."""
        trust(self.session.place.folder / ".nbflow")

    def pumping(self) -> AbstractContextManager[Callable[[float], object]]:
        """A pump that serves clicks while a cell waits."""
        return _pumping(getattr(self.shell, "kernel", None))

    def settle(self) -> None:
        """At the end of a wait: everything shown is brought up to date by the main thread."""
        if self.cards.live:
            self.cards.flush()
            self.shows.flush()

    def after_cell(self, *_: object) -> None:
        """After a cell: packages it loaded are loaded for jobs too; headless clients see what is sent until now."""
        self.session.captures.prune()
        self.declarer.handing.prune()
        self.declarer.modules.look()
        self.session.preload()
        if self.headless:
            self.settle()

    def reloading(self) -> bool:
        """Whether ``%autoreload`` keeps the kernel's modules up to date."""
        magics = self.shell.magics_manager.registry.get("AutoreloadMagics")
        return bool(getattr(getattr(magics, "_reloader", None), "enabled", False))

    def settle_names(self) -> None:
        """Before names are read: whose they are by now."""
        if (replica := self.session.opened) is not None:
            with replica.lock:
                said = self.declarer.handing.settle(replica.run)
                self.reader.hidden.settle(replica.run)
            for line in said:
                print(f"nbflow: {line}", file=sys.stderr)

    def type_of(self, name: str) -> str:
        """The name of the type of what a job has made as *name*; "" as long as nobody knows."""
        job, replica = self.owners.job_of(name), self.session.opened
        state = replica.run.jobs.get(job) if job is not None and replica is not None else None
        ref = state.outputs.get(name) if state is not None and state.status.good else None
        return ref.type if ref is not None else ""

    def variables(self) -> list[str]:
        """The notebook's variables, those that jobs make included, for completion."""
        return sorted(name for name in {*self.shell.user_ns, *self.owners.makers} if not name.startswith("_"))

    def cell_id(self) -> str:
        """The id of the cell that runs, where the front end says it."""
        parent: dict[str, Any] = getattr(self.shell, "get_parent", dict)() or {}
        return str((parent.get("metadata") or {}).get("cellId", ""))


def configured(shell: Any) -> NBFlow:
    """The magics with what ``%config NBFlow`` or a configuration file says, unless it cannot be meant."""
    try:
        return NBFlow(shell)
    except TraitError as error:
        shell.config.pop("NBFlow")
        print(f"nbflow: {error}: NBFlow's defaults are used", file=sys.stderr)
        return NBFlow(shell)


@contextmanager
def _pumping(kernel: Any) -> Iterator[Callable[[float], object]]:
    with Pump.of(kernel) as pump:
        yield pump


def unfinished_line(info: RunInfo) -> str:
    """What a new kernel is told of a run that goes on without it.

    >>> unfinished_line(RunInfo(run=9, flow="a", number=12, started_at=0.0, verdict="running",
    ...     counts={"running": 3, "succeeded": 5}))
    'run 12 is still going: 3 running, 5 succeeded. %nbflow resume takes it up.'
    """
    counts = ", ".join(f"{count} {word}" for word, count in info.counts.items())
    return f"run {info.number} is still going: {counts}. %nbflow resume takes it up."
