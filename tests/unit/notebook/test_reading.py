"""Reading cells against a notebook's namespace."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbflow.notebook.owners import ByJob, Owners
from nbflow.notebook.reading import Reader
from nbflow.notebook.transform import plain


@pytest.fixture
def shell():
    """A real shell, so that functions come from cells."""
    return InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))


def read(shell, text, owners=None):
    return Reader(shell.user_ns, owners or Owners()).read(plain(text).code)


def test_a_function_of_the_notebook_brings_its_names(shell):
    """What a function from an earlier cell reads, writes and changes in place counts where it is called."""
    shell.run_cell("def add(item, into):\n    global n\n    n += scale\n    rows.append(item)\n    into[0] = 1")
    names = read(shell, "x = add(a, b)")
    assert names.reads == {"add", "a", "b", "rows", "n", "scale"}
    assert names.mutates == {"rows", "b", "n"}
    assert names.writes == {"x", "rows", "b", "n"}


def test_a_class_of_the_notebook_brings_what_its_methods_read(shell):
    """Methods count, but what they do to their own arguments is not done to the class's."""
    shell.run_cell("class A:\n    def m(self):\n        self.x = scale")
    names = read(shell, "x = A(y)")
    assert (names.reads, names.mutates) == ({"A", "y", "scale"}, set())


def test_modules_and_imported_functions_are_not_changed(shell):
    """A statement that calls a module's function changes neither."""
    shell.run_cell("import os.path, json\nfrom collections import OrderedDict")
    assert read(shell, "json.loads(x)\nOrderedDict.fromkeys(x)").writes == set()


def test_names_inside_of_magics_count(shell):
    """A transformed cell is read with its magics in the open."""
    assert read(shell, "%time x = f(y)\n!ls {folder}").needed == {"f", "y", "folder"}


def test_a_builtin_bound_anew_counts(shell):
    """A name of a builtin that the notebook or a job binds is a name like any other."""
    assert read(shell, "x = len(input)").reads == set()
    shell.run_cell("input = 1")
    owners = Owners(makers={"len": ByJob("a")})
    assert read(shell, "x = len(input)", owners).reads == {"input", "len"}
