"""Names that the text of a job's cell does not show: read from literals, asked for while it runs, or told."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Cell, Kernel

pytestmark = pytest.mark.kernel


def run(nb: Kernel, code: str) -> Cell:
    cell = nb.run(code)
    assert cell.ok, cell.error
    return cell


TABLE = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3, 4]})\nlimit = 2\n"


def test_names_in_literal_texts_are_inputs(nb: Kernel) -> None:
    """What a literal query, format or expression names is taken at declaration, and keeps that version."""
    run(nb, TABLE + "low = 1")
    run(
        nb,
        "%%job a\nimport time; time.sleep(0.3)\n"
        "x = len(df.query('a > @limit')); y = eval('limit + 1'); z = globals()['low']; w = '{low}'.format(**globals())",
    )
    run(nb, "limit = low = 100")
    assert nb.value("[x, y, z, w]") == [2, 3, 1, "1"]


def test_a_literal_text_waits_for_the_job_that_makes_its_name(nb: Kernel) -> None:
    """A name inside of a text is a need like any other."""
    run(nb, TABLE)
    run(nb, "%%job a\nimport time; time.sleep(0.3); limit = 3")
    run(nb, "%%job b\nx = len(df.query('a > @limit'))")
    assert nb.value("x") == 1


@pytest.mark.parametrize(
    "body",
    [
        "x = len(df.query(' '.join(words[:2]).replace(' limit', 'limit')))",
        "x = len(df.query(words[0] + words[1] + ' and a > @limit'))",
        "x = len(df) - eval(words[2])",
        "x = len(df) - globals()[words[2]]",
        "def f(): return globals()[words[2]]\nx = len(df) - f()",
        "x = len(df) - [v for k, v in list(globals().items()) if k == words[2]][0]",
        "x = len(df) - vars()[words[2]]",
        "import __main__\nx = len(df) - getattr(__main__, words[2]) + eval(words[3])",
        "import sys\nx = len(df) - sys._getframe().f_globals[words[2]]",
    ],
)
def test_names_are_found_while_the_job_runs(nb: Kernel, body: str) -> None:
    """Names that only the running body knows are answered, at the version of the declaration."""
    run(nb, TABLE + "words = ['a > @', 'limit', 'limit', '0']")
    run(nb, f"%%job a\nimport time; time.sleep(0.2)\n{body}")
    run(nb, "limit = 100")
    assert nb.value("x") == 2


def test_what_a_finished_job_made_is_offered(nb: Kernel) -> None:
    """The values of jobs that have ended can be asked for."""
    run(nb, "%%job a\nlimit = 5; big = list(range(100_000))")
    run(nb, "%nbflow wait")
    run(nb, "%%job b\ny = eval('li' + 'mit'.strip('x')) + len(eval(chr(98) + 'ig'))")
    assert nb.value("y") == 100_005


def test_what_was_changed_after_it_was_asked_for_is_handed_on(nb: Kernel) -> None:
    """A list that a body asked for and appended to is the job's, as one that its text names."""
    run(nb, "rows, word = [1], 'rows'")
    run(nb, "%%job a\nglobals()[word.strip()].append(2)")
    run(nb, "%nbflow wait")
    assert nb.value("rows") == [1, 2]


def test_what_costs_something_is_told_in_the_error(nb: Kernel) -> None:
    """A big value is not offered: the error says how to have it, and doing so helps."""
    run(nb, "big, word = list(range(100_000)), 'big'")
    run(nb, "%%job a\nn = len(eval(word + ''.join([])))")
    cell = nb.run("n")
    assert "nbflow did not see that the cell reads big: add --inputs big,word" in cell.error
    run(nb, "%%job a --inputs big,word\nn = len(eval(word + ''.join([])))")
    assert nb.value("n") == 100_000


def test_what_inputs_leave_out_is_told_in_the_error(nb: Kernel) -> None:
    """A name that the header leaves out, and the notebook has, is told too; one that nobody has is not."""
    run(nb, "low, high = 1, 2")
    run(nb, "%%job a --inputs low\nx = low + high")
    assert "did not see that the cell reads high: add --inputs high,low" in nb.run("x").error
    run(nb, "%%job a\nx = low + nobody")
    error = nb.run("x").error
    assert "'nobody' is not defined" in error
    assert "nbflow did not see" not in error


def test_exec_warns_once(nb: Kernel) -> None:
    """What may bind anything is told in one line; with --outputs it gives what they name, and nothing is said."""
    run(nb, "code = ['z = 3']")
    cell = run(nb, "%%job a\nexec(code[0])\nexec(code[0] + ' + 1')")
    told = [line for line in cell.text.splitlines() if line.startswith("nbflow: job 'a'")]
    assert told == [
        "nbflow: job 'a': exec() in line 1, exec() in line 2 may bind names that its text does not show: "
        "later cells get those that --outputs names"
    ]
    assert "nbflow:" not in run(nb, "%%job a --outputs z\nexec(code[0])").text
    assert nb.value("z") == 3


def test_a_literal_exec_is_read(nb: Kernel) -> None:
    """A text that is there to be read says what it reads and binds."""
    run(nb, "base = 2")
    assert "nbflow:" not in run(nb, "%%job a\nexec('def f(x): return x + base\\nz = f(1)')").text
    assert nb.value("z") == 3


def test_an_ordinary_cell_reads_a_query_of_a_job(nb: Kernel) -> None:
    """Ordinary cells wait for names in texts as well."""
    run(nb, TABLE)
    run(nb, "%%job a\nimport time; time.sleep(0.3); limit = 3")
    assert nb.value("len(df.query('a > @limit'))") == 1


def test_objects_tell_the_functions_they_hold(nb: Kernel) -> None:
    """The globals of functions that hide in objects count: partials, caches, decorated functions, methods, tables."""
    run(
        nb,
        "import functools\n"
        "def f(x): return x + step\n"
        "def twice(g):\n"
        "    @functools.wraps(g)\n"
        "    def wrapped(x): return 2 * g(x)\n"
        "    return wrapped\n"
        "class A:\n"
        "    def m(self): return f(1)\n"
        "part, cached, double, obj, table = functools.partial(f, 1), functools.lru_cache(f), twice(f), A(), {'f': f}\n",
    )
    run(nb, "%%job a\nimport time; time.sleep(0.3); step = 10")
    run(nb, "%%job b\nx = [part(), cached(1), double(1), obj.m(), table['f'](1)]")
    assert nb.value("x") == [11, 11, 22, 11, 11]


def test_methods_of_the_notebook_tell_what_they_change(nb: Kernel) -> None:
    """A method that changes its object does so inside of an expression, and of another job, too."""
    run(nb, "class A:\n    n = 0\n    def add(self, k):\n        self.n += k\n        return self.n")
    run(nb, "%%job a\nacc = A()")
    run(nb, "%%job b\ngot = [acc.add(k) for k in (1, 2)]")
    run(nb, "%%job c\ntotal = acc.n")
    assert nb.value("[got, total]") == [[1, 3], 3]
