"""A job's cell as a function: what it takes, its body, what it gives."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from nbflow.core.hidden import NUMPY_RANDOM, RANDOM, is_hidden
from nbflow.core.names import read_names
from nbflow.notebook.exporting.paper import Piece
from nbflow.notebook.exporting.texts import indented
from nbflow.notebook.transform import awaits

_BUILTINS = frozenset(dir(builtins))
_OF_TEXT = frozenset({"exec", "eval", "globals", "locals", "vars", "dir"})
STATES = {
    NUMPY_RANDOM: ("numpy", "numpy_random_state", "numpy.random.get_state()", "numpy.random.set_state({})"),
    RANDOM: ("random", "random_state", "random.getstate()", "random.setstate({})"),
}
"""Generators that travel from job to job: module, variable, how its state is had, how it is put in place."""


@dataclass(frozen=True)
class Function:
    """A job's cell as a function *name* of *parameters*, which gives *outputs*."""

    name: str
    parameters: tuple[str, ...]
    outputs: tuple[str, ...]
    lines: list[str] = field(default_factory=list)
    is_async: bool = False


def identifier(name: str, taken: Collection[str]) -> str:
    """A name for Python that is not *taken*, made of the job's.

    >>> identifier("fit-a", {"fit_a"}), identifier("load", ()), identifier("2nd", ())
    ('fit_a_job', 'load', 'job_2nd')
    """
    found = re.sub(r"\W+", "_", name).strip("_") or "job"
    if not found.isidentifier() or keyword.iskeyword(found):
        found = f"job_{found}"
    while found in taken or found in _BUILTINS:
        found += "_job"
    return found


def variable_of(name: str) -> str:
    """The variable by which *name*, which may be a hidden state, travels."""
    return STATES[name][1] if name in STATES else name


def travelling(names: Iterable[str]) -> set[str]:
    """*names* without the hidden states that do not travel."""
    return {name for name in names if not is_hidden(name) or name in STATES}


def wanted_outputs(piece: Piece, later: Collection[str]) -> tuple[str, ...]:
    """What the function is to give: all that the job leaves; what ``for`` binds only where somebody reads it later."""
    names = piece.names
    if piece.header is not None and piece.header.outputs is not None:
        return tuple(sorted(piece.header.outputs))
    found = {name for name in travelling(piece.outputs) if name not in names.passing or name in later}
    return tuple(sorted(found - names.imports))  # whoever reads these imports them


def function(
    piece: Piece, name: str, given: Iterable[str], around: Collection[str], outputs: tuple[str, ...]
) -> Function:
    """The function of *piece*, which takes *given*; *around* is what it finds in its module."""
    loops = [loop.variable for loop in piece.header.loops] if piece.header is not None else []
    taken = [each for each in sorted(given, key=_last_hidden) if each not in loops]
    parameters = tuple(dict.fromkeys([*loops, *(variable_of(each) for each in taken)]))
    results = tuple(variable_of(each) for each in outputs)
    tree = ast.parse(piece.code)
    if piece.header is not None and piece.header.bash:
        body = _script(piece, parameters)
    elif needs_text(tree):
        body = _as_text(piece, parameters, around, results)
    else:
        body = [
            *_in_classes(piece, tree, parameters, around),
            *_heads(taken),
            *_unbound(piece, parameters, outputs),
            *_body(piece),
            *_tails(taken, outputs),
        ]
        body += [f"return {', '.join(results)}"] if results else []
    more = [f"{each}={each}" for each in _shadowed(piece, parameters)]
    is_async = awaits(tree)
    head = f"{'async ' if is_async else ''}def {name}({', '.join([*parameters, *more])}):"
    return Function(name, parameters, results, [head, indented("\n".join(body or ["pass"]))], is_async)


def _last_hidden(name: str) -> tuple[bool, str]:
    return is_hidden(name), name


def _body(piece: Piece) -> list[str]:
    lines = [f"# {note}" for note in piece.notes]
    code = piece.code.rstrip()
    while code.startswith(("#\n", "\n")):
        code = code.partition("\n")[2]
    lines += code.split("\n") if code.strip() else []
    return lines if ast.parse(code).body else [*lines, "pass"]


def _heads(given: Iterable[str]) -> list[str]:
    """Statements that put the states of generators in place."""
    states = [STATES[name] for name in given if name in STATES]
    return [line for module, name, _, put in states for line in (f"import {module}", put.format(name))]


def _unbound(piece: Piece, parameters: Collection[str], outputs: Iterable[str]) -> list[str]:
    """Statements for what the body may leave unbound: it is to be given all the same."""
    unsure = [name for name in outputs if name not in {*parameters, *piece.names.certain, *STATES}]
    explicit = piece.header is not None and piece.header.outputs is not None
    return [f"{name} = None  # bound on some paths only" for name in unsure if not explicit]


def _in_classes(piece: Piece, tree: ast.AST, parameters: Collection[str], around: Collection[str]) -> list[str]:
    """A mention of the globals that class bodies name: those of them alone would not travel with the function."""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    nodes = [node for each in classes for node in ast.walk(each) if isinstance(node, ast.Name)]
    named = {node.id for node in nodes if isinstance(node.ctx, ast.Load)}
    found = sorted((named & set(around)) - set(parameters) - piece.names.writes)
    return [f"({', '.join(found)},)  # what its classes name goes with it"] if found else []


def _tails(given: Collection[str], outputs: Iterable[str]) -> list[str]:
    states = [(name in given, STATES[name]) for name in outputs if name in STATES]
    imports = [f"import {module}" for there, (module, *_) in states if not there]
    return [*imports, *(f"{name} = {get}" for _, (_, name, get, _) in states)]


def _shadowed(piece: Piece, parameters: Collection[str]) -> list[str]:
    """Builtins that the body uses before it binds their names: in a function they would be missing."""
    own = piece.names.writes & _BUILTINS - set(parameters)
    return sorted(read_names(piece.code, shadowed=own).needed & own) if own else []


def needs_text(tree: ast.AST) -> bool:
    """Whether the body means something else in a function: it reaches for globals by name, or imports ``*``."""
    for node in ast.walk(tree):
        match node:
            case ast.Global() | ast.ImportFrom(names=[ast.alias(name="*")]) | ast.ImportFrom(module="__future__"):
                return True
            case ast.Call(func=ast.Name(id=name)) if name in _OF_TEXT:
                return True
    return False


def _as_text(piece: Piece, parameters: tuple[str, ...], around: Collection[str], results: tuple[str, ...]) -> list[str]:
    """The body run as a text, in a namespace of its own."""
    names = sorted({*parameters, *(piece.names.needed & set(around))} - {*STATES})
    known = ", ".join(['"__name__": "__main__"', *(f"{each!r}: {each}" for each in names if not is_hidden(each))])
    lines = [
        "# as a text: in a function its body would mean something else",
        f"names = {{{known}}}",
        f"exec(compile({piece.code!r}, {f'<job {piece.name}>'!r}, 'exec'), names)",
    ]
    return [*lines, f"return {', '.join(f'names[{each!r}]' for each in results)}"] if results else lines


def _script(piece: Piece, parameters: tuple[str, ...]) -> list[str]:
    assert piece.header is not None
    env = "".join(f", {each!r}: str({each})" for each in parameters)
    return [
        "import os, subprocess, sys",
        f"script = {_text(piece.header.body)}",
        f"code = subprocess.run(['bash', '-euo', 'pipefail', '-c', script], env={{**os.environ{env}}}).returncode",
        "if code:",
        "    sys.exit(code)",
    ]


def _text(body: str) -> str:
    return repr(body) if '"""' in body or "\\" in body or not body.strip() else f'"""{body.rstrip()}\n"""'
