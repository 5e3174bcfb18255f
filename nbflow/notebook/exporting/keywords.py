"""The options of a job's cell as those of `nbflow.job`."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Any

from nbflow.notebook.exporting.functions import Function
from nbflow.notebook.exporting.paper import Piece
from nbflow.notebook.options import OPTIONS

_NOT_HERE = frozenset({"for", "zip", "inputs", "outputs", "shell", "in"})
_PYTHON = frozenset(option.name for option in OPTIONS if option.verbatim)
_LISTED = frozenset({"after", "reads", "writes"})


def decorator(piece: Piece, made: Function, job_name: str) -> str:
    """The line above the function."""
    said = [] if job_name == made.name else [f"name={job_name!r}"]
    if made.outputs != ():
        said += [f"outputs={made.outputs!r}"] if len(made.outputs) > 1 else [f"outputs={made.outputs[0]!r}"]
    else:
        said.append("outputs=()")
    said += [text for name, text in _said(_grouped(piece)) if not _is_dynamic(name, _grouped(piece)[name])]
    return f"@nbflow.job({', '.join(said)})"


def dynamic(piece: Piece) -> list[str]:
    """Options with expressions between braces: they are evaluated where the job is declared."""
    options = _grouped(piece)
    return [text for name, text in _said(options) if _is_dynamic(name, options[name])]


def _grouped(piece: Piece) -> dict[str, Any]:
    """The options; the elements of a fan-out are a group, if only by its name."""
    options = {name: value for name, value in piece.options.items() if name not in _NOT_HERE}
    if piece.header is not None and piece.header.loops:
        options.setdefault("group", piece.header.name)
    return options


def _said(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in options.items():
        word = name.replace("-", "_")
        word += "_" if keyword.iskeyword(word) else ""
        yield name, f"{word}={expression(name, value)}"


def _is_dynamic(name: str, value: Any) -> bool:
    texts = value if isinstance(value, list) else [value]
    return name not in _PYTHON and any(isinstance(each, str) and re.search(r"\{[^{}]+\}", each) for each in texts)


def expression(name: str, value: Any) -> str:
    """Python for the value of option *name* as it was typed.

    >>> expression("retries", "3"), expression("timeout", "5m"), expression("hold", True), expression("env", ["A=1"])
    ('3', "'5m'", 'True', "['A=1']")
    """
    if isinstance(value, list):
        if name in _LISTED:
            return repr([part for each in value for part in each.split(",")]) if len(value) > 1 else repr(value[0])
        return f"[{', '.join(expression(name, each) for each in value)}]"
    if isinstance(value, str) and _is_dynamic(name, value):
        return f"f{value!r}"
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value) and name not in ("group", "env"):
        return value
    return repr(value)
