"""What an output is made from: all that has to be the same for it to be reused, and in words what is not.

A recipe holds digests, versions and words, no values. Comments, empty lines and formatting of the code do not matter.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from msgspec import Struct
from msgspec.structs import replace

from nbflow.core.hidden import is_hidden, spoken

_OTHERWISE = "its code changed"
_SHOWN = 3
"""Differences of one kind that are named."""


class Recipe(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a job's outputs are made from; digests in hexadecimal."""

    code: str
    """Digest of the body, normalised."""
    source: str = ""
    """The body as typed, to say what has changed; two that differ in nothing else are the same recipe."""
    inputs: dict[str, str] = {}
    """Variable -> digest of its value."""
    options: dict[str, str] = {}
    """Option -> what it says, as far as that can matter to the outputs."""
    python: str = ""
    packages: dict[str, str] = {}
    """Package -> version."""
    modules: dict[str, str] = {}
    """Module of the notebook's own folders -> digest of its text, normalised."""
    files: dict[str, str] = {}
    """File that it reads, as people know it -> digest of what is in it; ``missing`` where it is not there."""


def normal(code: str) -> str:
    """*code* without comments and formatting; as it is where it is no Python.

    >>> normal("x = 1  # one") == normal("x=1") != normal("x = 2")
    True
    """
    try:
        return ast.dump(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code


def differences(before: Recipe, now: Recipe, first: int = 2) -> list[str]:
    """In words, what is not as it was *before*, the most telling first. Line *first* is that of the first in *source*.

    >>> old = Recipe(code="1", source="x = 1\\ny = 2", packages={"pandas": "2.2"})
    >>> new = Recipe(code="2", source="# new\\nx = 1\\ny = 3", packages={"pandas": "2.3"})
    >>> differences(old, new)
    ['line 4 changed', 'pandas 2.2 → 2.3']
    """
    if (function := now.options.get("function", "").strip('"')) and before.inputs.get(function) is not None:
        found = _function_changed(before, now, function)
        before = replace(before, inputs=before.inputs | {function: now.inputs.get(function, "")})
    else:
        found = [lines_changed(before.source, now.source, first)] if before.code != now.code else []
    found += _changed(before.inputs, now.inputs, lambda name: spoken(name) if is_hidden(name) else f"input {name}")
    found += _changed(before.files, now.files, lambda path: f"file {path}")
    found += _changed(before.modules, now.modules, lambda name: f"module {name}")
    found += [f"{name} {then} → {there}" for name, then, there in _versions(before, now)]
    found += _changed(before.options, now.options, lambda name: f"--{name}")
    return found


def _function_changed(before: Recipe, now: Recipe, function: str) -> list[str]:
    """What has changed of a job that is the call of a function: its text, or what it uses of the notebook."""
    if before.inputs[function] == now.inputs.get(function):
        return []
    text = lines_changed(before.source, now.source)
    return [text if text != _OTHERWISE else f"what function {function} uses changed"]


def _versions(before: Recipe, now: Recipe) -> Iterator[tuple[str, str, str]]:
    if before.python != now.python:
        yield "Python", before.python, now.python
    for name, version in now.packages.items():
        if name in before.packages and before.packages[name] != version:
            yield name, before.packages[name] or "(no version)", version or "(no version)"


def _changed(before: Mapping[str, str], now: Mapping[str, str], say: Callable[[str], str]) -> list[str]:
    """What of a kind is another one, new, or no longer there; of many only some are named."""
    found = [f"{say(name)} changed" for name, digest in now.items() if before.get(name, digest) != digest]
    found += [f"{say(name)} is new" for name in now if name not in before]
    found += [f"{say(name)} is gone" for name in before if name not in now]
    return found if len(found) <= _SHOWN else [*found[: _SHOWN - 1], f"{len(found) - _SHOWN + 1} more like that"]


def lines_changed(before: str, now: str, first: int = 1) -> str:
    """Which lines of the text *now* are not as *before*, but for comments and spaces.

    >>> lines_changed("a = 1\\nb = 2\\nc = 3", "a=1\\nb = 5\\nc = 6"), lines_changed("a\\nb", "a")
    ('lines 2 and 3 changed', 'line 2 removed')
    """
    old, new = _bare_lines(before), _bare_lines(now)
    codes = SequenceMatcher(None, [text for _, text in old], [text for _, text in new], autojunk=False).get_opcodes()
    changed = [new[at][0] + first - 1 for tag, _, _, low, high in codes if tag != "equal" for at in range(low, high)]
    if changed:
        return f"line{'s' if len(changed) > 1 else ''} {_listed(changed)} changed"
    removed = [old[at][0] + first - 1 for tag, low, high, _, _ in codes if tag != "equal" for at in range(low, high)]
    return f"line{'s' if len(removed) > 1 else ''} {_listed(removed)} removed" if removed else _OTHERWISE


def _listed(numbers: Sequence[int]) -> str:
    """``3``, ``3 and 5``, ``3 to 9``, ``3, 5 and 4 more``."""
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]} to {numbers[-1]}"
    if len(numbers) > 3:
        return f"{numbers[0]}, {numbers[1]} and {len(numbers) - 2} more"
    return " and ".join(filter(None, [", ".join(map(str, numbers[:-1])), str(numbers[-1])]))


def _bare_lines(text: str) -> list[tuple[int, str]]:
    """The statements of *text* by line, each without those inside of it; where it is no Python, its lines."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    return list(_statements(tree, 0))


def _statements(node: ast.AST, depth: int) -> Iterator[tuple[int, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            own = [ast.dump(part) for part in ast.iter_child_nodes(child) if not isinstance(part, _INNER)]
            told = [str(value) for name, value in ast.iter_fields(child) if isinstance(value, str)]
            line = getattr(child, "lineno", 0) or getattr(getattr(child, "pattern", None), "lineno", 0)
            yield line, " ".join([str(depth), type(child).__name__, *told, *own])
            yield from _statements(child, depth + 1)


_INNER = (ast.stmt, ast.excepthandler, ast.match_case)
