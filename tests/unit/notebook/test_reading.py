"""Reading cells against a notebook's namespace."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbflow.notebook.cells import Cells
from nbflow.notebook.owners import ByFan, ByJob, Owners
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


def test_what_jobs_make_is_known_from_their_texts(shell):
    """Functions, objects, kinds and texts that a job will make are known before it has run."""
    owners = Owners()
    reader = Reader(shell.user_ns, owners)
    code = (
        "class A:\n    def add(self, k): self.n = k + step\n    def look(self): return 1\n"
        "acc, q, df, n = A(), 'a > @limit', None, 1\nacc = A()\nq = 'a > @limit'\ndf = pd.read_csv(p)\nn = 1"
    )
    reader.learn(names := reader.read(code))
    owners.declare("made", names.writes, {})
    assert reader.read("x = acc.add(1)").mutates == {"acc"}
    assert not reader.read("acc.look()").mutates
    assert "step" in reader.read("acc.look()").reads
    assert reader.read("x = df.query(q)").needed == {"df", "q", "limit"}
    assert not reader.read("df.plain(1); n.any()").mutates
    assert reader.read("df.insert(0, 'a', 1)").mutates == {"df"}


def test_the_type_of_what_was_made_says_more_than_the_text(shell):
    """Once a job has ended, the type of its output says what changes it."""
    owners = Owners(makers={"x": ByJob("a"), "y": ByFan("f")})
    reader = Reader(shell.user_ns, owners, {"x": "Generator"}.get)
    assert reader.read("z = x.spawn_new(1)").mutates == {"x"}
    assert reader.read("y.clear()").mutates == {"y"}


def test_the_functions_that_objects_hold_are_found(shell):
    """Partials, caches, decorated functions, bound methods, tables of functions, properties and inherited methods."""
    shell.run_cell(
        "import functools\n"
        "def f(x): return x + step\n"
        "def twice(g):\n"
        "    @functools.wraps(g)\n"
        "    def inner(x): return g(g(x)) + extra\n"
        "    return inner\n"
        "class A:\n"
        "    def m(self): return f(base)\n"
        "    @property\n"
        "    def p(self): return prop\n"
        "class B(A):\n"
        "    def m(self): return super().m() + own\n"
        "part, cached, double, a, b = functools.partial(f, 1), functools.cache(f), twice(f), A(), B()\n"
        "bound, table, nested = a.m, {'f': [f]}, [[a]]\n"
    )
    everything = {"f", "step", "base", "prop"}
    for text, reads in {
        "part()": {"part", "step"},
        "cached(1)": {"cached", "step"},
        "double(1)": {"double", "step", "extra"},
        "a.m()": {"a"} | everything,
        "b.m()": {"b", "own"} | everything,
        "bound()": {"bound"} | everything,
        "table['f'][0](1)": {"table", "step"},
        "[each.m() for each in nested[0]]": {"nested"} | everything,
    }.items():
        assert read(shell, f"x = {text}").reads == reads, text


def test_texts_of_the_kernel_are_read(shell):
    """A query that a variable of the notebook holds is read, as it is now."""
    shell.run_cell("q, n, words = 'a > @limit', 3, ['a']")
    names = read(shell, "x = df.query(q)")
    assert (names.needed, names.unknown) == ({"df", "q", "limit"}, ())
    assert not read(shell, "x = session.query(n)").unknown
    assert read(shell, "x = df.query(words[0])").asks


def test_a_fault_in_reading_leaves_the_cell_alone(shell, capsys):
    """Where reading a cell fails, it waits for everything and runs; IPython keeps us for the next ones."""
    owners, asked = Owners(makers={"x": ByJob("a")}), []
    cells = Cells(owners, shell.user_ns, Reader(shell.user_ns, owners), lambda *_: None, lambda: asked.append(1))
    cells.reader.type_of = {}.__getitem__
    shell.ast_transformers.append(cells)
    assert shell.run_cell("y = 1 if True else x.strip()").success
    assert (shell.user_ns["y"], asked, shell.ast_transformers) == (1, [1], [cells])
    assert "nbflow: what this cell reads could not be told (KeyError: 'x')" in capsys.readouterr().err


def test_unpickling_may_need_the_classes_of_the_notebook(shell):
    """What unpickles looks for classes by their names, in a cell or in a function of the notebook."""
    shell.run_cell("import pickle\nclass A: pass\ndef load(f): return pickle.load(f)")
    owners = Owners(makers={"B": ByJob("a")})
    reader = Reader(shell.user_ns, owners)
    reader.learn(reader.read("class B: pass"))
    assert reader.read("x = pickle.load(open(p, 'rb'))").maybe == {"A", "B"}
    assert reader.read("x = load(f)").maybe == {"A", "B"}
    assert not reader.read("x = json.load(f)").maybe
