"""The job cells of the notebook's file, as it was last saved: what a person has written and not run yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbflow.errors import NbflowError
from nbflow.notebook.exporting.cells import read_notebook
from nbflow.notebook.line import JobHeader, parse_job
from nbflow.notebook.place import Place
from nbflow.notebook.tokens import LineError

_MAGIC = "%%job"


def saved_jobs(place: Place) -> dict[str, JobHeader]:
    """Name -> header and body of each ``%%job`` cell of the notebook's file; none where it cannot be read."""
    return {header.name: header for header in _headers(place.folder / f"{place.flow}.ipynb")}


def _headers(file: Path) -> Iterator[JobHeader]:
    try:
        cells = read_notebook(file)
    except NbflowError:  # a kernel without a notebook's file: nothing is known then
        return
    for cell in cells:
        line, _, body = cell.text.partition("\n")
        if line.startswith(_MAGIC) and line[len(_MAGIC) :][:1].isspace():
            try:
                yield parse_job(line[len(_MAGIC) :], body)
            except LineError:
                continue  # said when the cell is run
