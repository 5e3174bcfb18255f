"""What a body changed in place unseen by its text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nbflow.core.inputs import Dict, Taken, Whole
from nbflow.engine.attempt.changes import Watch, watched
from nbflow.engine.attempt.holding import fixed
from nbflow.engine.values import Values


def of_a_notebook(text: str) -> dict[str, Any]:
    """The names that a cell with *text* binds."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(text, namespace)
    return namespace


CHANGES: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "x": ("x = [1]", lambda ns: ns["x"].append(2)),
    "big": ("big = list(range(600_000))", lambda ns: ns["big"].reverse()),
    "array": ("import numpy as np\narray = np.zeros(300_000)", lambda ns: ns["array"].__setitem__(7, 1)),
    "f": ("def f(x, seen=[]):\n    seen.append(x)", lambda ns: ns["f"](1)),
    "g": ("def g(): pass", lambda ns: setattr(ns["g"], "calls", 1)),
    "count": (
        "def make():\n    n = 0\n    def count():\n        nonlocal n\n        n += 1\n        return n\n"
        "    return count\ncount = make()",
        lambda ns: ns["count"](),
    ),
    "C": ("class C:\n    seen = []\n    def add(self): C.seen.append(1)", lambda ns: ns["C"]().add()),
    "D": ("class D:\n    n = 0", lambda ns: setattr(ns["D"], "n", 1)),
    "point": ("class P: pass\npoint = P(); point.x = 1", lambda ns: setattr(ns["point"], "x", 2)),
    "words": ("words = {'a', 'b'}", lambda ns: ns["words"].add("c")),
    "rng": ("import numpy as np\nrng = np.random.default_rng(1)", lambda ns: ns["rng"].normal()),
    "fs": ("fs = [lambda x, seen=[]: seen.append(x)]", lambda ns: ns["fs"][0](1)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found(tmp_path: Path, name: str) -> None:
    """In whatever kind of value; no change is found where there was none, and none after a binding of the name."""
    text, change = CHANGES[name]
    values, namespace = Values(tmp_path), of_a_notebook(text)
    watch = Watch(values)
    watch.look(name, Whole(values.dump(namespace[name])), namespace[name])
    assert watch.changed(namespace) == ()
    change(namespace)
    assert watch.changed(namespace) == (name,)
    assert watch.changed({**namespace, name: None}) == ()
    assert watch.changed({}) == ()


def test_globals_that_a_function_uses_are_not_its_own(tmp_path: Path) -> None:
    """They are variables of their own."""
    values, namespace = Values(tmp_path), of_a_notebook("k = [1]\ndef f():\n    k.append(2)")
    watch = Watch(values)
    watch.look("f", Whole(values.dump(namespace["f"])), namespace["f"])
    namespace["f"]()
    assert watch.changed(namespace) == ()


@pytest.mark.parametrize("size", [2, 600_000], ids=["small", "big"])
def test_a_gathered_dict_is_looked_at_as_a_whole_and_in_its_parts(tmp_path: Path, size: int) -> None:
    """An entry more, an entry bound anew, an entry changed in place."""
    values = Values(tmp_path)
    parts = {1: list(range(size)), 2: list(range(size))}
    given = Dict(tuple((values.dump(key), values.dump(part)) for key, part in parts.items()))
    changes: list[Callable[[Any], Any]] = [
        lambda d: d.update({3: []}),
        lambda d: d.update({2: []}),
        lambda d: d[1].append(5),
        lambda d: d.pop(1),
    ]
    for change in (None, *changes):
        here, watch = {key: list(part) for key, part in parts.items()}, Watch(values)
        watch.look("d", given, here)
        if change is not None:
            change(here)
        assert watch.changed({"d": here}) == (("d",) if change is not None else ())


def test_what_cannot_change_is_not_looked_at() -> None:
    """Numbers, texts, modules, functions and classes of modules."""
    assert all(map(fixed, (1, "a", b"b", None, True, 2.5, (1, ("a",)), frozenset({1}), Path, np, np.mean, len)))
    assert not any(map(fixed, ([], {}, ([],), np.zeros(1), Path())))
    assert fixed(ModuleType("m"))


def test_which_inputs_are_looked_at(tmp_path: Path) -> None:
    """Whole variables that are no outputs; neither hidden states nor parts of values."""
    whole = Whole(Values(tmp_path).dump([1]))
    given = {"x": whole, "y": whole, "<cwd>": whole, "part": Taken(whole.value, ()), "d": Dict(())}
    assert watched(given, {"y"}) == ["x", "d"]
