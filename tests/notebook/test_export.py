"""The flow taken out of the notebook: what is exported runs by itself, and comes to the notebook's values."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.notebook.kernel import Kernel

pytestmark = pytest.mark.kernel

RUN = """
import json, runpy, sys
found = runpy.run_path(sys.argv[1], run_name="__main__")
print("\\n@" + json.dumps({name: repr(found[name]) if name in found else None for name in sys.argv[2:]}))
"""


def run(file: Path, names: Sequence[str], folder: str, fails: bool = False) -> dict[str, str]:
    """The values that the exported *file* comes to in a process of its own, in a folder of its own."""
    place = file.parent / folder
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(file), *names],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode != 0) == fails, done.stderr
    if fails:
        return {"error": done.stderr}
    found: dict[str, str] = json.loads(done.stdout.rpartition("\n@")[2])
    return found


def values(nb: Kernel, names: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = nb.value("{" + ", ".join(f"{name!r}: repr({name})" for name in names) + "}")
    return found


def begin(nb: Kernel, *cells: str) -> None:
    """Run *cells*, the first ones of this notebook."""
    for cell in ("%reset -f", *cells):
        done = nb.run(cell)
        assert done.ok, done.error


def check(nb: Kernel, cells: Sequence[str], *names: str) -> tuple[str, str]:
    """Run *cells*, export both forms, run these, and compare the variables *names*; the two texts."""
    begin(nb, *cells)
    assert nb.run("%nbflow wait --timeout 60s").ok
    for form, options in (("module", "--all"), ("plain", "--plain --all")):
        done = nb.run(f"%nbflow export {form}.py {options}")
        assert done.ok and done.text.endswith(f"exported {form}.py\n"), done.text
    expected = values(nb, names)
    texts = tuple((nb.folder / f"{form}.py").read_text() for form in ("module", "plain"))
    for form, text in zip(("module", "plain"), texts, strict=True):
        assert run(nb.folder / f"{form}.py", names, f"in_{form}") == expected, text
    assert "nbflow" not in texts[1].replace("exported by nbflow", "").replace("# %load_ext nbflow", "").replace(
        "# %nbflow", ""
    )
    return texts[0], texts[1]


def test_a_flow_with_everything_in_the_middle(nb: Kernel) -> None:
    """Functions, constants, a job that changes what it reads, ordinary cells between jobs, redefinitions."""
    module, plain = check(
        nb,
        [
            "import math, json\nN = 6  # how many\nstep = 1\n\ndef scale(x):\n    return x * step",
            "rows = [1, 2]",
            "%%job load --retries 2 --delay 10ms --timeout 1m\n# first\nraw = [scale(i) for i in range(N)]\n"
            "text = '''a\n  b'''\nfor i in raw:\n    last = i",
            "%%job more\nrows.append(raw[-1])\nroot = math.sqrt(rows[0])",
            "mean = sum(raw) / len(raw)\nstep = 10",
            "%%job again\nscaled = scale(mean)\nmax = max(rows)",
            "total = scaled + len(text)\nprint('looked', total)",
            "%%job last\nrows = [*rows, total]\ndef twice(x):\n    return 2 * x\ndoubled = twice(total)",
        ],
        "N", "step", "rows", "raw", "text", "last", "root", "mean", "scaled", "max", "total", "doubled",
    )  # fmt: skip
    assert "@nbflow.job(outputs=('last', 'raw', 'text'), retries=2, delay='10ms', timeout='1m')\ndef load(N):" in module
    assert "    # first\n" in module and "N = 6  # how many" in module
    assert "# not kept in a plain script: --retries 2 --delay 10ms --timeout 1m" in plain


def test_fan_outs_and_their_policies(nb: Kernel) -> None:
    """One function, a call for each element; a policy that bears with failures does so in both forms."""
    module, plain = check(
        nb,
        [
            "base = 10\nsizes = [1, 2]",
            "%%job fit[alpha] --for alpha=[0, 1, 2] --policy at-least:2\nscore = base / alpha",
            "%%job grid[a,b] --for a=sizes,b=['x', 'y'] --max-parallel 2\ncell = f'{b}{a}'\nsizes.append(a)",
            "%%job pairs[a,b] --for a=[1, 2],b=[3, 4] --zip\nsum_ = a + b",
            "%%job best\nfound = max(score, key=score.get), sorted(cell.values()), sum_",
        ],
        "score", "cell", "sizes", "sum_", "found",
    )  # fmt: skip
    assert "policy='at-least:2'" in module and "for number, alpha in enumerate([0, 1, 2], 1)" in module
    assert "--policy at-least:2 bears with it" in plain


def test_magics_become_python(nb: Kernel) -> None:
    """Shell commands, timing, folders and files; what has no Python is a comment that says so."""
    cells = [
        "word = 'hi'\n%matplotlib inline",
        "%%job shell\nlines = list(range(2))\nfound = !echo {word} $word\nfound = list(found)\n%time y = len(lines)",
        "%%job timed\n%%time\nz = y + 1",
        "%%job script --shell --inputs word\necho $word > said",
        "%%bash\necho done > done",
        "%%job foreign --outputs ''\n%%perl\nprint 1",
    ]
    module, plain = check(nb, cells, "found", "y", "z")
    for text in (module, plain):
        assert "# %matplotlib inline" in text
        assert "subprocess.run(f'echo {word} {word}', shell=True" in text
        assert "# not in plain Python: %%perl" in text and "# %%perl: has no plain Python: it is left out" in text
    assert [(nb.folder / place / "said").read_text() for place in ("in_module", "in_plain")] == ["hi\n", "hi\n"]


def test_seeded_numbers_are_the_notebooks(nb: Kernel) -> None:
    """The state of a seeded generator goes from cell to job to job as it does in the notebook."""
    check(
        nb,
        [
            "import random\nrandom.seed(5)\nfirst = random.random()",
            "%%job draw\nimport random\na = [random.random() for _ in range(2)]",
            "%%job more\nimport random\nb = random.randint(0, 10**9)",
            "c = random.random()",
        ],
        "first", "a", "b", "c",
    )  # fmt: skip


def test_fallbacks_conditions_and_environment(nb: Kernel) -> None:
    """What a failure comes to, what is skipped, the folder and the variables that a job runs with."""
    module, _ = check(
        nb,
        [
            "n, spare = 3, 5",
            "def instead(n, more=1):\n    return n + more",
            "%%job risky --fallback instead\nvalue = n / 0",
            "%%job risky2 --fallback '=spare * 2'\nother = n / 0",
            "%%job where --env COLOUR=red\nimport os\nseen = os.environ['COLOUR']",
            "%%job maybe --if n > 2\ndone = n",
        ],
        "value", "other", "seen", "done",
    )  # fmt: skip
    assert "fallback='instead'" in module and "if_='n > 2'" in module and "env=['COLOUR=red']" in module


def test_groups_needs_and_handlers_are_kept(nb: Kernel) -> None:
    """The run of the module has the notebook's jobs, needs, groups and failure rules."""
    begin(
        nb,
        "%nbflow group fits --policy best-effort --max-parallel 2",
        "%nbflow handler flaky --on-exit 10:2",
        "%%job one --group fits --handler flaky\nimport os, sys\n"
        "if not os.path.exists('tried'):\n    open('tried', 'w').close(); sys.exit(10)\nx = 1",
        "%%job two --group fits --after one?\ny = 2",
        "%%job three --after fits\nz = x + y",
    )
    assert nb.value("z") == 3
    assert nb.run("%nbflow export module.py").ok
    more = (
        "\njobs = flow.snapshot()['jobs']"
        "\nsnapshot = repr({n: (j['status'], len(j['attempts']), sorted(j['needs'])) for n, j in jobs.items()})"
    )
    file = nb.folder / "module.py"
    file.write_text(file.read_text() + more)
    found: Any = ast.literal_eval(ast.literal_eval(run(file, ["snapshot"], "apart")["snapshot"]))
    told = nb.value("__import__('nbflow').flow().snapshot()['jobs']")
    assert found == {n: (j["status"], len(j["attempts"]), sorted(j["needs"])) for n, j in told.items()}
    assert found["one"][:2] == ("succeeded", 2)


def test_what_means_something_else_in_a_function_runs_as_a_text(nb: Kernel) -> None:
    """``exec``, star imports and ``global`` keep their meaning."""
    module, _ = check(
        nb,
        [
            "k = 4",
            "%%job odd --outputs a,w\nfrom math import *\nexec('a = k + 1')\nw = sqrt(16)",
            "%%job counted\ncount = 0\ndef bump():\n    global count\n    count += 1\nbump()\nbump()",
            "b = a + count",
        ],
        "a", "w", "count", "b",
    )  # fmt: skip
    assert "as a text: in a function its body would mean something else" in module


def test_cells_that_await(nb: Kernel) -> None:
    """Top-level await: an async function in the module, a loop of its own in the script."""
    check(
        nb,
        ["import asyncio\nn = 1", "%%job waits\nawait asyncio.sleep(0.01)\nm = n + 1", "o = m + 1"],
        "m", "o",
    )  # fmt: skip


def test_what_only_looks_is_left_out_unless_wanted(nb: Kernel) -> None:
    """Cells after the jobs that nobody needs; --all keeps them. A file is never overwritten unasked."""
    begin(nb, "x = 1", "%%job one\ny = x", "print('looked at', y)", "z = y * 2")
    assert nb.run("%nbflow export a.py --plain").ok
    text = (nb.folder / "a.py").read_text()
    assert "looked" not in text and "2 cells that only look at what jobs made are left out" in text
    assert nb.run("%nbflow export a.py --all").text == (
        "UsageError: there is a 'a.py' already: give another name, or --force\n"
    )
    assert (nb.folder / "a.py").read_text() == text
    assert nb.run("%nbflow export a.py --all --plain --force").ok
    assert "looked" in (nb.folder / "a.py").read_text()


def test_cells_count_as_they_were_last_and_in_the_notebooks_order(nb: Kernel) -> None:
    """One that was edited and run again is there once, in its new text; one that failed is not there."""
    begin(nb)
    nb.run("a = 1", cell_id="one")
    nb.run("%%job two\nb = a + 1", cell_id="two")
    nb.run("1 / 0", cell_id="bad")
    nb.run("a = 5", cell_id="one")
    nb.run("%%job two\nb = a + 2", cell_id="two")
    assert nb.value("b") == 7
    assert nb.run("%nbflow export a.py --plain").ok
    text = (nb.folder / "a.py").read_text()
    assert text.index("a = 5") < text.index("b = a + 2")
    assert "a = 1" not in text and "1 / 0" not in text
