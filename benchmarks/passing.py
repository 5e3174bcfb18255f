"""Passing a big value from job to job: nbflow beside ``cp``, joblib, dask.distributed and multiprocessing, interleaved.

``python -m benchmarks.passing [--bytes 1000000000] [--rounds 3]``
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from benchmarks.passers import CASES
from benchmarks.table import Row, keep, show

NAMES = ("nbflow", "joblib", "dask.distributed", "multiprocessing")
MB = 1_000_000


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=1000 * MB)
    parser.add_argument("--rounds", type=int, default=3)
    taken = parser.parse_args(arguments)
    rows: list[Row] = []
    for case in CASES:
        names = ("cp", *NAMES) if case == "array" else NAMES
        found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
        for _ in range(taken.rounds):
            for name in names:
                found[name].append(once(name, case, taken.bytes))
        rows += [row(case, name, found) for name in names]
    show(f"passing a value of {taken.bytes / MB:.0f} MB, or 100,000 objects, medians of {taken.rounds}", rows)
    keep("passing", rows)
    return rows


def once(name: str, case: str, size: int) -> dict[str, float]:
    """One measurement in processes of its own, once what was written before is on the disk."""
    with tempfile.TemporaryDirectory(prefix="nbflow-") as folder:
        os.sync()
        arguments = [sys.executable, "-m", "benchmarks.passers", name, case, str(size), folder]
        answer = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RuntimeError(f"{name}, {case}: {answer.stderr}")
    return json.loads(answer.stdout.splitlines()[-1])


def row(case: str, name: str, found: dict[str, list[dict[str, float]]]) -> Row:
    """The medians of *name*, and how its total compares: with ``cp``'s for the array, else with nbflow's."""
    middle = {key: statistics.median(each[key] for each in found[name]) for key in found[name][0]}
    other = "cp" if "cp" in found else "nbflow"
    base = statistics.median(each["total"] for each in found[other])
    return {
        "value": case,
        "by": name,
        "producer s": middle["producer"],
        "consumer ms": middle["consumer"] * 1000,
        "total s": middle["total"],
        "÷ cp or nbflow": middle["total"] / base,
        "memory MB": middle["memory"] / MB,
    }


if __name__ == "__main__":
    main()
