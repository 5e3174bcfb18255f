"""Python's text: indented without touching what stands in strings, taken apart at its statements."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass


def indented(code: str, by: int = 4) -> str:
    """*code* moved to the right, but for lines that lie within a string.

    >>> print(indented("x = '''a\\nb'''\\nif x:\\n    y = 1"))
        x = '''a
    b'''
        if x:
            y = 1
    """
    inside = _inside(code)
    lines = code.split("\n")
    return "\n".join(
        f"{' ' * by}{line}" if line.strip() and at not in inside else line for at, line in enumerate(lines, 1)
    )


def _inside(code: str) -> set[int]:
    """The lines that begin within a string."""
    found, opened = set[int](), list[int]()
    starts, ends = _token("FSTRING_START"), _token("FSTRING_END")
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.STRING:
                found |= set(range(token.start[0] + 1, token.end[0] + 1))
            elif token.type == starts:
                opened.append(token.start[0])
            elif token.type == ends:
                found |= set(range(opened.pop() + 1, token.end[0] + 1))
    except (tokenize.TokenError, IndentationError):
        return found  # a comment at the end, or nothing but comments
    return found


def _token(name: str) -> int:
    return int(getattr(tokenize, name, -1))


@dataclass(frozen=True)
class Chunk:
    """Statements that share lines, with the comments above them."""

    text: str
    statements: tuple[ast.stmt, ...]


def chunks(code: str) -> Iterator[Chunk]:
    """The pieces of *code*, one after the other; comments at its end are a piece without statements.

    >>> [(each.text, len(each.statements)) for each in chunks("# why\\na = 1; b = 2\\n\\nc = 3\\n# end")]
    [('# why\\na = 1; b = 2', 2), ('\\nc = 3', 1), ('# end', 0)]
    """
    lines, done = code.rstrip().split("\n"), 0
    group: list[ast.stmt] = []
    body = ast.parse(code).body
    for at, statement in enumerate(body):
        group.append(statement)
        end = statement.end_lineno or statement.lineno
        if at + 1 < len(body) and _first(body[at + 1]) <= end:
            continue
        yield Chunk("\n".join(lines[done:end]), tuple(group))
        group, done = [], end
    if lines[done:] and any(line.strip() for line in lines[done:]):
        yield Chunk("\n".join(lines[done:]), ())


def _first(statement: ast.stmt) -> int:
    lines: list[int] = [statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", ()))]
    return min(lines)
