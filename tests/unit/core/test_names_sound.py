"""Reading names is sound: a cell that is given only what it needs does what it would have done with everything."""

import copy
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbflow.core.names import Uses, code_uses, read_names
from tests.programs import BEFORE, NAMES, OLD, cell


@st.composite
def cells(draw):
    return cell(lambda options: draw(st.sampled_from(options)))


def run(text, names):
    """The namespace after *text*, given only *names* of what there was; the error's type if it raised one."""
    space = {key: copy.deepcopy(value) for key, value in BEFORE.items() if key in names}
    if "old" in names:
        exec(OLD, space)
    try:
        exec(text, space)
    except Exception as error:
        return {}, type(error)
    return {key: value for key, value in space.items() if key in {*NAMES, "f", "C", "i", "x"}}, None


def behind(function):
    if function != "old":
        return Uses()
    space = {}
    exec(OLD, space)
    return code_uses(space["old"].__code__)


def value(thing):
    return thing if isinstance(thing, list | int) else type(thing)


@settings(max_examples=500, deadline=None)
@given(cells())
@example("for i in a[:2]:\n    b = c\nb.append(1)")
@example("def f():\n    global a\n    a = a + [4]\n    return [0]\nb = f()")
def test_what_a_cell_needs_is_enough(text):
    """With the needed names alone a cell ends as with all; what it does not write stays; what it promises is there."""
    full, error = run(text, {*NAMES, "old"})
    if error is not None:
        return
    names = read_names(text, behind=behind)
    part, part_error = run(text, names.needed | names.deletes)
    assert part_error is None
    for key in names.writes & full.keys():
        if key in part or key not in names.passing:  # the target of a loop that never ran is not worth waiting for
            assert value(part[key]) == value(full[key])
    assert full.keys() <= names.writes | BEFORE.keys()
    assert names.certain - {"old"} <= full.keys()
    for key, before in BEFORE.items():
        if key not in full:
            assert key in names.deletes
        elif key in names.deletes - names.writes:
            assert re.search(f"del {key}", text) and re.search("for|while", text)  # deleted, if only the loop had run
        elif key not in names.writes:
            assert full[key] == before
