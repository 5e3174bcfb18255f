"""What a header and the names of its body come to together, before any job is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from numbers import Number
from pathlib import PurePath
from typing import Any

from nbflow.core.names import Names
from nbflow.errors import DeclarationError
from nbflow.notebook.fanout import FanOut
from nbflow.notebook.line import JobHeader
from nbflow.notebook.owners import Owners


def looped(names: Names, fan: FanOut) -> Names:
    """The same for a body whose loop variables are its own business: the notebook's variables of these names stay."""
    own = frozenset(fan.variables)
    return replace(names, writes=names.writes - own, deletes=names.deletes - own, passing=names.passing - own)


def nothing(header: JobHeader, outputs: tuple[str, ...]) -> str:
    """What to say of a fan-out that has no elements."""
    variables = ", ".join(loop.variable for loop in header.loops)
    left = f"; {', '.join(outputs)} {'is' if len(outputs) == 1 else 'are'} {{}}" if outputs else ""
    return f"{header.name}: no values for {variables}, so no job was declared{left}"


def reading_too(header: JobHeader, names: Names, more: frozenset[str]) -> tuple[JobHeader, Names]:
    """The same for a body that reads *more* than its text says."""
    if header.inputs is not None:
        return replace(header, inputs=tuple(dict.fromkeys([*header.inputs, *sorted(more)]))), names
    return header, replace(names, reads=names.reads | more)


def check_variables(header: JobHeader, namespace: Mapping[str, Any], owners: Owners) -> None:
    """What a script gets as environment variables has to be text, a number or a path, as far as that is known yet.

    Raises:
        DeclarationError: something is not.
    """
    for name in header.inputs or ():
        value = namespace.get(name)
        if owners.maker(name) is None and name in namespace and not isinstance(value, str | Number | PurePath):
            kind = type(value).__name__
            raise DeclarationError(f"--inputs: {name!r} is a {kind}, and a script can be given text, numbers and paths")
