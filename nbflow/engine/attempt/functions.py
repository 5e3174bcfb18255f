"""A function that a job calls: by value, with globals of its own, so that its arguments' names cannot change them."""

from __future__ import annotations

import inspect
import io
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbflow.engine import pickling
from nbflow.errors import ValueNotStorable


@dataclass(frozen=True)
class Function:
    """The function *label*, pickled, of which *outputs* are made; *file*, *line* and *text* say where it was written.

    >>> halves = Function.of(lambda n: (n // 2, n - n // 2), ("low", "high"), "halves")
    >>> halves(5)
    (2, 3)
    """

    label: str
    pickled: bytes
    outputs: tuple[str, ...]
    file: str = ""
    line: int = 1
    text: str = ""

    @classmethod
    def of(cls, function: Callable[..., Any], outputs: tuple[str, ...], label: str) -> Function:
        """*function* as it is now.

        Raises:
            ValueNotStorable: it uses something that cannot leave the process.
        """
        sink = io.BytesIO()
        try:
            pickling.dump(function, sink)
        except Exception as error:
            raise ValueNotStorable(label, type(function).__name__, pickling.explain(function, error)) from error
        lines, first = _lines(function)
        code = getattr(inspect.unwrap(function), "__code__", None)
        return cls(label, sink.getvalue(), outputs, getattr(code, "co_filename", ""), first, "".join(lines))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the function gives: its one output, or a tuple of them in order."""
        from nbflow.engine.attempt.calls import as_outputs
        from nbflow.engine.attempt.checks import settled

        self._remember()
        function = pickling.load(io.BytesIO(self.pickled), [], None)
        result = settled(function(*args, **kwargs))
        if len(self.outputs) == 1:
            return result
        return tuple(as_outputs(result, self.outputs, f"{self.label}()").values()) if self.outputs else None

    def _remember(self) -> None:
        """Let tracebacks show the function's lines where its file is not here."""
        if self.text and self.file not in linecache.cache and not Path(self.file).exists():
            lines = ["\n"] * (self.line - 1) + self.text.splitlines(keepends=True)
            linecache.cache[self.file] = (sum(map(len, lines)), None, lines, self.file)


def _lines(function: Callable[..., Any]) -> tuple[list[str], int]:
    try:
        return inspect.getsourcelines(function)
    except (OSError, TypeError):
        return [], 1
