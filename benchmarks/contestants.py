"""No-op jobs through nbflow and its peers: each contestant runs a chain and a fan-out, in a process of its own.

``python -m benchmarks.contestants NAME N`` prints one line of JSON: seconds to start up, and per scenario. Imports and
start-up are not part of a scenario; building the graph and fetching the last value are. Results are checked.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Protocol

from nbflow.core.spec import JobNeed, JobSpec, Produced

WORKERS = 2


def inc(x: int) -> int:
    """The no-op job."""
    return x + 1


class Contestant(Protocol):
    """Both scenarios on one engine, which is up."""

    def chain(self, n: int) -> int:
        """*n* jobs, each adding one to the last one's result: *n*."""
        ...

    def fan(self, n: int) -> int:
        """*n* independent jobs, then the sum of theirs: n(n+1)/2."""
        ...


class PoolFutures:
    """Any PEP 3148 executor. It has no dependencies: the client waits for each link of a chain."""

    def __init__(self, pool: object) -> None:
        self.submit = pool.submit  # type: ignore[attr-defined]
        for future in [self.submit(inc, 0) for _ in range(2 * WORKERS)]:
            future.result()

    def chain(self, n: int) -> int:
        value = 0
        for _ in range(n):
            value = self.submit(inc, value).result()
        return value

    def fan(self, n: int) -> int:
        return self.submit(sum, [future.result() for future in [self.submit(inc, i) for i in range(n)]]).result()


class FreshProcess:
    """``python -c`` per job: the plain way to isolate one."""

    def chain(self, n: int) -> int:
        import subprocess

        value = "0"
        for _ in range(n):
            value = subprocess.check_output([sys.executable, "-c", f"print({value} + 1)"], text=True).strip()
        return int(value)

    def fan(self, n: int) -> int:
        from concurrent.futures import ThreadPoolExecutor
        from subprocess import check_output

        def one(i: int) -> int:
            return int(check_output([sys.executable, "-c", f"print({i} + 1)"], text=True))

        with ThreadPoolExecutor(WORKERS) as pool:
            return sum(pool.map(one, range(n)))


class Dask:
    """dask.distributed with a local cluster of processes; values stay on its workers."""

    def __init__(self, client: object) -> None:
        self.client = client
        client.submit(inc, 0).result()  # type: ignore[attr-defined]

    def chain(self, n: int) -> int:
        future = 0
        for _ in range(n):
            future = self.client.submit(inc, future, pure=False)
        return future.result()

    def fan(self, n: int) -> int:
        return self.client.submit(sum, self.client.map(inc, range(n), pure=False)).result()


class Jobflow:
    """jobflow's run_locally with a store in memory: jobs run inside the calling process."""

    def __init__(self) -> None:
        logging.disable(logging.CRITICAL)
        import jobflow
        from maggma.stores import MemoryStore

        self.jobflow, self.store = jobflow, jobflow.JobStore(MemoryStore())
        self.inc, self.sum = jobflow.job(inc), jobflow.job(_total)

    def _run(self, jobs: list) -> int:
        answer = self.jobflow.run_locally(self.jobflow.Flow(jobs), store=self.store, log=False)
        return answer[jobs[-1].uuid][1].output

    def chain(self, n: int) -> int:
        jobs = [self.inc(0)]
        for _ in range(n - 1):
            jobs.append(self.inc(jobs[-1].output))
        return self._run(jobs)

    def fan(self, n: int) -> int:
        jobs = [self.inc(i) for i in range(n)]
        return self._run([*jobs, self.sum([job.output for job in jobs])])


def _total(values: list) -> int:
    return sum(values)


class Nbflow:
    """nbflow: each job an attempt with its own log, events and result, kept in the store; the value is read back."""

    def __init__(self, client: object, executor: str, modules: tuple[str, ...] = ()) -> None:
        self.client, self.executor = client, executor
        self._open().configure(slots=WORKERS, modules=modules)
        self.fan(2 * WORKERS)

    def _open(self):
        return self.client.open("benchmark", -1)

    def _job(self, name: str, source: str, reads: Sequence[str]) -> JobSpec:
        return JobSpec(
            name=name,
            source=f"{name} = {source}",
            inputs={read: Produced(job=read, output=read) for read in reads},
            outputs=(name,),
            needs=tuple(JobNeed(job=read) for read in reads),
            executor=self.executor,
        )

    def _run(self, jobs: Sequence[JobSpec]) -> int:
        replica, last = self._open(), jobs[-1].name
        replica.declare(jobs)
        replica.wait(lambda run: run.jobs[last].status.ended)
        reason = replica.run.jobs[last].reason
        assert reason is None, reason
        return self.client.values.load(replica.run.jobs[last].outputs[last])

    def chain(self, n: int) -> int:
        first = self._job("x1", "0 + 1", ())
        return self._run([first, *(self._job(f"x{i}", f"x{i - 1} + 1", (f"x{i - 1}",)) for i in range(2, n + 1))])

    def fan(self, n: int) -> int:
        jobs = [self._job(f"y{i}", f"{i} + 1", ()) for i in range(n)]
        names = [job.name for job in jobs]
        return self._run([*jobs, self._job("total", f"sum([{', '.join(names)}])", names)])


@contextmanager
def _futures() -> Iterator[Contestant]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("forkserver")) as pool:
        yield PoolFutures(pool)


@contextmanager
def _loky() -> Iterator[Contestant]:
    from loky import get_reusable_executor

    with get_reusable_executor(WORKERS) as pool:
        yield PoolFutures(pool)


@contextmanager
def _dask() -> Iterator[Contestant]:
    from distributed import Client, LocalCluster

    with LocalCluster(WORKERS, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        yield Dask(client)


@contextmanager
def _jobflow() -> Iterator[Contestant]:
    yield Jobflow()


@contextmanager
def _fresh() -> Iterator[Contestant]:
    yield FreshProcess()


@contextmanager
def _nbflow(executor: str = "process", modules: tuple[str, ...] = ()) -> Iterator[Contestant]:
    from nbflow.engine.client import Client, find_store

    with TemporaryDirectory() as folder:
        client = Client.connect(find_store(folder))
        if executor == "kernel":
            _offer_kernel(client)
        yield Nbflow(client, executor, modules)
        client.stop()


def _offer_kernel(client: object) -> None:
    """Run attempts in threads of this process, as a kernel does with its live namespace."""
    from IPython.core.interactiveshell import InteractiveShell

    from nbflow.notebook.kernel_jobs import KernelJobs

    KernelJobs(client, InteractiveShell.instance(), lambda _: None)


CONTESTANTS: dict[str, Callable] = {
    "nbflow process": _nbflow,
    "nbflow process, numpy+pandas": lambda: _nbflow(modules=("numpy", "pandas")),
    "nbflow kernel": lambda: _nbflow("kernel"),
    "concurrent.futures": _futures,
    "loky": _loky,
    "dask.distributed": _dask,
    "jobflow": _jobflow,
    "fresh python": _fresh,
}


def measure(name: str, n: int) -> dict[str, float]:
    """Seconds: ``start``, ``chain``, ``fan``."""
    began = time.perf_counter()
    with CONTESTANTS[name]() as contestant:
        seconds = {"start": time.perf_counter() - began}
        for scenario, expected in (("chain", n), ("fan", n * (n + 1) // 2)):
            began = time.perf_counter()
            value = getattr(contestant, scenario)(n)
            seconds[scenario] = time.perf_counter() - began
            assert value == expected, f"{name} {scenario}: {value}, not {expected}"
    return seconds


if __name__ == "__main__":
    from benchmarks import contestants  # by its importable name: workers unpickle `inc` from there

    print(json.dumps(contestants.measure(sys.argv[1], int(sys.argv[2]))))
