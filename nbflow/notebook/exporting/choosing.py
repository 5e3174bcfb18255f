"""Which cells an export takes: the jobs, and the ordinary cells that they need."""

from __future__ import annotations

from collections.abc import Sequence

from nbflow.notebook.exporting.paper import Piece


def chosen(pieces: Sequence[Piece], everything: bool = False) -> list[Piece]:
    """*pieces* without ordinary cells that only look at what jobs have made, unless *everything* is wanted.

    One that nothing of a job leads to stays, for what it does may be what jobs find: a folder, a setting, a file.
    """
    if everything:
        return list(pieces)
    made, looking = set[str](), set[int]()
    for at, piece in enumerate(pieces):
        if piece.kind == "job":
            made |= piece.outputs
        elif piece.names.needed & made:
            looking.add(at)
            made |= piece.names.writes
    wanted, kept = set[str](), list[Piece]()
    for at, piece in reversed(list(enumerate(pieces))):
        if piece.kind == "job" or at not in looking or piece.outputs & wanted:
            wanted |= piece.names.needed
            kept.append(piece)
    return kept[::-1]


def read_later(pieces: Sequence[Piece]) -> list[frozenset[str]]:
    """For each piece, what those after it read."""
    found, later = list[frozenset[str]](), frozenset[str]()
    for piece in reversed(pieces):
        found.append(later)
        later |= piece.names.needed
    return found[::-1]


def taken(pieces: Sequence[Piece]) -> set[str]:
    """Every name that the cells read or bind."""
    found = set[str]()
    for piece in pieces:
        found |= piece.names.needed | piece.names.writes | piece.direct
        found |= {loop.variable for loop in piece.header.loops} if piece.header is not None else set()
    return found
