"""What a failed attempt keeps of its frames, and how they stand again."""

from __future__ import annotations

import threading
import time
import traceback
from pathlib import Path
from typing import Any

import pytest

from nbflow.core.inputs import Given, Whole
from nbflow.core.spec import ValueRef
from nbflow.engine.attempt import cell, keeping
from nbflow.engine.attempt.record import AttemptOrder
from nbflow.engine.attempt.stack import DATA, STACK, KeptStack, Unkept, read_stack
from nbflow.engine.values import Values
from nbflow.notebook.rebuilding import Rebuilt


def fail(
    folder: Path, source: str, memory: int | None = None, given: dict[str, ValueRef] | None = None, **inputs: Any
) -> BaseException:
    """Run *source* as a job's cell that fails, have its frames kept in *folder*, and give its error."""
    names: dict[str, Any] = {"__name__": "__main__", "own": 1, **inputs}
    folder.mkdir(parents=True, exist_ok=True)
    whole: dict[str, Given] = {name: Whole(ref) for name, ref in (given or {}).items()}
    order = AttemptOrder(
        key="a1", run=1, flow="f", job="bad", generation=1, attempt=2, folder=str(folder), store=str(folder.parent),
        cwd=str(folder), source=source, memory=memory, inputs=whole,
    )  # fmt: skip
    with pytest.raises(BaseException) as caught:
        cell.run(source, names, "<job bad>", source)
    keeping.keep(order, caught.value, names, hidden={"own"})
    return caught.value


def again(folder: Path) -> Rebuilt:
    kept = read_stack(folder)
    assert kept is not None
    return Rebuilt(kept)


def frames(error: BaseException) -> list[Any]:
    return [each for each, _ in traceback.walk_tb(error.__traceback__)]


def lines(error: BaseException) -> list[tuple[str, int, str]]:
    report = traceback.TracebackException.from_exception(error)
    return [(each.name, each.lineno or 0, each.line or "") for each in report.stack if "<job" in each.filename]


NESTED = """\
def outer(a, /, b, *rest, key=1, **more):
    kept = a + b
    del b
    class Inner:
        size = kept
        def method(self, n):
            return [1 / (n - each) for each in range(3)]
    return Inner().method(rest[0])
value = outer(1, 2, 0, 5, key=3, z=4)
"""


def test_frames_stand_again_with_lines_and_variables(tmp_path: Path) -> None:
    """Names, lines, parameters of every kind, variables and those deleted: as in the real traceback."""
    error = fail(tmp_path, NESTED, data=[1, 2])
    rebuilt = again(tmp_path)
    assert lines(rebuilt.error) == lines(error)
    assert repr(rebuilt.error) == repr(error)
    module, outer, *_, last = frames(rebuilt.error)
    assert module.f_locals["data"] == [1, 2] and "own" not in module.f_locals
    shown = {name: outer.f_locals[name] for name in ("a", "rest", "key", "more", "kept")}
    assert shown == {"a": 1, "rest": (0, 5), "key": 3, "more": {"z": 4}, "kept": 3}
    assert "b" not in outer.f_locals
    assert outer.f_code.co_argcount == 2 and outer.f_code.co_posonlyargcount == 1
    assert last.f_locals["n"] == 0
    assert outer.f_globals is module.f_globals


def test_the_place_within_the_line_is_kept(tmp_path: Path) -> None:
    """The carets under the failing part stand as in the real traceback."""
    error = fail(tmp_path, "table = {'a': {}}\nresult = len(table['a']['b']) + 1")
    told = ["".join(traceback.format_exception(each)) for each in (error, again(tmp_path).error)]
    carets = [[line for line in text.splitlines() if set(line.strip()) <= {"^", "~"} and line.strip()] for text in told]
    assert carets[0][-1] == carets[1][-1]


def test_one_object_is_one_object_in_all_frames(tmp_path: Path) -> None:
    """What frames share they share again; it is stored once."""
    fail(tmp_path, "def f(rows):\n    rows[9]\nf(rows)", rows=[1])
    module, inner = frames(again(tmp_path).error)
    assert inner.f_locals["rows"] is module.f_locals["rows"]


def test_what_cannot_be_stored_is_text(tmp_path: Path) -> None:
    """Its repr, and why; the rest is there."""
    fail(tmp_path, "1 / 0", lock=threading.Lock(), rows=[1])
    (module,) = frames(again(tmp_path).error)
    assert module.f_locals["rows"] == [1]
    assert isinstance(module.f_locals["lock"], Unkept)
    assert "unlocked" in repr(module.f_locals["lock"]) and "cannot pickle" in repr(module.f_locals["lock"])


def test_values_are_kept_up_to_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too big is text, what comes after it is kept; a job of little memory keeps little, none without any."""
    monkeypatch.setattr(keeping, "SIZE", 100_000)
    fail(tmp_path / "a", "1 / 0", big=bytes(200_000), small=b"x")
    names = frames(again(tmp_path / "a").error)[0].f_locals
    assert "too big" in repr(names["big"]) and names["small"] == b"x"
    fail(tmp_path / "b", "1 / 0", memory=160_000, big=bytes(50_000), small=b"x")
    names = frames(again(tmp_path / "b").error)[0].f_locals
    assert "too big" in repr(names["big"]) and names["small"] == b"x"
    fail(tmp_path / "c", "raise MemoryError", rows=[1])
    assert "too big" in repr(frames(again(tmp_path / "c").error)[0].f_locals["rows"])


class Slow:
    def __getstate__(self) -> dict[str, int]:
        time.sleep(30)
        return {}


def test_values_are_kept_up_to_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes for ever is given up, with what would have come after it; the frames are there all the same."""
    monkeypatch.setattr(keeping, "SECONDS", 0.05)
    began = time.monotonic()
    fail(tmp_path, "1 / 0", early=1, slow=Slow(), late=[2])
    assert time.monotonic() - began < 5
    names = frames(again(tmp_path).error)[0].f_locals
    assert names["early"] == 1
    assert "no time" in repr(names["slow"]) and "no time" in repr(names["late"])


def test_endless_recursion_keeps_both_ends(tmp_path: Path) -> None:
    """A thousand frames are sixty."""
    fail(tmp_path, "def f(n):\n    return f(n + 1)\nf(0)")
    kept = KeptStack(tmp_path)
    (failure,) = kept.stack.failures
    assert len(failure.frames) == 60 and failure.left_out > 500
    found = frames(Rebuilt(kept).error)
    assert found[1].f_locals["n"] == 0 and found[-1].f_locals["n"] > 500


def test_an_error_that_cannot_be_loaded_has_its_name_and_text(tmp_path: Path) -> None:
    """Classes that cannot be made anew from their arguments are stood for by one of that name."""
    fail(
        tmp_path,
        "class Odd(Exception):\n    def __init__(self, a, b):\n        super().__init__(f'{a} {b}')\nraise Odd(1, 2)",
    )
    error = again(tmp_path).error
    assert (type(error).__name__, str(error)) == ("Odd", "1 2")
    assert frames(error)


def test_files_that_have_changed_are_shown_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of a local module is kept; where the file says something else by now, the name says so."""
    module = tmp_path / "beside_the_notebook.py"
    module.write_text("def broken():\n    return 1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    source = "import beside_the_notebook\nbeside_the_notebook.broken()"
    fail(tmp_path, source)
    assert frames(again(tmp_path).error)[-1].f_code.co_filename == str(module)
    module.write_text("# a line more\ndef broken():\n    return 1 / 0\n")
    import linecache

    linecache.checkcache(str(module))
    error = again(tmp_path).error
    assert frames(error)[-1].f_code.co_filename == f"{module} (as attempt 2 found it)"
    assert "return 1 / 0" in "".join(traceback.format_exception(error))


def test_big_inputs_that_are_as_they_were_given_are_not_stored_again(tmp_path: Path) -> None:
    """They are found in the store, whatever their size; one that the body has changed is stored as it is now."""
    np = pytest.importorskip("numpy")
    values = Values(tmp_path)
    refs = {name: values.dump(np.full(300_000, 1.0), name) for name in ("same", "changed")}
    loaded = {name: values.load(ref) for name, ref in refs.items()}
    fail(tmp_path / "a", "changed[5] = 2.0\n1 / 0", given=refs, **loaded)
    assert (tmp_path / "a" / DATA).stat().st_size < 1.5 * 2_400_000
    kept = read_stack(tmp_path / "a", values)
    assert kept is not None
    names = frames(Rebuilt(kept).error)[0].f_locals
    assert names["same"].sum() == 300_000 and names["changed"].sum() == 300_001
    assert "the store is not at hand" in repr(frames(again(tmp_path / "a").error)[0].f_locals["same"])


def test_old_values_make_room_for_new_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All attempts together leave no more than their limit; frames whose values had to go say so."""
    monkeypatch.setattr(keeping, "ALL", 700_000)
    for number in range(3):
        fail(tmp_path / f"{number}", "1 / 0", rows=bytes(300_000))
    left = sorted(each.parent.name for each in tmp_path.glob(f"*/{DATA}"))
    assert left == ["1", "2"]
    assert "make room" in repr(frames(again(tmp_path / "0").error)[0].f_locals["rows"])


def test_a_file_that_is_damaged_is_no_stack(tmp_path: Path) -> None:
    """User code can write to the folder too: what cannot be read is as if it were not there."""
    assert read_stack(tmp_path) is None
    (tmp_path / STACK).write_bytes(b"nonsense")
    assert read_stack(tmp_path) is None
