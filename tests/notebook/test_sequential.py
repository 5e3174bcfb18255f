"""Sequential equivalence: any cells made jobs, every variable ends with the value that it has without them."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.notebook.kernel import Kernel
from tests.programs import BEFORE, NAMES, OLD, cell

pytestmark = pytest.mark.kernel

PROGRAMS = int(os.environ.get("NBFLOW_PROGRAMS", "8"))
"""Random programs to run; more on demand."""
SEED = int(os.environ.get("NBFLOW_SEED", "1"))

FIRST = "\n".join([*(f"{name} = {value}" for name, value in BEFORE.items()), OLD, "def f():\n    return list(c)"])


def in_one_process(cells: list[str]) -> Any:
    """The variables after *cells*, one after the other; None if one fails, or leaves an object with two names.

    Two names of one object are two objects once they have been in another process: a limit that the docs name.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        for text in (FIRST, *cells):
            exec(text, namespace)
            if len(held := [id(each) for each in objects(namespace)]) > len(set(held)):
                return None
    except Exception:
        return None
    return {name: namespace[name] for name in NAMES if name in namespace}


def objects(namespace: dict[str, Any]) -> Iterator[Any]:
    """The lists that the variables, the function's defaults and the class hold."""
    yield from (namespace[name] for name in NAMES if name in namespace)
    yield from namespace["f"].__defaults__ or () if callable(namespace.get("f")) else ()
    yield from {id(each): each for each in vars(namespace.get("C", object)).values() if isinstance(each, list)}.values()


def programs() -> list[tuple[list[str], list[bool], Any]]:
    """Cells, which of them become jobs, and the variables at the end."""
    rng, found = random.Random(SEED), []
    while len(found) < PROGRAMS:
        count = rng.choice([2, 3, 4, 5])
        cells = [cell(rng.choice, rng.choice([0, 1, 2]), rng.choice([1, 2, 3])) for _ in range(count)]
        jobs = [rng.random() < 0.6 for _ in cells]
        if any(jobs) and (expected := in_one_process(cells)) is not None:
            found.append((cells, jobs, expected))
    return found


def test_random_programs(nb: Kernel) -> None:
    """Random cells on shared lists, a random part of them jobs, end as they do without %%job."""
    for number, (cells, jobs, expected) in enumerate(programs()):
        assert nb.run(FIRST).ok
        for place, (text, job) in enumerate(zip(cells, jobs, strict=True)):
            done = nb.run(f"%%job p{number}.{place}\n{text}" if job else text)
            assert done.ok, f"{done.error}\n{told(cells, jobs)}"
        for name in NAMES:
            done = nb.run(f"left = {name}")
            found = nb.value("left") if done.ok else done.error.partition(":")[0]
            assert found == expected.get(name, "NameError"), f"{name}: {done.error}\n{told(cells, jobs)}"


def told(cells: list[str], jobs: list[bool]) -> str:
    """The program as a person would type it."""
    return "\n" + "\n".join(f"# --- {'job' if job else 'cell'}\n{text}" for text, job in zip(cells, jobs, strict=True))
