"""State that hides in modules, as names: random generators, plot styles, options, the environment, the working folder.

Such a name stands in angle brackets, so it can never be a variable's. It is read, written, waited for, stored and
handed on as variables are; people see it as ``numpy.random state``. Two kinds: *generators* are read and written by
whoever draws from them, once the notebook has seeded them; *settings* are read by whatever may depend on them.
"""

from __future__ import annotations

from collections.abc import Iterable

RANDOM, NUMPY_RANDOM, TORCH_RANDOM = "<random>", "<numpy.random>", "<torch.random>"
MATPLOTLIB, PANDAS, NUMPY, SKLEARN = "<matplotlib>", "<pandas>", "<numpy>", "<sklearn>"
ENVIRON, CWD, PATH, WARNINGS = "<environ>", "<cwd>", "<sys.path>", "<warnings>"
DECIMAL, LOCALE, LIMITS = "<decimal>", "<locale>", "<limits>"

GENERATORS = frozenset({RANDOM, NUMPY_RANDOM, TORCH_RANDOM})
SETTINGS = frozenset(
    {MATPLOTLIB, PANDAS, NUMPY, SKLEARN, ENVIRON, CWD, PATH, WARNINGS, DECIMAL, LOCALE, LIMITS},
)
CHANGING = (*sorted(GENERATORS), MATPLOTLIB, PANDAS, NUMPY, DECIMAL, LIMITS, CWD)
"""What is compared after a job, in case it was changed unseen; imports change the others, which means nothing."""
_SPOKEN = {
    MATPLOTLIB: "matplotlib style",
    PANDAS: "pandas options",
    NUMPY: "numpy options",
    SKLEARN: "sklearn options",
    ENVIRON: "os.environ",
    CWD: "working folder",
    PATH: "sys.path",
    WARNINGS: "warnings filters",
    DECIMAL: "decimal context",
    LOCALE: "locale",
    LIMITS: "limits of sys",
}
_OWN = "<own "
_HOW_NOT = {
    RANDOM: "random.Random(seed)",
    NUMPY_RANDOM: "np.random.default_rng(seed)",
    TORCH_RANDOM: "torch.Generator().manual_seed(seed)",
}


def is_hidden(name: str) -> bool:
    """Whether *name* stands for state that hides in a module.

    >>> is_hidden("<numpy.random>"), is_hidden("df")
    (True, False)
    """
    return name.startswith("<")


def hidden_in(names: Iterable[str]) -> frozenset[str]:
    """Those of *names* that stand for hidden state.

    >>> sorted(hidden_in(["df", "<cwd>"]))
    ['<cwd>']
    """
    return frozenset(name for name in names if is_hidden(name))


def own(generator: str) -> str:
    """The input by which a job gets a stream of its own, made of the seeded state of *generator* and the job's name.

    >>> own("<numpy.random>")
    '<own numpy.random>'
    """
    return _OWN + generator[1:]


def owned(name: str) -> str | None:
    """The generator that *name*, an input as `own` gives it, is about; None for any other name.

    >>> owned("<own random>"), owned("<random>")
    ('<random>', None)
    """
    return "<" + name.removeprefix(_OWN) if name.startswith(_OWN) else None


def spoken(name: str) -> str:
    """*name* as people read it.

    >>> spoken("<numpy.random>"), spoken("<cwd>"), spoken("df")
    ('numpy.random state', 'working folder', 'df')
    """
    if not is_hidden(name):
        return name
    name = owned(name) or name
    return _SPOKEN.get(name) or f"{name[1:-1]} state"


def how_not_to_wait(name: str) -> str:
    """What a person can do so that jobs do not wait for each other because of *name*.

    >>> how_not_to_wait("<random>")
    'give each a generator of its own, random.Random(seed), or never seed'
    """
    if name in _HOW_NOT:
        return f"give each a generator of its own, {_HOW_NOT[name]}, or never seed"
    return "set it in an ordinary cell before them"
