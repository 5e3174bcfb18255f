"""Which full names of functions and objects draw from a generator, seed one, or change a setting."""

from __future__ import annotations

import re

from nbflow.core.hidden import (
    CWD,
    DECIMAL,
    ENVIRON,
    GENERATORS,
    LIMITS,
    LOCALE,
    MATPLOTLIB,
    NUMPY,
    NUMPY_RANDOM,
    PANDAS,
    PATH,
    RANDOM,
    SKLEARN,
    TORCH_RANDOM,
    WARNINGS,
)

_SAME = (
    ("numpy.random.mtrand.", "numpy.random."),
    ("numpy.warnings.", "warnings."),
    ("matplotlib.pyplot.style.", "matplotlib.style."),
    ("matplotlib.style.core.", "matplotlib.style."),
    ("matplotlib.pyplot.rc", "matplotlib.rc"),
    ("matplotlib.pyplot.matplotlib.", "matplotlib."),
    ("pandas.core.config_init.pd.", "pandas."),
    ("pandas.plotting._matplotlib.", "matplotlib."),
    ("seaborn.mpl.", "matplotlib."),
    ("seaborn.plt.", "matplotlib.pyplot."),
    ("seaborn.rcmod.", "seaborn."),
    ("pylab.", "matplotlib.pyplot."),
    ("matplotlib.pylab.", "matplotlib.pyplot."),
    ("tensorflow.keras.", "keras."),
    ("posix.", "os."),
    ("torch.random.", "torch."),
)


def canonical(path: str) -> str:
    """The one full name of what goes by several.

    >>> canonical("pylab.rcParams"), canonical("numpy.random.mtrand.seed")
    ('matplotlib.rcParams', 'numpy.random.seed')
    """
    for _ in range(3):
        for other, one in _SAME:
            if path.startswith(other):
                path = one + path[len(other) :]
    return path


# --- generators
_KEEPING = {
    RANDOM: frozenset({"Random", "SystemRandom"}),
    NUMPY_RANDOM: frozenset(
        {"default_rng", "Generator", "RandomState", "SeedSequence", "BitGenerator", "test", "bit_generator", "mtrand"}
        | {"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"}
    ),
    TORCH_RANDOM: frozenset(
        {
            "Generator",
            "tensor",
            "from_numpy",
            "as_tensor",
            "save",
            "load",
            "device",
            "no_grad",
            "zeros",
            "ones",
            "arange",
        }
        | {"is_tensor", "float", "stack", "cat", "set_num_threads", "set_default_dtype", "inference_mode", "linspace"}
    ),
}
"""What of a module leaves its global generator alone."""
_SEEDING = {
    "random.seed": RANDOM,
    "random.setstate": RANDOM,
    "numpy.random.seed": NUMPY_RANDOM,
    "numpy.random.set_state": NUMPY_RANDOM,
    "numpy.random.set_bit_generator": NUMPY_RANDOM,
    "torch.manual_seed": TORCH_RANDOM,
    "torch.set_rng_state": TORCH_RANDOM,
}
_ASKING = {
    "random.getstate": RANDOM,
    "numpy.random.get_state": NUMPY_RANDOM,
    "numpy.random.get_bit_generator": NUMPY_RANDOM,
    "torch.get_rng_state": TORCH_RANDOM,
    "torch.initial_seed": TORCH_RANDOM,
}
_MODULES = (("random.", RANDOM), ("numpy.random.", NUMPY_RANDOM), ("torch.", TORCH_RANDOM))
_SEEDS_ALL = re.compile(
    r"seed_everything|seed_all|(?:re)?set_(?:\w+_)?seeds?|fix_(?:\w+_)?seeds?|set_global_seed|seed_\w+"
)


def seeded_by(path: str) -> frozenset[str]:
    """The generators that a call of *path* seeds.

    >>> sorted(seeded_by("numpy.random.seed")), len(seeded_by("lightning.seed_everything"))
    (['<numpy.random>'], 3)
    """
    if path in _SEEDING:
        return frozenset({_SEEDING[path]})
    package, _, name = path.rpartition(".")
    return GENERATORS if package and _SEEDS_ALL.fullmatch(name) else frozenset()


def asked_by(path: str) -> str | None:
    """The generator whose state *path* gives."""
    return _ASKING.get(path)


def drawn_by(path: str, called: bool) -> str | None:
    """The generator that whoever uses *path* draws from.

    >>> drawn_by("random.choice", called=False), drawn_by("numpy.random.default_rng", called=True)
    ('<random>', None)
    """
    for start, generator in _MODULES:
        if path.startswith(start):
            name, _, more = path[len(start) :].partition(".")
            if name in _KEEPING[generator] or path in _SEEDING or path in _ASKING:
                return None
            if generator == TORCH_RANDOM:
                deep = more.rpartition(".")[2] or name
                return generator if called and deep not in _KEEPING[generator] and not deep.startswith("is_") else None
            return generator if not name.startswith("__") else None
    return None


RANDOMISED = frozenset(
    {"sklearn", "scipy", "pandas", "imblearn", "statsmodels", "umap", "xgboost", "lightgbm", "catboost", "networkx"}
    | {"hdbscan", "mlxtend", "skimage", "geopandas"}
)
"""Packages whose functions draw from the global generators where no seed is given."""
SEEDS = frozenset({"random_state", "seed", "rng"})
"""Arguments that spare the global generators."""
FITTING = frozenset({"fit", "fit_transform", "fit_predict", "fit_resample", "partial_fit", "fit_sample"})
CROSS = frozenset(
    {"cross_val_score", "cross_validate", "cross_val_predict", "learning_curve", "validation_curve"}
    | {"permutation_test_score"}
)
"""Functions that fit what they are given."""
_STEADY = frozenset(
    {"Ridge", "RidgeCV", "RidgeClassifier", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV", "LogisticRegression"}
    | {"LogisticRegressionCV", "HuberRegressor", "AffinityPropagation", "SimpleImputer", "AgglomerativeClustering"}
)
"""Estimators that take a seed and need none, but with some solvers."""


def steady(path: str, options: frozenset[str | None]) -> bool:
    """Whether an estimator of class *path*, made with these *options*, draws nothing though it takes a seed.

    >>> steady("sklearn.linear_model.Ridge", frozenset({"alpha"}))
    True
    """
    return path.rpartition(".")[2] in _STEADY and not options & {"solver", "selection", None}


def draws_from(package: str) -> tuple[str, ...]:
    """The generators that functions of *package* draw from."""
    return (NUMPY_RANDOM, RANDOM) if package == "networkx" else (NUMPY_RANDOM,)


# --- settings
_RC = ("update", "setdefault", "pop", "clear", "_update_raw")
_MAPS = (
    *("autumn", "bone", "cool", "copper", "flag", "gray", "hot", "hsv", "jet", "pink", "prism", "spring", "summer"),
    *("winter", "magma", "inferno", "plasma", "viridis", "nipy_spectral", "set_cmap", "xkcd"),
)
_SNS = (
    *("set", "set_theme", "set_style", "set_context", "set_palette", "set_color_codes"),
    *("reset_defaults", "reset_orig"),
)
_LIST = ("append", "insert", "extend", "remove", "pop", "clear", "sort", "reverse", "__setitem__", "__delitem__")
_DICT = ("update", "pop", "popitem", "setdefault", "clear", "__setitem__", "__delitem__")
_CALLS: dict[str, str] = {
    **dict.fromkeys(["matplotlib.style.use", "arviz.style.use", "mplhep.style.use", "mplhep.set_style"], MATPLOTLIB),
    **dict.fromkeys(["matplotlib.rc", "matplotlib.rcdefaults", "matplotlib.rc_file"], MATPLOTLIB),
    **dict.fromkeys(["matplotlib.rc_file_defaults", "jupyterthemes.jtplot.style"], MATPLOTLIB),
    **{f"matplotlib.rcParams.{name}": MATPLOTLIB for name in (*_RC, *_DICT)},
    **{f"matplotlib.pyplot.{name}": MATPLOTLIB for name in _MAPS},
    **{f"seaborn.{name}": MATPLOTLIB for name in _SNS},
    **{f"pandas.{name}": PANDAS for name in ("set_option", "reset_option", "set_eng_float_format")},
    **{f"numpy.{name}": NUMPY for name in ("set_printoptions", "seterr", "setbufsize", "seterrcall")},
    "sklearn.set_config": SKLEARN,
    **{f"os.environ.{name}": ENVIRON for name in _DICT},
    **{f"os.{name}": ENVIRON for name in ("putenv", "unsetenv")},
    **dict.fromkeys(["dotenv.load_dotenv", "dotenv.main.load_dotenv", "dotenv.load_ipython_extension"], ENVIRON),
    **dict.fromkeys(["os.chdir", "os.fchdir"], CWD),
    **{f"sys.path.{name}": PATH for name in _LIST},
    **dict.fromkeys(["site.addsitedir", "pyprojroot.set_path"], PATH),
    **{f"warnings.{name}": WARNINGS for name in ("filterwarnings", "simplefilter", "resetwarnings")},
    **{f"warnings.filters.{name}": WARNINGS for name in _LIST},
    **dict.fromkeys(["sys.setrecursionlimit", "sys.set_int_max_str_digits"], LIMITS),
    "decimal.setcontext": DECIMAL,
    "locale.setlocale": LOCALE,
}
_OPAQUE = frozenset({"pop", "popitem", "fchdir", "load_dotenv", "setdefault", "rc_file", "xkcd", "seterrcall", "style"})
"""Changes that depend on more than their arguments."""
CONTEXT = "decimal.getcontext()"
_OBJECTS = {
    "matplotlib.rcParams": MATPLOTLIB,
    "pandas.options": PANDAS,
    "os.environ": ENVIRON,
    "os.environb": ENVIRON,
    "sys.path": PATH,
    "warnings.filters": WARNINGS,
    CONTEXT: DECIMAL,
}
_SCOPES = {
    "matplotlib.rc_context": MATPLOTLIB,
    "matplotlib.style.context": MATPLOTLIB,
    "matplotlib.pyplot.xkcd": MATPLOTLIB,
    "seaborn.axes_style": MATPLOTLIB,
    "seaborn.plotting_context": MATPLOTLIB,
    "seaborn.color_palette": MATPLOTLIB,
    "pandas.option_context": PANDAS,
    "numpy.printoptions": NUMPY,
    "numpy.errstate": NUMPY,
    "sklearn.config_context": SKLEARN,
    "warnings.catch_warnings": WARNINGS,
    "contextlib.chdir": CWD,
    "decimal.localcontext": DECIMAL,
}


def changed_by_call(path: str) -> str | None:
    """The setting that a call of *path* changes.

    >>> changed_by_call("seaborn.set_theme"), changed_by_call("os.getcwd")
    ('<matplotlib>', None)
    """
    if path in _CALLS:
        return _CALLS[path]
    return MATPLOTLIB if path.endswith(".style.use") else None


def by_arguments_alone(path: str) -> bool:
    """Whether what a call of *path* changes follows from its arguments."""
    return path in _CALLS and path.rpartition(".")[2] not in _OPAQUE


def changed_by_store(path: str) -> str | None:
    """The setting that is changed by binding *path*, or an item of it.

    >>> changed_by_store("pandas.options.display.max_rows"), changed_by_store("os.environ"), changed_by_store("os.x")
    ('<pandas>', '<environ>', None)
    """
    for start, setting in _OBJECTS.items():
        if path == start or path.startswith(start + "."):
            return setting
    return None


def scope_of(path: str) -> str | None:
    """The setting that a ``with`` statement over a call of *path* puts back at its end."""
    return _SCOPES.get(path)


# --- what may depend on a setting
_PLOTTING = frozenset(
    {
        "matplotlib",
        "seaborn",
        "pylab",
        "mpl_toolkits",
        "plotnine",
        "cartopy",
        "geopandas",
        "mplfinance",
        "arviz",
        "shap",
    }
    | {"missingno", "yellowbrick", "wordcloud", "mplhep", "networkx"}
)
_PLOTS = re.compile(
    r"(?:\w*_)?(?:plot|plots|draw|show|hist|figure|chart)(?:_\w+)?|hist\d?d?|boxplot|savefig|subplots?|imshow|scatter|"
    r"bar|barh|pie|violinplot|from_estimator|from_predictions|heatmap|print_figure"
)
SHOWING = frozenset({"print", "repr", "str", "format", "display", "ascii"})
PLAIN = frozenset(
    {"abs", "all", "any", "bool", "bytes", "callable", "chr", "complex", "dict", "divmod", "enumerate", "filter"}
    | {"float", "frozenset", "getattr", "hasattr", "hash", "hex", "id", "int", "isinstance", "issubclass", "iter"}
    | {"len", "list", "map", "max", "min", "next", "object", "oct", "ord", "pow", "range", "reversed", "round"}
    | {"set", "slice", "sorted", "sum", "tuple", "type", "vars", "zip", "super", "setattr", "delattr", "append"}
)
"""Functions that depend on no setting."""


def plots(path: str | None, method: str) -> bool:
    """Whether a use of *path*, or else of a *method* of anything, may look at matplotlib's settings.

    >>> plots("seaborn.heatmap", ""), plots(None, "plot"), plots(None, "dropna"), plots("numpy.sum", "")
    (True, True, False, False)
    """
    if path is not None and path.partition(".")[0] in _PLOTTING:
        return True
    return _PLOTS.fullmatch(method or (path or "").rpartition(".")[2]) is not None


TRIGGERS = re.compile(
    r"seed\w*|\w+_seeds?|setstate|set_state|\w*random\w*|rc\w*|style|set_\w+|reset_\w+|options|seterr|environ\w*|putenv|unsetenv|"
    r"load_dotenv|f?chdir|path|addsitedir|filterwarnings|simplefilter|resetwarnings|filters|setrecursionlimit|"
    r"setlocale|setcontext|getcontext|set|xkcd|" + "|".join(_MAPS)
)
"""Words of which a text must have one if it seeds or changes anything by itself."""
