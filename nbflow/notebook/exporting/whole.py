"""From cells to the file that they make, and the command that does so."""

from __future__ import annotations

import argparse
import ast
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from nbflow.errors import NbflowError
from nbflow.notebook.exporting.cells import Cell, read_notebook
from nbflow.notebook.exporting.choosing import chosen
from nbflow.notebook.exporting.module import module
from nbflow.notebook.exporting.paper import Paper, Piece
from nbflow.notebook.exporting.script import script
from nbflow.notebook.exporting.steering import steering


def exported(cells: Iterable[Cell], title: str, flow: str, *, plain: bool = False, everything: bool = False) -> str:
    """The text of the file that *cells* make.

    Args:
        cells: the notebook's code cells.
        title: the notebook's name, for people.
        flow: the flow's name.
        plain: a script without nbflow, instead of a module of job functions.
        everything: ordinary cells too that only look at what jobs made.

    Raises:
        NbflowError: a cell cannot be read.

    >>> cells = [Cell("n = 3"), Cell("%%job square --retries 2\\ns = n * n"), Cell("print(s)")]
    >>> print(exported(cells, "a.ipynb", "a", plain=True))
    \"\"\"a.ipynb as exported by nbflow: plain Python, the cells one after the other, jobs included.
    <BLANKLINE>
    1 cell that only looks at what jobs made is left out: export with --all to have it.
    \"\"\"
    <BLANKLINE>
    <BLANKLINE>
    # %% cell 0
    n = 3
    <BLANKLINE>
    <BLANKLINE>
    # %% job square
    # not kept in a plain script: --retries 2
    s = n * n
    <BLANKLINE>
    """
    pieces = [piece for piece in Paper(steering(plain)).read(cells) if _says_something(piece)]
    kept = chosen(pieces, everything)
    left_out = len(pieces) - len(kept)
    text = script(kept, title, left_out) if plain else module(kept, title, flow, left_out)
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise NbflowError(f"the export is no Python, line {error.lineno}: {error.msg}: leave that cell out") from error
    return text


def _says_something(piece: Piece) -> bool:
    return piece.kind == "job" or bool(ast.parse(piece.code).body) or bool(piece.notes)


def write(text: str, file: Path, force: bool = False) -> None:
    """Have *text* in *file*.

    Raises:
        NbflowError: there is such a file already, unless *force* is said; or it cannot be written.
    """
    try:
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
        with os.fdopen(os.open(file, flags, 0o666), "w", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise NbflowError(f"there is a {str(file)!r} already: give another name, or --force") from None
    except OSError as error:
        raise NbflowError(f"{str(file)!r} cannot be written: {error.strerror}") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m nbflow.notebook.exporting NOTEBOOK FILE``: what ``nbflow export`` does."""
    parser = argparse.ArgumentParser(prog="nbflow export")
    parser.add_argument("notebook", type=Path)
    parser.add_argument("file", type=Path)
    for flag in ("--plain", "--all", "--force"):
        parser.add_argument(flag, action="store_true")
    taken = parser.parse_args(arguments)
    try:
        cells = read_notebook(taken.notebook)
        text = exported(cells, taken.notebook.name, taken.notebook.stem, plain=taken.plain, everything=taken.all)
        write(text, taken.file, taken.force)
    except NbflowError as error:
        print(f"nbflow: {error}", file=sys.stderr)
        return 1
    print(f"exported {taken.file}")
    return 0
