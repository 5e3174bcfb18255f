"""The steps of the flow that every view shows: 30 jobs with a sweep of 16, a group of 3, a failure and a retry."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

DONE = Path("done")
"""A folder with a file for each step that has ended: whoever photographs knows where the flow stands."""
ALPHAS = [round(float(alpha), 3) for alpha in np.logspace(-2, 3, 16)]
BAD = ALPHAS[6]


def _ended(name: str) -> None:
    DONE.mkdir(exist_ok=True)
    (DONE / name).touch()


def load() -> pd.DataFrame:
    """The measurements."""
    time.sleep(0.6)
    _ended("load")
    return load_diabetes(as_frame=True).frame


def fetch() -> pd.Series:
    """Weights from a server that does not answer the first time."""
    time.sleep(0.5)
    _ended("fetch")
    seen = Path("fetched")
    if not seen.exists():
        seen.touch()
        raise ConnectionError("the server hung up")
    return pd.Series(np.linspace(0.5, 1.5, 442), name="weight")


def clean(raw: pd.DataFrame) -> pd.DataFrame:
    """Rows without gaps."""
    time.sleep(0.8)
    _ended("clean")
    return raw.dropna()


def join(tidy: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """The measurements with their weights."""
    time.sleep(0.4)
    _ended("join")
    return tidy.assign(weight=weights.to_numpy())


def split(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What is learnt from, and what it is tried on."""
    time.sleep(0.4)
    _ended("split")
    return {"train": table.iloc[:330], "test": table.iloc[330:]}


def fit(parts: dict[str, pd.DataFrame], alpha: float) -> float:
    """How well a ridge regression does; one of the sweep does not converge."""
    time.sleep(1.2)
    _ended(f"fit-{alpha}")
    if alpha == BAD:
        raise ValueError("the solver did not converge")
    x, y = (parts["train"].drop(columns=["target", "weight"]), parts["train"]["target"])
    model = Ridge(alpha=alpha).fit(x, y, sample_weight=parts["train"]["weight"])
    return float(model.score(parts["test"].drop(columns=["target", "weight"]), parts["test"]["target"]))


def best(scores: dict[float, float]) -> float:
    """The alpha that did best."""
    time.sleep(0.4)
    _ended("best")
    return max(scores, key=lambda alpha: scores[alpha])


def drift(parts: dict[str, pd.DataFrame]) -> bool:
    """A check: both parts look alike."""
    time.sleep(0.7)
    _ended("drift")
    return bool(abs(parts["train"]["bmi"].mean() - parts["test"]["bmi"].mean()) < 1)


def leakage(parts: dict[str, pd.DataFrame]) -> bool:
    """A check: nobody is in both parts."""
    time.sleep(0.9)
    _ended("leakage")
    return not set(parts["train"].index) & set(parts["test"].index)


def balance(parts: dict[str, pd.DataFrame]) -> bool:
    """A check: the parts are of a reasonable size."""
    time.sleep(0.6)
    _ended("balance")
    return 0.1 < len(parts["test"]) / len(parts["train"]) < 0.5


def importance(parts: dict[str, pd.DataFrame]) -> pd.Series:
    """What each column tells, by a long calculation."""
    for _ in range(60):
        time.sleep(0.2)
    _ended("importance")
    return parts["train"].corr()["target"].abs()


def plot(alpha: float) -> str:
    """A figure."""
    time.sleep(0.6)
    _ended("plot")
    return f"figure for {alpha}"


def report(figure: str, columns: pd.Series, checks: list[bool]) -> str:
    """All of it in words."""
    time.sleep(0.5)
    _ended("report")
    return f"{figure}; {columns.idxmax()} tells most; {sum(checks)} of {len(checks)} checks good"


def export(text: str) -> int:
    """How long the report is, written to a file."""
    time.sleep(0.3)
    _ended("export")
    return Path("report.txt").write_text(text)


def archive(size: int) -> bool:
    """Whether there was something to keep."""
    time.sleep(0.3)
    _ended("archive")
    return size > 0
