"""Which full names of functions and objects change a setting."""

from __future__ import annotations

from nbflow.core.hidden import CWD, DECIMAL, ENVIRON, LIMITS, LOCALE, MATPLOTLIB, NUMPY, PANDAS, PATH, SKLEARN, WARNINGS

_RC = ("update", "setdefault", "pop", "clear", "_update_raw")
COLOR_MAPS = (
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
    **{f"matplotlib.pyplot.{name}": MATPLOTLIB for name in COLOR_MAPS},
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
