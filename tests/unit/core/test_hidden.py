"""What cells do to state that hides in modules, as their texts tell."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from nbflow.core.hidden import is_hidden, own, owned, spoken
from nbflow.core.hidden_needs import advice, for_states, unseen
from nbflow.core.hidden_reading import read_touches
from nbflow.core.hidden_values import NO_CONSTANT
from nbflow.core.spec import JobSpec, Produced
from nbflow.core.touches import UNTOUCHED, Change, Touches

NAMES = {
    "np": "numpy",
    "random": "random",
    "plt": "matplotlib.pyplot",
    "pd": "pandas",
    "os": "os",
    "sns": "seaborn",
    "sys": "sys",
    "warnings": "warnings",
    "rand": "numpy.random.rand",
    "torch": "torch",
    "pl": "lightning",
    "nx": "networkx",
    "decimal": "decimal",
    "train_test_split": "sklearn.model_selection.train_test_split",
    "Forest": "sklearn.ensemble.RandomForestClassifier",
    "Linear": "sklearn.linear_model.LinearRegression",
    "Ridge": "sklearn.linear_model.Ridge",
}
SEEDABLE = {"RandomForestClassifier", "Ridge", "train_test_split"}


class Known:
    """The names of a notebook that has imported the usual."""

    def origin(self, name: str) -> str:
        return NAMES.get(name, "")

    def behind(self, path: str) -> Touches:
        drawing = frozenset({"<random>"})
        return Touches(reads=drawing, writes=drawing) if path == "roll" else UNTOUCHED

    def fits(self, name: str) -> bool | None:
        return {"steady": False, "shaky": True}.get(name)

    def seedable(self, path: str) -> bool | None:
        return path.rpartition(".")[2] in SEEDABLE if path.startswith("sklearn") else None

    def constant(self, name: str) -> Any:
        return {"SIZE": 4}.get(name, NO_CONSTANT)


def touches(text: str) -> Touches:
    return read_touches(ast.parse(text), Known())


DRAWS = [
    # text, read, written, seeded
    ("x = np.random.rand(3)", "<numpy.random>", "<numpy.random>", ""),
    ("x = rand(3)", "<numpy.random>", "<numpy.random>", ""),
    ("from numpy.random import normal as n\nx = n()", "<numpy.random>", "<numpy.random>", ""),
    ("import numpy.random as r\nx = r.rand()", "<numpy.random>", "<numpy.random>", ""),
    ("r = np.random\nr.seed(0)\nx = r.rand()", "", "<numpy.random>", "<numpy.random>"),
    ("r = np.random.rand\nx = r()", "<numpy.random>", "<numpy.random>", ""),
    ("x = list(map(random.choice, xs))", "<random>", "<random>", ""),
    ("np.random.seed(0)\nx = np.random.rand()", "", "<numpy.random>", "<numpy.random>"),
    ("x = np.random.rand()\nnp.random.seed(0)", "<numpy.random>", "<numpy.random>", "<numpy.random>"),
    ("if a:\n    random.seed(0)\nx = random.random()", "<random>", "<random>", "<random>"),
    ("if a:\n    random.seed(0)\nelse:\n    random.seed(1)\nx = random.random()", "", "<random>", "<random>"),
    ("for i in xs:\n    random.seed(i)\n    x = random.random()", "", "<random>", "<random>"),
    ("for i in xs:\n    random.seed(i)\nx = random.random()", "<random>", "<random>", "<random>"),
    ("random.seed()", "<random>", "<random>", ""),
    ("x = random.getstate()", "<random>", "<random>", ""),
    ("random.setstate(s)\nx = random.random()", "", "<random>", "<random>"),
    ("def f():\n    return random.random()", "", "", ""),
    ("def f():\n    return random.random()\nx = f()", "<random>", "<random>", ""),
    ("def f():\n    random.seed(1)\nf()\nx = random.random()", "", "<random>", "<random>"),
    ("class A:\n    def m(self):\n        return random.random()\na = A()", "<random>", "<random>", ""),
    ("f = lambda: random.random()", "<random>", "<random>", ""),
    ("def f(random):\n    return random.random()\nx = f(y)", "", "", ""),
    ("random = 3\nx = random.random()", "", "", ""),
    ("x = roll()", "<random>", "<random>", ""),
    ("x = random.Random(3).random()", "", "", ""),
    ("rng = np.random.default_rng(0)\nx = rng.normal()", "", "", ""),
    ("rng = random.Random(0)\nx = rng.sample(xs, 2)", "", "", ""),
    ("x = df.sample(3)", "<numpy.random>", "<numpy.random>", ""),
    ("x = df.sample(3, random_state=0)", "", "", ""),
    ("x = df.sample(3, random_state=None)", "<numpy.random>", "<numpy.random>", ""),
    ("x = df.sample(3, random_state=np.random)", "<numpy.random>", "<numpy.random>", ""),
    ("from scipy import stats\nx = stats.norm.rvs(size=3)", "<numpy.random>", "<numpy.random>", ""),
    ("a, b = train_test_split(x)", "<numpy.random>", "<numpy.random>", ""),
    ("a, b = train_test_split(x, random_state=1)", "", "", ""),
    ("m = Forest().fit(x, y)", "<numpy.random>", "<numpy.random>", ""),
    ("m = Forest(random_state=1)\nm.fit(x, y)", "", "", ""),
    ("m = Linear().fit(x, y)", "", "", ""),
    ("m = Ridge(alpha=1).fit(x, y)", "", "", ""),
    ("m = Ridge(solver='sag').fit(x, y)", "<numpy.random>", "<numpy.random>", ""),
    ("for m in [Linear(), Ridge()]:\n    m.fit(x, y)", "", "", ""),
    ("for n, m in {'a': Linear(), 'b': Forest()}.items():\n    m.fit(x)", "<numpy.random>", "<numpy.random>", ""),
    ("steady.fit(x)", "", "", ""),
    ("shaky.fit(x)", "<numpy.random>", "<numpy.random>", ""),
    ("from sklearn.pipeline import make_pipeline\nm = make_pipeline(Linear(), Forest()).fit(x)", "<numpy.random>",
     "<numpy.random>", ""),
    ("from sklearn.model_selection import cross_val_score\ns = cross_val_score(Linear(), x, y)", "", "", ""),
    ("from sklearn.model_selection import cross_val_score\ns = cross_val_score(Forest(), x, y)", "<numpy.random>",
     "<numpy.random>", ""),
    ("pl.seed_everything(0)", "", "<numpy.random> <random> <torch.random>", "<numpy.random> <random> <torch.random>"),
    ("torch.manual_seed(0)\nx = torch.randn(3)", "", "<torch.random>", "<torch.random>"),
    ("g = nx.erdos_renyi_graph(9, 0.5)\ng2 = nx.gnm_random_graph(5, 5, seed=1)", "<numpy.random> <random>",
     "<numpy.random> <random>", ""),
    ("x = [random.random() for random in xs]", "", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reads", "writes", "seeds"), DRAWS)
def test_draws_and_seeds(text: str, reads: str, writes: str, seeds: str) -> None:
    """Which generators a cell meets in the state that they had, leaves in another, and seeds."""
    found = touches(text)
    assert (sorted(found.reads), sorted(found.writes), sorted(found.seeds)) == (
        reads.split(),
        writes.split(),
        seeds.split(),
    )


CHANGES = [
    # text, setting, whether constants alone decide
    ("plt.style.use('ggplot')", "<matplotlib>", True),
    ("plt.style.use(style)", "<matplotlib>", False),
    ("plt.rcParams['lines.linewidth'] = 3", "<matplotlib>", True),
    ("plt.rcParams['lines.linewidth'] = SIZE", "<matplotlib>", True),
    ("size = (3, 4)\nplt.rcParams['figure.figsize'] = size", "<matplotlib>", True),
    ("p = {'font.size': 3}\np['a'] = b\nplt.rcParams.update(p)", "<matplotlib>", False),
    ("p = {'font.size': 3}\nplt.rcParams.update(p)", "<matplotlib>", True),
    ("plt.rc('font', size=3)", "<matplotlib>", True),
    ("plt.rc('font', **{**size})", "<matplotlib>", False),
    ("plt.rcParams.update({**look, 'font.size': 3})", "<matplotlib>", False),
    ("plt.rcParams.update({[]: 1})", "<matplotlib>", False),
    ("if a:\n    plt.rc('font', size=3)", "<matplotlib>", False),
    ("def look():\n    plt.rc('font', size=3)\nlook()", "<matplotlib>", False),
    ("from matplotlib import rcParams as rc\nrc['font.size'] = 3", "<matplotlib>", True),
    ("sns.set_theme(style='white')", "<matplotlib>", True),
    ("plt.viridis()", "<matplotlib>", True),
    ("pd.set_option('display.max_rows', 3)", "<pandas>", True),
    ("pd.options.display.max_rows = 3", "<pandas>", True),
    ("np.set_printoptions(precision=3)", "<numpy>", True),
    ("np.seterr(all='ignore')", "<numpy>", True),
    ("os.environ['A'] = '1'", "<environ>", True),
    ("os.environ['A'] = key", "<environ>", False),
    ("del os.environ['A']", "<environ>", True),
    ("os.environ.update(A='1')", "<environ>", True),
    ("os.environ |= {'A': '1'}", "<environ>", False),
    ("from dotenv import load_dotenv\nload_dotenv()", "<environ>", False),
    ("__import__('os').environ['A'] = '1'", "<environ>", True),
    ("os.chdir('data')", "<cwd>", True),
    ("sys.path.insert(0, 'src')", "<sys.path>", True),
    ("sys.path += ['src']", "<sys.path>", False),
    ("warnings.filterwarnings('ignore', category=UserWarning)", "<warnings>", True),
    ("warnings.simplefilter('ignore', kind)", "<warnings>", False),
    ("decimal.getcontext().prec = 30", "<decimal>", True),
    ("sys.setrecursionlimit(10_000)", "<limits>", True),
]


@pytest.mark.parametrize(("text", "setting", "constant"), CHANGES)
def test_changes_of_settings(text: str, setting: str, constant: bool) -> None:
    """Which setting a cell changes, and whether what it makes of it is known beforehand."""
    found = touches(text)
    assert found.writes == found.reads == {setting}
    assert found.constant == ({setting} if constant else set())


@pytest.mark.parametrize(
    "text",
    [
        "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')",
        "with plt.style.context('ggplot'):\n    plt.plot(x)",
        "with pd.option_context('display.max_rows', 3):\n    print(df)",
        "x = os.environ['A'], os.environ.get('B'), plt.rcParams['font.size'], pd.get_option('display.max_rows')",
        "def look():\n    plt.rc('font', size=3)",
        "get_ipython().run_cell_magic('job', 'a', 'import os; os.chdir(x)')",
    ],
)
def test_what_changes_nothing(text: str) -> None:
    """What is put back, only looked at, or done by a job of its own is no change."""
    assert not touches(text).writes


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("x = y + 1", ""),
        ("x = len(y)", ""),
        ("f'{x}'", "<decimal> <locale> <numpy> <pandas>"),
        ("x = f(y)", "<cwd> <decimal> <environ> <limits> <locale> <numpy> <pandas> <sklearn> <sys.path>"),
        ("import helper", "<cwd> <sys.path>"),
    ],
)
def test_what_a_cell_depends_on(text: str, settings: str) -> None:
    """Plain Python depends on no setting; what calls anything may depend on all but styles and filters."""
    assert sorted(touches(text).depends) == settings.split()


@pytest.mark.parametrize("text", ["plt.plot(x)", "df.plot()", "ax.hist(x)", "sns.heatmap(x)", "fig.savefig('a.png')"])
def test_what_plots_depends_on_the_style(text: str) -> None:
    """Cells that may plot wait for a style that a job computes."""
    assert "<matplotlib>" in touches(text).depends


def test_a_change_by_constants_tells_what_to_do() -> None:
    """The arguments travel, names of classes as such."""
    (_, change), *_ = touches("sns.set_theme('paper', font_scale=1.5)").changes
    assert change == Change("call", "seaborn.set_theme", ("paper",), (("font_scale", 1.5),))


def test_names_for_people() -> None:
    """No sentence has angle brackets in it, and streams of one's own are known for what they are."""
    assert [spoken(name) for name in ("<numpy.random>", "<environ>", own("<random>"), "df")] == [
        "numpy.random state",
        "os.environ",
        "random state",
        "df",
    ]
    assert (owned(own("<random>")), owned("<random>"), is_hidden("random")) == ("<random>", None, False)


def test_waiting_is_explained() -> None:
    """A need for hidden state alone comes with a way out; one for a variable too does not."""
    state, both = Produced("a", "<numpy.random>"), Produced("a", "x")
    alone = JobSpec(name="b", inputs={"<numpy.random>": state})
    assert for_states(alone, "a") == " (numpy.random state)"
    assert "np.random.default_rng(seed)" in advice(alone, ["a"])
    assert advice(JobSpec(name="b", inputs={"<numpy.random>": state, "x": both}), ["a"]) == ""
    assert "<" not in unseen("<random>") + unseen("<matplotlib>")
