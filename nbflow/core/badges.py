"""Small marks in a job's box that hold whatever its status: where it runs, if not in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from nbflow.core.icons import Icon


class Badge(NamedTuple):
    """A drawing in a 14 by 14 box, and what it says."""

    icon: Icon
    words: str


ELSEWHERE = "elsewhere"
BADGES: dict[str, Badge] = {
    "kernel": Badge(Icon("M2.2,3H11.8V11H2.2ZM4.6,5.6L6.4,7L4.6,8.4M7.4,8.6H9.4"), "runs in the kernel"),
    "dask": Badge(Icon("M4,2.2L9.4,4.4V8M4,5.8L9.4,8V11.6M4,2.2V9.4L9.4,11.6"), "runs on a Dask cluster"),
    "slurm": Badge(Icon("M2.2,2.6H11.8V6H2.2ZM2.2,8H11.8V11.4H2.2ZM4.4,4.3H4.5M4.4,9.7H4.5"), "runs as a Slurm job"),
    ELSEWHERE: Badge(Icon("M2.2,9.8H11.8M7,9.8V3M4.4,5.4L7,2.8L9.6,5.4"), "runs elsewhere"),
    "cache": Badge(
        Icon("M2.6,3.8C2.6,1.6 11.4,1.6 11.4,3.8C11.4,6 2.6,6 2.6,3.8V10.2C2.6,12.4 11.4,12.4 11.4,10.2V3.8"),
        "its outputs are kept for later runs",
    ),
}
"""The one table of them: an executor is marked by its name, an unknown one as ``elsewhere``, ``process`` not at all."""


def badges_of(job: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys in `BADGES` for a snapshot's *job*.

    >>> badges_of({"executor": "kernel", "cache": True}), badges_of({"executor": "process"})
    (('kernel', 'cache'), ())
    """
    executor = job.get("executor") or "process"
    where = () if executor == "process" else (executor if executor in BADGES else ELSEWHERE,)
    return (*where, "cache") if job.get("cache") else where
