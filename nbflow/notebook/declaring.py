"""Declaring in the flow by calls of Python: jobs of functions, and groups; and what jobs have made."""

from __future__ import annotations

from typing import Any

from nbflow.core.groups import for_good
from nbflow.core.policies import Policy, Ruled, Strict
from nbflow.core.policy import ruled
from nbflow.core.run import Run
from nbflow.core.status import Status
from nbflow.engine.client import read_progress
from nbflow.errors import NbflowError
from nbflow.notebook.grammar import read
from nbflow.notebook.group_options import GROUP_OPTIONS, ONLY_GROUP, POLICY, ruled_fields
from nbflow.notebook.handles import gathered
from nbflow.notebook.judges import given, judging
from nbflow.notebook.keywords import words
from nbflow.notebook.looking import Look, Pumping
from nbflow.notebook.session import Session
from nbflow.notebook.target import FlowTarget
from nbflow.notebook.waiting import failure, stuck


class Declaring(Look):
    """A flow in which jobs can be declared."""

    def __init__(self, session: Session, pumping: Pumping, target: FlowTarget) -> None:
        super().__init__(session, pumping)
        self._target = target

    def add(self, *jobs: Any) -> None:
        """Declare *jobs*, all or nothing: calls of functions decorated with `nbflow.job`, or lists of them.

        What they refer to is declared with them. Jobs that are declared already are passed over.

        Raises:
            DeclarationError: one of them cannot be declared.
            ValueNotStorable: an argument of one of them cannot leave this process.
        """
        batch = gathered(jobs, self._target)
        if batch.specs:
            self._declare(batch.specs, batch.policies)
            batch.declared_in(self)

    def _declare(self, specs: list[Any], policies: dict[str, Policy]) -> None:
        self._session.declare(specs, policies)

    def group(self, name: str, policy: Policy | str | Any = None, **options: Any) -> None:
        """Set the policy and the options of group *name*; those not given go.

        Args:
            policy: its text (``"at-least:2"``), a policy, or an object with a method ``verdict(members)``; None leaves
                it as it is.
            options: those of ``%nbflow group``: ``max_parallel=2``, ``fail_fast=True``, ``retries=1``, ….

        Raises:
            NbflowError: an option or the policy is none.
        """
        if not isinstance(policy, Ruled):
            policy = self._ruled(name, policy, options)
        self._session.declare((), {name: policy})

    def _ruled(self, name: str, policy: Any, options: dict[str, Any]) -> Policy:
        table = (POLICY, *GROUP_OPTIONS, *ONLY_GROUP)
        said, objects = words(name, {"policy": policy, **options}, table)
        values = read(said, table).values
        judge = values.pop("policy", None)
        if judge is not None:
            judge = judging(judge, given(objects), self._target.dump)
        present = self._target.policy(name) or Strict()
        present = present.policy if isinstance(present, Ruled) else present
        return ruled(judge or present, None, ruled_fields(values))

    def status_of(self, job: str) -> Status:
        """How *job* stands."""
        return self._session.job(self._one(job)).status

    def result(self, job: str, timeout: float | None = None) -> Any:
        """Wait for *job*, and get what it has made: its output, or a dict of them where there are several.

        Args:
            timeout: seconds; None waits as long as it takes.

        Raises:
            JobFailedError: it ended without success.
            TimeoutError: it took longer than *timeout*.
            NbflowError: it is held, or waits for one that is.
        """
        name = self._one(job)

        def done(run: Run) -> bool:
            return for_good(run, name) or stuck(run, [name]) is not None

        if not self._session.replica.wait(done, timeout=0):
            with self._pumping() as pump:
                if not self._session.wait(done, timeout, pump):
                    raise TimeoutError(f"job {name!r} has not ended after {timeout:g} s")
        return self._loaded(name)

    def _loaded(self, name: str) -> Any:
        with self._session.replica.lock:
            run = self._session.replica.run
            state = run.jobs[name]
            if not state.status.ended:
                raise NbflowError(str(stuck(run, [name])))
            if not state.status.good:
                raise failure(state)
            found = {output: state.outputs.get(output) for output in state.spec.outputs}
        values = {name: self._session.client.values.load(ref) for name, ref in found.items() if ref is not None}
        return next(iter(values.values()), None) if len(found) == 1 else values

    def progress(self, job: str) -> dict[str, Any] | None:
        """How far the last attempt of *job* said it is: ``{done, total, text, at}``; None if it said nothing."""
        attempts = self._session.job(self._one(job)).attempts
        return read_progress(self._session.client.attempt_folder(attempts[-1].key)) if attempts else None
