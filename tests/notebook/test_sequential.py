"""Sequential equivalence: any cells made jobs, every variable ends with the value that it has without them."""

from __future__ import annotations

import os
import pickle
import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest

from tests.describing import describe, differences
from tests.notebook.kernel import Kernel
from tests.programs import BEFORE, OLD, RICH, VARIABLES, cell, shares

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(400)]

PROGRAMS = int(os.environ.get("NBFLOW_PROGRAMS", "500"))
"""Random programs to run; more on demand."""
AT_ONCE = 20
"""Programs of one test: one notebook, whose cells are all sent before the first has ended."""
SEED = int(os.environ.get("NBFLOW_SEED", "1"))
SECONDS = 200.0

FIRST = "\n".join([*(f"{name} = {value}" for name, value in BEFORE.items()), OLD, "def f():\n    return list(c)", RICH])
LOOKED_AT = [*VARIABLES, "f", "i", "x"]
LOST = "missing"


@dataclass(frozen=True)
class Program:
    """Cells, the job that each of them becomes or "", and the variables at the end."""

    cells: list[str]
    jobs: list[str]
    expected: dict[str, Any]

    def __str__(self) -> str:
        """As a person would type it."""
        cells = zip(self.cells, self.jobs, strict=True)
        return "\n".join(f"# --- {'job ' + job if job else 'cell'}\n{text}" for text, job in cells)


def in_one_process(cells: list[str]) -> dict[str, Any] | None:
    """The variables after *cells*, one after the other; None if one fails, or leaves an object with two names."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        for text in (FIRST, *cells):
            with warnings.catch_warnings(action="ignore"):
                exec(compile(text, "cell", "exec", dont_inherit=True), namespace)
            if shares(namespace):
                return None
    except Exception:
        return None
    return {name: describe(namespace[name]) for name in LOOKED_AT if name in namespace}


def programs(seed: int, count: int) -> list[Program]:
    """Random ones; a random part of the cells of each are jobs."""
    rng, found = random.Random(seed), list[Program]()
    while len(found) < count:
        rich = rng.random() < 0.6
        cells = [
            cell(rng.choice, rng.choice([0, 1, 2]), rng.choice([1, 2, 3]), rich=rich)
            for _ in range(rng.choice([2, 3, 4, 5]))
        ]
        share = rng.choice([0.4, 0.7, 1.0])
        jobs = [f"j{place}" if rng.random() < share else "" for place in range(len(cells))]
        if any(jobs) and (expected := in_one_process(cells)) is not None:
            found.append(Program(cells, jobs, expected))
    return found


def look(path: str) -> str:
    """A cell that leaves the descriptions of all variables that there are, and forgets those that not all have."""
    lines = ["_seen = {}"]
    for name in LOOKED_AT:
        lines += [f"try: _seen[{name!r}] = {name}", "except NameError: pass"]
    lines.append(f"__import__('tests.describing', fromlist=['save']).save(_seen, {path!r})")
    for name in ("i", "x"):
        lines += [f"try: del {name}", "except NameError: pass"]
    return "\n".join(lines)


@pytest.mark.parametrize("batch", range(-(-PROGRAMS // AT_ONCE)))
def test_random_programs(batch: int, nb: Kernel) -> None:
    """Random cells, a random part of them jobs, end as they do without %%job."""
    run = programs(SEED * 1_000_000 + batch, AT_ONCE)
    sent = []
    for number, program in enumerate(run):
        texts = [FIRST]
        for text, job in zip(program.cells, program.jobs, strict=True):
            texts.append(f"%%job p{number}.{job}\n{text}" if job else text)
        sent.append([nb.start(text) for text in [*texts, look(f"{nb.folder}/{number}.pickle")]])
    for number, (program, cells) in enumerate(zip(run, sent, strict=True)):
        for each in cells:
            nb.wait(each, SECONDS)
            if not each.ok:
                pytest.fail(f"program {number}: {each.error}\n{program}", pytrace=False)
        found = pickle.loads((nb.folder / f"{number}.pickle").read_bytes())
        if wrong := list(told(found, program.expected)):
            pytest.fail("\n".join([f"program {number}:", *wrong, str(program)]), pytrace=False)


def told(found: dict[str, Any], expected: dict[str, Any]) -> Iterator[str]:
    for name in LOOKED_AT:
        yield from islice(differences(found.get(name, LOST), expected.get(name, LOST), name), 2)
