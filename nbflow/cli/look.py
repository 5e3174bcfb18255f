"""The verbs that look at a store from outside, and the one that ends its engine."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbflow.core.match import match_names
from nbflow.core.run import AttemptState
from nbflow.core.status import RunVerdict
from nbflow.core.words import elapsed, freed
from nbflow.engine.client import ERR, OUT, Client, Replica, find_store
from nbflow.errors import EngineError, NbflowError, StoreError
from nbflow.picture.table import table_text

NOTHING = "nothing is running"
_GLANCE = 0.2
"""Seconds between two looks at a log that is being followed."""


def print_status(taken: argparse.Namespace) -> int:
    """``nbflow status``."""
    with _opened(taken) as (_, replica):
        snapshot = replica.snapshot()
    print(json.dumps(snapshot, indent=1) if taken.json else table_text(snapshot))
    return 0


def print_log(taken: argparse.Namespace) -> int:
    """``nbflow log JOB``: to the attempt's end with ``-f``."""
    with _opened(taken) as (client, replica):
        job = match_names([taken.job], list(replica.run.jobs))[0]
        if taken.step:
            print(_step_log(client, replica, job, taken), end="")
            return 0
        for piece in _pieces(client, replica, job, taken):
            print(piece, end="", flush=True)
    return 0


def _pieces(client: Client, replica: Replica, job: str, taken: argparse.Namespace) -> Iterator[str]:
    """What the wanted attempt prints, piece by piece; a following attempt's after it."""
    told, key = 0, ""
    while True:
        with replica.lock:
            ended, shown = replica.run.jobs[job].status.ended, replica.run.jobs[job].shown
        attempt = _attempt(replica, job, taken.attempt)
        now = shown if taken.attempt is None or attempt is None else attempt.key
        if now:
            told, key = (told if now == key else 0), now
            text = client.log(key, ERR if taken.err else OUT)
            yield text[told:]
            told = len(text)
        if ended or not taken.follow:
            return
        replica.wait(lambda run: run.jobs[job].status.ended, _GLANCE)


def _step_log(client: Client, replica: Replica, job: str, taken: argparse.Namespace) -> str:
    """What the last step of that kind printed, and its traceback; of the wanted attempt if one is wanted."""
    wanted = _attempt(replica, job, taken.attempt) if taken.attempt else None
    with replica.lock:
        tries = [wanted] if wanted is not None else list(replica.run.jobs[job].attempts)
        ran = [step for attempt in tries for step in attempt.steps if step.step == taken.step and step.key]
    if not ran:
        raise NbflowError(f"job {job!r} had no {taken.step}: leave out --{taken.step} for what the job printed")
    return client.log(ran[-1].key, ERR if taken.err else OUT) + ran[-1].traceback


def print_processes(taken: argparse.Namespace) -> int:
    """``nbflow ps``: the attempts under way in all runs of the store."""
    with _connected(taken.folder, start=False) as client:
        lines = list(_under_way(client)) if client else []
    print("\n".join(lines) or NOTHING)
    return 0


def collect_values(taken: argparse.Namespace) -> int:
    """``nbflow gc``: an engine is started for it if none is running."""
    with _connected(taken.folder, start=True) as client:
        assert client is not None
        done = client.collect()
    print(freed(done.count, done.freed, done.left, done.kept))
    return 0


def stop_engine(taken: argparse.Namespace) -> int:
    """``nbflow stop``."""
    with _connected(taken.folder, start=False) as client:
        if client:
            client.stop()
    print(f"the engine of {taken.folder.resolve()} has ended" if client else NOTHING)
    return 0


def _attempt(replica: Replica, job: str, number: int | None) -> AttemptState | None:
    with replica.lock:
        attempts = list(replica.run.jobs[job].attempts)
    if number is None:
        return attempts[-1] if attempts else None
    if not 1 <= number <= len(attempts):
        raise NbflowError(f"job {job!r} has no attempt {number}: it has {len(attempts)}")
    return attempts[number - 1]


def _under_way(client: Client) -> Iterator[str]:
    for info in (info for info in client.runs() if info.verdict == RunVerdict.RUNNING):
        yield from _running(client.open(info.flow, info.number))


def _running(replica: Replica) -> Iterator[str]:
    with replica.lock:
        for name, job in replica.run.jobs.items():
            run = f"{replica.info.flow} run {replica.info.number}"
            if job.running is not None:
                age = elapsed(time.time() - job.running.started_at)
                yield f"{run}  {name}  attempt {job.running.number}  {age}  {job.spec.executor}"
            if job.step is not None:
                age = elapsed(time.time() - job.step.started_at)
                yield f"{run}  {name}  {job.step.step} after attempt {job.step.attempt}  {age}"


@contextmanager
def _connected(folder: Path, start: bool) -> Iterator[Client | None]:
    """A client of the engine of *folder*; None if none is running and it is not to be started."""
    store = find_store(folder)
    if not store.is_dir():
        raise StoreError(f"no flow has run in {folder.resolve()}: name the notebook's folder with --folder")
    try:
        client = Client.connect(store, start=start, attached=False)
    except EngineError:
        if start:
            raise
        yield None
        return
    try:
        yield client
    finally:
        client.close()


@contextmanager
def _opened(taken: argparse.Namespace) -> Iterator[tuple[Client, Replica]]:
    """The run that *taken* names."""
    with _connected(taken.folder, start=True) as client:
        assert client is not None
        runs = client.runs(taken.flow)
        if not runs:
            known = ", ".join(sorted({info.flow for info in client.runs()})) or "none"
            raise StoreError(f"no runs of flow {taken.flow!r} here: the flows are {known}")
        flow = taken.flow or max(runs, key=lambda info: info.started_at).flow
        yield client, client.open(flow, taken.run)
