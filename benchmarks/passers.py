"""One value from one process to another, by nbflow and by others: the two sides of it, each a process of its own.

``python -m benchmarks.passers NAME CASE BYTES FOLDER`` prints one line of JSON: seconds that the producer and the
consumer were busy, up to its first element, and the memory that both took beyond the value itself. Making the value and
importing what it is made with are not part of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

CASES = ("array", "frame", "objects")
OBJECTS = 100_000


@dataclass
class Item:
    """A small object."""

    number: int
    name: str
    tags: list[str]
    position: tuple[float, float]


def make(case: str, size: int) -> Any:
    """The value: an array of *size* bytes, a frame of as many with strings, or 100,000 objects."""
    import numpy as np

    match case:
        case "array":
            return np.arange(size // 8, dtype=float)
        case "frame":
            import pandas as pd

            rows = size // 48
            frame = pd.DataFrame({"n": np.arange(rows), "x": np.linspace(0, 1, rows)})
            frame["name"] = pd.Series(np.char.add("customer ", np.arange(rows).astype("U8")), dtype="string[pyarrow]")
            return frame
        case _:
            return [Item(n, f"item {n}", ["a", str(n)], (n / 2, n / 3)) for n in range(OBJECTS)]


def first(case: str, value: Any) -> float:
    """The first element, looked at."""
    match case:
        case "array":
            return float(value[0])
        case "frame":
            return float(value["n"].iloc[0]) + len(value["name"].iloc[0])
        case _:
            return float(value[0].number)


# --- measuring
@dataclass
class Taken:
    """What a block took: seconds, and bytes of memory of the process's own beyond what it had before."""

    seconds: float = 0.0
    memory: int = 0
    _before: int = field(default=0, repr=False)


@contextmanager
def measured() -> Iterator[Taken]:
    """Measures the block. Pages of mapped files are everybody's, and do not count."""
    taken = Taken(_before=_status("RssAnon"))
    shared = _status("VmRSS") - taken._before
    Path("/proc/self/clear_refs").write_text("5")
    start = time.perf_counter()
    yield taken
    taken.seconds = time.perf_counter() - start
    mapped = _status("VmRSS") - _status("RssAnon") - shared
    taken.memory = max(0, _status("VmHWM") - taken._before - shared - mapped)


def _status(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


# --- by way of a file
def _nbflow_write(value: Any, folder: Path) -> str:
    from msgspec import json as fast

    from nbflow.engine.values import Values

    return fast.encode(Values(folder).dump(value, "value")).decode()


def _nbflow_read(text: str, folder: Path) -> Any:
    from msgspec import json as fast

    from nbflow.core.spec import ValueRef
    from nbflow.engine.values import Values

    return Values(folder).load(fast.decode(text, type=ValueRef))


def _joblib_write(value: Any, folder: Path) -> str:
    import joblib

    joblib.dump(value, folder / "value")
    return ""


def _joblib_read(_: str, folder: Path) -> Any:
    import joblib

    return joblib.load(folder / "value", mmap_mode="c")


FILES: dict[str, tuple[Callable[[Any, Path], str], Callable[[str, Path], Any]]] = {
    "nbflow": (_nbflow_write, _nbflow_read),
    "joblib": (_joblib_write, _joblib_read),
}


def by_file(name: str, case: str, size: int, folder: Path) -> dict[str, float]:
    """Written here, read by another process."""
    write, _ = FILES[name]
    write(make(case, 1000)[:10], folder)  # imports
    value = make(case, size)
    with measured() as written:
        text = write(value, folder)
    arguments = [sys.executable, "-m", "benchmarks.passers", "--read", name, case, text, str(folder)]
    read = json.loads(subprocess.check_output(arguments))
    return _row(written.seconds, read["seconds"], written.memory + read["memory"])


def _read(name: str, case: str, text: str, folder: Path) -> None:
    write, read = FILES[name]
    small = folder / "small"
    small.mkdir()
    read(write(make(case, 1000)[:10], small), small)  # imports
    with measured() as taken:
        first(case, read(text, folder))
    print(json.dumps({"seconds": taken.seconds, "memory": taken.memory}))


# --- by way of a connection
def by_connection(case: str, size: int) -> dict[str, float]:
    """``multiprocessing``: a child sends it through a pipe, as a queue or a pool would."""
    context = get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_send, args=(there, case, size))
    child.start()
    first(case, make(case, 1000)), here.recv()
    with measured() as taken:
        here.send(None)
        first(case, here.recv())
    sent = here.recv()
    child.join()
    return _row(sent["seconds"], taken.seconds - sent["seconds"], taken.memory + sent["memory"])


def _send(there: Connection, case: str, size: int) -> None:
    value = make(case, size)
    there.send(None)
    there.recv()
    with measured() as taken:
        there.send(value)
    there.send({"seconds": taken.seconds, "memory": taken.memory})


def by_dask(case: str, size: int) -> dict[str, float]:
    """dask.distributed: made on one worker, looked at on another; the producer has nothing to do."""
    from distributed import Client, LocalCluster, wait

    with (
        LocalCluster(2, threads_per_worker=1, dashboard_address=None, memory_limit=0) as cluster,
        Client(cluster) as client,
    ):
        one, two = list(client.scheduler_info()["workers"])
        wait(client.submit(make, case, 1000, workers=[two], pure=False))
        value = client.submit(make, case, size, workers=[one], pure=False)
        wait(value)
        before = client.run(_begin, workers=[one, two])
        start = time.perf_counter()
        client.submit(first, case, value, workers=[two], pure=False).result()
        seconds = time.perf_counter() - start
        after = client.run(_peak, workers=[one, two])
        return _row(0.0, seconds, sum(after[each] - before[each] for each in (one, two)))


def _begin() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM")


def by_cp(size: int, folder: Path) -> dict[str, float]:
    """What copying a file of that size takes: the floor for whoever writes one."""
    source = folder / "source"
    block = os.urandom(1 << 20)
    with source.open("wb") as file:
        for _ in range(size >> 20):
            file.write(block)
    os.sync()
    start = time.perf_counter()
    subprocess.run(["cp", "--reflink=never", str(source), str(folder / "copy")], check=True)
    return _row(time.perf_counter() - start, 0.0, 0)


def _row(producer: float, consumer: float, memory: int) -> dict[str, float]:
    return {"producer": producer, "consumer": consumer, "total": producer + consumer, "memory": memory}


def run(name: str, case: str, size: int, folder: Path) -> dict[str, float]:
    """What *name* takes for *case*."""
    match name:
        case "cp":
            return by_cp(size, folder)
        case "multiprocessing":
            return by_connection(case, size)
        case "dask.distributed":
            return by_dask(case, size)
        case _:
            return by_file(name, case, size, folder)


if __name__ == "__main__":
    if sys.argv[1] == "--read":
        _read(sys.argv[2], sys.argv[3], sys.argv[4], Path(sys.argv[5]))
    else:
        print(json.dumps(run(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))))
