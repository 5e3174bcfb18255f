"""From a cell as typed to plain Python."""

import ast
import json

import pytest

from nbflow.core.names import read_names
from nbflow.notebook.transform import plain, reveal


def names_of(text):
    found = read_names(plain(text).reading)
    return set(found.reads), set(found.writes)


def test_python_is_left_as_it_is():
    """A text that is Python already is not touched, percent and question marks in it notwithstanding."""
    text = "\n\nx = (a\n  % b)  # why?\ny = '!ls' + \"%time\" if a != b else '?'\n"
    cell = plain(text)
    assert (cell.code, cell.shell, cell.magics) == (text, False, ())


def test_magics_become_calls():
    """What IPython alone understands runs as calls of its shell."""
    cell = plain("%matplotlib inline\nx = !ls\nif x:\n    %time f()\nx?\n")
    assert cell.code.startswith("get_ipython().run_line_magic('matplotlib', 'inline')\n")
    assert cell.shell
    assert cell.magics == ("%matplotlib", "!", "%pinfo", "%time")


@pytest.mark.parametrize(
    ("text", "shell"),
    [
        ("await f()", True),
        ("async with s() as t: pass", True),
        ("x = [i async for i in xs]", True),
        ("async def f():\n    await g()", False),
        ("get_ipython().system('ls')", True),
        ("x = 1", False),
    ],
)
def test_the_need_of_a_shell_is_seen(text, shell):
    """Top-level await and calls of IPython's shell need one."""
    assert plain(text).shell is shell


@pytest.mark.parametrize(
    ("text", "reads", "writes"),
    [
        ("!ls {folder} $name $$HOME", "folder name", ""),
        ("!ls $a.b", "a", ""),
        ("!awk '{print $1}' f", "", ""),
        ("files = !ls {folder}", "folder", "files"),
        ("%cd {folder}", "folder", ""),
        ("%time x = f(y)", "f y", "x"),
        ("x = %time f(y)", "f y", "x"),
        ("%prun -q x = f(y)", "f y", "x"),
        ("%timeit -n 3 -r 2 x = f(y)", "f y", ""),
        ("%timeit -n3 f(y)", "f y", ""),
        ("y = 1\n%time x = f(y)", "f", "x y"),
        ("%time x = 1\ny = x", "", "x y"),
        ("for i in xs:\n    %time f(i)", "xs f", "i"),
        ("%%time\nx = f(y)\nz = x", "f y", "x z"),
        ("%%time\n%%capture out\nx = 1\n!ls {y}", "y", "out x"),
        ("%%capture --no-stderr out\nx = f(y)", "f y", "out x"),
        ("%%timeit a = n\nx = a + y", "n y", ""),
        ("%%bash --out text -s {folder}\necho {no} $no", "folder", "text"),
        ("%%writefile {path}\nx = 1", "path", ""),
        ("df.head?", "df", ""),
        ("?df", "df", ""),
        ("%prun -s cumulative -l 5 x = f(y)", "f y", "x"),
        ("%%prun -s cumulative\nx = f(y)", "f y", "x"),
        ("%lprun -f g.h -f k f(y)", "g k f y", ""),
        ("%timeit -o -n 3 f(y)", "f y", ""),
        ("t = %timeit -o f(y)", "f y", "t"),
        ("%store x y", "x y", ""),
        ("%store -r x y", "", "x y"),
        ("%env KEY={value}", "value", ""),
        ("%matplotlib inline", "", ""),
        ("%pip install {package}", "package", ""),
        ("%%R -i a,b -o c\nc <- a + b", "a b", "c"),
        ("%Rpush a b", "a b", ""),
        ("%%bigquery table --params $p\nselect 1", "p", "table"),
        ("%%cython\ncimport numpy\ncpdef double f(double x):\n    return x\ndef g(): pass", "", "f g"),
        ("%%html\n<b>{x}</b>", "", ""),
        ("%%snakeviz\nx = f(y)", "f y", "x"),
        ("get_ipython().magic('time x = f(y)')", "f y", "x"),
        ("get_ipython().run_line_magic('time', 'x = f(y)')", "f y", "x"),
        ("!echo {df.query('a > @limit')}", "df", ""),
        ("  x = 1\n  y = z", "z", "x y"),
        (">>> x = 1", "", "x"),
        ("/f x", "f x", ""),
    ],
)
def test_names_inside_of_magics_are_read(text, reads, writes):
    """Code in magics and names put into their texts count, in the order in which they run."""
    assert names_of(text) == (set(reads.split()), set(writes.split()))


@pytest.mark.parametrize(
    ("text", "why"),
    [("%run job.py", "%run"), ("%store -r", "%store"), ("x = %run a", "%run"), ("%%odd\nx", "%%odd")],
)
def test_magics_that_hide_names_are_told(text, why):
    """Where a magic may bind anything, the reading says so."""
    assert read_names(plain(text).reading).unknown == (why,)


def test_a_magic_that_nobody_knows_may_read_what_it_names():
    """Its words count if they exist, its body as code that may run, and what it binds cannot be told."""
    names = read_names(plain("%%odd -k a\nx = b").reading)
    assert (names.needed, names.writes, names.asks) == ({"a", "b", "x"}, {"x"}, ())
    assert read_names(plain("%odd a").reading).maybe == {"a"}


def test_a_job_cell_inside_of_a_cell_is_its_own_business():
    """What a job's body reads is read when the job is declared."""
    assert read_names(plain("%%job a\nx = b").reading) == read_names("")


def test_a_script_that_is_run_binds_what_it_says(tmp_path):
    """``%run`` of a file that is there reads its text: apart, with the notebook's names, or cell by cell."""
    (tmp_path / "a.py").write_text("import json\nx = y\ndef f(): pass\nif __name__ == '__main__':\n    z = 1")
    (tmp_path / "b.ipynb").write_text(
        json.dumps({"cells": [{"cell_type": "code", "source": ["%time x = y\n", "z = x"]}, {"cell_type": "raw"}]})
    )
    assert names_of(f"%run {tmp_path / 'a'}") == (set(), {"json", "x", "f", "z"})
    assert names_of(f"%run -i {tmp_path / 'a.py'} --fast") == ({"y"}, {"json", "x", "f", "z"})
    assert names_of(f"%run {tmp_path / 'b.ipynb'}") == ({"y"}, {"x", "z"})
    assert read_names(plain(f"%run {tmp_path / 'c.py'}").reading).unknown == ("%run",)


@pytest.mark.parametrize("text", ["x = = 1", "%time x = = 1", "for", "x = '", "%%time\nx = = 1", "\0"])
def test_no_python_is_no_fault_here(text):
    """A text that is no Python comes through; reading its names tells where it is wrong, if the cell itself is."""
    cell = plain(text)
    if not text.startswith("%"):
        assert read_names(cell.reading).syntax_error is not None


def test_revealing_leaves_the_tree_alone():
    """The tree that runs is not the tree that is read."""
    tree = ast.parse("get_ipython().run_line_magic('time', 'x = 1')")
    before = ast.dump(tree)
    assert ast.unparse(reveal(tree)) == "x = 1"
    assert ast.dump(tree) == before
    other = ast.parse("x = 1")
    assert reveal(other) is other
    assert reveal("x = = get_ipython()") == "x = = get_ipython()"


def test_a_shells_own_transformation_is_used():
    """The shell of the notebook may have learnt more than IPython knows."""
    assert plain("x := 1", lambda text: text.replace(":=", "=")).code == "x = 1"
