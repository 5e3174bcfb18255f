"""The recipe of a job that is about to start: read from its spec, the values it is given, files and what is installed.

It may take long (files are read whole), so it is made on a thread of its own, from what was resolved on the engine's.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator
from typing import NamedTuple, assert_never

from nbflow.core.files import shown
from nbflow.core.hidden import is_hidden
from nbflow.core.inputs import Absent, Dict, Filled, Given, Inputs, Taken, Whole
from nbflow.core.recipe import Recipe, normal
from nbflow.core.spec import JobSpec, ValueRef
from nbflow.engine.contents import Contents
from nbflow.engine.inert import Content, content
from nbflow.engine.libraries import imported, libraries
from nbflow.engine.shelf import Shelf
from nbflow.errors import StoreError

_REMEMBERED = 50_000


class Asked(NamedTuple):
    """What a recipe is to be made for: a job, what it is *given*, and what it may ask for; *cwd* is its folder."""

    spec: JobSpec
    given: Inputs
    offered: dict[str, Given]
    store: str
    cwd: str


class Recipes:
    """Makes recipes, and remembers what values and files are. Safe to use from several threads."""

    def __init__(self, values: Shelf) -> None:
        self._values = values
        self.contents = Contents()
        self._known: dict[str, Content] = {}

    def make(self, asked: Asked) -> Recipe:
        """The recipe; raises `StoreError` where a value that the job reads is gone."""
        spec, modules = asked.spec, set[str]()
        inputs = {name: self._input(given, modules) for name, given in asked.given.given.items()}
        may_ask = {
            name: given for name, given in asked.offered.items() if not is_hidden(name)
        }  # those it does not draw on
        inputs |= {name: f"offered {self._input(given, modules)}" for name, given in may_ask.items()}
        inputs |= {name: f"absent {absent.reason.kind}" for name, absent in asked.given.absent.items()}
        code = spec.code or spec.source
        if not spec.bash:
            modules |= imported(code)
        found = libraries(modules, [asked.cwd, *spec.path])
        files = self.contents.of(spec.reads)
        return Recipe(
            code=_digest(code if spec.bash else normal(code)),
            source=spec.source,
            inputs=dict(sorted(inputs.items())),
            options=_options(asked),
            python=platform.python_version(),
            packages=found.packages,
            modules=found.modules,
            files={shown(path, asked.cwd): digest for path, digest in sorted(files.items())},
        )

    def _input(self, given: Given | Absent, modules: set[str]) -> str:
        whole = hashlib.sha256()
        for part in self._parts(given):
            if isinstance(part, Content):
                modules |= part.modules
                whole.update(part.digest.encode())
            else:
                whole.update(part.encode())
        return whole.hexdigest()

    def _parts(self, given: Given | Absent) -> Iterator[Content | str]:
        """What *given* is made of, in order."""
        match given:
            case Whole(value=value):
                yield self.value(value)
            case Taken(value=value, path=path):
                yield self.value(value)
                for step in path:
                    yield self.value(step.key) if hasattr(step, "key") else f".{step.name}"
            case Dict(entries=entries):
                yield f"dict of {len(entries)}"
                yield from (self.value(part) for entry in entries for part in entry)
            case Filled(template=template, parts=parts):
                yield self.value(template)
                yield from (each for part in parts for each in self._parts(part))
            case Absent(reason=reason):
                yield f"absent {reason.kind}"
            case _:
                assert_never(given)

    def value(self, ref: ValueRef) -> Content:
        """What the stored value *ref* is; values never change, so each is read once."""
        name = ref.file or ref.digest
        if name and (known := self._known.get(name)) is not None:
            return known
        if ref.file is None and ref.inline is None:
            raise StoreError(f"a value of type {ref.type} is only in the kernel that made it")
        found = content(self._values.stored(ref))
        if name:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            self._known[name] = found
        return found


def _options(asked: Asked) -> dict[str, str]:
    """What else can matter to the outputs: not how often, how long or where the job is tried."""
    spec = asked.spec
    told: dict[str, object] = {
        "outputs": [*sorted(spec.outputs), *(f"{name}?" for name in sorted(spec.passing))],
        "deletes": sorted(spec.deletes),
        "cwd": os.path.relpath(asked.cwd, os.path.dirname(asked.store)),  # noqa: PTH120 - the folder may be moved
        "path": list(spec.path),
        "env": dict(sorted(spec.env.items())),
        "shell": spec.bash,
        "if": spec.condition,
        "types": dict(sorted(spec.types.items())),
        "on-missing": spec.on_missing if asked.given.absent else "",
        "writes": [shown(path, asked.cwd) for path in spec.writes],
        "function": spec.function,
    }
    return {name: json.dumps(each, ensure_ascii=False) for name, each in told.items() if each}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
