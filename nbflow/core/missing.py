"""What stands for a value that a job was to make and never will, where a job has said that it can do without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from nbflow.errors import JobFailedError


@dataclass(frozen=True)
class Missing:
    """An input that has no value, as *job* made none; *reason* says why, in words. For jobs with ``--on-missing pass``.

    It counts as false. Whatever needs a value (arithmetic, indexing, a loop over it) raises `JobFailedError` instead.

    >>> sales = Missing("load", "exit 10")
    >>> "no sales" if not sales else sales
    'no sales'
    >>> sales + 1
    Traceback (most recent call last):
    ...
    nbflow.errors.JobFailedError: job 'load' has no value: exit 10
    """

    job: str
    reason: str = ""

    __array_ufunc__ = None
    """Arrays leave operations with it to it."""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return f"missing: {self.job} ({self.reason})" if self.reason else f"missing: {self.job}"

    def _refuse(self, *_: object) -> NoReturn:
        raise JobFailedError(self.job, self.reason or "it did not succeed")

    def __iter__(self) -> Iterator[Any]:
        self._refuse()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # asked for by Python itself, of one that is still being made, too
            raise AttributeError(name)
        raise AttributeError(f"no {name!r} here: job {self.job!r} has no value: {self.reason or 'it did not succeed'}")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __matmul__ = __rmatmul__ = _refuse
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _refuse
    __pow__ = __rpow__ = __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _refuse
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __neg__ = __pos__ = __abs__ = __invert__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __len__ = __getitem__ = __contains__ = __call__ = _refuse
    __int__ = __float__ = __complex__ = __index__ = __round__ = _refuse


Missing.__module__ = "nbflow"  # the name that stored values know it by
