"""From code objects of the notebook's functions to what was typed, which tells more than they do."""

from __future__ import annotations

import ast
import linecache
from functools import lru_cache
from types import CodeType

from nbflow.core.names import Uses, code_uses, function_uses

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@lru_cache(maxsize=4096)
def uses_of_code(code: CodeType) -> Uses:
    """What running *code* uses and, where the cell that it is from is known, what only its text shows."""
    uses = code_uses(code)
    for node in _nodes(code):
        uses |= function_uses(node).without(code.co_freevars)
    return uses


def has_text(code: CodeType) -> bool:
    """Whether the definition that *code* came from can be read here."""
    return bool(_nodes(code))


def _nodes(code: CodeType) -> list[Definition]:
    """The definitions that *code* may have come from: one, as a rule."""
    found = _definitions("".join(linecache.getlines(code.co_filename))).get((code.co_name, code.co_firstlineno), [])
    names = code.co_varnames[: code.co_argcount]
    return [node for node in found if tuple(each.arg for each in (*node.args.posonlyargs, *node.args.args)) == names]


@lru_cache(maxsize=256)
def _definitions(text: str) -> dict[tuple[str, int], list[Definition]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a text with magics: the code object tells the rest
        return {}
    found: dict[tuple[str, int], list[Definition]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                line = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                found.setdefault((name, line), []).append(node)
            case ast.Lambda():
                found.setdefault(("<lambda>", node.lineno), []).append(node)
    return found
