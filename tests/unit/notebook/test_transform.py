"""From a cell as typed to plain Python."""

import ast

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
