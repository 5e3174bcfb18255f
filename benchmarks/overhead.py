"""What one no-op job costs: nbflow beside its peers, interleaved, each measurement in a process of its own.

``python -m benchmarks.overhead [--n 200] [--repeat 3] [--only NAME ...]``
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.contestants import CONTESTANTS
from benchmarks.table import Row, keep, show

PATIENCE = 300.0
KEEPS = {
    "nbflow process": "a fresh process per job; log, events, result",
    "nbflow process, numpy+pandas": "the same, with these imported",
    "nbflow kernel": "a thread of the kernel; events, result",
    "jobflow": "inside the caller; outputs in memory",
    "dask.distributed": "reused workers; nothing",
    "loky": "reused workers; nothing",
    "concurrent.futures": "reused workers; nothing",
    "fresh python": "a fresh process per job; nothing",
}
"""How each isolates its jobs, and what it keeps of them."""


def measure(name: str, n: int) -> dict[str, float]:
    """One contestant's seconds, measured in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.contestants", name, str(n)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=200, help="jobs in each scenario")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(CONTESTANTS), default=list(CONTESTANTS))
    taken = parser.parse_args(arguments)
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in taken.only}
    for _ in range(taken.repeat):
        for name, found in seen.items():
            found.append(measure(name, taken.n))
    base = _medians(seen["jobflow"], taken.n) if "jobflow" in seen else {}
    rows = [_row(name, found, taken.n, base) for name, found in seen.items()]
    show(f"one no-op job of {taken.n}, ms, median of {taken.repeat} interleaved runs, 2 workers", rows)
    keep("overhead", rows)
    return rows


def _medians(found: Sequence[dict[str, float]], n: int) -> dict[str, float]:
    """Milliseconds a job in each scenario."""
    return {key: statistics.median(seconds[key] for seconds in found) * 1000 / n for key in ("chain", "fan")}


def _row(name: str, found: Sequence[dict[str, float]], n: int, base: dict[str, float]) -> Row:
    each = _medians(found, n)
    row: Row = {"engine": name, "chain": each["chain"], "fan-out": each["fan"]}
    if base:
        row |= {"chain ÷ jobflow": each["chain"] / base["chain"], "fan-out ÷ jobflow": each["fan"] / base["fan"]}
    start = statistics.median(seconds["start"] for seconds in found)
    return {**row, "start s": start, "isolation; what is kept": KEEPS[name]}


if __name__ == "__main__":
    main()
