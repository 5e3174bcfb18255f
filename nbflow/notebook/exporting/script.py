"""A notebook with jobs as a plain script: no nbflow, one thing after the other, the same values."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from nbflow.notebook.exporting.choosing import read_later, taken
from nbflow.notebook.exporting.functions import Function, function, identifier, wanted_outputs
from nbflow.notebook.exporting.headers import about, display
from nbflow.notebook.exporting.paper import Piece, parameters
from nbflow.notebook.exporting.plainly import awaited
from nbflow.notebook.exporting.texts import indented
from nbflow.notebook.transform import awaits

_KEPT = frozenset({"inputs", "outputs", "for", "zip", "shell", "if", "fallback", "cwd", "env", "in"})
"""Options that a plain script does something about."""
_BEARS = ("best-effort", "at-least")


def script(pieces: Sequence[Piece], title: str, left_out: int = 0) -> str:
    """The script of *pieces*, of the notebook *title*, of which so many cells were left out."""
    return _Script(pieces, title, left_out).text()


class _Script:
    def __init__(self, pieces: Sequence[Piece], title: str, left_out: int) -> None:
        self.pieces, self.title, self.left_out = pieces, title, left_out
        self.names = taken(pieces)
        self.modules = {module for piece in pieces for module in piece.modules}
        self.known = set[str]()

    def text(self) -> str:
        parts = []
        for piece, later in zip(self.pieces, read_later(self.pieces), strict=True):
            lines = self._job(piece, later) if piece.kind == "job" else self._ordinary(piece)
            parts.append("\n".join(lines))
            self.known |= piece.outputs
        imports = [f"import {module}" for module in sorted(self.modules)]
        head = [
            about(self.title, self.left_out, "plain Python, the cells one after the other, jobs included"),
            *imports,
        ]
        return "\n\n\n".join(["\n".join([*head, *display(self.pieces)]), *parts]).rstrip() + "\n"

    def _ordinary(self, piece: Piece) -> list[str]:
        return [f"# %% {piece.name}", *(f"# {note}" for note in piece.notes), self._code(piece)]

    def _code(self, piece: Piece) -> str:
        code = piece.code.strip("\n").rstrip()
        if awaits(ast.parse(code)):
            self.modules.add("asyncio")
            return awaited(code, frozenset(filter(str.isidentifier, piece.names.writes)))
        return code

    # --- jobs
    def _job(self, piece: Piece, later: frozenset[str]) -> list[str]:
        header = piece.header
        assert header is not None
        lost = _lost(piece.options)
        lines = [f"# %% job {header.name}", *(f"# {note}" for note in piece.notes)]
        lines += [f"# not kept in a plain script: {' '.join(lost)}"] if lost else []
        if header.loops:
            return [*lines, *self._fan(piece, later)]
        if header.bash or header.inputs is not None or header.outputs is not None:
            made = self._function(piece, later)
            body = [*made.lines, "", "", _assigned(made, self._call(made))]
        else:
            body = [_bare(self._code(piece)) or "pass"]
        if header.fallback:
            body = self._with_fallback(piece, body, later)
        if header.condition:
            body = [f"if {header.condition}:", indented("\n".join(body))]
        return [*lines, *self._around(piece, body)]

    def _around(self, piece: Piece, body: list[str]) -> list[str]:
        """*body* in the folder and the environment of the job."""
        header = piece.header
        assert header is not None
        if header.env:
            self.modules |= {"os", "unittest.mock"}
            body = [f"with unittest.mock.patch.dict(os.environ, {header.env!r}):", indented("\n".join(body))]
        if header.cwd:
            self.modules |= {"contextlib", "os"}
            folder = f"os.path.expanduser({header.cwd!r})"
            body = [f"with contextlib.chdir({folder}):", indented("\n".join(body))]
        return body

    def _with_fallback(self, piece: Piece, body: list[str], later: frozenset[str]) -> list[str]:
        header = piece.header
        assert header is not None
        outputs = [name for name in wanted_outputs(piece, later) if name.isidentifier()]
        if header.fallback.startswith("="):
            call = header.fallback[1:].strip()
        else:
            call = f"{header.fallback}({', '.join(f'{n}={n}' for n in self._given(header.fallback, piece))})"
        left = f"{', '.join(outputs)} = {call}" if outputs else call
        return ["try:", indented("\n".join(body)), "except Exception:", f"    {left}"]

    def _given(self, called: str, piece: Piece) -> list[str]:
        """The inputs of the job that the parameters of its fallback name."""
        definition = next(
            (
                node
                for each in self.pieces
                for node in ast.walk(ast.parse(each.code))
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == called
            ),
            None,
        )
        if definition is None:
            return []
        return [each.arg for each in parameters(definition) if each.arg in piece.names.needed & self.known]

    def _function(self, piece: Piece, later: frozenset[str]) -> Function:
        given = piece.names.needed & self.known
        if piece.header is not None and piece.header.inputs is None:
            given &= piece.direct & (piece.names.writes | piece.names.mutates)
        name = identifier(piece.name.partition("[")[0], self.names)
        self.names.add(name)
        outputs = tuple(each for each in wanted_outputs(piece, later) if each.isidentifier())
        return function(piece, name, {each for each in given if each.isidentifier()}, self.known, outputs)

    def _call(self, made: Function, given: str | None = None) -> str:
        call = f"{made.name}({', '.join(made.parameters) if given is None else given})"
        if made.is_async:
            self.modules.add("asyncio")
            return f"asyncio.run({call})"
        return call

    def _fan(self, piece: Piece, later: frozenset[str]) -> list[str]:
        """The function of an element, a loop over them, and the dicts that they leave."""
        header = piece.header
        assert header is not None
        made = self._function(piece, later)
        loops = header.loops
        if not header.zipped and len(loops) > 1:
            self.modules.add("itertools")
        key = ", ".join(loop.variable for loop in loops)
        changed = piece.names.mutates | piece.names.writes
        if any(name in changed for name in made.parameters):
            self.modules.add("copy")
        given = [f"copy.deepcopy({each})" if each in changed else each for each in made.parameters]
        results = identifier(f"{made.name}_results", self.names)
        element = identifier(f"{made.name}_element", self.names)
        own = [loop.variable for loop in loops]
        rest = [each for each in given if each not in own]
        spread = f"*{element}" if len(loops) > 1 else element
        call = f"{results}[{element}] = {self._call(made, ', '.join([spread, *rest]))}"
        each = [call]
        if str(piece.options.get("policy", "")).startswith(_BEARS):
            self.modules.add("sys")
            each = [
                "try:",
                f"    {call}",
                f"except Exception as error:  # --policy {piece.options['policy']} bears with it",
                f"    print(f'{header.name} {{{element}!r}}: {{error!r}}', file=sys.stderr)",
            ]
        lines = [*made.lines, "", "", f"{results} = {{}}", f"for {element} in {values(piece)}:  # {key}"]
        lines.append(indented("\n".join(each)))
        for at, name in enumerate(made.outputs):
            part = f"made[{at}]" if len(made.outputs) > 1 else "made"
            lines.append(f"{name} = {{key: {part} for key, made in {results}.items()}}")
        return lines


def values(piece: Piece) -> str:
    """The expression for all elements: values, or tuples of them."""
    assert piece.header is not None
    loops = piece.header.loops
    if len(loops) == 1:
        return loops[0].expression
    together = ", ".join(loop.expression for loop in loops)
    return f"zip({together}, strict=True)" if piece.header.zipped else f"itertools.product({together})"


def _assigned(made: Function, call: str) -> str:
    return f"{', '.join(made.outputs)} = {call}" if made.outputs else call


def _lost(options: dict[str, Any]) -> list[str]:
    lost = []
    for name, value in options.items():
        if name not in _KEPT:
            several = value if isinstance(value, list) else [value]
            lost += [f"--{name}" if each is True else f"--{name} {each}" for each in several]
    return lost


def _bare(code: str) -> str:
    """*code* without the empty comments that stand for ``#|`` lines."""
    while code.startswith("#\n") or code == "#":
        code = code.partition("\n")[2]
    return code if ast.parse(code).body else f"{code}\npass".strip()
