"""Captures of the kernel: stored once, handed out again only while nothing can have changed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nbflow.core.spec import ValueRef
from nbflow.engine.values import Values
from nbflow.notebook import resting
from nbflow.notebook.capturing import BIG, Captures
from nbflow.notebook.resting import Rest, ours
from nbflow.notebook.weights import weight


class Counting(Values):
    """A store that counts what it is asked for."""

    dumps = looks = 0

    def dump(self, *args: Any, **kwargs: Any) -> ValueRef:
        self.dumps += 1
        return super().dump(*args, **kwargs)

    def same(self, ref: ValueRef, value: object) -> bool:
        self.looks += 1
        return super().same(ref, value)


class Kernel:
    """A namespace, its captures, and cells that run."""

    def __init__(self, folder: Path) -> None:
        self.values, self.names = Counting(folder), dict[str, Any]()
        self.rest = Rest()
        self.captures = Captures(self.names, lambda: self.values, self.rest)

    def capture(self, name: str) -> ValueRef:
        """What a cell that declares a job does."""
        info = SimpleNamespace(raw_cell="%%job a\nx")
        self.rest.before()
        self.rest.begins(info)
        try:
            return self.captures.dump(self.names[name], name)
        finally:
            self.rest.ended(SimpleNamespace(info=info))
            self.captures.prune()

    def cell(self, text: str = "pass") -> None:
        """What any other cell does."""
        info = SimpleNamespace(raw_cell=text)
        self.rest.before()
        self.rest.begins(info)
        exec(text, self.names)
        self.rest.ended(SimpleNamespace(info=info))
        self.captures.prune()


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """Alone in its process: what runs the tests may have threads of its own."""
    monkeypatch.setattr(resting, "alone", lambda _: True)
    return Kernel(tmp_path)


def test_while_nothing_runs_nothing_is_looked_at(kernel: Kernel) -> None:
    """The very reference is handed out, for small values too."""
    kernel.cell("big, small = list(range(100_000)), [1]")
    for name in ("big", "small"):
        assert kernel.capture(name) is kernel.capture(name) is kernel.capture(name)
    assert (kernel.values.dumps, kernel.values.looks) == (2, 0)


def test_after_a_cell_big_values_are_compared_and_small_ones_stored_again(kernel: Kernel) -> None:
    """That costs the same; once compared they are known again."""
    kernel.cell("big, small = list(range(100_000)), [1]")
    first = kernel.capture("big"), kernel.capture("small")
    kernel.cell()
    assert kernel.capture("big") is kernel.capture("big") is first[0]
    assert kernel.capture("small") is kernel.capture("small") == first[1]
    assert (kernel.values.dumps, kernel.values.looks) == (3, 1)


def test_what_has_changed_is_stored_anew(kernel: Kernel) -> None:
    """Both versions can be read."""
    kernel.cell("big, small = list(range(100_000)), [1]")
    before = kernel.capture("big"), kernel.capture("small")
    kernel.cell("big[0] = small[0] = 5")
    after = kernel.capture("big"), kernel.capture("small")
    assert [kernel.values.load(ref)[0] for ref in (*before, *after)] == [0, 1, 5, 5]


@pytest.mark.parametrize("stir", ["a callback", "a kernel job", "an ordinary cell around"])
def test_whatever_runs_counts(kernel: Kernel, stir: str) -> None:
    """In doubt a value is looked at."""
    kernel.cell("big = list(range(100_000))")
    first = kernel.capture("big")
    kernel.names["big"][0] = 5
    match stir:
        case "a callback":
            kernel.rest.before()
        case "a kernel job":
            kernel.rest.stirred()
        case _:
            kernel.rest.begins(SimpleNamespace(raw_cell="get_ipython().run_cell(…)"))
    assert kernel.capture("big") != first


def test_within_an_ordinary_cell_nothing_is_taken_for_granted(kernel: Kernel) -> None:
    """A cell may capture, change and capture again, as calls of job functions do."""
    kernel.names["big"] = big = list(range(100_000))
    first = kernel.captures.dump(big, "big")
    assert kernel.captures.dump(big, "big") is first
    big[0] = 5
    assert kernel.captures.dump(big, "big") != first


def test_texts_and_bytes_are_known_by_identity(kernel: Kernel) -> None:
    """And let go of with their names."""
    kernel.cell("text = 'x' * 200_000")
    first = kernel.capture("text")
    kernel.cell()
    assert kernel.capture("text") is first
    assert kernel.values.looks == 0
    kernel.cell("text = 'y' * 200_000")
    assert kernel.values.load(kernel.capture("text")) == "y" * 200_000
    kernel.cell("del text")
    assert not kernel.captures._known


def test_other_names_of_a_value_share_its_file(kernel: Kernel) -> None:
    """So does what was loaded from one."""
    kernel.cell("big = list(range(100_000)); other = big")
    assert kernel.capture("big") == kernel.capture("other")
    ref = kernel.capture("big")
    kernel.names["made"] = made = kernel.values.load(ref)
    kernel.captures.know(made, ref)
    assert kernel.capture("made") == ref
    made[0] = 5
    kernel.rest.stirred()
    assert kernel.capture("made") != ref


def test_a_value_that_was_collected_is_stored_again(kernel: Kernel) -> None:
    """What is remembered may be gone."""
    kernel.cell("big, text = list(range(100_000)), 'x' * 200_000")
    for name in ("big", "text"):
        first = kernel.capture(name)
        kernel.values.path(first).unlink()
        assert kernel.values.load(kernel.capture(name)) == kernel.names[name]


def test_what_travels_in_many_specs_takes_less_room_there(kernel: Kernel) -> None:
    """A reference with more in it than is allowed is not handed out."""
    kernel.cell("middle = list(range(1_000))")
    assert kernel.capture("middle").inline is not None
    assert kernel.captures.dump(kernel.names["middle"], "middle", inline=10).file is not None


def test_what_is_big_is_announced(kernel: Kernel) -> None:
    """Before, where its size can be told, and after."""
    said: list[str] = []

    def notice(text: str) -> Any:
        said.append(text)
        return said.append

    kernel.captures.notice = notice
    kernel.names["blob"] = bytes(BIG)
    kernel.capture("blob")
    assert said[0] == "capturing blob, 200 MB …"
    assert said[1].startswith("blob: 200 MB captured in ")


def test_weights_are_guessed_at_once() -> None:
    """From what values say of themselves, and for containers from some of their parts."""
    import numpy as np
    import pandas as pd

    assert weight(np.zeros(1000)) == 8000
    assert weight([np.zeros(1000)] * 5000) == 40_000_000
    assert weight(pd.DataFrame({"a": np.zeros(1000)})) >= 8000
    assert weight({"a": "x" * 10, "b": b"y" * 20}) == 30
    assert weight(object()) == 0


@pytest.mark.parametrize(
    ("cell", "declares"),
    [
        ("%%job a", True),
        ("\n%%job a --retries 2 --after b\n{x: 1}", True),
        ("%%job a\n#| --retries 2\nx", True),
        ("%%job a\n#| --for k=ks.pop()\nx", False),
        ("%%job a --cwd {folder()}\nx", False),
        ("%%job a --policy =judge()\nx", False),
        ("%%jobs a", False),
        ("x = 1", False),
        ("", False),
    ],
)
def test_cells_that_only_declare(cell: str, declares: bool) -> None:
    """Their headers evaluate nothing in the kernel."""
    assert ours(cell) is declares
