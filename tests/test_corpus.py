"""Notebooks of real use end with the same variables whether their cells are jobs or not."""

from __future__ import annotations

import ast
import pickle
import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.describing import differences
from tests.notebook.kernel import Kernel

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(300)]
CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.ipynb"))
SECONDS = 200.0

Cells = list[tuple[str, str]]
"""The text of each code cell, and the options that it needs as a job, as its metadata say: the known limits."""


def cells_of(path: Path) -> Cells:
    notebook = nbformat.read(path, as_version=4)
    return [(c.source, c.metadata.get("nbflow", "")) for c in notebook.cells if c.cell_type == "code"]


def bound(cells: Cells) -> list[str]:
    """Every name that the cells may leave, in a plain run or by mistake."""
    from IPython.core.inputtransformer2 import TransformerManager

    found = set[str]()
    for text, _ in cells:
        for node in ast.walk(ast.parse(TransformerManager().transform_cell(text))):
            match node:
                case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    found.add(name)
                case ast.alias(name=name, asname=other):
                    found.add(other or name.partition(".")[0])
    return sorted(found - {"_"})  # IPython's own: the last value shown


def look(names: list[str], path: Path) -> str:
    """A cell that leaves descriptions of all those variables that there are."""
    lines = ["_seen = {}"]
    for name in names:
        lines += [f"try: _seen[{name!r}] = {name}", "except NameError: pass"]
    return "\n".join([*lines, f"__import__('tests.describing', fromlist=['save']).save(_seen, {str(path)!r})"])


def variables(kernel: Kernel, texts: list[str], names: list[str]) -> dict[str, Any]:
    """Run All: the descriptions of what is there at the end."""
    left = kernel.folder / f"left-{len(kernel.cells)}.pickle"
    cells = [kernel.start(text) for text in [*texts, look(names, left)]]
    for cell, text in zip(cells, [*texts, ""], strict=True):
        kernel.wait(cell, SECONDS)
        if not cell.ok:
            pytest.fail(f"{cell.error}\n{text}", pytrace=False)
    return pickle.loads(left.read_bytes())


def as_jobs(cells: Cells, chosen: Callable[[int], bool]) -> list[str]:
    texts = []
    for number, (text, options) in enumerate(cells, 1):
        if chosen(number):
            texts.append(f"%%job cell_{number:02} {options}\n{text}")
        else:
            texts.append(text)
    return texts


@pytest.fixture(scope="module")
def plain() -> Iterator[dict[Path, dict[str, Any]]]:
    """Notebook -> its variables without nbflow, kept for the runs beside which they are held."""
    return {}


@pytest.mark.parametrize("share", ["every cell", "half of the cells"])
@pytest.mark.parametrize("notebook", CORPUS, ids=lambda path: path.stem)
def test_a_notebook_of_jobs_ends_as_a_plain_one(notebook, share, plain, start_kernel):
    """Every variable has the value that it has without %%job."""
    cells = cells_of(notebook)
    names = bound(cells)
    if notebook not in plain:
        kernel = start_kernel()
        plain[notebook] = variables(kernel, [text for text, _ in cells], names)
    rng = random.Random(notebook.stem)
    half = {number for number in range(1, len(cells) + 1) if rng.random() < 0.5}
    kernel = start_kernel()
    assert kernel.run("%load_ext nbflow").ok
    found = variables(kernel, as_jobs(cells, lambda number: share == "every cell" or number in half), names)
    if wrong := list(told(found, plain[notebook])):
        pytest.fail("\n".join(wrong), pytrace=False)


def told(found: dict[str, Any], expected: dict[str, Any]) -> Iterator[str]:
    """What differs, at most two places of a variable."""
    for name in sorted(found.keys() | expected.keys()):
        yield from islice(differences(found.get(name, "missing"), expected.get(name, "missing"), name), 2)
