"""``%%job`` and ``%nbflow``: thin; what they mean is in the modules beside this one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from msgspec.structs import replace
from traitlets import Bool, CaselessStrEnum, Float, Int, List, TraitError, Unicode, Union, default, validate

from nbflow.core.match import nearest
from nbflow.core.policy import bare, ruled
from nbflow.core.rules import Rule
from nbflow.core.spec import Limits, Retry
from nbflow.core.status import Status
from nbflow.errors import GroupError, JobFailedError, NbflowError, RunFailedError
from nbflow.notebook import notifying
from nbflow.notebook.declare import Declarer
from nbflow.notebook.flow import Flow
from nbflow.notebook.gathering import few
from nbflow.notebook.group_options import ruled_fields
from nbflow.notebook.handlers import unreached
from nbflow.notebook.interrupt import plainly
from nbflow.notebook.job_help import job_help
from nbflow.notebook.judges import evaluator, judging
from nbflow.notebook.line import Defaults, LineError, VerbCall, expander, parse_job, parse_verb, verbs_help
from nbflow.notebook.look_verbs import LookVerbs
from nbflow.notebook.quantities import room
from nbflow.notebook.results import Results

__all__ = ["NBFlow"]


_LIMITS = ("retry_budget", "max_attempts", "max_jobs")
_HAS = (Status.SUCCEEDED, Status.FAILED)
_OF_THE_CACHE = ("cache_days", "cache_limit")
_OF_THE_RUN = (*_LIMITS, *_OF_THE_CACHE, "notify", "forbidden", "store_limit", "parallel", "durable", "on_kernel_exit")
"""What the engine is told of when it changes."""


@magics_class
class NBFlow(LookVerbs, Magics):
    """Defaults of every ``%%job`` and of the engine: ``%config NBFlow.parallel = 4``."""

    parallel = Int(0, help="Jobs run at the same time; 0: one per processor.").tag(config=True)
    retries = Int(0, help="Retries of a job that does not say --retries.").tag(config=True)
    timeout = Float(
        None, allow_none=True, help="Seconds an attempt may take where --timeout is not given; None: no limit."
    ).tag(config=True)
    executor = CaselessStrEnum(["process", "kernel"], "process", help="What runs jobs without --in.").tag(config=True)
    autostart = Bool(True, help="Start jobs as soon as their needs are met.").tag(config=True)
    cache = Bool(False, help="Reuse what the same code has made of the same inputs, as with --cache.").tag(config=True)
    cache_days = Float(30.0, min=0.0, help="Days for which an unused cached result is kept.").tag(config=True)
    cache_limit = Int(10_000_000_000, min=0, help="Bytes that all cached values may take.").tag(config=True)
    on_kernel_exit = CaselessStrEnum(
        ["finish", "cancel"], "finish", help="What becomes of jobs under way when the kernel ends."
    ).tag(config=True)
    retry_budget = Int(
        None, allow_none=True, help="Retries that all jobs of a run may use together; None: as many as they may each."
    ).tag(config=True)
    max_attempts = Int(None, allow_none=True, help="Attempts that a run may start; None: no limit.").tag(config=True)
    max_jobs = Int(None, allow_none=True, help="Jobs that a run may have; None: no limit.").tag(config=True)
    forbidden = List(Unicode(), help="Executors that jobs may not use; shell: no shell jobs and recovery scripts.").tag(
        config=True
    )
    store_limit = Union(
        [Unicode(), Int()],
        default_value=None,
        allow_none=True,
        help="What the values of the store may take together, such as 20GB; None: no limit.",
    ).tag(config=True)
    keep_alive = Float(
        20.0,
        min=0.0,
        help="Seconds between signs of life for the server while jobs run, lest it end the kernel; 0: none.",
    ).tag(config=True)
    notify = List(
        Unicode(), help="Commands and addresses (https://…) that tell people when a run ends or first fails."
    ).tag(config=True)
    durable = CaselessStrEnum(
        ["process", "power"], "process", help="Against what the log is safe: the death of processes, or power loss too."
    ).tag(config=True)

    def attach(
        self, flow: Flow, declarer: Declarer, show: Callable[[int | None], None], forms: dict[str, Callable[..., Any]]
    ) -> None:
        """Give the magics what they act on."""
        self.flow, self.declarer, self._show, self._forms = flow, declarer, show, forms
        self.observe(lambda _: declarer.session.configure(), names=list(_OF_THE_RUN))

    @validate("parallel", "retries", *_LIMITS)
    def _not_negative(self, proposal: Any) -> int | None:
        if proposal["value"] is None:
            return None
        if proposal["value"] < 0:
            raise TraitError(f"NBFlow.{proposal['trait'].name} is a whole number of 0 or more, not {proposal['value']}")
        return int(proposal["value"])

    @validate("forbidden")
    def _near_nothing(self, proposal: Any) -> list[str]:
        known, forbidden = ["process", "kernel", "shell"], list(proposal["value"])
        for name in forbidden:
            if name not in known and (near := nearest(name, known)):
                raise TraitError(
                    f"NBFlow.forbidden names executors, or shell: {name!r} is none (did you mean {near!r}?)"
                )
        return forbidden

    @default("notify")
    def _of_the_environment(self) -> list[str]:
        return notifying.of_the_environment()

    @validate("notify")
    def _hooks(self, proposal: Any) -> list[str]:
        return notifying.checked(proposal["value"])

    @validate("store_limit")
    def _a_size(self, proposal: Any) -> Any:
        try:
            room(proposal["value"])
        except ValueError:
            raise TraitError(
                f"NBFlow.store_limit is a size such as 20GB or 500MB, or None, not {proposal['value']!r}"
            ) from None
        return proposal["value"]

    @property
    def limits(self) -> Limits:
        """What a run as a whole may use."""
        retries, attempts, jobs = (getattr(self, name) for name in _LIMITS)
        store = room(self.store_limit)
        return Limits(retries=retries, attempts=attempts, jobs=jobs, forbidden=tuple(self.forbidden), store=store)

    def _names(self) -> dict[str, Any]:
        assert self.shell is not None
        names: dict[str, Any] = self.shell.user_ns
        return names

    @property
    def defaults(self) -> Defaults:
        """What ``%%job`` means where an option is not given."""
        retry = replace(Retry(), attempts=self.retries + 1)
        return Defaults(
            retry=retry, timeout=self.timeout, executor=self.executor, hold=not self.autostart, cache=self.cache
        )

    @no_var_expand
    @cell_magic
    def job(self, line: str, cell: str) -> None:
        """Run this cell in the background."""
        try:
            header = parse_job(
                line,
                cell,
                expand=expander(self._names()),
                known=self.declarer.known(),
                defaults=self.defaults,
                handlers=self.declarer.handlers,
            )
            self.declarer.declare(header)
        except (LineError, NbflowError) as error:
            raise UsageError(str(error)) from None

    @no_var_expand
    @line_magic
    def nbflow(self, line: str) -> Any:
        """Look at the jobs of this notebook, and act on them."""
        __tracebackhide__ = True
        try:
            call = parse_verb(line, expand=expander(self._names()))
            return self._verb(call)
        except LineError as error:
            raise UsageError(str(error)) from None
        except (RunFailedError, GroupError):
            raise
        except KeyboardInterrupt as error:
            raise plainly(error, "the jobs go on") from None
        except TimeoutError as error:
            raise plainly(error) from None
        except NbflowError as error:
            raise UsageError(str(error)) from None

    def _verb(self, call: VerbCall) -> Any:
        __tracebackhide__ = True
        verb = getattr(self, f"_do_{call.verb}")
        return verb(*call.args, **call.options)

    # --- verbs
    def _do_run(self, *jobs: str) -> None:
        self._say(self.flow.run(*jobs), "started")

    def _do_plan(self, *jobs: str) -> None:
        self._forms["figure"](self.flow.plan(*jobs))

    def _do_wait(self, *jobs: str, timeout: float | None = None) -> None:
        self.flow.wait(*jobs, timeout=timeout)

    def _do_gather(self, name: str, timeout: float | None = None) -> None:
        coming = self.flow.gather(name, timeout=timeout)
        results = Results(name, len(self.declarer.session.members(name)))
        show = self._forms["results"](results)
        try:
            for result in coming:
                results.add(result)
                show()
        finally:
            results.over = True
            show(last=True)

    def _do_status(self, json: bool = False) -> None:
        print(_json(self.flow.snapshot()) if json else repr(self.flow))

    def _do_log(
        self, job: str, attempt: int | None = None, follow: bool = False, err: bool = False, **steps: bool
    ) -> None:
        if len(steps) > 1 or (steps and follow):
            raise LineError("log shows one thing: an attempt (then -f follows it), its recovery, rollback or fallback")
        if follow:
            for piece in self.flow.follow(job, attempt, err=err):
                print(piece, end="", flush=True)
        else:
            step: Any = next(iter(steps), None)
            print(self.flow.log(job, attempt, err=err, step=step), end="")

    def _do_retry(self, *jobs: str, downstream: bool = False, **given: str) -> None:
        self._say(self.flow.retry(*jobs, downstream=downstream, start=given.get("from")), "run again", jobs)

    def _do_skip(self, *jobs: str, value: str | None = None, last: bool = False) -> None:
        if value is None:
            self._say(self.flow.skip(*jobs, last=last), "skipped" if not last else "substituted", jobs)
        else:
            self._say(self.flow.skip(*jobs, value=self._evaluated(value)), "substituted", jobs)

    def _evaluated(self, expression: str) -> Any:
        """The value of an expression in the notebook, variables that jobs make included."""
        try:
            self._forms["bring"](self.declarer.reader.read(expression).needed)
        except (JobFailedError, GroupError) as error:
            raise LineError(f"--value {expression}: {str(error).splitlines()[0]}") from None
        try:
            return eval(compile(expression, "<value>", "eval"), self._names())
        except Exception as error:
            text = isinstance(error, NameError) and expression.isidentifier()
            hint = f""" (if text is meant: --value "'{expression}'")""" if text else ""
            raise LineError(f"--value {expression}: {type(error).__name__}: {error}{hint}") from error

    def _do_pause(self) -> None:
        changed = self.flow.pause()
        print("paused: nothing new starts before %nbflow unpause" if changed else "paused already")

    def _do_unpause(self) -> None:
        print("jobs start again" if self.flow.unpause() else "not paused")

    def _do_handler(self, name: str | None = None, rules: tuple[Rule, ...] = ()) -> None:
        handlers = self.declarer.handlers
        if name is None or not rules:
            print(handlers if name is None else handlers.told([name]))
            return
        handlers.declare(name, rules)
        for text in unreached(rules):
            print(f"nbflow: handler {name!r}: {text}", file=sys.stderr)

    def _do_cancel(self, *jobs: str) -> None:
        self._say(self.flow.cancel(*jobs), "cancelled", jobs)

    def _do_resume(self, run: str | int = 0) -> None:
        try:
            self.flow.resume(int(run))
        except NbflowError as error:
            if run or type(error) is not NbflowError:
                raise
            print(error)  # a notebook that resumes at its top is run for the first time
            return
        snapshot = self.flow.snapshot()
        print(f"run {snapshot['run']} of {snapshot['flow']}, {snapshot['verdict']}\n{self.flow!r}")

    def _do_why(self, job: str) -> None:
        print(self.flow.why(job))

    def _do_debug(self, job: str | None = None, attempt: int | None = None, restore: bool = False) -> None:
        if restore == (job is not None):
            raise LineError("debug opens a job, or gives variables back: %nbflow debug JOB, or %nbflow debug --restore")
        if job is not None:
            self.flow.debug(job, attempt)
        else:
            print(self.flow.debugging.restore())

    def _do_reproduce(self, job: str, attempt: int | None = None, discard: bool = False) -> dict[str, Any] | None:
        __tracebackhide__ = True
        made = self.flow.reproduce(job, attempt, discard=discard)
        assigned = not discard and all(self._names().get(name) is value for name, value in made.items())
        return None if assigned else made

    def _do_group(self, group: str, /, policy: Any = None, **options: Any) -> None:
        if policy is None and not options:
            raise LineError(f"group {group!r}: give its policy, such as --policy at-least:2, or options")
        session = self.declarer.session
        if policy is not None:
            policy = judging(policy, evaluator(self._names()), lambda *given: session.captures.dump(*given))
        else:
            policy = bare(session.policy(group))
        session.declare((), {group: ruled(policy, None, ruled_fields(options))})

    def _do_notify(self, hook: str | None = None, off: bool = False) -> None:
        print(notifying.told(self.flow.notify(*([hook] if hook is not None else []), off=off)))

    def _do_export(self, file: str, plain: bool = False, force: bool = False, **flags: bool) -> None:
        self.flow.export(file, plain=plain, everything="all" in flags, force=force)
        print(f"exported {file}")

    def _do_trust(self) -> None:
        self._forms["trust"]()

    def _do_gc(self) -> None:
        print(self.flow.gc())

    def _do_stop(self) -> None:
        open_ = [name for name, status in self.flow.status().items() if not Status(status).ended]
        self.flow.stop()
        print("the engine has ended" + (f", and with it: {few(open_)}" if open_ else ""))

    def _say(self, count: int, what: str, jobs: tuple[str, ...] = ()) -> None:
        """How many jobs a request has changed; if none, how those stand that it was about."""
        if count:
            print(f"{count} job{'' if count == 1 else 's'} {what}")
            return
        status = self.flow.status()
        told = [
            f"{job} has {status[job]}" if status[job] in _HAS else f"{job} is {status[job]}"
            for job in jobs
            if job in status
        ]
        print(f"no job to be {what}" + (f": {', '.join(told)}" if told else ""))


NBFlow.job.__doc__ = job_help()
NBFlow.nbflow.__doc__ = verbs_help()


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
