"""State that hides in modules goes from cell to cell as variables do, whoever of them are jobs."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interpreters import interpreters
from tests.notebook.kernel import Kernel

pytestmark = pytest.mark.kernel

FRESH = """
import decimal, os, random, sys, warnings
random.seed()
for _name in ("numpy", "matplotlib", "pandas", "seaborn", "sklearn"):
    if _name in sys.modules: __import__(_name)
if "numpy.random.mtrand" in sys.modules:
    _numpy = sys.modules["numpy.random"]
    _numpy.set_bit_generator(_numpy.MT19937())
from nbflow.engine import hidden as _hidden
from nbflow.core.hidden import SETTINGS
for _name in SETTINGS - {"<cwd>", "<environ>", "<sys.path>", "<locale>"}: _hidden.put(_name, _hidden.Stored())
_hidden._waiting.clear()
get_ipython().history_manager.input_hist_parsed[:] = [""]
for _name in ("NB_ONE", "NB_TWO"): os.environ.pop(_name, None)
"""


@pytest.fixture(scope="module")
def shared(jupyter_folders: Path) -> Iterator[Kernel]:
    kernel = Kernel(jupyter_folders, interpreters()[0].name)
    yield kernel
    kernel.close()


@pytest.fixture
def nb(shared: Kernel, folder: Path) -> Kernel:
    """A kernel with the extension loaded, whose hidden states are as in a new one."""
    shared.move(folder)
    cell = shared.run(FRESH)
    assert cell.ok, cell.error
    shared.run("%reset -f")
    assert shared.run("%load_ext nbflow").ok
    return shared


def plainly(folder: Path, cells: list[str], names: str) -> dict[str, Any]:
    """The variables after *cells* in one Python."""
    code = "\n".join([*cells, f"print('left=' + repr({{n: globals()[n] for n in {names.split()!r}}}))"])
    apart = folder / "plain"
    apart.mkdir()
    for file in folder.glob("*.py"):
        (apart / file.name).write_text(file.read_text())
    env = {**os.environ, "PYTHONPATH": str(apart), "MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, "-c", code], cwd=apart, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(ast.literal_eval(done.stdout.rpartition("left=")[2]))


def alike(nb: Kernel, cells: list[str], names: str) -> None:
    """*cells*, those that begin with ``#job`` as jobs, leave what they leave in one Python."""
    expected = plainly(nb.folder, cells, names)
    for place, text in enumerate(cells):
        done = nb.run(f"%%job j{place}\n{text}" if text.startswith("#job") else text, timeout=300)
        assert done.ok, done.text
    found = {name: nb.value(name) for name in names.split()}
    assert found == expected


def spec(nb: Kernel, job: str) -> dict[str, Any]:
    """The spec of a job, as last declared."""
    declared = f"[e['spec'] for e in nbflow.flow().events({job!r}) if e['kind'] == 'job-declared'][-1]"
    code = f"__import__('json').dumps({declared}, default=str)"
    nb.run("import nbflow")
    return dict(json.loads(nb.value(code)))


def needs(nb: Kernel, job: str) -> list[str]:
    return [need["job"] for need in spec(nb, job).get("needs", [])]


# --- generators
def test_seeded_numbers_are_those_of_the_plain_run(nb: Kernel) -> None:
    """Jobs and ordinary cells draw in turn from the generators that a cell has seeded."""
    cells = [
        "import random\nimport numpy as np\nfrom numpy.random import rand as r\nnp.random.seed(3); random.seed(4)",
        "#job\na = float(np.random.rand()); b = random.random()",
        "#job\nc = float(r()); d = [random.gauss(0, 1) for _ in range(3)]",
        "e = float(np.random.rand()); f = random.choice('abcdef')",
        "#job\nrandom.shuffle(x := list(range(9))); g = float(np.random.normal())",
        "h = float(np.random.rand())",
    ]
    alike(nb, cells, "a b c d e f x g h")


def test_a_job_seeds_for_all_that_follow(nb: Kernel) -> None:
    """Seeds that a job sets count in jobs and in ordinary cells; a function that seeds and draws does both."""
    cells = [
        "#job\nimport random\nimport numpy as np\ndef start(n):\n    np.random.seed(n)\n    random.seed(n)\nstart(7)",
        "#job\ndef roll():\n    return random.randint(1, 1000), int(np.random.randint(1000))\na = roll()",
        "#job\nb = [roll() for _ in range(2)]",
        "c = roll()",
        "#job\nstart(8); d = roll()",
        "e = roll()",
    ]
    alike(nb, cells, "a b c d e")


def test_packages_that_draw_are_seen(nb: Kernel) -> None:
    """Samples of tables, splits, and estimators without a seed of their own draw in their turn."""
    cells = [
        "#job\nimport numpy as np, pandas as pd\nnp.random.seed(0)\n"
        "df = pd.DataFrame({'x': range(60), 'y': [0, 1] * 30})",
        "#job\na = df.sample(5).x.tolist()",
        "#job\nfrom sklearn.model_selection import train_test_split\n"
        "X, _, y, _ = train_test_split(df[['x']], df.y)\nb = y.tolist()",
        "#job\nfrom sklearn.ensemble import RandomForestClassifier\nmodel = RandomForestClassifier(3)",
        "#job\nmodel.fit(X, y); c = model.predict_proba(X)[:, 0].round(6).tolist()",
        "#job\nfrom scipy import stats\nd = stats.norm.rvs(size=3).tolist()",
        "e = float(np.random.rand())",
    ]
    alike(nb, cells, "a b c d e")


def test_never_seeded_nothing_waits(nb: Kernel) -> None:
    """Without a seed each job has numbers of its own, and none waits for another."""
    nb.run("import random, numpy as np")
    for name in "ab":
        assert nb.run(f"%%job {name}\n{name} = random.random(), float(np.random.rand())").ok
    assert needs(nb, "b") == []
    assert nb.value("len({*a, *b})") == 4
    assert not any(name.startswith("<") for name in spec(nb, "b").get("inputs", {}))


def test_generators_of_ones_own_do_not_wait(nb: Kernel) -> None:
    """Where the notebook has seeded, jobs with generators or seeds of their own wait for nobody."""
    nb.run("import numpy as np, random, pandas as pd\nfrom sklearn.svm import SVC\nnp.random.seed(0); random.seed(0)")
    nb.run("%%job a\nimport time; time.sleep(0.2); a = np.random.rand()")
    texts = [
        "b = np.random.default_rng(1).random()",
        "b = random.Random(2).random()",
        "b = pd.Series([1, 2, 3]).sample(1, random_state=0)",
        "b = SVC(random_state=3).fit([[0], [1]], [0, 1])",
        "from sklearn.linear_model import LinearRegression, Ridge\n"
        "b = Ridge().fit([[0], [1]], [0, 1])\nLinearRegression().fit([[0], [1]], [0, 1])",
    ]
    for place, text in enumerate(texts):
        assert nb.run(f"%%job b{place}\n{text}").ok
        assert needs(nb, f"b{place}") == [], text


def test_why_says_who_takes_turns_and_how_not_to(nb: Kernel) -> None:
    """Two jobs that draw from one seeded generator: why names it, and the way out."""
    nb.run("import random\nrandom.seed(0)")
    nb.run("%%job a\nimport os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\na = random.random()")
    nb.run("%%job b\nb = random.random()")
    said = nb.run("%nbflow why b").text
    (nb.folder / "go").touch()
    assert "b waits for a" in said
    assert "for random state; both draw from random, which is seeded, so in turn: " in said
    assert "random.Random(seed)" in said
    assert "<" not in said
    nb.run("%nbflow wait")


def test_elements_of_a_fan_out_draw_from_streams_of_their_own(nb: Kernel) -> None:
    """Each element's numbers follow from the seed and its name; none waits, and the stream goes on as before."""
    nb.run("import numpy as np\nnp.random.seed(0)")
    for _ in range(2):
        nb.run("%%job fan --for i=[1, 2, 3]\nx = float(np.random.rand())")
        assert nb.run("first, x = dict(x), None").ok if _ == 0 else True
    assert nb.value("(first == x, len({*x.values()}))") == (True, 3)
    assert nb.value("float(np.random.rand())") == pytest.approx(0.5488135)


def test_a_second_attempt_draws_the_same(nb: Kernel) -> None:
    """What a failed attempt has drawn is not lost: the next one begins where it began."""
    nb.run("import random\nrandom.seed(5)")
    nb.run(
        "%%job a --retries 1 --delay 0\nimport os\nx = random.random()\nopen('drawn', 'a').write(f'{x}\\n')\n"
        "assert os.environ['NBFLOW_ATTEMPT'] == '2'"
    )
    assert nb.run("x").ok
    first, second = (nb.folder / "drawn").read_text().split()
    assert first == second


def test_what_is_drawn_unseen_is_handed_on_and_said(nb: Kernel) -> None:
    """A callee whose text nobody sees draws in its turn where it can, and the card says what was found."""
    (nb.folder / "dice.py").write_text("import numpy\nroll = getattr(numpy.random, 'ra' + 'nd')\n")
    nb.run("import numpy as np\nnp.random.seed(0); import dice")
    card = nb.run("%%job a\nmake = vars(dice)['ro' + 'll']\na = float(make())")
    nb.run("%nbflow wait")
    assert nb.value("(a, float(np.random.rand()))") == (0.5488135039273248, 0.7151893663724195)
    nb.until(lambda: "drew from numpy.random, unseen by its text" in card.text, what="the card")


def test_what_is_seeded_unseen_is_seeded_for_later_cells(nb: Kernel) -> None:
    """A module of the notebook's folder that seeds when a job calls it: later cells go on from there."""
    (nb.folder / "setup_all.py").write_text("import random\ndef begin():\n    getattr(random, 'se' + 'ed')(1)\n")
    nb.run("import random")
    nb.run("%%job a\nimport setup_all\nsetup_all.begin()")
    nb.run("%nbflow wait")
    nb.run("%%job b\nb = random.random()")
    assert nb.value("b") == 0.13436424411240122


# --- settings
def test_settings_by_constants_count_at_once(nb: Kernel) -> None:
    """Styles, options, filters and variables that a job sets to constants: later cells have them at once."""
    nb.run(
        "%%job setup\nimport warnings, os, decimal, sys\nimport numpy as np, pandas as pd\nimport time; time.sleep(2)\n"
        "warnings.filterwarnings('ignore', category=DeprecationWarning)\nos.environ['NB_ONE'] = '1'\n"
        "np.set_printoptions(precision=3)\npd.set_option('display.max_rows', 7)\nsys.setrecursionlimit(2500)\n"
        "decimal.getcontext().prec = 9\nx = 1"
    )
    nb.run(
        "%%job later\nimport decimal, os, sys, warnings, numpy, pandas\n"
        "found = [os.environ['NB_ONE'], numpy.get_printoptions()['precision'], pandas.get_option('display.max_rows'),"
        " sys.getrecursionlimit(), decimal.getcontext().prec,"
        " [f[0] for f in warnings.filters if f[2] is DeprecationWarning][0]]"
    )
    assert needs(nb, "later") == []
    nb.run("import decimal, os, sys, warnings, numpy, pandas\n")
    nb.run(
        "here = [os.environ['NB_ONE'], numpy.get_printoptions()['precision'], pandas.get_option('display.max_rows'),"
        " sys.getrecursionlimit(), decimal.getcontext().prec,"
        " [f[0] for f in warnings.filters if f[2] is DeprecationWarning][0]]"
    )
    assert nb.value("nbflow.flow().status()['setup']") in ("running", "ready", "waiting")
    assert nb.value("found") == nb.value("here") == ["1", 3, 7, 2500, 9, "ignore"]


def test_settings_that_are_computed_are_waited_for(nb: Kernel) -> None:
    """A style that a job computes is there in the jobs and ordinary cells that may plot, and nobody else waits."""
    cells = [
        "#job\nimport matplotlib.pyplot as plt\nsize = 3",
        "#job\nplt.rcParams['figure.figsize'] = [size * 2.0, size / 1]\nplt.rcParams['lines.linewidth'] = size",
        "#job\na = list(map(float, plt.figure().get_size_inches()))",
        "b = list(map(float, plt.figure().get_size_inches()))",
        "#job\nplt.rcdefaults()",
        "#job\nc = plt.rcParams['lines.linewidth']",
    ]
    alike(nb, cells, "a b c")
    assert needs(nb, "j2") == ["j1"]


def test_style_and_theme(nb: Kernel) -> None:
    """matplotlib's styles and seaborn's themes reach later jobs and cells."""
    look = "[plt.rcParams[k] for k in ('axes.facecolor', 'axes.grid', 'font.size')], "
    look += "plt.rcParams['axes.prop_cycle'].by_key()['color'][0]"
    cells = [
        "#job\nimport matplotlib.pyplot as plt\nplt.style.use('ggplot')",
        f"#job\na = {look}",
        f"b = {look}",
        "#job\nimport seaborn as sns\nsns.set_theme(style='whitegrid', palette='deep')",
        f"#job\nc = {look}",
        f"d = {look}",
    ]
    alike(nb, cells, "a b c d")


def test_environment_folder_and_path(nb: Kernel) -> None:
    """Variables, the working folder and the import path that a job changes are changed for later cells."""
    cells = [
        "#job\nimport os, sys\nos.makedirs('made/lib', exist_ok=True)\n"
        "open('made/lib/helper_of_job.py', 'w').write('value = 5')\n"
        "os.environ['NB_ONE'] = str(len('abc')); os.environ['NB_TWO'] = 'x'",
        "#job\nos.chdir('made')\nsys.path.insert(0, os.path.abspath('lib'))",
        "#job\nimport helper_of_job\na = helper_of_job.value, os.path.basename(os.getcwd()), os.environ['NB_ONE']",
        "#job\ndel os.environ['NB_TWO']",
        "import helper_of_job\nb = helper_of_job.value, os.path.basename(os.getcwd()), os.environ.get('NB_TWO')",
    ]
    alike(nb, cells, "a b")


def test_magics_that_set_variables_and_folders(nb: Kernel) -> None:
    """``%env`` and ``%cd`` in a job are what they are in a cell."""
    nb.run("%%job a\n%env NB_ONE=magic\nimport os\nos.mkdir('below')\n%cd below")
    nb.run("%%job b --shell\necho $NB_ONE $(basename $PWD) > out")
    nb.run("import os\nc = os.environ['NB_ONE'], os.path.basename(os.getcwd())")
    nb.run("%nbflow wait")
    assert nb.value("c") == ("magic", "below")
    assert (nb.folder / "below" / "out").read_text() == "magic below\n"


def test_what_ordinary_cells_set_reaches_jobs(nb: Kernel) -> None:
    """The kernel's own settings travel with each job, as they are when it is declared."""
    nb.run("import matplotlib.pyplot as plt, pandas as pd, numpy as np, warnings")
    nb.run(
        "plt.rcParams['lines.linewidth'] = 4; pd.options.display.precision = 2\n"
        "np.set_printoptions(suppress=True); np.seterr(all='ignore'); warnings.simplefilter('error', FutureWarning)"
    )
    nb.run(
        "%%job a\na = plt.rcParams['lines.linewidth'], pd.options.display.precision, np.get_printoptions()['suppress'],"
        " np.geterr()['divide'], ('error', FutureWarning.__name__) in [(f[0], f[2].__name__) for f in warnings.filters]"
    )
    nb.run("plt.rcParams['lines.linewidth'] = 5")
    assert nb.value("a") == (4.0, 2, True, "ignore", True)


def test_a_with_statement_leaves_nothing(nb: Kernel) -> None:
    """Filters and options that a ``with`` puts back are nobody's to wait for."""
    nb.run(
        "%%job a\nimport warnings, time\nwith warnings.catch_warnings():\n"
        "    warnings.simplefilter('ignore')\n    time.sleep(0.3)\nx = 1"
    )
    assert not [name for name in spec(nb, "a").get("outputs", []) if name.startswith("<")]
    nb.run("%nbflow wait")


def test_nothing_touched_nothing_travels(nb: Kernel) -> None:
    """In a notebook that has set nothing, a job gets nothing of hidden state and leaves nothing."""
    nb.run("import numpy as np, pandas as pd, matplotlib.pyplot as plt, warnings, os, random")
    nb.run("%%job a\nx = np.arange(3).sum() + len(os.getcwd())\nfig = plt.figure()")
    found = spec(nb, "a")
    hidden = [name for key in ("inputs", "offered", "outputs") for name in found.get(key, ()) if name.startswith("<")]
    assert hidden == []
    nb.run("%nbflow wait")


def test_a_new_kernel_gets_what_the_jobs_have_made(start_kernel: Any) -> None:
    """After a restart, taking up the run again, cells draw on from where the last job left the generator."""
    kernel = start_kernel(interpreters()[0].name)
    kernel.run(
        "%load_ext nbflow\nimport random\nrandom.seed(0); first, second, third = (random.random() for _ in range(3))"
    )
    expected = kernel.value("(first, second, third)")
    kernel.run("%%job a\nimport random\nrandom.seed(0); a = random.random()")
    kernel.run("%%job b\nb = random.random()")
    kernel.run("%nbflow wait")
    kernel.restart()
    kernel.run("%load_ext nbflow\n%nbflow resume\nimport random")
    assert (kernel.value("a"), kernel.value("b"), kernel.value("random.random()")) == expected


def test_a_kernel_job_shares_the_kernels_state(nb: Kernel) -> None:
    """A job in the kernel draws from the kernel's generator, and those after it go on from there."""
    nb.run("import random\nrandom.seed(0); expected = [random.random() for _ in range(4)]; random.seed(0)")
    nb.run("%%job a\na = random.random()")
    nb.run("%%job b --in kernel\nb = random.random()")
    nb.run("%%job c\nc = random.random()")
    assert nb.value("[a, b, c, random.random()] == expected")
