"""What a job calls when its attempts have failed, taken from the notebook at declaration."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from nbflow.core.spec import Call, ValueRef
from nbflow.engine.client import Import
from nbflow.errors import DeclarationError, ValueNotStorable
from nbflow.notebook.binding import types_of
from nbflow.notebook.calls import Calls
from nbflow.notebook.line import JobHeader, parse_job
from nbflow.notebook.owners import ByImport, Owners
from nbflow.notebook.reading import Reader


class Took:
    """A capture that can be looked into."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def __call__(self, name: str, value: Any) -> ValueRef:
        self.values[name] = value
        return ValueRef(inline=name.encode())


def calls(namespace: dict[str, Any] | None = None, owners: Owners | None = None) -> tuple[Calls, Took]:
    names, owned, took = namespace or {}, owners or Owners(), Took()
    return Calls(names, owned, Reader(names, owned).read, took), took


def header(line: str) -> JobHeader:
    return parse_job(f"j {line}")


def undo(raw, path, depth=1, *rest, **more):
    """A function with all kinds of parameters."""


def defined(source: str) -> dict[str, Any]:
    """A namespace in which *source* was run, as a notebook's."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(source, namespace)
    return namespace


@pytest.mark.parametrize(
    ("line", "reads"),
    [
        ("--if len(df) > k", {"df", "k"}),
        ("--on-missing '=default'", {"default"}),
        ("--on-missing pass", set()),
        ("--fallback '=[x for x in rows]'", {"rows"}),
        ("--rollback '=a' --fallback '=b'", {"a", "b"}),
    ],
)
def test_names_of_conditions_and_expressions_are_inputs(line, reads):
    """What an expression reads is an input of the job, though its body does not name it."""
    assert calls()[0].reads(header(line)) == reads


def test_the_parameters_of_a_function_are_inputs_where_they_have_a_value():
    """A parameter that must be given is read from the notebook; one with a default, or unknown, is not."""
    assert calls({"undo": undo, "raw": 1, "depth": 2})[0].reads(header("--rollback undo")) == {"raw"}


def test_what_jobs_make_of_the_globals_of_a_function_is_an_input():
    """A function that uses a job's variable gets it; what the kernel has travels with the function."""
    namespace = defined("here = 1\ndef mend(): return here + made")
    owners = Owners()
    owners.declare("maker", ["made"], {})
    assert calls(namespace, owners)[0].reads(header("--fallback mend")) == {"made"}


def test_a_function_is_taken_by_value():
    """The function itself is stored, under its name; a dotted name is looked up."""
    taker, took = calls({"undo": undo, "ast": ast})
    assert taker.call("rollback", header("--rollback undo"), {"raw", "path"}) == Call(
        label="undo", function=ValueRef(inline=b"undo")
    )
    taker.call("fallback", header("--fallback ast.walk"), {"node"})
    assert took.values == {"undo": undo, "ast.walk": ast.walk}


def test_an_import_of_a_job_is_taken_by_name():
    """A module that a job has imported serves without being loaded here."""
    owners = Owners()
    owners.declare("load", ["tools", "mend"], {"tools": ByImport("tools"), "mend": ByImport("tools", "mend")})
    taker, took = calls({}, owners)
    taker.call("rollback", header("--rollback tools.undo"), {})
    assert took.values == {"tools.undo": Import("tools", "undo")}


def test_an_expression_is_taken_as_text():
    """``=expression`` is evaluated where the job runs."""
    assert calls()[0].call("fallback", header("--fallback '=x + 1'"), {}) == Call(label="=x + 1", expression="x + 1")
    assert calls()[0].call("rollback", header("--fallback '=x + 1'"), {}) is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--rollback undu", "--rollback: 'undu' is not defined here (did you mean 'undo'?)"),
        ("--rollback nothing", "--rollback: 'nothing' is not defined here"),
        ("--fallback x", "--fallback: 'x' is no function"),
        ("--fallback ast.wolk", "--fallback: 'ast.wolk' is not defined here"),
        (
            "--fallback made",
            "--fallback made: job 'maker' makes 'made': define it in a cell of its own, or call it, as in '=made(…)'",
        ),
        ("--fallback undo", "--fallback undo: its parameter 'path' is no input of the job (inputs: raw)"),
    ],
)
def test_a_wrong_function_is_one_line(line, message):
    """What is no function, or asks for what is no input, is told with the nearest right name."""
    owners = Owners()
    owners.declare("maker", ["made"], {})
    taker, took = calls({"undo": undo, "x": 3, "ast": ast}, owners)
    with pytest.raises(DeclarationError) as caught:
        taker.reads(header(line))
        for option in ("rollback", "fallback"):
            taker.call(option, header(line), ["raw"])
    assert str(caught.value) == message
    assert not took.values


def test_a_function_that_cannot_leave_the_kernel_is_told():
    """With what keeps it there."""

    def refuse(name: str, value: Any) -> ValueRef:
        raise ValueNotStorable(name, "function", "uses lock (lock): cannot pickle it")

    taker = Calls({"mend": len}, Owners(), Reader({}, Owners()).read, refuse)
    with pytest.raises(DeclarationError, match="--fallback mend: it cannot leave the kernel: uses lock"):
        taker.call("fallback", header("--fallback mend"), ["obj"])


def test_annotations_of_inputs_are_types():
    """A bare annotation at the top level types an input; others, and those inside of functions, do not."""
    tree = ast.parse("x: int\nrows: 'list[str]'\nnew: int\ny: int = 3\ndef f():\n    z: int\n")
    assert types_of(tree, {"x", "rows", "y", "z"}) == {"x": "int", "rows": "list[str]"}


def test_an_annotation_is_no_write():
    """A typed input stays an input: it is read, not written."""
    names = Reader({}, Owners()).read("x: int\ny = x + 1")
    assert (names.reads, names.writes) == ({"x"}, {"y"})
