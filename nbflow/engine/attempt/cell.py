"""Running one cell: its statements, then its last expression through the display hook, as a notebook does."""

from __future__ import annotations
import __future__ as future

import ast
import asyncio
import inspect
import linecache
import sys
from collections.abc import Sequence
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
    parts = []
    if body.body:
        parts.append(compile(body, filename, "exec", flags=flags, dont_inherit=True))
        flags |= parts[0].co_flags & _FUTURES
    if last is not None:
        parts.append(compile(last, filename, "single", flags=flags, dont_inherit=True))
    if any(part.co_flags & inspect.CO_COROUTINE for part in parts) or makes_tasks(code):
        run_in_loop(parts, namespace)
    else:
        for part in parts:
            exec(part, namespace)


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


_TASKS = ("create_task", "ensure_future", "get_running_loop")


def makes_tasks(code: str) -> bool:
    """Whether a cell without a top-level await needs a running loop, as every cell of a notebook has one."""
    return any(name in code for name in _TASKS)


def run_in_loop(parts: Sequence[CodeType], namespace: dict[str, Any]) -> None:
    """Execute *parts* one after the other in one event loop, nested so that ``asyncio.run`` works in there too.

    Tasks that are left at the end are cancelled; a line on stderr says so.
    """
    import nest_asyncio2

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    nest_asyncio2.apply(loop)
    try:
        loop.run_until_complete(_all(parts, namespace))
    finally:
        loop.run_until_complete(asyncio.sleep(0))
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        if left:
            what = "1 task was" if len(left) == 1 else f"{len(left)} tasks were"
            said = f"nbflow: {what} still running at the end of the cell, and stopped: await what the cell starts"
            print(said, file=sys.stderr)


def is_of_loop(value: object) -> bool:
    """Whether *value* is nothing but tasks, futures and coroutines: of no use once the cell's loop has ended.

    >>> is_of_loop([]), is_of_loop({"a": asyncio.new_event_loop().create_future()})
    (False, True)
    """
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple | set) else [value]
    return bool(items) and all(asyncio.isfuture(each) or inspect.iscoroutine(each) for each in items)


async def _all(parts: Sequence[CodeType], namespace: dict[str, Any]) -> None:
    for part in parts:
        result = eval(part, namespace)
        if inspect.iscoroutine(result) and part.co_flags & inspect.CO_COROUTINE:
            await result
