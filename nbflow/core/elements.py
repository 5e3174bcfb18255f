"""The elements of a fan-out: what they are called, and which jobs of a run they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from nbflow.core.run import Run
from nbflow.core.spec import Element
from nbflow.errors import DeclarationError

NAME_LIMIT = 200
"""Characters of a job's name at most."""
LABEL_LIMIT, LABEL_LEAST = 24, 4
"""Characters of a loop variable's value in a name: usually at most, and at least where names get long."""
_ODD = re.compile(r"(?:[^\w.+\-%@/:^]|:(?=\W|$))+")


class Fan(NamedTuple):
    """A fan-out of a run: its name, the group that its elements are in, and the elements' jobs in their order."""

    name: str
    group: str
    elements: dict[str, Element]


def fan_of(run: Run, name: str) -> Fan | None:
    """The fan-out *name* of *run*, without the elements that were withdrawn; None if there are none."""
    found = {job: run.jobs[job].spec for job in list(run.fans.get(name, ()))}  # at once: another thread may fold events
    elements = {job: spec.element for job, spec in found.items() if spec.element is not None}
    if not elements:
        return None
    group = next(iter(found.values())).group or name
    return Fan(name, group, dict(sorted(elements.items(), key=lambda item: item[1].place)))


def fan_names(run: Run) -> list[str]:
    """The fan-outs of *run* that have elements."""
    return [name for name, jobs in list(run.fans.items()) if jobs]


def element_names(fan: str, variables: Sequence[str], texts: Sequence[Sequence[str]]) -> list[str]:
    """The jobs' names for the elements of *fan*; *texts* has, for each of them, the values of *variables* as text.

    They are short, unique and valid: what is odd in a text is ``_`` in the name, what is long loses its middle, and a
    name that others have already gets a number.

    Raises:
        DeclarationError: the fan-out's own name and its variables' leave no room for values.

    >>> element_names("fit", ["alpha"], [["0.1"], ["10"]])
    ['fit[alpha=0.1]', 'fit[alpha=10]']
    >>> element_names("fit", ["a", "b"], [["1", "x y"], ["1", "x,y"]])
    ['fit[a=1,b=x_y]', 'fit[a=1,b=x_y~2]']
    """
    fixed = len(fan) + len("[]~12345") + sum(len(variable) + len("=,") for variable in variables)
    room = (NAME_LIMIT - fixed) // len(variables)
    if room < LABEL_LEAST:
        raise DeclarationError(f"{fan!r} and its loop variables are too long for the names of elements: shorten them")
    limit, seen, names = min(LABEL_LIMIT, room), dict[str, int](), list[str]()
    for values in texts:
        inner = ",".join(f"{variable}={label(text, limit)}" for variable, text in zip(variables, values, strict=True))
        count = seen[inner] = seen.get(inner, 0) + 1
        names.append(f"{fan}[{inner}]" if count == 1 else f"{fan}[{inner}~{count}]")
    return names


def label(text: str, limit: int = LABEL_LIMIT) -> str:
    """*text* as it can stand in a job's name, of *limit* characters at most.

    >>> label("0.1"), label("{'lr': 0.1}"), label("data/2024/january/part_001.csv"), label("?")
    ('0.1', 'lr_0.1', 'data/2024/j..art_001.csv', '_')
    """
    plain = "".join(char for char in _ODD.sub("_", text) if char.isprintable()).strip("_") or "_"
    if len(plain) <= limit:
        return plain
    head = (limit - 2) // 2
    return f"{plain[:head]}..{plain[head + 2 - limit :]}"


def split_names(text: str) -> list[str]:
    """The names in *text*, separated by commas; one within brackets is part of a name.

    >>> split_names("load,fit[a=1,b=2],fits")
    ['load', 'fit[a=1,b=2]', 'fits']
    """
    parts, depth = [""], 0
    for char in text:
        depth = max(0, depth + (char == "[") - (char == "]"))
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return parts
