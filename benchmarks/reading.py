"""How much processor time reading the names of a cell of 100 lines takes: plain, with magics, with names in texts."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence

from benchmarks.table import Row, keep, show
from nbflow.core.names import read_names
from nbflow.notebook.owners import Owners
from nbflow.notebook.reading import Reader
from nbflow.notebook.transform import plain

TARGET = 0.005
ROUNDS = 50

PLAIN = """
import numpy as np, pandas as pd
def clean(frame, limit=LIMIT):
    out = frame.dropna()
    out = out[out.value < limit]
    return out.assign(z=lambda t: (t.value - t.value.mean()) / t.value.std())
frames = {}
for name, path in sorted(paths.items()):
    raw = pd.read_csv(path, sep=";", parse_dates=["when"])
    if raw.empty:
        continue
    try:
        frames[name] = clean(raw)
    except (ValueError, KeyError) as error:
        problems.append((name, str(error)))
totals = {name: frame.value.sum() for name, frame in frames.items() if len(frame) > 3}
report["totals"] = totals
with open(target, "w") as file:
    file.write(f"{len(totals)} of {len(paths)}")
x, y = np.array([t.value for t in frames.values()]), [row for rows in grid for row in rows if row not in seen]
""".strip()
TEXTS = """
small = df.query("value > @limit and group in @groups")
big = df.eval("total = price * @rate")
label = "{limit} of {rate}".format(**globals())
n = eval("len(groups) + 1")
""".strip()
MAGICS = """
%time fitted = model.fit(X, y)
files = !ls {folder}
%matplotlib inline
""".strip()
SETUP = """
import functools
LIMIT, limit, rate, groups, seen, problems, report = 3, 1, 2.0, ["a"], set(), [], {}
def step(x): return x + limit
class Model:
    def fit(self, X, y):
        self.rows = [step(x) for x in X]
        return self
model, steps = Model(), {f"s{i}": functools.partial(step, i) for i in range(20)}
""" + "\n".join(f"v{i} = [{i}] * {i}" for i in range(300))


def lines(*texts: str, count: int = 100) -> str:
    """A cell of *count* lines, or a few more, out of *texts*."""
    cell: list[str] = []
    while len(cell) < count:
        for text in texts:
            cell += text.splitlines()
    return "\n".join(cell)


def seconds(run: Callable[[], object]) -> tuple[float, float]:
    """The best and the median of many runs."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken), statistics.median(taken)


def main(_: Sequence[str] | None = None) -> None:
    """Print a table; nothing is judged: a busy machine takes longer."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    exec(compile(SETUP, "<setup>", "exec"), namespace)
    reader = Reader(namespace, Owners())
    cells = {"plain Python": lines(PLAIN), "names in texts": lines(PLAIN, TEXTS), "magics": lines(PLAIN, MAGICS)}
    rows: list[Row] = []
    for name, text in cells.items():
        code = plain(text).code
        best, usual = seconds(lambda code=code: read_names(plain(code).reading))  # type: ignore[misc]
        rows.append(_row(name, text, best, usual))
        best, usual = seconds(lambda code=code: reader.read(code))  # type: ignore[misc]
        rows.append(_row(f"{name}, among 300 variables", text, best, usual))
    show(f"Reading the names of a cell, in ms of processor time (target: {TARGET * 1000:g})", rows)
    keep("reading", rows)


def _row(name: str, text: str, best: float, usual: float) -> Row:
    taken = {"best": round(best * 1000, 2), "median": round(usual * 1000, 2)}
    return {"cell": name, "lines": len(text.splitlines()), **taken}


if __name__ == "__main__":
    main(sys.argv[1:])
