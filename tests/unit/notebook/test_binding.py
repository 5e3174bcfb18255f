"""Names bound to versions at declaration."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from nbflow.core.event import AttemptEnded, AttemptStarted, JobDeclared, RunOpened
from nbflow.core.names import read_names
from nbflow.core.run import Run
from nbflow.core.spec import Captured, Element, Gathered, GroupNeed, JobNeed, JobSpec, Part, Produced, ValueRef
from nbflow.core.state import replay
from nbflow.core.status import Status
from nbflow.engine.client import Import
from nbflow.errors import DeclarationError, UnknownJob, ValueNotStorable
from nbflow.notebook.binding import Binder, imports_of
from nbflow.notebook.line import parse_job
from nbflow.notebook.owners import ByImport, Owners


class Fake:
    """A replica with a run."""

    def __init__(self, run: Run) -> None:
        self.run = run


def ref(name: str, value: Any) -> ValueRef:
    """A capture that can be looked into."""
    return ValueRef(inline=repr(value).encode(), type=name)


def spec(name: str, **more: Any) -> JobSpec:
    return JobSpec(name=name, **more)


def run_of(*specs: JobSpec, done: dict[str, dict[str, ValueRef]] | None = None) -> Run:
    events: list[Any] = [RunOpened(at=0, flow="f", number=1)]
    for each in specs:
        events.append(JobDeclared(at=0, spec=each))
        if each.name in (done or {}):
            started = {"job": each.name, "generation": 1, "attempt": 1}
            events.append(AttemptStarted(at=1, key="k", **started))
            events.append(AttemptEnded(at=2, end="succeeded", outputs=(done or {})[each.name], **started))
    return replay(events)


def binder(run: Run, owners: Owners, **namespace: Any) -> Binder:
    return Binder(namespace, owners, ref, Fake(run))  # type: ignore[arg-type]


def test_a_kernels_value_is_captured_and_a_jobs_is_referred_to() -> None:
    """Names of the kernel are stored now, names that a job makes are taken when they are there."""
    owners = Owners()
    owners.declare("load", ["raw"], {})
    bound = binder(run_of(spec("load")), owners, k=3)
    inputs = bound.inputs(parse_job("clean", "df = raw[:k]"), read_names("df = raw[:k]"))
    assert inputs == {"k": Captured(ref("k", 3)), "raw": Produced("load", "raw")}
    assert bound.needs(parse_job("clean"), inputs) == (JobNeed("load"),)


def test_a_name_that_nobody_defines_is_left_to_the_job() -> None:
    """The job's own NameError will say so."""
    assert binder(run_of(), Owners()).inputs(parse_job("a"), read_names("y = nowhere")) == {}


def test_an_import_made_by_a_job_travels_as_an_import() -> None:
    """Nobody waits for a job for the sake of a module."""
    owners = Owners()
    owners.declare("load", ["np"], {"np": ByImport("numpy")})
    bound = binder(run_of(spec("load")), owners)
    inputs = bound.inputs(parse_job("b"), read_names("x = np.zeros(3)"))
    assert inputs == {"np": Captured(ref("np", Import("numpy")))}
    assert bound.needs(parse_job("b"), inputs) == ()


def test_a_job_run_again_after_success_starts_from_its_own_last_value() -> None:
    """``x = x + 1`` declared again counts on."""
    owners, last = Owners(), ref("x", 2)
    owners.declare("step", ["x"], {})
    bound = binder(run_of(spec("step", outputs=("x",)), done={"step": {"x": last}}), owners)
    assert bound.inputs(parse_job("step"), read_names("x = x + 1")) == {"x": Captured(last)}


def test_a_job_run_again_after_a_failure_starts_from_the_version_before() -> None:
    """The input of the generation that failed is taken again."""
    owners, before = Owners(), Captured(ref("x", 1))
    owners.declare("step", ["x"], {})
    bound = binder(run_of(spec("step", inputs={"x": before}, outputs=("x",))), owners)
    assert bound.inputs(parse_job("step"), read_names("x = x + 1")) == {"x": before}


CHAIN = (
    spec("a", inputs={"x": Captured(ref("x", 0))}, outputs=("x",)),
    spec("b", inputs={"x": Produced("a", "x")}, needs=(JobNeed("a"),), outputs=("x",)),
    spec("c", inputs={"x": Produced("b", "x")}, needs=(JobNeed("b"),), outputs=("x",)),
)
"""Three jobs that update one variable, each the one before's."""


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ({}, Captured(ref("x", 0))),
        ({"a": 1}, Captured(ref("x", 1))),
        ({"a": 1, "b": 2}, Captured(ref("x", 2))),
        ({"a": 1, "b": 2, "c": 3}, Captured(ref("x", 3))),
    ],
)
def test_the_first_of_a_chain_declared_again_goes_on_from_the_last_version_there_is(
    done: dict[str, int], expected: Captured
) -> None:
    """It cannot wait for those that need it: their values are taken as they are, or what was there before them."""
    owners = Owners()
    owners.declare("c", ["x"], {})
    run = run_of(*CHAIN, done={job: {"x": ref("x", value)} for job, value in done.items()})
    for name in [name for name in ("b", "c") if name not in done]:
        run.jobs[name].status = Status.SKIPPED
    assert binder(run, owners).inputs(parse_job("a"), read_names("x = x + 1")) == {"x": expected}


def test_a_job_declared_again_while_one_that_needs_it_makes_its_input() -> None:
    """The value is neither there nor can it be waited for: the person has to say what is meant."""
    owners = Owners()
    owners.declare("b", ["x"], {})
    run = run_of(*CHAIN[:2], done={"a": {"x": ref("x", 1)}})
    with pytest.raises(DeclarationError, match="reads 'x', which 'b' is making"):
        binder(run, owners).inputs(parse_job("a"), read_names("x = x + 1"))


def test_inputs_option_overrides_the_text() -> None:
    """``--inputs`` names all that is taken, whatever the text reads."""
    bound = binder(run_of(), Owners(), a=1, b=2)
    assert bound.inputs(parse_job("j --inputs a"), read_names("y = b")) == {"a": Captured(ref("a", 1))}


def test_kernel_jobs_take_nothing_along() -> None:
    """A job that runs in the kernel reads the live namespace."""
    assert binder(run_of(), Owners(), a=1).inputs(parse_job("j --in kernel"), read_names("y = a")) == {}


def test_after_takes_jobs_groups_and_patterns_once_each() -> None:
    """A pattern stands for all it matches; a group for its members so far; an inferred need is not repeated."""
    run = run_of(spec("load"), spec("fit_a", group="fits"), spec("fit_b", group="fits"))
    header = parse_job("report --after fits,load?,'fit_*'")
    needs = binder(run, Owners()).needs(header, {"raw": Produced("load", "raw")})
    assert needs == (
        JobNeed("load"),
        GroupNeed("fits", ("fit_a", "fit_b")),
        JobNeed("fit_a"),
        JobNeed("fit_b"),
    )


def test_after_something_unknown_is_an_error() -> None:
    """A need that no cell declares is said with the nearest name."""
    with pytest.raises(UnknownJob, match="did you mean 'load'"):
        binder(run_of(spec("load")), Owners()).needs(parse_job("a --after laod"), {})


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import numpy as np", {"np"}),
        ("import os.path", {"os"}),
        ("from math import tau as t, pi", {"t", "pi"}),
        ("if flag:\n    import fast as impl", set()),
        ("import json\njson = None", set()),
        ("from .local import thing", set()),
        ("from math import *", set()),
        ("import re\ndef re(): pass", set()),
    ],
)
def test_plain_imports_are_told_from_values(code: str, names: set[str]) -> None:
    """Only unconditional imports of names that nothing else in the cell binds."""
    assert set(imports_of(ast.parse(code))) == names


def test_a_value_that_only_may_be_needed_need_not_be_storable() -> None:
    """A name bound on some paths only is captured if it can be; one that is read is an error if it cannot."""

    def refuse(name: str, value: Any) -> ValueRef:
        raise ValueNotStorable(name, "file", "an open file")

    bound = Binder({"f": 1}, Owners(), refuse, None)
    assert bound.inputs(parse_job("a"), read_names("if True:\n    for p in [1]:\n        f = p")) == {}
    assert bound.inputs(parse_job("a"), read_names("for p in range(len([])):\n    f = p")) == {}
    with pytest.raises(ValueNotStorable):
        bound.inputs(parse_job("a"), read_names("x = f"))
    with pytest.raises(ValueNotStorable):
        bound.inputs(parse_job("a --inputs f"), read_names("x = 1"))


def element(fan: str, place: int, group: str | None = None, **more: Any) -> JobSpec:
    key = ref("key", place)
    return spec(f"{fan}[n={place}]", group=group or fan, element=Element(fan, {}, key, place), outputs=("y",), **more)


def fan_owners(**made: str) -> Owners:
    owners = Owners()
    for name, fan in made.items():
        owners.declare_fan(fan, [name], {})
    return owners


def test_what_a_fan_out_makes_is_gathered_and_needs_its_group() -> None:
    """With all the group's members there are, in the order of the elements."""
    run = run_of(element("fit", 1), element("fit", 0), spec("other", group="fit"))
    bound = binder(run, fan_owners(y="fit"))
    inputs = bound.inputs(parse_job("best"), read_names("best = max(y)"))
    parts = (Part(ref("key", 0), "fit[n=0]"), Part(ref("key", 1), "fit[n=1]"))
    assert inputs == {"y": Gathered("y", parts)}
    assert bound.needs(parse_job("best"), inputs) == (GroupNeed("fit", ("fit[n=1]", "fit[n=0]", "other")),)


def test_a_member_of_the_fan_outs_own_group_needs_its_elements() -> None:
    """It cannot wait for the group that it is in."""
    run = run_of(element("fit", 0, "g"), element("fit", 1, "g"))
    bound = binder(run, fan_owners(y="fit"))
    header = parse_job("best --group g")
    inputs = bound.inputs(header, read_names("best = max(y)"))
    assert bound.needs(header, inputs) == (JobNeed("fit[n=0]"), JobNeed("fit[n=1]"))


def test_after_takes_fan_outs_and_elements_with_commas() -> None:
    """A fan-out means its group; an element is a job."""
    run = run_of(element("fit", 0, "g"), element("fit", 1, "g"), spec("pair[a=1,b=2]"))
    bound = binder(run, Owners())
    assert bound.needs(parse_job("x --after fit,pair[a=1,b=2]"), {}) == (
        GroupNeed("g", ("fit[n=0]", "fit[n=1]")),
        JobNeed("pair[a=1,b=2]"),
    )
    assert bound.needs(parse_job("x --after fit[n=0]?"), {}) == (JobNeed("fit[n=0]", optional=True),)


def test_a_fan_out_that_reads_what_it_makes_gets_the_version_before_when_declared_again() -> None:
    """As a job does that has no value yet."""
    before = {"y": Captured(ref("y", 3))}
    bound = binder(run_of(element("fit", 0, inputs=before), element("fit", 1, inputs=before)), fan_owners(y="fit"))
    assert bound.inputs(parse_job("fit --for n=[0]"), read_names("y = y + n")) == before


def test_the_job_that_a_fan_out_needs_does_not_wait_for_it_when_declared_again() -> None:
    """Nor for the group, which has the elements as members."""
    run = run_of(
        spec("load", outputs=("x",)), element("fit", 0, needs=(JobNeed("load"),)), element("all", 0, group="fit")
    )
    bound = binder(run, fan_owners(y="fit", z="all"))
    inputs = bound.inputs(parse_job("load"), read_names("x = z"))
    assert bound.needs(parse_job("load"), inputs) == (GroupNeed("fit", ("all[n=0]",)),)
    assert bound.inputs(parse_job("load"), read_names("x = y")) == {}
