"""Exported texts, read and run without a kernel."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nbflow.cli import main
from nbflow.errors import NbflowError
from nbflow.notebook.exporting.cells import Cell, Past, read_notebook
from nbflow.notebook.exporting.plainly import plainly
from nbflow.notebook.exporting.texts import indented
from nbflow.notebook.exporting.whole import exported, write


def cells(*texts: str) -> list[Cell]:
    return [Cell(text, number=number) for number, text in enumerate(texts, 1)]


def plain(*texts: str, everything: bool = True) -> dict[str, Any]:
    """The names that the plain script of these cells leaves."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(exported(cells(*texts), "a.ipynb", "a", plain=True, everything=everything), "a.py", "exec"), names)
    return names


def module(*texts: str, everything: bool = False) -> str:
    return exported(cells(*texts), "a.ipynb", "a", everything=everything)


def function(text: str, name: str) -> ast.FunctionDef:
    return next(n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef) and n.name == name)


def parameters(text: str, name: str) -> list[str]:
    return [each.arg for each in function(text, name).args.args]


def test_a_function_takes_variables_and_finds_definitions_around_it() -> None:
    """Data are its parameters; imports, functions and classes of ordinary cells stand in its module."""
    text = module(
        "import math\nrate = [1]\ndef f(x):\n    return x * rate[0]\nclass C: pass",
        "%%job a\ny = f(math.pi), C()\nz = limit",
    )
    assert parameters(text, "a") == []
    text = module("limit = [3]\nimport math", "%%job a\nz = limit, math.pi")
    assert parameters(text, "a") == ["limit"]


def test_what_a_called_function_needs_of_a_job_is_there_before_the_call() -> None:
    """A notebook function that reads a job's variable finds it among the module's globals."""
    text = module("def f():\n    return raw + 1", "%%job load\nraw = 1", "%%job use\ny = f()")
    assert text.index("raw = load_job.result()") < text.index("use_job = use()")
    assert parameters(text, "use") == []


def test_definitions_rise_only_where_nothing_depends_on_their_order() -> None:
    """Bound twice, or made with a variable: they stay in the block, in their order."""
    text = module(
        "import os\nn = 2\nsize = [n]",
        "def once(x):\n    return x\ndef twice(x):\n    return 1\ndef given(x=size):\n    return x",
        "def twice(x):\n    return 2",
        "%%job a\ny = once(twice(given()))",
    )
    top, _, block = text.partition("if __name__ == '__main__':")
    assert "def once" in top and "import os" in top and "n = 2" in top
    assert block.count("def twice") == 2 and "def given" in block and "size = [n]" in block


def test_imports_stay_behind_what_they_may_depend_on() -> None:
    """After a change of the environment or of the path, an import keeps its place."""
    text = module("import os\nos.environ['A'] = '1'", "import json", "%%job a\ny = json.dumps(1)")
    top, _, block = text.partition("if __name__ == '__main__':")
    assert "import os" in top and "import json" not in top and "import json" in block


def test_what_a_job_imports_for_others_is_imported_at_the_top() -> None:
    """The cells after it find it there; it is no argument, and no output."""
    text = module("%%job a\nimport json, math as m\nfrom os import path, sep\nx = 1", "%%job b\ny = m.pi, path", "m.e")
    assert "import math as m\nfrom os import path\n" in text
    assert parameters(text, "b") == [] and "outputs='x'" in text


def test_what_class_bodies_name_travels_with_the_function() -> None:
    """Names in a class body are no globals of the function around it for whoever pickles it: they are mentioned."""
    text = module("from decimal import Decimal", "%%job a\nclass Money:\n    amount: Decimal = Decimal(1)\nx = Money()")
    assert "    (Decimal,)  # what its classes name goes with it\n    class Money:" in text


def test_a_builtin_that_the_body_binds_anew_is_still_found() -> None:
    """`max = max(…)` means the builtin on the right, in a function too."""
    assert "def a(rows, max=max):" in module("rows = [1, 2]", "%%job a\nmax = max(rows)")


def test_names_that_jobs_and_variables_share_are_told_apart() -> None:
    """A job called as a variable, a builtin, a keyword, or in no Python name at all; the job keeps its name."""
    text = module("load = 1", "%%job load\nx = load", "%%job sum\ny = 1", "%%job fit-a\nz = 1", "%%job class\nw = 1")
    for job in ("load", "sum", "fit-a", "class"):
        assert f"@nbflow.job(name={job!r}, " in text


def test_a_job_declared_twice_is_two() -> None:
    """Readers in between have the first one's values."""
    text = module("%%job a\nx = 1", "%%job b\ny = x", "%%job a\nx = 2")
    assert "@nbflow.job(name='a-2', outputs='x')" in text
    assert plain("%%job a\nx = 1", "%%job b\ny = x", "%%job a\nx = 2")["y"] == 1


def test_options_become_keywords() -> None:
    """Numbers and texts as they were typed, flags, those that are given several times, Python's own words."""
    text = module(
        "limit = 3",
        "%%job a --retries 2 --delay 10ms --on-exit 10:2 --on-exit '11:1:./fix it.sh' --hold --env A=1 --env B='x y'",
        "%%job b --after a? --if limit > 2 --timeout {limit}s --no-retry-on OSError,KeyError\nx = limit",
    )
    assert (
        "@nbflow.job(outputs=(), retries=2, delay='10ms', on_exit=['10:2', '11:1:./fix it.sh'], hold=True, "
        "env=['A=1', 'B=x y'])"
    ) in text
    assert "@nbflow.job(outputs='x', after='a?', if_='limit > 2', no_retry_on='OSError,KeyError')" in text
    assert "b.options(timeout=f'{limit}s')(limit)" in text


def test_defaults_of_the_notebook_are_options_of_its_jobs() -> None:
    """What `%config NBFlow` said holds for the jobs after it."""
    assert "retries=3" in module("%config NBFlow.retries = 3", "%%job a\nx = 1")


def test_a_seeded_generator_travels() -> None:
    """Only where it was seeded: elsewhere each job has a stream of its own, as in the notebook."""
    assert "random_state" in module("import random\nrandom.seed(1)", "%%job a\nx = random.random()")
    assert "random_state" not in module("import random", "%%job a\nx = random.random()")


def test_strings_keep_their_lines_when_they_are_moved_to_the_right() -> None:
    """Whatever stands in a string is not indented, nested and formatted ones included."""
    code = "x = '''a\n  b\nc'''\nif x:\n    y = f\"\"\"{x}\nend\"\"\"\nz = 1"
    names: dict[str, Any] = {}
    exec(f"if True:\n{indented(code)}", names)
    assert (names["x"], names["y"], names["z"]) == ("a\n  b\nc", "a\n  b\nc\nend", 1)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("!ls -l", "subprocess.run('ls -l', shell=True)"),
        ("%cd data", "os.chdir('data')"),
        ("%env A=b c", "os.environ['A'] = 'b c'"),
        ("%set_env A b", "os.environ['A'] = 'b'"),
        ("%run other.py", "globals().update(runpy.run_path('other.py'))"),
        ("x = %time f(1)", "x = f(1)"),
        ("%timeit f(1)", "# %timeit f(1)"),
        ("%%capture out\nx = 1", "x = 1"),
        ("%%writefile a.txt\none\ntwo", 'pathlib.Path(\'a.txt\').write_text("""\\\none\ntwo\n""")'),
        ("%%bash\nls", "subprocess.run(['bash', '-c', 'ls\\n'], check=True)"),
        ("%%html\n<b>x</b>", "# %%html\n# <b>x</b>"),
        ("x = 1  # k\n\nif x:\n    !echo {x}", "x = 1  # k\n\nif x:\n    subprocess.run(f'echo {x}', shell=True)"),
        ("%unheard of it", "# not in plain Python: %unheard of it"),
        ("f?", "# %pinfo f"),
    ],
)  # fmt: skip
def test_magics_as_python(cell: str, code: str) -> None:
    """Each as what it does, with its indentation; the rest of the text as it is."""
    assert plainly(cell).code.strip() == code


def test_what_cannot_be_plain_is_noted() -> None:
    """A comment in the file says so, and the rest runs."""
    text = exported(cells("%%job a\nx = 1\n%unheard of it"), "a.ipynb", "a", plain=True)
    assert "# %unheard of it: has no plain Python: it is left out" in text
    assert plain("%%job a\nx = 1\n%unheard of it")["x"] == 1


def test_plain_fan_outs_do_not_share_what_they_change() -> None:
    """Each element begins with the notebook's value; loop variables stay inside."""
    names = plain("rows = [0]\nk = 'mine'", "%%job f[k] --for k=[1, 2]\nrows.append(k)\ntotal = sum(rows)")
    assert (names["rows"], names["total"], names["k"]) == ({1: [0, 1], 2: [0, 2]}, {1: 1, 2: 2}, "mine")


def test_cells_that_only_look_are_left_out() -> None:
    """What reads jobs' variables for nobody; what jobs need of it stays, and all else, too."""
    names = plain(
        "seen = []", "%%job a\nx = 1", "seen.append(x)", "y = x + 1", "%%job b\nz = y", "w = z", everything=False
    )
    assert "w" not in names and names["seen"] == [] and (names["y"], names["z"]) == (2, 2)


def test_a_cell_that_cannot_be_read_is_named() -> None:
    """The error says which, and what is wrong."""
    with pytest.raises(NbflowError, match="cell 2 cannot be exported: line 1"):
        exported(cells("x = 1", "%%job a\nx = = 1"), "a.ipynb", "a")


def test_no_file_is_overwritten_unasked(tmp_path: Path) -> None:
    """Unless it is said; a folder that is not there is an error of one line."""
    file = tmp_path / "a.py"
    write("one", file)
    with pytest.raises(NbflowError, match="already: give another name, or --force"):
        write("two", file)
    assert file.read_text() == "one"
    write("two", file, force=True)
    assert file.read_text() == "two"
    with pytest.raises(NbflowError, match="cannot be written"):
        write("x", tmp_path / "nowhere" / "a.py")


def executed(text: str, cell_id: str = "", good: bool = True) -> Any:
    info = SimpleNamespace(raw_cell=text, cell_id=cell_id, store_history=True)
    return SimpleNamespace(info=info, success=good, execution_count=1)


def test_the_past_has_each_cell_once_as_it_was_last() -> None:
    """Edited cells in their place, failed ones not at all, nothing from before a reset; a file says the order."""
    past = Past(["x = 0", "%reset -f", "y = 0"])
    for text, cell_id in (("a = 1", "1"), ("b = 1", "2"), ("a = 2", "1"), ("y = 0", "")):
        past.ran(executed(text, cell_id))
    past.ran(executed("1 / 0", "3", good=False))
    assert [cell.text for cell in past.cells()] == ["y = 0", "a = 2", "b = 1"]
    ordered = Past()
    for text, cell_id in (("b = 1", "2"), ("a = 1", "1")):
        ordered.ran(executed(text, cell_id))
    assert [cell.text for cell in ordered.cells([Cell("", "1"), Cell("", "2")])] == ["a = 1", "b = 1"]


def test_a_notebook_file_is_exported_from_the_command_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without a kernel: nothing of it is run."""
    source = [("markdown", "# title"), ("code", "n = 3"), ("code", ["%%job square\n", "s = n * n"])]
    found = [
        {"cell_type": kind, "source": text, "metadata": {}, "id": str(at)} for at, (kind, text) in enumerate(source)
    ]
    notebook = tmp_path / "a.ipynb"
    notebook.write_text(json.dumps({"cells": found, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))
    assert [cell.number for cell in read_notebook(notebook)] == [2, 3]
    assert main(["export", str(notebook), "--plain"]) == 0
    assert "s = n * n" in (tmp_path / "a.py").read_text()
    assert main(["export", str(notebook)]) == 1
    assert "already" in capfd.readouterr().err
    assert main(["export", str(notebook), str(tmp_path / "b.py")]) == 0
    assert "@nbflow.job" in (tmp_path / "b.py").read_text()
    assert main(["export", str(tmp_path / "none.ipynb")]) == 1
    assert "no notebook" in capfd.readouterr().err
