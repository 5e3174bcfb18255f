"""What ``--for`` takes, and the elements that it makes."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from nbflow.core.spec import Captured, JobSpec, ValueRef
from nbflow.errors import DeclarationError
from nbflow.notebook.fanout import fan_out, sharing
from nbflow.notebook.line import LineError, parse_job
from nbflow.notebook.loops import MOST, Loop, combined, values_of


def ref(name: str, value: Any) -> ValueRef:
    return ValueRef(inline=repr(value).encode(), type=name)


@pytest.mark.parametrize(
    ("line", "name", "loops"),
    [
        ("fit[alpha] --for alpha=[0.1, 1, 10] --group g", "fit", [("alpha", "[0.1, 1, 10]")]),
        ("fit --for a=[1, 2],b=('x, y', 'z') --zip", "fit", [("a", "[1, 2]"), ("b", "('x, y', 'z')")]),
        ("fit[b, a] --for a=[1],b=[2]", "fit", [("a", "[1]"), ("b", "[2]")]),
        ("fit --for c=[{'lr': 1}, {'lr': 2}] --hold", "fit", [("c", "[{'lr': 1}, {'lr': 2}]")]),
        ("fit --for=x=np.logspace(-3, 3, 200)", "fit", [("x", "np.logspace(-3, 3, 200)")]),
        ('fit --for "a=[1, 2]"', "fit", [("a", "[1, 2]")]),
        ("fit --for f=[lambda x: (x, 1)] # why", "fit", [("f", "[lambda x: (x, 1)]")]),
    ],
)
def test_values_are_python_and_run_to_the_next_option(line: str, name: str, loops: list[tuple[str, str]]) -> None:
    """Commas are found by Python's own parser, and quotes, braces and spaces are as written."""
    header = parse_job(line)
    assert (header.name, [(loop.variable, loop.expression) for loop in header.loops]) == (name, loops)


def test_values_may_go_on_in_the_next_line() -> None:
    """As any header may."""
    header = parse_job("fit --for a=[1,", "#|   2],b=[3]\n#| --hold\ny = a")
    assert header.loops == (Loop("a", "[1, 2]"), Loop("b", "[3]")) and header.hold


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fit --for", "needs a value"),
        ("fit --for [1, 2]", "takes VARIABLE=VALUES"),
        ("fit --for a=1, 2", "in brackets"),
        ("fit --for a=[1],a=[2]", "given twice"),
        ("fit --for a=[1)", "takes VARIABLE=VALUES"),
        ("fit --for a=1)+print(b=2", "takes VARIABLE=VALUES"),
        ("fit --for **x", "takes VARIABLE=VALUES"),
        ("fit[b] --for a=[1]", "other loop variables than --for: a"),
        ("fit --zip", "--zip needs --for"),
        ("fit --for a=[1] --in kernel", "--for needs a process"),
        ("a,b --for a=[1]", "a job's name"),
        ("fit --for a=[1] --policy at-leas:2", "did you mean"),
    ],
)
def test_a_mistake_is_one_line(line: str, said: str) -> None:
    """It says what is wrong."""
    with pytest.raises(LineError, match=said.replace("*", r"\*").replace("[", r"\[")) as caught:
        parse_job(line)
    assert "\n" not in str(caught.value)


def test_a_fan_outs_own_group_takes_a_policy_without_being_named() -> None:
    """It is called as the fan-out is."""
    assert parse_job("fit --for a=[1] --policy best-effort --max-parallel 2").group is None


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("5", "int is none"),
        ("'abc'", r"in brackets: \['abc'\]"),
        ("count()", "no end of them"),
        (f"range({MOST + 1})", f"more than {MOST}"),
    ],
)
def test_values_that_are_none_are_refused(expression: str, said: str) -> None:
    """Failing, single, endless and too many ones."""
    with pytest.raises(DeclarationError, match=said):
        values_of(Loop("a", expression), {"count": count})


def test_any_iterable_will_do() -> None:
    """With the notebook's variables."""
    assert values_of(Loop("a", "(i * k for i in range(3))"), {"k": 2}) == [0, 2, 4]
    assert values_of(Loop("a", "{'x': 1}"), {}) == ["x"]
    assert values_of(Loop("a", "[]"), {}) == []


def test_combinations_and_pairs() -> None:
    """The last variable changes fastest; lists to be paired are equally long."""
    loops = [Loop("a", ""), Loop("b", "")]
    assert combined(loops, [[1, 2], [3, 4]], zipped=False) == [(1, 3), (1, 4), (2, 3), (2, 4)]
    assert combined(loops, [[1, 2], [3, 4]], zipped=True) == [(1, 3), (2, 4)]
    assert combined(loops, [[1, 2], []], zipped=False) == []
    with pytest.raises(DeclarationError, match="a has 2, b has 1"):
        combined(loops, [[1, 2], [3]], zipped=True)
    with pytest.raises(DeclarationError, match="1000 × 1000"):
        combined(loops, [list(range(1000))] * 2, zipped=False)


def test_each_element_is_a_job_with_its_loop_variables_and_what_all_share() -> None:
    """What is shared is one and the same object."""
    shared = {"x": Captured(ref("x", 7)), "a": Captured(ref("a", "hidden"))}
    fan = fan_out("fit", [Loop("a", ""), Loop("b", "")], [[1, 2], ["u"]], zipped=False)
    one, two = fan.specs(JobSpec(name="fit", inputs=shared, group="fit"), ref)
    assert (one.name, two.name) == ("fit[a=1,b=u]", "fit[a=2,b=u]")
    assert one.inputs == {"x": shared["x"], "a": Captured(ref("a", 1)), "b": Captured(ref("b", "u"))}
    assert one.inputs["b"] is two.inputs["b"]
    assert one.element is not None and two.element is not None
    assert (one.element.values, one.element.place, two.element.place) == ({"a": "1", "b": "u"}, 0, 1)
    assert one.element.key.inline == b"(1, 'u')"


def test_values_that_cannot_be_keys_stand_by_their_text() -> None:
    """Each by another one, and a warning names the variable."""
    fan = fan_out("fit", [Loop("c", "")], [[[1], [2], [1], 7]], zipped=False)
    assert fan.keys == ["[1]", "[2]", "[1] (2)", 7]
    assert len(fan.warnings) == 1 and " c " in fan.warnings[0]


@pytest.mark.parametrize("values", [[1, 1], [1, True], [0.5, 0.5]])
def test_an_element_is_there_once(values: list[Any]) -> None:
    """A dict would lose one of the two."""
    with pytest.raises(DeclarationError, match="the same element twice"):
        fan_out("fit", [Loop("a", "")], [values], zipped=False)


def test_what_many_elements_share_is_kept_out_of_their_specs() -> None:
    """The more there are, the smaller is what may travel in each."""
    asked: list[int] = []

    def dump(value: Any, name: str, inline: int) -> ValueRef:
        asked.append(inline)
        return ref(name, value)

    for elements in (1, 200, 10_000):
        sharing(dump, elements)("x", 1)
    assert asked[0] == 65536 and asked == sorted(asked, reverse=True) and asked[-1] < 1000
