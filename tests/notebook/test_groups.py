"""Groups from a notebook: policies that are its own objects, retries, rollback, groups within groups, GroupError."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

pytestmark = pytest.mark.kernel

QUORUM = """
import nbflow

class Quorum:
    def __init__(self, count):
        self.count = count

    def verdict(self, members):
        good = [member.name for member in members if member.status.good]
        if len(good) >= self.count:
            return nbflow.Met
        if len(good) + sum(not member.ended for member in members) < self.count:
            return nbflow.Broken(f"only {', '.join(good)} of {self.count}")
        return nbflow.Undecided
"""


def group(nb: Kernel, name: str) -> dict[str, object]:
    found: dict[str, object] = nb.value(f"__import__('nbflow').flow().snapshot()['groups'][{name!r}]")
    return found


def test_an_object_of_the_notebook_judges_a_group(nb: Kernel) -> None:
    """Its class is the notebook's; what needs the group runs when it says so, and waiting raises when it does not."""
    assert nb.run(QUORUM).ok
    for name, body in (("a", "pass"), ("b", "1 / 0"), ("c", "x = 1")):
        assert nb.run(f"%%job {name} --group fits --policy '=Quorum(2)'\n{body}").ok
    assert nb.run("%%job best --after fits\ny = 2").ok
    assert nb.value("y") == 2
    assert nb.run("%nbflow wait fits --timeout 30s").ok
    found = group(nb, "fits")
    assert (found["policy"], found["verdict"], sorted(found["succeeded"])) == ("=Quorum(2)", "met", ["a", "c"])
    assert nb.run("%nbflow group fits --policy '=Quorum(3)'").ok
    waited = nb.run("%nbflow wait fits --timeout 30s")
    assert "GroupError: group 'fits' is broken" in waited.error
    assert "(=Quorum(3): only a, c of 3)" in waited.error
    code = "try:\n    nbflow.flow().wait('fits')\nexcept nbflow.GroupError as error:\n"
    assert nb.run(f"{code}    caught = error.group, sorted(error.failed), sorted(error.succeeded)").ok
    assert nb.value("caught") == ("fits", ["b"], ["a", "c"])


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        ("=Quorum", "policy =Quorum is a class: give an object, such as =Quorum()"),
        ("=1 + 1", "policy =1 + 1 is of type int, which has no method verdict(members)"),
        ("=nothing", "policy =nothing: NameError: name 'nothing' is not defined"),
    ],
)
def test_an_object_that_cannot_judge_is_refused_at_once(nb: Kernel, policy: str, fault: str) -> None:
    """Nothing is declared, by the cell or by the verb."""
    assert nb.run(QUORUM).ok
    for cell in (f"%%job a --group g --policy '{policy}'\npass", f"%nbflow group g --policy '{policy}'"):
        assert fault in nb.run(cell).text
    assert nb.value("nbflow.flow().status()") == {}


def test_a_group_of_groups_is_retried_and_then_rolled_back(nb: Kernel) -> None:
    """The failed member is tried twice; then what succeeded, in the group within too, is taken back."""
    assert nb.run("def undo():\n    open('undone', 'a').write('u')").ok
    assert nb.run("%nbflow group all --policy strict --retries 1 --rollback").ok
    assert nb.run("%nbflow group inner --group all --max-parallel 1").ok
    assert nb.run("%%job a --group inner --rollback undo\npass").ok
    assert nb.run("%%job b --group all --rollback undo\npass").ok
    assert nb.run("%%job c --group all\nopen('tried', 'a').write('t'); 1 / 0").ok
    assert nb.run("%%job late --after all\npass").ok
    waited = nb.run("%nbflow wait all --timeout 30s")
    assert "GroupError: group 'all' is broken (all 3 needed: 2 succeeded, 1 did not): c (" in waited.error
    nb.run("%nbflow wait --timeout 30s")
    assert nb.value("(open('tried').read(), open('undone').read())") == ("tt", "uu")
    found = group(nb, "all")
    assert (found["retries_used"], found["rolled_back"]) == (1, {"a": "succeeded", "b": "succeeded"})
    assert (group(nb, "inner")["parent"], group(nb, "inner")["verdict"]) == ("all", "met")
    assert nb.value("__import__('nbflow').flow().status()['late']") == "skipped"


def test_groups_in_a_loop_are_refused(nb: Kernel) -> None:
    """One line."""
    assert nb.run("%nbflow group a --group b").ok
    assert "groups are members of each other in a loop: b → a → b" in nb.run("%nbflow group b --group a").text
