"""Running one cell: its statements, then its last expression through the display hook, as a notebook does."""

from __future__ import annotations
import __future__ as future

import ast
import asyncio
import inspect
import linecache
from types import CodeType
from typing import Any

_FUTURES = 0
for _name in future.all_feature_names:
    _FUTURES |= getattr(future, _name).compiler_flag


def run(code: str, namespace: dict[str, Any], filename: str, source: str = "") -> None:
    """Execute *code* in *namespace*; tracebacks show the lines of *source*, which is what the person typed.

    >>> namespace = {}
    >>> run("a = 1\\nb = a + 1", namespace, "<job add>")
    >>> namespace["b"]
    2
    """
    remember(code, filename, source)
    body, last = split(code, filename)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    runner = Runner()
    try:
        if body.body:
            compiled = compile(body, filename, "exec", flags=flags, dont_inherit=True)
            flags |= compiled.co_flags & _FUTURES
            runner.run(compiled, namespace)
        if last is not None:
            runner.run(compile(last, filename, "single", flags=flags, dont_inherit=True), namespace)
    finally:
        runner.close()


def split(code: str, filename: str) -> tuple[ast.Module, ast.Interactive | None]:
    """The cell without its last expression, and that expression; None if the cell ends otherwise or in a semicolon."""
    tree = ast.parse(code, filename)
    if not tree.body or not isinstance(tree.body[-1], ast.Expr) or ends_in_semicolon(code, tree.body[-1]):
        return tree, None
    last = tree.body.pop()
    return tree, ast.Interactive([last])


def ends_in_semicolon(code: str, last: ast.stmt) -> bool:
    """Whether a semicolon after *last* asks to show nothing.

    >>> code = "x;  # quiet"
    >>> ends_in_semicolon(code, ast.parse(code).body[0])
    True
    """
    assert last.end_lineno is not None
    assert last.end_col_offset is not None
    rest = code.splitlines()[last.end_lineno - 1].encode()[last.end_col_offset :]
    return rest.lstrip().startswith(b";")


def remember(code: str, filename: str, source: str) -> None:
    """Let tracebacks and ``inspect.getsource`` find the cell's text."""
    lines, typed = code.splitlines(keepends=True), source.splitlines(keepends=True)
    if len(typed) == len(lines):
        lines = typed
    linecache.cache[filename] = (sum(map(len, lines)), None, lines, filename)


class Runner:
    """Executes code objects; the first that awaits gets an event loop, which the later ones share."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, code: CodeType, namespace: dict[str, Any]) -> None:
        if not code.co_flags & inspect.CO_COROUTINE:
            exec(code, namespace)
            return
        self._started().run_until_complete(eval(code, namespace))

    def _started(self) -> asyncio.AbstractEventLoop:
        """The cell's loop, nested so that ``asyncio.run`` works below a top-level await."""
        if self._loop is None:
            import nest_asyncio2

            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
            nest_asyncio2.apply(self._loop)
        return self._loop

    def close(self) -> None:
        if self._loop is not None:
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
