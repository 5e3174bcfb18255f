"""A notebook with jobs as a module: each job a function of `nbflow.job`, and the flow where the file is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbflow.notebook.exporting.choosing import read_later, taken
from nbflow.notebook.exporting.functions import (
    STATES,
    Function,
    function,
    identifier,
    travelling,
    variable_of,
    wanted_outputs,
)
from nbflow.notebook.exporting.headers import about, display
from nbflow.notebook.exporting.hoisting import Hoisting
from nbflow.notebook.exporting.keywords import decorator, dynamic
from nbflow.notebook.exporting.paper import Piece
from nbflow.notebook.exporting.script import values
from nbflow.notebook.exporting.texts import indented

_BEARS = ("best-effort", "at-least", "critical")
_GATHERED = '''\
def gathered(flow, group, jobs, output=None):
    """What the elements of a fan-out left: those that failed are left out, as far as the group's policy bears it."""
    flow.wait(group)
    found = {key: job.result() for key, job in jobs.items() if job.status.good}
    return found if output is None else {key: value[output] for key, value in found.items()}
'''


def module(pieces: Sequence[Piece], title: str, flow: str, left_out: int = 0) -> str:
    """The module of *pieces*, of the notebook *title*, whose flow is called *flow*."""
    return _Module(pieces, title, flow, left_out).text()


@dataclass(frozen=True)
class _Made:
    """Where a variable is that a job makes: in *handle*, as its one output, or by *name*."""

    handle: str
    name: str | None
    group: str = ""
    """Of a fan-out."""
    bears: bool = False
    """Its policy bears with failures, so that it has to be waited for before anybody reads it."""
    held: bool = False

    def reference(self) -> str:
        """What stands for it as an argument of another job."""
        part = f"[{self.name!r}]" if self.name is not None else ""
        if self.group:
            return f"{{key: each.output{part} for key, each in {self.handle}.items()}}"
        return f"{self.handle}.output{part}"

    def value(self) -> str:
        """The value itself, waited for."""
        part = f"[{self.name!r}]" if self.name is not None else ""
        if self.bears:
            return f"gathered(flow, {self.group!r}, {self.handle}" + (f", {self.name!r})" if self.name else ")")
        if self.group:
            return f"{{key: each.result(){part} for key, each in {self.handle}.items()}}"
        return f"{self.handle}.result(){part}"


class _Module:
    def __init__(self, pieces: Sequence[Piece], title: str, flow: str, left_out: int) -> None:
        self.pieces, self.title, self.flow, self.left_out = pieces, title, flow, left_out
        self.names = taken(pieces) | {"nbflow", "flow", "gathered"}
        self.modules = {module for piece in pieces for module in piece.modules}
        self.hoisting = Hoisting(pieces)
        self.imports: list[str] = []
        self.top: list[str] = []
        self.block: list[str] = []
        self.made: dict[str, _Made] = {}
        self.here: set[str] = set()
        """Variables of jobs whose values the block has."""
        self.known: set[str] = set()
        self.job_names: set[str] = set()
        self.gathers = False

    def text(self) -> str:
        for piece, later in zip(self.pieces, read_later(self.pieces), strict=True):
            if piece.kind == "job" and piece.header is not None and piece.header.executor != "kernel":
                self._job(piece, later)
            else:
                self._ordinary(piece)
            if piece.kind == "job":
                self.imports += self.hoisting.imported(piece, later)
            self.known |= piece.outputs
        rest = [self._have(name) for name in sorted(self.made) if self._worth(name)]
        what = "each job is a function, and running this file runs the flow"
        imports = dict.fromkeys([*(f"import {each}" for each in sorted(self.modules | {"nbflow"})), *self.imports])
        head = "\n".join([about(self.title, self.left_out, what), "", *imports, *display(self.pieces)])
        tops = [_GATHERED] if self.gathers else []
        main = [f"with nbflow.Flow({self.flow!r}) as flow:", indented("\n".join(self.block or ["pass"]))]
        main += ["# what the jobs left, as in the notebook", *rest] if rest else []
        whole = f"if __name__ == '__main__':\n{indented(chr(10).join(main))}"
        return "\n\n\n".join(each.strip("\n") for each in [head, *tops, *self.top, whole]) + "\n"

    def _worth(self, name: str) -> bool:
        return name not in self.here and name not in STATES and not self.made[name].held

    # --- ordinary cells
    def _ordinary(self, piece: Piece) -> None:
        top, rest = self.hoisting.split(piece)
        label = f"# {piece.name}"
        if piece.kind == "job":
            label += ": it ran in the kernel, on its live variables"
        if top:
            self.top.append(f"{label}\n{top.strip()}")
        if not rest.strip():
            return
        lines = [self._have(name) for name in sorted(piece.names.needed & self.made.keys()) if name not in self.here]
        self.block += [label, *(f"# {note}" for note in piece.notes), *lines, *rest.strip("\n").split("\n"), ""]
        for name in piece.names.writes & self.made.keys():
            del self.made[name]
            self.here.discard(name)

    def _have(self, name: str) -> str:
        """The line after which the block has the value of *name*, which a job makes."""
        made = self.made[name]
        self.here.add(name)
        self.gathers |= made.bears
        if name in STATES:
            module, _, _, put = STATES[name]
            self.modules.add(module)
            return put.format(made.value())
        return f"{name} = {made.value()}"

    # --- jobs
    def _job(self, piece: Piece, later: frozenset[str]) -> None:
        header = piece.header
        assert header is not None
        for name in sorted((piece.names.needed - piece.direct) & self.made.keys()):
            if name not in self.here and name not in STATES:  # a function that it calls finds it there
                self.block.append(self._have(name))
        name = identifier(header.name, self.names)
        self.names.add(name)
        made = function(piece, name, self._given(piece), self.known, wanted_outputs(piece, later))
        job_name = self._job_name(header.name)
        self.top.append(f"# {piece.typed.strip()}\n{decorator(piece, made, job_name)}\n" + "\n".join(made.lines))
        handle = identifier(f"{name}_jobs" if header.loops else f"{name}_job", self.names)
        self.names.add(handle)
        self.block += [*self._call(piece, made, handle), ""]
        outputs = wanted_outputs(piece, later)
        for output in piece.outputs | piece.names.deletes:
            self.made.pop(output, None)
            self.here.discard(output)
        policy = str(piece.options.get("policy", "strict"))
        group = (header.group or header.name) if header.loops else ""
        for output in outputs:
            key = variable_of(output) if len(outputs) > 1 else None
            bears = bool(group) and any(word in policy for word in _BEARS)
            self.made[output] = _Made(handle, key, group, bears, header.hold)

    def _given(self, piece: Piece) -> set[str]:
        """What the function takes as arguments: variables. Functions, classes and modules it finds in its module."""
        found = travelling(piece.names.needed & (piece.direct | piece.names.writes) & self.known)
        found |= {name for name in piece.names.needed if name in STATES}
        kept = self.hoisting.definitions - piece.names.writes
        return {name for name in found if name not in kept or name in self.made}

    def _job_name(self, name: str) -> str:
        found, number = name, 2
        while found in self.job_names:
            found, number = f"{name}-{number}", number + 1
        self.job_names.add(found)
        return found

    def _argument(self, name: str) -> str:
        """What is given for the parameter that stands for *name*."""
        if name in STATES and name not in self.made:
            self.modules.add(STATES[name][0])
            return STATES[name][2]
        made = self.made.get(name)
        if made is None or (made.bears and name in self.here):
            return name
        if made.bears:
            self.block.append(self._have(name))
            return name
        return made.reference()

    def _call(self, piece: Piece, made: Function, handle: str) -> list[str]:
        header = piece.header
        assert header is not None
        loops = [loop.variable for loop in header.loops]
        given = {variable_of(name): name for name in self._given(piece)}
        arguments = [each if each in loops else self._argument(given.get(each, each)) for each in made.parameters]
        options = dynamic(piece)
        if not loops:
            called = f"{made.name}.options({', '.join(options)})" if options else made.name
            return [f"{handle} = {called}({', '.join(arguments)})"]
        if not header.zipped and len(loops) > 1:
            self.modules.add("itertools")
        key = loops[0] if len(loops) == 1 else f"({', '.join(loops)})"
        number = identifier("number", self.names | set(loops))
        options.append(f"name=f'{_plain(header.name)}[{{{number}}}]'")
        called = f"{made.name}.options({', '.join(options)})({', '.join(arguments)})"
        return [
            f"{handle} = {{",
            f"    {key}: {called}",
            f"    for {number}, {key} in enumerate({values(piece)}, 1)",
            "}",
        ]


def _plain(name: str) -> str:
    return name.replace("{", "{{").replace("}", "}}").replace("'", "\\'")
