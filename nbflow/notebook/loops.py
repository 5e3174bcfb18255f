"""What ``--for`` says: loop variables with the expressions of their values, and the elements that they make."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from nbflow.errors import DeclarationError
from nbflow.notebook.tokens import LineError

MOST = 20_000
"""Elements of one fan-out at most."""


@dataclass(frozen=True)
class Loop:
    """One loop variable: *expression* gives its values."""

    variable: str
    expression: str


def parse_loops(text: str) -> tuple[Loop, ...]:
    """Read ``a=EXPR,b=EXPR``: Python's own parser finds the commas between.

    Raises:
        LineError: it cannot be read so.

    >>> parse_loops("alpha=[0.1, 1], name=('x,y', 'z')")
    (Loop(variable='alpha', expression='[0.1, 1]'), Loop(variable='name', expression="('x,y', 'z')"))
    """
    call = _call(text)
    if call is None or call.args or not call.keywords or any(each.arg is None for each in call.keywords):
        raise LineError(f"--for takes VARIABLE=VALUES, as in --for alpha=[0.1, 1, 10], not {_cut(text)!r}")
    if len({each.arg for each in call.keywords}) < len(call.keywords):
        raise LineError(f"--for: a loop variable is given twice in {_cut(text)!r}")
    source = _around(text)
    return tuple(
        Loop(str(each.arg), ast.get_source_segment(source, each.value, padded=False) or "") for each in call.keywords
    )


def _call(text: str) -> ast.Call | None:
    try:
        tree = ast.parse(_around(text), mode="eval").body
    except SyntaxError as error:
        if error.msg.startswith("positional argument follows"):
            raise LineError(f"--for: put several values in brackets, as in alpha=[1, 2], not {_cut(text)!r}") from None
        return None
    except (ValueError, MemoryError, RecursionError):
        return None
    whole = isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)
    return tree if whole and isinstance(tree, ast.Call) else None


def _around(text: str) -> str:
    return f"_({text}\n)"


def _cut(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def fan_name(words: Sequence[str], loops: Sequence[Loop]) -> list[str]:
    """*words* with the fan-out's name first, whose loop variables may stand in brackets behind it.

    Raises:
        LineError: the brackets name other variables than *loops*.

    >>> fan_name(["fit[alpha,", "beta]"], [Loop("alpha", "[1]"), Loop("beta", "[2]")])
    ['fit']
    """
    end = next((at for at, word in enumerate(words, 1) if word.endswith("]")), 1)
    name = "".join(words[:end])
    typed = re.fullmatch(r"(.+?)\[([^\[\]]*)\]", name)
    if typed is None:
        return list(words)
    variables = [loop.variable for loop in loops]
    if sorted(typed[2].split(",")) != sorted(variables):
        raise LineError(f"{_cut(name)!r} names other loop variables than --for: {', '.join(variables)}")
    return [typed[1], *words[end:]]


def values_of(loop: Loop, namespace: Mapping[str, Any]) -> list[Any]:
    """The values of *loop*, with the notebook's variables.

    Raises:
        DeclarationError: the expression fails, or gives no collection of values, or too many.
    """
    try:
        found = eval(compile(loop.expression, f"<--for {loop.variable}>", "eval"), dict(namespace))
        values = _taken(loop, found)
    except DeclarationError:
        raise
    except Exception as error:
        raise DeclarationError(f"--for {loop.variable}: {type(error).__name__}: {error}") from error
    if len(values) > MOST:
        raise DeclarationError(f"--for {loop.variable}: more than {MOST} values, or no end of them: take a part")
    return values


def _taken(loop: Loop, found: Any) -> list[Any]:
    """The values in *found*, one more than are allowed at most."""
    if isinstance(found, str | bytes):
        raise DeclarationError(f"--for {loop.variable}: a text is one value, put it in brackets: [{loop.expression}]")
    if not isinstance(found, Iterable):
        kind = type(found).__name__
        raise DeclarationError(f"--for {loop.variable}: its values go in brackets, as in [1, 2], and {kind} is none")
    return list(islice(found, MOST + 1))


def combined(loops: Sequence[Loop], values: Sequence[list[Any]], zipped: bool) -> list[tuple[Any, ...]]:
    """The elements: every combination of *values*, the last variable changing fastest, or pairs if *zipped*.

    Raises:
        DeclarationError: there are too many, or lists to be paired are not equally long.

    >>> combined([Loop("a", ""), Loop("b", "")], [[1, 2], ["x", "y"]], zipped=True)
    [(1, 'x'), (2, 'y')]
    """
    if not zipped:
        found = list(islice(product(*values), MOST + 1))
        if len(found) > MOST:
            total = " × ".join(str(len(each)) for each in values)
            raise DeclarationError(f"--for makes more than {MOST} jobs ({total}): take fewer values, or --zip them")
        return found
    lengths = [len(each) for each in values]
    if len(set(lengths)) > 1:
        told = ", ".join(f"{loop.variable} has {length}" for loop, length in zip(loops, lengths, strict=True))
        raise DeclarationError(f"--zip needs as many values of each loop variable: {told}")
    return list(zip(*values, strict=True))
