"""A fan-out's declaration: from the values of its loop variables to one job per element."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from nbflow.core.elements import element_names, fan_of
from nbflow.core.run import Run
from nbflow.core.spec import Captured, Element, Gathered, JobSpec, ValueRef
from nbflow.engine.client import INLINE_LIMIT
from nbflow.errors import DeclarationError
from nbflow.notebook.loops import Loop, combined
from nbflow.notebook.pairing import Paired
from nbflow.notebook.value_text import TEXT, can_be_key, text_of, unique_texts

SHARED = 8 * 1024 * 1024
"""Bytes that a value may take in the specs of all elements together: a bigger one goes into a file that they share."""
READS = 200_000
"""Elements of dicts that all elements of a fan-out may read together."""

Capture = Callable[[str, Any], ValueRef]


@dataclass(frozen=True)
class FanOut:
    """The elements of the fan-out *name*, in their order.

    Attributes:
        name: the fan-out's name.
        variables: the loop variables.
        rows: for each element, where in *values* each of its variables' values is.
        values: for each variable, its values.
        keys: under which key its outputs are read, for each element.
        by_text: the variables with a value that can be no key, and stands in keys as its text.
    """

    name: str
    variables: tuple[str, ...]
    rows: list[tuple[int, ...]]
    values: list[list[Any]]
    keys: list[Any]
    by_text: tuple[str, ...]

    @property
    def warnings(self) -> list[str]:
        """What a person should know of its keys."""
        return [
            f"values of {variable} can be no keys: what it makes is read by their text" for variable in self.by_text
        ]

    @property
    def elements(self) -> list[tuple[Any, ...]]:
        """The values of the loop variables, for each element."""
        return [tuple(self.values[at][place] for at, place in enumerate(row)) for row in self.rows]

    def specs(self, template: JobSpec, capture: Capture, paired: Paired | None = None) -> list[JobSpec]:
        """One job per element: *template* with a name of its own, the loop variables, and its part of what is *paired*.

        Raises:
            DeclarationError: there is no room for the names, or each would read many elements of another fan-out.
            ValueNotStorable: a value cannot leave the kernel.
        """
        self._check_reads(template)
        texts = [[text_of(value) for value in each] for each in self.values]
        said = [[texts[at][place] for at, place in enumerate(row)] for row in self.rows]
        names = element_names(self.name, self.variables, said)
        held = [
            [Captured(capture(variable, value)) for value in each]
            for variable, each in zip(self.variables, self.values, strict=True)
        ]
        made = []
        for place, (row, name, key) in enumerate(zip(self.rows, names, self.keys, strict=True)):
            own = {variable: held[at][row[at]] for at, variable in enumerate(self.variables)}
            single = len(own) == 1 and not self.by_text
            ref = own[self.variables[0]].value if single else capture("the key", key)
            values = dict(zip(self.variables, said[place], strict=True))
            element = Element(self.name, values, replace(ref, digest="", type="", shape=""), place)
            reads, needs = paired.of(template, place) if paired is not None else ({}, ())
            inputs = template.inputs | own | reads
            made.append(replace(template, name=name, inputs=inputs, needs=template.needs + needs, element=element))
        return made

    def _check_reads(self, template: JobSpec) -> None:
        for name, source in template.inputs.items():
            if isinstance(source, Gathered) and len(source.parts) * len(self.rows) > READS:
                raise DeclarationError(
                    f"each of {len(self.rows)} jobs would read {name!r}, a dict of {len(source.parts)} elements: "
                    f"have one job make what they need of it"
                )


def fan_out(name: str, loops: Sequence[Loop], values: Sequence[list[Any]], zipped: bool) -> FanOut:
    """The elements that *values* of *loops* make.

    Raises:
        DeclarationError: two elements would have the same key, there are too many, or lists to be paired differ.

    >>> fan = fan_out("fit", [Loop("a", ""), Loop("b", "")], [[1, 2], ["x", "y"]], zipped=True)
    >>> fan.keys
    [(1, 'x'), (2, 'y')]
    """
    rows = combined(loops, [list(range(len(each))) for each in values], zipped)
    variables = tuple(loop.variable for loop in loops)
    used, odd = [], []
    for variable, each in zip(variables, values, strict=True):
        can = [can_be_key(value) for value in each]
        odd += [variable] * (not all(can))
        used.append(each if all(can) else unique_texts(each, can))
    keys: list[Any] = [tuple(used[at][place] for at, place in enumerate(row)) for row in rows]
    keys = keys if len(variables) > 1 else [key for (key,) in keys]
    _check_keys(keys)
    return FanOut(name, variables, rows, list(values), keys, tuple(odd))


def _check_keys(keys: Sequence[Any]) -> None:
    """Raise `DeclarationError` if one is there twice: a dict would have only one of the two."""
    places: dict[Any, int] = {}
    for place, key in enumerate(keys):
        first = places.setdefault(key, place)
        if first != place:
            again = repr(key)[:TEXT]
            said = again if again == repr(keys[first])[:TEXT] else f"{repr(keys[first])[:TEXT]} and {again}"
            raise DeclarationError(f"--for: {said} is the same element twice (places {first + 1} and {place + 1})")


def withdrawn(run: Run | None, name: str, declared: Iterable[str]) -> list[JobSpec]:
    """What is declared no longer now that *declared* are all jobs of the cell of job or fan-out *name*."""
    if run is None:
        return []
    fan, staying = fan_of(run, name), set(declared)
    before = [*(fan.elements if fan else ()), *([name] if name in run.jobs else ())]
    return [
        JobSpec(name=job, withdrawn=True) for job in before if job not in staying and not run.jobs[job].spec.withdrawn
    ]


def sharing(dump: Callable[..., ValueRef], elements: int) -> Capture:
    """A capture for values that are in the spec of each of so many *elements*: big ones go into files."""
    inline = min(INLINE_LIMIT, SHARED // max(elements, 1))
    return lambda name, value: dump(value, name, inline=inline)


def check_name(run: Run | None, name: str, group: str | None) -> None:
    """Raise `DeclarationError` if fan-out *name*, with *group* as typed, would be taken for a group of others."""
    state = run.groups.get(name) if run is not None else None
    if run is None or state is None or group == name:
        return
    fan = fan_of(run, name)
    others = [member for member in state.members if fan is None or member not in fan.elements]
    if others:
        raise DeclarationError(
            f"fan-out {name!r} has the name of a group with other members, such as {others[0]!r}: call it otherwise, "
            f"or put it in the group with --group {name}"
        )
