"""What stands above an exported flow."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nbflow.notebook.exporting.paper import Piece


def about(title: str, left_out: int, what: str) -> str:
    """The docstring of the file.

    >>> print(about("analysis.ipynb", 2, "plain Python"))
    \"\"\"analysis.ipynb as exported by nbflow: plain Python.
    <BLANKLINE>
    2 cells that only look at what jobs made are left out: export with --all to have them.
    \"\"\"
    """
    lines = [f"{title} as exported by nbflow: {what}."]
    if left_out:
        one = left_out == 1
        cells, them = ("1 cell that only looks", "it") if one else (f"{left_out} cells that only look", "them")
        lines += ["", f"{cells} at what jobs made {'is' if one else 'are'} left out: export with --all to have {them}."]
    text = "\n".join(lines).replace("\\", "/").replace('"""', "'''")
    return f'"""{text}\n"""' if left_out else f'"""{text}"""'


def display(pieces: Sequence[Piece]) -> list[str]:
    """What gives a script the ``display`` that notebooks have, if a cell uses it."""
    if not any(_uses_display(piece) for piece in pieces):
        return []
    return ["", "try:", "    from IPython.display import display", "except ImportError:", "    display = print"]


def _uses_display(piece: Piece) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "display" for node in ast.walk(ast.parse(piece.code)))
