"""Passing a big value costs about one copy of it: real processes, measured by what the system says they took."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MB = 1_000_000
SIZE = 100 * MB
PROBE = """
import json, os, sys, time
import numpy as np
from nbflow.engine.values import Values
import nbflow.engine.arrays
from nbflow.core.spec import ValueRef
import msgspec

def status(key):
    for line in open("/proc/self/status"):
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
def reset():
    open("/proc/self/clear_refs", "w").write("5")
def peak():
    return status("VmHWM")

values, step = Values(sys.argv[1]), sys.argv[2]
if step in ("frame", "text"):
    import pandas as pd
    values.dump(pd.DataFrame({"a": ["text"]}))
if step == "text":
    import pyarrow
exec(sys.argv[3])
"""


def probe(folder: Path, step: str, code: str) -> dict:
    """Run *code* in a process of its own; what it prints last, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(folder), step, code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


WRITE = """
value = {make}
reset()
before = status("VmRSS")
ref = values.dump(value, "value")
print(json.dumps({{"extra": peak() - before, "ref": msgspec.json.encode(ref).decode()}}))
"""
READ = """
ref = msgspec.json.decode({ref!r}, type=ValueRef)
before = status("RssAnon")
reset()
started = time.perf_counter()
value = values.load(ref)
first = {first}
seconds = time.perf_counter() - started
loaded = status("RssAnon") - before
total = {use}
print(json.dumps({{"loaded": loaded, "used": status("RssAnon") - before, "seconds": seconds, "first": float(first)}}))
"""
ARRAY = f"np.arange({SIZE} // 8, dtype=float)"
CASES = {
    "array": (ARRAY, "value[1]", "value.sum()"),
    "every other element": (f"np.arange({SIZE} // 4, dtype=float)[::2]", "value[1] - 1", "value.sum()"),
    "dates": (f"np.datetime64(0, 's') + np.arange({SIZE} // 8)", "value[1].astype(int)", "value.max()"),
    "masked": (f"np.ma.masked_less({ARRAY}, 3)", "value[5]", "value.count()"),
    "frame": (f"pd.DataFrame({ARRAY}.reshape(-1, 10))", "value.iloc[0, 1]", "value.sum()"),
    "text": (
        f"pd.DataFrame({{'t': pd.Series(pyarrow.array(['some text'] * ({SIZE} // 20)), dtype='string[pyarrow]')}})",
        "len(value.t[1])",
        "(value.t == 'a').sum()",
    ),
}


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the system does not tell peaks")
@pytest.mark.parametrize("case", CASES)
def test_passing_a_value_takes_no_second_copy(tmp_path, case):
    """Neither the writer nor the reader ever has more than it had to: the reader's pages are the file's."""
    if case == "text":
        pytest.importorskip("pyarrow")
    make, first, use = CASES[case]
    written = probe(tmp_path, case, WRITE.format(make=make))
    assert written["extra"] < 0.1 * SIZE
    read = probe(tmp_path, case, READ.format(ref=written["ref"], first=first, use=use))
    assert read["loaded"] < 0.02 * SIZE
    assert read["used"] < 0.7 * SIZE  # what the use itself computes
    assert read["seconds"] < 0.5
    assert read["first"] in (1.0, 5.0, 9.0)


CHANGE = """
ref = msgspec.json.decode({ref!r}, type=ValueRef)
before = status("RssAnon")
value = values.load(ref)
value[: len(value) // 10] = -1
print(json.dumps({{"changed": status("RssAnon") - before, "rest": float(value[-1])}}))
"""


def test_only_what_is_changed_is_copied(tmp_path):
    """A tenth of the array is written to: a tenth of it is memory of the reader's own, and nobody else's array."""
    written = probe(tmp_path, "write", WRITE.format(make=ARRAY))
    changed = probe(tmp_path, "read", CHANGE.format(ref=written["ref"]))
    assert 0.08 * SIZE < changed["changed"] < 0.14 * SIZE
    assert changed["rest"] == SIZE // 8 - 1
    again = probe(tmp_path, "read", READ.format(ref=written["ref"], first="value[0]", use="0"))
    assert again["first"] == 0


def test_an_attempt_takes_one_copy_of_what_it_makes(tmp_path):
    """Job to job, by the engine: the record of each attempt says what its process took at most."""
    from nbflow.core.spec import JobNeed, JobSpec, Produced
    from tests.unit.engine.processes import connected, finish

    make = f"import numpy as np\nx = np.ones({SIZE} // 8)"
    use = "total = float(x[-1])\ny = x"
    with connected(tmp_path) as client:
        replica = client.open("flow")
        replica.declare(
            [
                JobSpec(name="none", source="import numpy"),
                JobSpec(name="make", source=make, outputs=("x",)),
                JobSpec(
                    name="use",
                    source="import numpy\n" + use,
                    inputs={"x": Produced("make", "x")},
                    outputs=("total",),
                    needs=(JobNeed("make"),),
                ),
            ]
        )
        assert finish(replica) == dict.fromkeys(("none", "make", "use"), "succeeded")
        peak = {name: job.attempts[-1].peak_memory for name, job in replica.run.jobs.items()}
        assert 0.95 * SIZE < peak["make"] - peak["none"] < 1.15 * SIZE
        assert peak["use"] - peak["none"] < 0.1 * SIZE
        assert client.values.load(replica.run.jobs["use"].outputs["total"]) == 1
