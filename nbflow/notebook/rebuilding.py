"""From a kept stack to real tracebacks: frames that a debugger can stand in, made without running the user's code.

Each frame is that of a small function of our own which raises at the very place, by the name, file and line of the one
that failed, with its parameters and variables. So every tool that knows tracebacks knows these.
"""

from __future__ import annotations

import ast
import builtins
import linecache
import sys
from collections.abc import Mapping
from types import CodeType, FunctionType, TracebackType
from typing import Any

from nbflow.engine.client import again, remember

Names = dict[str, Any]


class _Here(Exception):
    """Raised to get hold of a frame."""


class _Given:
    """A value among the constants of code, which have to be hashable."""

    def __init__(self, value: object) -> None:
        self.value = value


class Rebuilt:
    """The exceptions of *kept* with their tracebacks.

    Attributes:
        error: the one that ended the attempt, with what led to it as its cause or context.
        namespace: the cell's variables as they were then.
    """

    def __init__(self, kept: again.KeptStack) -> None:
        self._kept, stack = kept, kept.stack
        self._files = {file: _remember(file, text, stack.job, stack.attempt) for file, text in stack.texts.items()}
        self._scopes: list[Names] = []
        for scope in stack.scopes:
            names: Names = {"__name__": "__main__", "__builtins__": builtins}
            if scope.module:
                names = getattr(sys.modules.get(scope.module), "__dict__", {**names, "__name__": scope.module})
            self._scopes.append(names)
        self.namespace = self._scopes[0] if self._scopes else {}
        for names, scope in zip(self._scopes, stack.scopes, strict=True):
            if not scope.module:
                names.update((name, kept.value(each, names)) for name, each in scope.variables.items())
        errors = [self._error(each) for each in stack.failures]
        for before, after, failure in zip(errors, errors[1:], stack.failures[1:], strict=False):
            if failure.link == "cause":
                before.__cause__ = after
            else:
                before.__context__ = after
        self.error = errors[0]

    def _error(self, failure: again.Failure) -> BaseException:
        error = self._kept.value(failure.error, self.namespace)
        if not isinstance(error, BaseException):
            error = type(failure.kind, (Exception,), {"__module__": "builtins"})(failure.message)
        trace: TracebackType | None = None
        for frame in reversed(failure.frames):
            trace = self._entry(frame, trace)
        made: BaseException = error.with_traceback(trace)
        return made

    def _entry(self, frame: again.Frame, then: TracebackType | None) -> TracebackType:
        """The traceback that begins with *frame* and goes on with *then*."""
        scope = self._scopes[frame.scope]
        variables = {name: self._kept.value(each, scope) for name, each in frame.variables.items()}
        made = _raised(frame, self._files.get(frame.file, frame.file), scope, variables)
        return TracebackType(then, made.tb_frame, made.tb_lasti, frame.line)


def _raised(frame: again.Frame, file: str, scope: Names, variables: Names) -> TracebackType:
    """The traceback of a frame that stands where *frame* stood."""
    code = _code(frame, file, variables)
    try:
        if frame.parameters is None:
            exec(code, scope, variables if frame.variables else scope)
        else:
            given = frame.parameters
            FunctionType(code, scope)(*(None for _ in (*given.only, *given.plain)), **dict.fromkeys(given.by_name))
    except _Here as here:
        made, here.__traceback__ = here.__traceback__, None
        assert made is not None
        assert made.tb_next is not None
        return made.tb_next
    raise AssertionError("a frame that was to be caught ran on")


def _code(frame: again.Frame, file: str, variables: Mapping[str, Any]) -> CodeType:
    """Code that gives *variables* their values, in a function, and raises at the place. Values stand as constants."""
    consts: Names = {_STOP: _Here()}
    if frame.parameters is None:
        code = compile(ast.Module([_stop(frame)], []), file, "exec")
    else:
        known = {f"nbflow:{name}": (name, value) for name, value in variables.items()}
        body = [_bind(frame, name, mark) for mark, (name, _) in known.items()]
        body += [_unbind(frame, name) for name in _all(frame.parameters) if name not in variables]
        whole = compile(ast.Module([_function(frame, [*body, _stop(frame)])], []), file, "exec")
        code = next(each for each in whole.co_consts if isinstance(each, CodeType))
        consts |= {mark: _Given(value) for mark, (_, value) in known.items()}
    put = tuple(consts.get(each, each) if isinstance(each, str) else each for each in code.co_consts)
    return code.replace(co_consts=put, co_name=frame.name)


_STOP = "nbflow stops here"


def _all(given: again.Parameters) -> list[str]:
    return [name for name in (*given.only, *given.plain, given.rest, *given.by_name, given.more) if name]


def _function(frame: again.Frame, body: list[ast.stmt]) -> ast.stmt:
    given = frame.parameters
    assert given is not None

    def parameter(name: str) -> ast.arg:
        return ast.arg(name, lineno=frame.first, col_offset=0, end_lineno=frame.first, end_col_offset=0)

    taken = ast.arguments(
        posonlyargs=[parameter(name) for name in given.only],
        args=[parameter(name) for name in given.plain],
        vararg=parameter(given.rest) if given.rest else None,
        kwonlyargs=[parameter(name) for name in given.by_name],
        kw_defaults=[None for _ in given.by_name],
        kwarg=parameter(given.more) if given.more else None,
        defaults=[],
    )
    function = ast.parse("def _(): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.args, function.body = taken, body
    function.lineno = function.end_lineno = frame.first
    return function


def _bind(frame: again.Frame, name: str, mark: str) -> ast.stmt:
    return _at(frame, ast.Assign([ast.Name(name, ast.Store())], ast.Attribute(ast.Constant(mark), "value", ast.Load())))


def _unbind(frame: again.Frame, name: str) -> ast.stmt:
    return _at(frame, ast.Delete([ast.Name(name, ast.Del())]))


def _stop(frame: again.Frame) -> ast.stmt:
    return _at(frame, ast.Raise(ast.Constant(_STOP), None))


def _at(frame: again.Frame, statement: ast.stmt) -> ast.stmt:
    """*statement* at the place where *frame* stood."""
    last, column, end = frame.position
    for node in ast.walk(statement):
        if isinstance(node, ast.stmt | ast.expr):
            node.lineno, node.end_lineno = frame.line, max(frame.line, last or 0)
            node.col_offset, node.end_col_offset = column or 0, end or column or 0
    return statement


def _remember(file: str, text: str, job: str, attempt: int) -> str:
    """Have *text* found under the name that is returned: *file*, if that says the same here."""
    if not file.startswith("<") and "".join(linecache.getlines(file)) == text:
        return file
    name = f"<job {job}, attempt {attempt}>" if file == f"<job {job}>" else f"{file} (as attempt {attempt} found it)"
    remember(text, name, "")
    return name
