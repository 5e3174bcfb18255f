"""One way to show and to keep figures: a table for people, the same rows as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

Row = dict[str, Any]


def show(title: str, rows: Sequence[Row]) -> None:
    """Print *rows*, whose keys are the columns (those of the first row), with *title* above."""
    columns = list(rows[0])
    cells = [columns, *([_text(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    print(f"\n{title}")
    for line in cells:
        first, *rest = (
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        print("  ".join([first, *rest]), flush=True)


def keep(name: str, rows: Sequence[Row]) -> Path:
    """Write *rows* and the circumstances to ``benchmarks/results/NAME.json``; tell where."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    where = {"python": platform.python_version(), "machine": platform.platform(), "cpus": os.cpu_count()}
    file.write_text(json.dumps({"at": time.time(), **where, "rows": list(rows)}, indent=1) + "\n")
    print(f"written to {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}", flush=True)
    return file


def _text(value: Any) -> str:
    """Three significant figures at least.

    >>> _text(0.01234), _text(1234.5), _text(None), _text("a")
    ('0.0123', '1234', '', 'a')
    """
    match value:
        case None:
            return ""
        case float():
            return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
        case _:
            return str(value)
