"""A cell in an attempt's process behaves as it does in a notebook."""

from __future__ import annotations

import base64

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from tests.attempts import Runner, until


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    runner = Runner(tmp_path_factory.mktemp("flow"))
    yield runner
    runner.close()


def run_shell(runner, source, outputs=(), **options):
    """Run a cell with magics, transformed as the notebook side does."""
    return runner.run(source, outputs, shell=True, code=TransformerManager().transform_cell(source), **options)


def mimes(trial):
    return [sorted(display.data) for display in trial.displays]


# --- namespace
def test_each_attempt_starts_afresh(runner):
    """Nothing of one attempt is there in the next."""
    runner.run("import builtins, os, sys\nleft = builtins.left = 1\nos.environ['LEFT'] = '1'\nsys.path.append('/left')")
    checks = "import os, sys\nfound = [name for name in ('left',) if name in globals()] + "
    checks += "[hasattr(__builtins__, 'left'), 'LEFT' in os.environ, '/left' in sys.path]"
    assert runner.value(runner.run(checks, ("found",)), "found") == [False, False, False]


def test_main_is_the_cells_own(runner):
    """The cell runs as ``__main__``: what it defines can be pickled, and unpickled by a pool's workers."""
    source = """
from concurrent.futures import ProcessPoolExecutor
import pickle
class Point:
    def __init__(self, x): self.x = x
def square(point): return point.x ** 2
with ProcessPoolExecutor(2) as pool:
    squares = list(pool.map(square, [Point(2), Point(3)]))
name = pickle.loads(pickle.dumps(Point)).__module__
"""
    trial = runner.run(source, ("squares", "name"))
    assert trial.report().end == "succeeded", trial.report().traceback
    assert (runner.value(trial, "squares"), runner.value(trial, "name")) == ([4, 9], "__main__")


def test_a_notebooks_function_sees_the_cells_variables(runner):
    """A function of the notebook, handed in, reads what the cell assigns."""
    space = {"__name__": "__main__"}
    exec("k = 1\ndef scaled(x): return k * x", space)
    trial = runner.run("before = scaled(10)\nk = 3\nafter = scaled(10)", ("before", "after"),
                       inputs={"scaled": space["scaled"], "k": 2})  # fmt: skip
    assert (runner.value(trial, "before"), runner.value(trial, "after")) == (20, 30)


def test_a_future_import_holds_for_the_last_expression(runner):
    """``from __future__`` counts for the whole cell, and ours does not count for it."""
    trial = runner.run("def f(x: int): ...\nkind = type(f.__annotations__['x']).__name__", ("kind",))
    assert runner.value(trial, "kind") == "type"
    trial = runner.run("from __future__ import annotations\ndef f(x: int): ...\nf.__annotations__")
    assert trial.displays[0].data["text/plain"] == "{'x': 'int'}"


def test_modules_beside_the_notebook(runner):
    """A module in the notebook's folder can be imported; it never replaces one that we need."""
    (runner.root / "local_module.py").write_text("answer = 42")
    (runner.root / "msgspec.py").write_text("raise RuntimeError('imported')")
    try:
        trial = runner.run("import local_module, sys\nx = local_module.answer\npath = sys.path[0]", ("x", "path"))
        assert (runner.value(trial, "x"), runner.value(trial, "path")) == (42, str(runner.root))
    finally:
        (runner.root / "msgspec.py").unlink()


def test_random_numbers_differ_between_attempts(runner):
    """Forks of one process do not share their random numbers."""
    runner.call(lambda: runner.executor.warm(["numpy"]))
    until(lambda: runner.call(lambda: "numpy" in runner.executor._serving.modules))
    source = "import random, numpy\nx = (random.random(), numpy.random.rand(), numpy.random.default_rng().random())"
    values = [runner.value(runner.run(source, ("x",)), "x") for _ in range(3)]
    for column in zip(*values, strict=True):
        assert len(set(column)) == 3


def test_the_attempt_knows_itself(runner):
    """Variables of the environment, and the object that reads them, tell which attempt this is."""
    source = "from nbflow.engine.attempt.current import attempt\na = attempt()\nimport os\nx = (a.flow, a.run, a.job, "
    source += "a.number, a.of, a.generation, a.idempotency_key, os.environ['NBFLOW_JOB'], os.environ['MINE'])"
    trial = runner.run(source, ("x",), env={"MINE": "yes"})
    assert runner.value(trial, "x") == ("analysis", 3, "fit", 4, 5, 2, "analysis/3/fit/2", "fit", "yes")


def test_jobs_yield_to_the_kernel(runner):
    """Attempts run at a lower priority, have a session of their own, and are the first to go when memory runs out."""
    source = "import os\nx = (os.nice(0), os.getsid(0) == os.getpid(), open('/proc/self/oom_score_adj').read().strip())"
    assert runner.value(runner.run(source, ("x",)), "x") == (10, True, "300")


def test_nobody_to_ask(runner):
    """``input`` is an error at once that says why."""
    for source in ("input('Name? ')", "import getpass; getpass.getpass()"):
        report = runner.run(source).report()
        assert report.reason.detail.startswith("CannotAsk: a job cannot ask")


def test_exit_and_quit(runner):
    """``exit()`` ends the cell, as in a script; with a code it fails it."""
    trial = runner.run("x = 1\nexit()\nx = 2", ("x",))
    assert (trial.report().end, runner.value(trial, "x")) == ("succeeded", 1)
    assert runner.run("quit(3)").report().reason.words() == "exit 3"


# --- what it shows
def test_tables_and_figures(runner):
    """A DataFrame is shown as HTML, an open figure as PNG at the cell's end, as in a notebook."""
    source = """
import pandas as pd, matplotlib.pyplot as plt
plt.plot([1, 2, 3])
pd.DataFrame({"a": [1]})
"""
    trial = runner.run(source)
    assert mimes(trial) == [["text/html", "text/plain"], ["image/png", "text/plain"]]
    assert base64.b64decode(trial.displays[1].data["image/png"]).startswith(b"\x89PNG")


def test_show_draws_at_once_and_only_once(runner):
    """``plt.show()`` shows the figure where it stands; it is not shown again at the end."""
    trial = runner.run("import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()\nprint('after')\n5")
    assert mimes(trial) == [["image/png", "text/plain"], ["text/plain"]]


def test_figures_of_a_failed_cell_are_kept(runner):
    """What was drawn before an error is shown all the same."""
    trial = runner.run("import matplotlib.pyplot as plt\nplt.plot([1])\n1 / 0")
    assert (trial.report().end, mimes(trial)) == ("failed", [["image/png", "text/plain"]])


def test_matplotlib_that_the_zygote_has_imported(runner):
    """Figures are shown as well when matplotlib was imported ahead."""
    runner.call(lambda: runner.executor.warm(["matplotlib"]))
    until(lambda: runner.call(lambda: "matplotlib" in runner.executor._serving.modules))
    assert mimes(runner.run("import matplotlib.pyplot as plt\nplt.plot([1]);")) == [["image/png", "text/plain"]]


def test_display_update_and_clear(runner):
    """``display``, its updates and ``clear_output`` act as in a notebook."""
    source = "h = display('one', display_id='a')\ndisplay('two')\nh.update('three')"
    texts = [display.data["text/plain"] for display in runner.run(source).displays]
    assert texts == ["'three'", "'two'"]
    cleared = runner.run("from IPython.display import clear_output\ndisplay(1)\nclear_output()\ndisplay(2)")
    assert [display.data for display in cleared.displays] == [{"text/plain": "2"}]


def test_rich_objects(runner):
    """HTML, Markdown and objects with a mime bundle of their own keep their types."""
    source = """
from IPython.display import HTML, Markdown
class Own:
    def _repr_mimebundle_(self, include=None, exclude=None): return {"text/plain": "own", "application/x": {"a": 1}}
display(HTML("<b>x</b>"), Markdown("*y*"))
Own()
"""
    trial = runner.run(source)
    assert [kinds[0] for kinds in mimes(trial)] == ["text/html", "text/markdown", "application/x"]
    assert trial.displays[2].data["application/x"] == {"a": 1}


def test_flood_of_displays_is_cut(runner):
    """Rich outputs beyond their limit are dropped, and that is said once."""
    trial = runner.run("for _ in range(100): display('x' * 1_000_000)")
    assert trial.report().end == "succeeded"
    assert len(trial.displays) < 40
    assert "dropped" in trial.displays[-1].data["text/plain"]


def test_lines_appear_while_it_runs(runner):
    """A printed line is in the log before the cell ends; output of programs it starts as well."""
    trial = runner.submit("import os, time\nprint('first')\nos.system('echo second')\ntime.sleep(600)")
    trial.saw("first\nsecond\n")
    runner.cancel(trial)
    trial.report()


def test_output_of_c_code_is_flushed(runner):
    """What C code has buffered is in the log at the end."""
    assert runner.run("import ctypes\nctypes.CDLL(None).printf(b'from C')").out == "from C"


# --- with a shell
def test_shell_commands(runner):
    """``!cmd`` writes into the attempt's log, and its output can be assigned."""
    trial = run_shell(runner, "!echo hello; ls /no-such 1>&2\nlines = !printf 'a\\nb'\ncode = _exit_code", ("lines",))
    assert trial.report().end == "succeeded", trial.report()
    assert trial.out == "hello\n"
    assert "No such file" in trial.err
    assert list(runner.value(trial, "lines")) == ["a", "b"]


def test_magics(runner):
    """Line and cell magics of IPython work on the cell's namespace."""
    trial = run_shell(runner, "%env COLOUR=red\nimport os\nx = os.environ['COLOUR']\n%time y = x * 2", ("x", "y"))
    assert (runner.value(trial, "x"), runner.value(trial, "y")) == ("red", "redred")
    assert "Wall time" in trial.out
    trial = run_shell(runner, "%%time\nz = 5\nz", ("z",))
    assert runner.value(trial, "z") == 5
    trial = run_shell(runner, "%%bash\necho from bash")
    assert "from bash" in trial.out


def test_help_does_not_wait_for_anybody(runner):
    """``?`` prints, or shows, and the cell goes on."""
    trial = run_shell(runner, "len?\nx = 1", ("x",), timeout=20)
    assert trial.report().end == "succeeded"
    assert "Return the number of items" in trial.out + "".join(str(display.data) for display in trial.displays)


def test_errors_in_a_cell_magic_fail_the_attempt(runner):
    """A cell whose body fails inside a magic has failed."""
    assert run_shell(runner, "%%time\n1 / 0").report().end == "failed"
    assert run_shell(runner, "%no_such_magic").report().reason.detail.startswith("UsageError")


def test_await_at_top_level(runner):
    """Top-level ``await`` works, keeps one loop for the cell, and ``asyncio.run`` works beside it."""
    source = """
import asyncio
async def double(x):
    await asyncio.sleep(0.01)
    return 2 * x
task = asyncio.ensure_future(double(1))
a = await task
b = asyncio.run(double(5))
async with asyncio.timeout(5):
    c = await asyncio.gather(double(1), double(2))
await double(21)
"""
    trial = run_shell(runner, source, ("a", "b", "c"))
    assert trial.report().end == "succeeded", trial.report().traceback
    assert [runner.value(trial, name) for name in "abc"] == [2, 10, [2, 4]]
    assert trial.displays[-1].data == {"text/plain": "42"}


def test_traceback_shows_what_was_typed(runner):
    """Lines in the traceback are the cell's own text, not IPython's translation of it."""
    trace = run_shell(runner, "!true\n%time x = 1 / 0").report().traceback
    assert "%time x = 1 / 0" in trace


def test_source_can_be_inspected(runner):
    """``inspect.getsource`` finds functions of the cell."""
    trial = runner.run("import inspect\ndef f():\n    return 1\ntext = inspect.getsource(f)", ("text",))
    assert trial.report().end == "succeeded", trial.report()
    assert runner.value(trial, "text") == "def f():\n    return 1\n"


def test_traceback_leaves_out_lines_of_ours(runner):
    """Where nbflow itself raises, the person's own line is the last one shown."""
    trial = runner.run("import nbflow\nnbflow.flow()")
    text = trial.report().traceback
    assert "nbflow.flow()" in text and "not loaded here" in text
    assert "nbflow/__init__" not in text


def test_matplotlib_inline(runner):
    """The magic at the top of many notebooks does no harm, and figures are shown."""
    trial = run_shell(runner, "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])")
    assert trial.report().end == "succeeded", trial.report().traceback
    assert any("image/png" in each for each in mimes(trial))
