"""How long an ordinary cell takes while two CPU-bound jobs run: as nbflow's jobs, and as threads of the kernel.

``python -m benchmarks.responsiveness [--cells 200]``
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.table import Row, keep, show
from tests.interpreters import interpreters, write_specs
from tests.notebook.kernel import Kernel

BURN = "while not stop():\n    sum(i * i for i in range(10_000))"
THREADS = f"""
import threading
stopping = threading.Event()
stop = stopping.is_set
def burn():
    {BURN.replace(chr(10), chr(10) + "    ")}
threads = [threading.Thread(target=burn) for _ in range(2)]
for thread in threads: thread.start()
"""
JOB = "%%job burn{}\nstop = lambda: False\n" + BURN
QUIET = "threads = []"


def latencies(kernel: Kernel, cells: int) -> list[float]:
    """Milliseconds from sending a trivial cell to having its reply and output."""
    found = []
    for number in range(cells):
        began = time.perf_counter()
        kernel.run(f"print({number})")
        found.append((time.perf_counter() - began) * 1000)
    return found


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=200)
    taken = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="nbflow-") as home:
        rows = _measure(Path(home), taken.cells)
    show(f"an ordinary cell while two CPU-bound jobs run, ms, {taken.cells} cells", rows)
    keep("responsiveness", rows)
    return rows


def _measure(home: Path, cells: int) -> list[Row]:
    import os

    os.environ["JUPYTER_PATH"] = str(home / "path")
    write_specs(home / "path")
    kernel = Kernel(home, interpreters()[0].name)
    try:
        kernel.run("%load_ext nbflow")
        latencies(kernel, 20)
        idle = latencies(kernel, cells)
        kernel.run(THREADS)
        threads = latencies(kernel, cells)
        kernel.run("stopping.set()\nfor thread in threads: thread.join()")
        for number in (1, 2):
            kernel.run(JOB.format(number))
        _until_running(kernel)
        jobs = latencies(kernel, cells)
        kernel.run("%nbflow stop")
    finally:
        kernel.close()
    return [_row("idle", idle, idle), _row("2 nbflow jobs", jobs, idle), _row("2 threads", threads, idle)]


def _until_running(kernel: Kernel) -> None:
    while kernel.value("set(__import__('nbflow').flow().status().values())") != {"running"}:
        time.sleep(0.05)


def _row(name: str, found: list[float], idle: list[float]) -> Row:
    p50, p95 = (statistics.quantiles(found, n=20)[cut] for cut in (9, 18))
    base50, base95 = (statistics.quantiles(idle, n=20)[cut] for cut in (9, 18))
    return {
        "beside": name,
        "p50": p50,
        "p95": p95,
        "max": max(found),
        "p50 ÷ idle": p50 / base50,
        "p95 ÷ idle": p95 / base95,
    }


if __name__ == "__main__":
    main()
