"""What may depend on a setting, and what a text must have to be of interest at all."""

from __future__ import annotations

import re

from nbflow.core.settings import COLOR_MAPS

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
    r"setlocale|setcontext|getcontext|set|xkcd|" + "|".join(COLOR_MAPS)
)
"""Words of which a text must have one if it seeds or changes anything by itself."""
