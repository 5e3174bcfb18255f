"""Whether fitting what the kernel has draws from the shared generators."""

from __future__ import annotations

import inspect
import sys
from itertools import islice
from typing import Any

from nbflow.core.estimating import SEEDS, steady


def takes_seed(value: Any) -> bool:
    """Whether *value*, called without a seed, may use the global generators."""
    try:
        parameters = inspect.signature(value).parameters
    except (TypeError, ValueError):
        return False
    return any(name in parameters for name in SEEDS)


def fits(value: object) -> bool | None:
    """Whether fitting *value*, or drawing a sample of it, draws from numpy's generator; None: who knows.

    >>> fits(3), fits([1, 2]), fits(object())
    (False, False, None)
    """
    match value:
        case str() | int() | float() | None:
            return False
        case list() | tuple() | set():
            return any(fits(each) is True for each in islice(value, 100))
        case dict():
            return any(fits(each) is True for each in islice(value.values(), 100))
    package = type(value).__module__.partition(".")[0]
    if package in ("random", "numpy", "statsmodels"):
        return package == "numpy" and type(value).__name__ == "RandomState" and value is _shared()
    if not hasattr(value, "get_params") or isinstance(value, type):
        return None
    return _unseeded(value)


def _unseeded(estimator: Any) -> bool | None:
    """Whether *estimator*, or a part of it, takes a seed, has none, and needs one."""
    try:
        params = estimator.get_params(deep=True)
    except Exception:  # somebody's own estimator
        return None
    for key, value in params.items():
        if key.rpartition("__")[2] in SEEDS and value is None:
            whole = params.get(key.rpartition("__")[0], estimator) if "__" in key else estimator
            solver = params.get(f"{key.rpartition('__')[0]}__solver" if "__" in key else "solver", "auto")
            if not steady(type(whole).__name__, frozenset()) or solver in ("sag", "saga", "liblinear"):
                return True
    return False


def _shared() -> object:
    """The generator behind the functions of `numpy.random`."""
    return getattr(sys.modules.get("numpy.random.mtrand"), "_rand", None)
