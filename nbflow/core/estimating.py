"""Which functions of packages, and which estimators, draw from the shared generators where they are given no seed."""

from __future__ import annotations

import re

from nbflow.core.hidden import NUMPY_RANDOM, RANDOM

_DRAWING = re.compile(
    r"rvs|train_test_split|shuffle|resample|make_\w+|bootstrap|permutation_\w+|\w*random\w*|differential_evolution|"
    r"dual_annealing|basinhopping|k_?means\w*|sample\w*|mutual_info_\w+|spectral_\w+|\w+_graph|spring_layout|fast_\w+"
)


def draws_by_name(path: str) -> bool:
    """Whether a function of a package that is not loaded here sounds like drawing."""
    return _DRAWING.fullmatch(path.rpartition(".")[2]) is not None


RANDOMISED = frozenset(
    {"sklearn", "scipy", "pandas", "imblearn", "statsmodels", "umap", "xgboost", "lightgbm", "catboost", "networkx"}
    | {"hdbscan", "mlxtend", "skimage", "geopandas"}
)
"""Packages whose functions draw from the global generators where no seed is given."""
SEEDS = frozenset({"random_state", "seed", "rng"})
"""Arguments that spare the global generators."""


def draws_from(package: str) -> tuple[str, ...]:
    """The generators that functions of *package* draw from."""
    return (NUMPY_RANDOM, RANDOM) if package == "networkx" else (NUMPY_RANDOM,)


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
