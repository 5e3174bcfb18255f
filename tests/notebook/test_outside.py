"""What a job prints, shows, draws and asks: in its card as under a plain cell, from a process or in the kernel."""

from __future__ import annotations

import html
import re

import pytest

from tests.notebook.kernel import Cell, Kernel

pytestmark = pytest.mark.kernel

PNG = "data:image/png;base64,"
anywhere = pytest.mark.parametrize("where", ["", "--in kernel"], ids=["process", "kernel"])


def done(nb: Kernel, body: str, options: str = "", end: str = "succeeded") -> Cell:
    """Run *body* as a job to its *end*."""
    cell = nb.run(f"%%job work {options}\n{body}")
    assert cell.ok, cell.error
    nb.until(lambda: f" work  {end}" in cell.text, 60, f"{end}: {cell.text}")
    return cell


def lines(cell: Cell) -> list[str]:
    """What stands on a card below its head."""
    return [line[4:] for line in cell.text.splitlines()[1:]]


def shown(cell: Cell) -> list[str]:
    """The texts and pictures of a card in their order, as a front end shows them."""
    pieces = re.findall(r"<img |<pre[^>]*>(.*?)</pre>", cell.html, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", piece)) or "picture" for piece in pieces]


# --- figures


@anywhere
def test_figures_stand_where_they_were_shown(nb: Kernel, where: str) -> None:
    """plt.show() puts a figure between what was printed before and after it."""
    cell = done(
        nb,
        "import matplotlib.pyplot as plt\nprint('one')\nplt.plot([1, 3])\nplt.show()\nprint('two')\n"
        "plt.plot([2])\nplt.show()\nprint('three')",
        where,
    )
    assert shown(cell) == ["one", "picture", "two", "picture", "three"]


@anywhere
def test_figures_left_open_are_shown(nb: Kernel, where: str) -> None:
    """As with the inline backend: every figure that is open at the end of the cell, once, and in no other cell."""
    nb.run("import matplotlib.pyplot as plt")
    cell = done(nb, "for k in range(3):\n    plt.figure()\n    plt.plot([k])", where)
    assert cell.html.count(PNG) == 3
    assert len(cell.outputs) == 1
    assert PNG not in nb.run("plt.get_fignums()").html


@anywhere
def test_a_figure_of_a_failed_job_is_shown(nb: Kernel, where: str) -> None:
    """What was drawn until then helps to understand."""
    cell = done(nb, "import matplotlib.pyplot as plt\nplt.plot([1])\nraise ValueError('late')", where, "failed")
    assert cell.html.count(PNG) == 1
    assert "ValueError: late" in cell.text


def test_kernel_jobs_and_cells_draw_apart(nb: Kernel) -> None:
    """A cell that draws while a job draws in the kernel gets its own figure, and the job its own."""
    nb.run("import matplotlib.pyplot as plt, threading\ngo = threading.Event()")
    cell = nb.run("%%job work --in kernel\nplt.plot([1])\nplt.title('job')\ngo.wait(20)\nlabel = plt.gca().get_title()")
    nb.until(lambda: "running" in cell.text, 20, "the job")
    plain = nb.run("plt.plot([2]); plt.title('cell'); plt.gca().get_title()")
    assert "'cell'" in plain.text
    assert sum("image/png" in output.get("data", {}) for output in plain.outputs) == 1
    nb.run("go.set()")
    nb.until(lambda: "succeeded" in cell.text, 20, "the end")
    assert nb.value("label") == "job"
    assert cell.html.count(PNG) == 1


@anywhere
def test_matplotlib_inline_and_formats(nb: Kernel, where: str) -> None:
    """The magic and its settings work; SVG is drawn as such, without its prolog."""
    nb.run("%matplotlib inline")
    cell = done(
        nb,
        "%config InlineBackend.figure_formats = ['svg']\n%matplotlib inline\n"
        "import matplotlib.pyplot as plt\nplt.plot([1]);",
        where,
    )
    assert "<svg" in cell.html
    assert "<?xml" not in cell.html
    nb.run("%config InlineBackend.figure_formats = ['png']")


def test_a_picture_has_the_size_it_is_meant_to_have(nb: Kernel) -> None:
    """Retina figures, and images with a width."""
    cell = done(
        nb,
        "from IPython.display import Image, display\nimport base64\n"
        "dot = base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ'\n"
        "    'AAAADUlEQVR4nGP4z8DwHwAFAAH/e+m+7wAAAABJRU5ErkJggg==')\n"
        "display(Image(dot, width=120, height=40))",
    )
    assert 'width="120" height="40"' in cell.html


# --- display


@anywhere
def test_displays_are_updated_in_place(nb: Kernel, where: str) -> None:
    """update_display changes what stands there already."""
    cell = done(
        nb,
        "from IPython.display import display, update_display\nprint('before')\n"
        "handle = display('first', display_id='d')\nprint('after')\nupdate_display('second', display_id='d')",
        f"{where} --outputs ''",
    )
    assert lines(cell) == ["before", "'second'", "after"]


@anywhere
def test_clear_output_clears_what_was_printed_and_shown(nb: Kernel, where: str) -> None:
    """The loop that clears and prints again shows its last state."""
    cell = done(
        nb,
        "from IPython.display import clear_output, display\nfor i in range(5):\n    clear_output(wait=True)\n"
        "    print('step', i)\n    display(i)",
        where,
    )
    assert lines(cell) == ["step 4", "4"]


def test_clear_output_waits_for_what_comes_next(nb: Kernel) -> None:
    """With wait=True, what was there stays until something else is."""
    clear = "from IPython.display import clear_output\nprint('kept')\nclear_output(wait={})"
    assert lines(done(nb, clear.format(True))) == ["kept"]
    assert lines(done(nb, clear.format(False))) == []


@anywhere
def test_the_last_expression_is_shown(nb: Kernel, where: str) -> None:
    """A table as HTML and as text; a semicolon shows nothing."""
    cell = done(nb, "import pandas as pd\nprint('rows')\npd.DataFrame({'a': [1, 2]})", where)
    assert "<table" in cell.html
    assert lines(cell) == ["rows", "   a", "0  1", "1  2"]
    assert lines(done(nb, "6 * 7;", where)) == []


def test_markdown_formulas_and_json_are_set(nb: Kernel) -> None:
    """Where a card can, it shows the rich form."""
    cell = done(
        nb,
        "from IPython.display import JSON, Latex, Markdown, display\ndisplay(Markdown('# Head\\n\\n**bold** text'))\n"
        "display(Latex('$x^2$'))\ndisplay(JSON({'a': [1]}))",
    )
    assert "<strong>bold</strong>" in cell.html
    assert "<div>$x^2$</div>" in cell.html
    assert "&quot;a&quot;: [" in cell.html


# --- text


@anywhere
def test_both_streams_keep_their_order(nb: Kernel, where: str) -> None:
    """What went to stderr stands between what went to stdout before and after."""
    cell = done(nb, "import sys\nfor k in range(3):\n    print('out', k)\n    print('err', k, file=sys.stderr)", where)
    assert lines(cell) == ["out 0", "err 0", "out 1", "err 1", "out 2", "err 2"]


@anywhere
def test_a_progress_bar_is_one_line(nb: Kernel, where: str) -> None:
    """However often it is drawn, and whatever is printed meanwhile."""
    cell = done(
        nb,
        "import sys\nfor i in range(1001):\n    print(f'\\r{i} of 1000', end='', file=sys.stderr)\n"
        "    if i % 500 == 0:\n        print('at', i)",
        where,
    )
    assert lines(cell) == ["at 0", "at 500", "1000 of 1000", "at 1000"]


@pytest.mark.parametrize("module", ["tqdm", "tqdm.auto", "tqdm.notebook", "tqdm.autonotebook"])
@anywhere
def test_tqdm_shows_its_last_state(nb: Kernel, where: str, module: str) -> None:
    """Every kind of it, nested ones too; the notebook's kind falls back to text."""
    cell = done(
        nb,
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n"
        f"    from {module} import tqdm, trange\n"
        "for i in tqdm(range(30), desc='outer'):\n    for j in trange(2, desc='inner', leave=False):\n        pass",
        f"{where} --outputs ''",
    )
    (bar,) = lines(cell)
    assert bar.startswith("outer: 100%")
    assert "30/30" in bar


def test_a_bar_moves_while_the_job_runs(nb: Kernel) -> None:
    """Live: the card has the state of now, in one line."""
    cell = nb.run(
        "%%job work\nimport os, time\nfrom tqdm.auto import tqdm\nfor i in tqdm(range(4), mininterval=0):\n"
        "    while not os.path.exists(f'go{i}'): time.sleep(0.02)"
    )
    for i in range(4):
        nb.until(lambda at=i: f"{at}/4" in cell.text, 20, f"{i} of 4")
        assert cell.text.count("/4") == 1
        (nb.folder / f"go{i}").touch()
    nb.until(lambda: "4/4" in cell.text and "succeeded" in cell.text, 20, "the end")


@anywhere
def test_colours_are_colours(nb: Kernel, where: str) -> None:
    """ANSI codes become styles in HTML, and are left out of the text."""
    cell = done(nb, "print('\\x1b[31mred\\x1b[0m \\x1b[1;32m<bold>\\x1b[0m plain')", where)
    assert lines(cell) == ["red <bold> plain"]
    assert re.search(r'<span style="color:#\w+">red</span>', cell.html)
    assert re.search(r'<span style="color:#\w+;font-weight:600">&lt;bold&gt;</span> plain', cell.html)


@anywhere
def test_logging_and_warnings_are_printed(nb: Kernel, where: str) -> None:
    """With the line of the cell that warned."""
    cell = done(
        nb,
        "import logging, warnings\nlogging.getLogger('shop').warning('careful')\nwarnings.warn('old thing')",
        where,
    )
    assert "careful" in cell.text
    assert "<job work>:3: UserWarning: old thing" in cell.text
    assert "warnings.warn('old thing')" in cell.text


def test_logging_of_levels_and_handlers(nb: Kernel) -> None:
    """basicConfig inside the job counts there."""
    cell = done(
        nb,
        "import logging\nlogging.basicConfig(level='INFO', format='%(levelname)s %(message)s')\nlogging.info('hello')",
    )
    assert lines(cell) == ["INFO hello"]


def test_huge_output_shows_its_end(nb: Kernel) -> None:
    """The last lines, and where the others are; a line of megabytes is cut, and does not hide that it was there."""
    cell = done(nb, "for i in range(100_000): print('line', i)")
    assert lines(cell)[0] == "… more above: %nbflow log work"
    assert lines(cell)[-1] == "line 99999"
    assert len(lines(cell)) == 41
    cell = done(nb, "print('x' * 5_000_000)\nprint('end')")
    assert lines(cell) == ["… more above: %nbflow log work", "end"]


def test_subprocesses_are_in_their_place(nb: Kernel) -> None:
    """What other programs write stands among what Python prints around them."""
    cell = done(
        nb, "import subprocess, os\nprint('a')\nsubprocess.run(['echo', 'b'])\nprint('c')\nos.system('echo d >&2');"
    )
    assert lines(cell) == ["a", "b", "c", "d"]


# --- magics


@anywhere
def test_time_and_timeit(nb: Kernel, where: str) -> None:
    """%time keeps what it assigns, %%time shows the last expression, %timeit tells."""
    cell = done(nb, "%time y = sum(range(1000))\n%timeit -n 5 -r 2 sum(range(10))", where)
    assert "Wall time" in cell.text
    assert "per loop" in cell.text
    assert nb.value("y") == 499500
    cell = done(nb, "%%time\nz = 3\nz", where)
    assert "Wall time" in cell.text
    assert lines(cell)[-1] == "3"
    assert nb.value("z") == 3


@anywhere
def test_capture_hides_and_keeps(nb: Kernel, where: str) -> None:
    """%%capture: nothing on the card, the text in the variable."""
    cell = done(nb, "%%capture out\nprint('hidden')\nkept = 3", where)
    assert lines(cell) == []
    assert nb.value("kept") == 3
    assert nb.value("out.stdout") == "hidden\n"


@anywhere
def test_shell_commands(nb: Kernel, where: str) -> None:
    """!cmd prints, a = !cmd keeps lines, names are filled in, the exit code is there; %%bash, %sx and %pip too."""
    cell = done(nb, "word = 'hi'\n!echo {word} $word\nfiles = !printf 'a\\nb'\n!exit 3\ncode = _exit_code", where)
    assert lines(cell)[0] == "hi hi"
    assert nb.value("(list(files), code)") == (["a", "b"], 3)
    assert lines(done(nb, "%%bash\necho from bash", where)) == ["from bash"]
    assert "pip " in done(nb, "%pip --version", where).text


def test_a_failing_script_fails_the_job(nb: Kernel) -> None:
    """%%bash with an exit code is an error, as in a plain cell."""
    assert "returned non-zero exit status 3" in done(nb, "%%bash\nexit 3", end="failed").text


def test_an_unknown_magic_fails_the_job(nb: Kernel) -> None:
    """With IPython's own words."""
    assert "nosuchmagic" in done(nb, "%nosuchmagic 1", end="failed").text


def test_a_job_has_a_shell_of_its_own(nb: Kernel) -> None:
    """get_ipython() is the attempt's; the kernel's does not travel."""
    cell = done(nb, "ip = get_ipython()\nkind = type(ip).__name__\ndel ip\nkind")
    assert lines(cell) == ["'CellShell'"]


# --- asking


@anywhere
@pytest.mark.parametrize(
    ("ask", "asked"),
    [("input('who? ')", "'who?'"), ("__import__('getpass').getpass('word: ')", "'word:'"), ("input()", "for input")],
)
def test_a_job_cannot_ask(nb: Kernel, where: str, ask: str, asked: str) -> None:
    """An error at once, which says what to do; cells can ask as before."""
    cell = done(nb, f"answer = {ask}", where, "failed")
    assert f"a job cannot ask {asked}: ask in a cell before it, and have the job read that variable" in cell.text
    assert nb.run("print('alive')").text == "alive\n"


@anywhere
def test_a_job_cannot_stop_for_a_debugger(nb: Kernel, where: str) -> None:
    """breakpoint() says where the debugger is."""
    cell = done(nb, "breakpoint()\nx = 1", where, "failed")
    assert "%nbflow debug JOB opens it where the job failed" in cell.text


# --- async


@anywhere
def test_async_cells(nb: Kernel, where: str) -> None:
    """Top-level await, tasks made before it, async for and with; the value of the last expression is shown."""
    cell = done(
        nb,
        "import asyncio\nasync def twice(x):\n    await asyncio.sleep(0.01)\n    return 2 * x\n"
        "task = asyncio.create_task(twice(3))\nasync with asyncio.timeout(20):\n"
        "    r = await asyncio.gather(twice(1), twice(2))\n"
        "six = await task\nawait twice(six)",
        where,
    )
    assert lines(cell) == ["12"]
    assert nb.value("(r, six)") == ([2, 4], 6)


@anywhere
def test_tasks_need_no_await_beside_them(nb: Kernel, where: str) -> None:
    """A cell that only makes a task, and awaits something else in its last line."""
    cell = done(
        nb,
        "import asyncio\nseen = []\nasync def note():\n    seen.append(1)\ntask = asyncio.create_task(note())\n"
        "await asyncio.sleep(0.05)",
        where,
    )
    assert "still running" not in cell.text
    assert nb.value("seen") == [1]


@anywhere
def test_asyncio_run_works(nb: Kernel, where: str) -> None:
    """In a cell that does not await itself."""
    done(
        nb,
        "import asyncio\nasync def five():\n    await asyncio.sleep(0)\n    return 5\nv = asyncio.run(five())",
        where,
    )
    assert nb.value("v") == 5


def test_asyncio_run_works_below_an_await(nb: Kernel) -> None:
    """Inside of a cell that awaits at its top level, too."""
    cell = done(
        nb,
        "import asyncio\nasync def five():\n    await asyncio.sleep(0)\n    return 5\n"
        "v = await five() + asyncio.run(five())\nasyncio.get_event_loop().run_until_complete(five())",
    )
    assert lines(cell) == ["5"]
    assert nb.value("v") == 10


def test_a_task_that_is_left_is_told(nb: Kernel) -> None:
    """It is stopped at the end of the cell; a line says so."""
    cell = done(
        nb, "import asyncio\nasync def long():\n    await asyncio.sleep(60)\ntask = asyncio.create_task(long())\nx = 1"
    )
    assert "1 task was still running at the end of the cell, and stopped: await what the cell starts" in cell.text
    assert nb.value("x") == 1


# --- tracebacks


@anywhere
def test_a_traceback_shows_the_persons_lines(nb: Kernel, where: str) -> None:
    """Their own lines, causes included, and the error; the frames of nbflow are left out."""
    cell = done(
        nb,
        "def f(x):\n    return 1 / x\ntry:\n    f(0)\n"
        "except ZeroDivisionError as error:\n    raise ValueError('later') from error",
        where,
        "failed",
    )
    said = "\n".join(lines(cell))
    assert 'File "<job work>", line 2, in f' in said
    assert "    return 1 / x" in said
    assert "The above exception was the direct cause" in said
    assert said.splitlines()[-1] == "ValueError: later"
    assert "nbflow/" not in said
