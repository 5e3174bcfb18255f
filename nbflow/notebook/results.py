"""How ``%nbflow gather`` shows results as they come: the newest ones, a line each."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, field
from html import escape
from typing import Any

from nbflow.notebook.card import QUIET
from nbflow.notebook.gathering import Result
from nbflow.notebook.rich import MONO

SHOWN = 20
"""Results that are shown at once."""


@dataclass
class Results:
    """What has come so far of the *total* jobs of *name*."""

    name: str
    total: int
    count: int = 0
    newest: list[Result] = field(default_factory=list)
    over: bool = False

    def add(self, result: Result) -> None:
        """One more has come."""
        self.count += 1
        self.newest = [*self.newest[1 - SHOWN :], result]

    @property
    def head(self) -> str:
        """How far it is.

        >>> results = Results("fit", 3)
        >>> results.add(Result(0.1, {"score": 0.25}))
        >>> print(results.text())
        fit: 1 of 3
            0.1  score = 0.25
        """
        said = f"{self.name}: {self.count} of {self.total}"
        missing = self.total - self.count
        return f"{said}, {missing} without a result" if self.over and missing else said

    @property
    def lines(self) -> list[str]:
        """A line for each of the newest results."""
        before = self.count - len(self.newest)
        return [*([f"… {before} before"] if before else []), *map(line, self.newest)]

    def text(self) -> str:
        """As plain text."""
        return "\n".join([self.head, *(f"    {each}" for each in self.lines)])

    def bundle(self) -> dict[str, str]:
        """As a mime bundle; every text escaped."""
        lines = escape("\n".join(self.lines))
        html = (
            f"<div><b>{escape(self.head)}</b>"
            f'<pre style="margin:2px 0 0 22px;color:{QUIET};font-family:{MONO};background:transparent">{lines}</pre>'
            "</div>"
        )
        return {"text/html": html, "text/plain": self.text()}


def line(result: Result) -> str:
    """One result: its key and the beginnings of its values."""
    outputs = ", ".join(f"{name} = {_short(value)}" for name, value in result.outputs.items())
    return f"{_short(result.key)}  {outputs}".rstrip()


_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 60


def _short(value: Any) -> str:
    try:
        text = " ".join(_REPR.repr(value).split())
    except Exception:  # somebody's own repr
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 80 else f"{text[:79]}…"
