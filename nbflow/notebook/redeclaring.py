"""What a job that is declared again leaves behind: its earlier outputs, to those who came before, as in plain order."""

from __future__ import annotations

import sys
from collections.abc import Collection, MutableMapping
from dataclasses import replace as changed
from typing import Any

from msgspec.structs import replace

from nbflow.core.hidden import hidden_in, is_hidden, spoken
from nbflow.core.names import Names
from nbflow.core.run import JobState, Run
from nbflow.core.spec import Captured, Input, JobNeed, JobSpec, Need, Produced, ValueRef
from nbflow.core.status import Status
from nbflow.engine.client import hidden
from nbflow.notebook.owners import Owners
from nbflow.notebook.session import Session

_NOT_STARTED = (Status.WAITING, Status.READY, Status.HELD)


def pinned(run: Run, names: Collection[str]) -> list[JobSpec]:
    """The jobs that have yet to start and read what the succeeded jobs *names* have made: bound to those very values.

    Where a job is declared again while its readers wait, they have come before the new cell, and it is not theirs.
    """
    made = {name: run.jobs[name].outputs for name in names if name in run.jobs and run.jobs[name].status.good}
    found = []
    for name, state in run.jobs.items():
        if made and name not in made and _may_be_bound(state):
            inputs = {variable: _bound(source, made) for variable, source in state.spec.inputs.items()}
            if inputs != state.spec.inputs:
                found.append(replace(state.spec, inputs=inputs, needs=_still_needed(state.spec, inputs, made)))
    return found


def _may_be_bound(state: JobState) -> bool:
    return state.status in _NOT_STARTED and not state.began and not state.released and not state.spec.withdrawn


def _bound(source: Input, made: dict[str, dict[str, ValueRef]]) -> Input:
    if isinstance(source, Produced) and not source.path and source.output in made.get(source.job, {}):
        return Captured(made[source.job][source.output])
    return source


def _still_needed(spec: JobSpec, inputs: dict[str, Input], made: dict[str, dict[str, ValueRef]]) -> tuple[Need, ...]:
    """The needs of *spec* without those jobs of *made* that none of its *inputs* refers to any more."""
    before = {source.job for source in spec.inputs.values() if isinstance(source, Produced)}
    after = {source.job for source in inputs.values() if isinstance(source, Produced)}
    gone = (before - after) & made.keys()
    return tuple(need for need in spec.needs if not (isinstance(need, JobNeed) and need.job in gone))


def learned(run: Run, name: str, source: str, names: Names) -> Names:
    """*names* with what attempts of job *name* with the same *source* were found to change in place unseen."""
    state = run.jobs.get(name)
    if state is None or state.spec.source != source or state.spec.closed:
        return names
    found = frozenset(each for attempt in state.attempts for each in attempt.changed)
    seen = found & (names.needed | hidden_in(found))
    names = changed(names, reads=names.reads | hidden_in(seen))
    return changed(names, writes=names.writes | seen, mutates=names.mutates | seen) if seen else names


def pin(session: Session, names: Collection[str]) -> list[JobState]:
    """Before the jobs *names* are declared again: have those readers of theirs that wait bound to what is there now."""
    readers = pinned(session.replica.run, names) if names and session.opened is not None else []
    if readers:
        session.declare(readers, {})
    return [session.job(spec.name) for spec in readers]


def leave(
    session: Session, owners: Owners, namespace: MutableMapping[str, Any], job: str, outputs: Collection[str]
) -> None:
    """What an earlier declaration of *job* has made, and its new one with *outputs* does not, stays in *namespace*."""
    names = [name for name in list(owners.makers) if owners.job_of(name) == job and name not in outputs]
    made = (session.job(job).last_good or {}) if names else {}
    for name in names:
        if name in made and name not in namespace:
            try:
                value = session.client.values.load(made[name], session.namespace)
                if is_hidden(name):
                    hidden.put(name, value)
                else:
                    namespace[name] = value
            except Exception as error:  # loading runs code of other people's
                print(f"nbflow: {spoken(name)!r} of the earlier {job!r} is gone: {error}", file=sys.stderr)
