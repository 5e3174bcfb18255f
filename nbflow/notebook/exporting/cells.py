"""The cells of a notebook: from its file, or as they were executed in this kernel."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbflow.errors import NbflowError


@dataclass(frozen=True)
class Cell:
    """A code cell; *number* is for people: its place in the file, or its execution count."""

    text: str
    id: str = ""
    number: int = 0


def read_notebook(path: Path) -> list[Cell]:
    """The code cells of a notebook file, in order.

    Raises:
        NbflowError: it is not there, or no notebook.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        cells = found["cells"]
        return [_cell(each, number) for number, each in enumerate(cells, 1) if each["cell_type"] == "code"]
    except FileNotFoundError:
        raise NbflowError(f"no notebook {str(path)!r}: give the path of an .ipynb file") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise NbflowError(f"{str(path)!r} cannot be read as a notebook: give the path of an .ipynb file") from None


def _cell(found: dict[str, Any], number: int) -> Cell:
    source = found["source"]
    return Cell(source if isinstance(source, str) else "".join(source), str(found.get("id", "")), number)


class Past:
    """The cells that have been executed without error in this kernel, each as it was last, in their order."""

    def __init__(self, before: Iterable[str] = ()) -> None:
        self._cells: list[Cell] = []
        for number, text in enumerate(before, 1):
            self._take(Cell(text, number=number))

    def ran(self, result: Any) -> None:
        """A cell has been executed: IPython's ``post_run_cell``."""
        info = getattr(result, "info", None)
        text, good = getattr(info, "raw_cell", None), getattr(result, "success", False)
        if isinstance(text, str) and good and getattr(info, "store_history", False):
            self._take(Cell(text, str(getattr(info, "cell_id", None) or ""), result.execution_count or 0))

    def _take(self, cell: Cell) -> None:
        if re.search(r"^\s*%reset(?!_)\b", cell.text, re.MULTILINE):
            self._cells.clear()  # all that was before is forgotten
            return
        if not cell.text.strip():
            return
        for at, old in enumerate(self._cells):
            if (cell.id and old.id == cell.id) or old.text == cell.text:
                self._cells[at] = cell
                return
        self._cells.append(cell)

    def cells(self, file: Sequence[Cell] = ()) -> list[Cell]:
        """All of them; in the order of *file*, where that has them all."""
        places = {cell.id: at for at, cell in enumerate(file) if cell.id}
        if self._cells and all(cell.id in places for cell in self._cells):
            return sorted(self._cells, key=lambda cell: places[cell.id])
        return list(self._cells)
