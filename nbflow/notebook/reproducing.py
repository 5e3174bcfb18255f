"""``%nbflow reproduce``: an attempt again, in the foreground of the kernel, on exactly what it was given.

The body runs in a namespace of its own with the attempt's inputs and nothing else, as in the attempt's process: nothing
of the notebook is overwritten meanwhile, and a name that the job was not given is missing here too. Magics, displays,
breakpoints and profilers work as in a cell, for that namespace is the shell's as long as it runs.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import contextvars
import inspect
import linecache
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import CodeType, FunctionType, ModuleType, TracebackType
from typing import Any

from msgspec.structs import replace

from nbflow.core.hidden import CWD, ENVIRON, GENERATORS, hidden_in, is_hidden, owned
from nbflow.core.inputs import Given
from nbflow.core.words import duration
from nbflow.engine.client import AttemptOrder, Values, Work, again, exit_code, hidden, remember, split_cell, take
from nbflow.errors import NbflowError
from nbflow.notebook.debugging import Debugging, the_attempt

Names = dict[str, Any]


class Reproduction:
    """One attempt to be run again, by *order*; *shell* is IPython's, or None outside of it.

    Attributes:
        names: the namespace it ran in.
    """

    def __init__(self, order: AttemptOrder, values: Values, shell: Any = None) -> None:
        self.order, self.values, self.shell = order, values, shell
        self.main = ModuleType("__main__")
        self.names: Names = vars(self.main)
        self.names |= {"__builtins__": builtins, "_oh": {}}  # where IPython puts what a cell shows

    def run(self) -> Names:
        """Run it; what it leaves, by name. Its own error is raised as it is.

        Raises:
            NbflowError: it cannot be run here, or nbflow ended it before or after its code.
        """
        __tracebackhide__ = True
        try:
            self._run()
        except BaseException as error:
            raise error.with_traceback(self._theirs(error.__traceback__)) from error.__cause__
        return {name: self.names[name] for name in self.order.outputs if name in self.names}

    def _theirs(self, trace: TracebackType | None) -> TracebackType | None:
        """*trace* from the first line of the job's own on; all of it, if there is none."""
        own = trace
        while own is not None and own.tb_frame.f_globals is not self.names:
            own = own.tb_next
        return own or trace

    def _run(self) -> None:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="nbflow-"))
            order = replace(self.order, folder=folder)
            stack.enter_context(_around(order))
            stack.enter_context(_apart(order))
            stack.enter_context(self._in_shell())
            try:
                Work(order, self.names, self.values, self._bring, self.values.dump).run(lambda: self._body(order))
            except again.Refused as refused:
                raise NbflowError(f"{order.job}: {refused}") from refused.cause

    def _bring(self, name: str, given: Given) -> None:
        found = take(self.values, given, self.names)
        if is_hidden(name):
            hidden.put(name, found, self.order.job)
        else:
            self.names[name] = found

    def _body(self, order: AttemptOrder) -> None:
        for name, given in order.offered.items():
            self._bring(name, given)
        if order.bash:
            _script(order, {name: self.names[name] for name in order.inputs if name in self.names})
            return
        try:
            execute(order, self.names, self.shell)
        except SystemExit as error:
            if exit_code(error):
                raise

    @contextmanager
    def _in_shell(self) -> Iterator[None]:
        """Have the namespace as the process's main module, and as the shell's."""
        before, shell = sys.modules["__main__"], self.shell
        sys.modules["__main__"] = self.main
        shells = (shell.user_module, shell.user_ns) if shell is not None else None
        if shell is not None:
            shell.user_module, shell.user_ns = self.main, self.names
        try:
            yield
        finally:
            sys.modules["__main__"] = before
            if shell is not None and shells is not None:
                shell.user_module, shell.user_ns = shells


def execute(order: AttemptOrder, names: Names, shell: Any) -> None:
    """Run the cell of *order* as IPython runs one: the value of its last expression is shown."""
    code = order.code or order.source
    filename, down = _place(order, code, shell)
    body, last = split_cell(code, filename)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for tree, mode in ((body, "exec"), (last, "single")):
        if tree is not None and tree.body:
            ast.increment_lineno(tree, down)
            _run(compile(tree, filename, mode, flags=flags, dont_inherit=True), names)


def _run(code: CodeType, names: Names) -> None:
    if not code.co_flags & inspect.CO_COROUTINE:
        exec(code, names)
        return
    result: list[BaseException] = []

    def loop() -> None:
        try:
            asyncio.run(eval(code, names))
        except BaseException as error:
            result.append(error)

    # The kernel's own loop is running in this thread, and is never nested.
    thread = threading.Thread(target=contextvars.copy_context().run, args=(loop,), daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.1)
    for error in result:
        raise error


def _place(order: AttemptOrder, code: str, shell: Any) -> tuple[str, int]:
    """The file name by which front ends know the job's cell, so that breakpoints hold; and the lines above its body."""
    raw, above = _cell(order.source, shell)
    if raw is None:
        filename = f"<job {order.job}, reproduced>"
        remember(code, filename, order.source)
        return filename, 0
    filename = str(shell.compile.get_code_name(raw, raw, shell.execution_count))
    lines = [f"{line}\n" for line in raw.splitlines()]
    linecache.cache[filename] = (len(raw), None, lines, filename)
    return filename, above


def _cell(source: str, shell: Any) -> tuple[str | None, int]:
    """The newest cell of this session whose body is *source*, and on which of its lines that begins, from 0."""
    history = getattr(getattr(shell, "history_manager", None), "input_hist_raw", ())
    if not hasattr(getattr(shell, "compile", None), "get_code_name"):
        return None, 0
    body = _bare(source)
    for raw in reversed(history):
        lines = raw.split("\n")
        head = next((at for at, line in enumerate(lines) if line.strip()), 0)
        if lines[head].startswith("%%job") and _bare("\n".join(lines[head + 1 :])) == body:
            return raw, head + 1
    return None, 0


def _bare(body: str) -> str:
    """*body* without what differs between a cell and its job: the text of ``#|`` lines, the end."""
    lines = ["#" if line.lstrip().startswith("#|") else line for line in body.rstrip().split("\n")]
    return "\n".join(lines)


@contextmanager
def _around(order: AttemptOrder) -> Iterator[None]:
    """The folder and the environment of the attempt; the notebook's own are put back."""
    env, cwd = dict(os.environ), Path.cwd()
    os.environ.update(order.env | again.environment(order))
    Path(os.environ["NBFLOW_OUTPUT_DIR"]).mkdir(parents=True, exist_ok=True)
    try:
        os.chdir(order.cwd)
        yield
    finally:
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)


@contextmanager
def _apart(order: AttemptOrder) -> Iterator[None]:
    """State that hides in modules is the attempt's meanwhile, and the notebook's again afterwards."""
    met = hidden_in([*order.inputs, *order.offered, *order.outputs])
    names = GENERATORS | {owned(name) or name for name in met} - {CWD, ENVIRON}
    before = {name: hidden.get(name) for name in names}
    try:
        yield
    finally:
        for name, state in before.items():
            hidden.put(name, state or hidden.Stored())


def _script(order: AttemptOrder, inputs: Mapping[str, Any]) -> None:
    """Run a script for bash; what it prints is shown as it comes."""
    command = ["bash", "-euo", "pipefail", "-c", order.source, order.job]
    env = os.environ | again.variables(inputs)
    streams: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, env=env, text=True, **streams) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="")
    if process.returncode:
        code = process.returncode
        raise NbflowError(f"the script ended with {f'exit code {code}' if code > 0 else f'signal {-code}'}")


def rebound(value: Any, names: Names, namespace: Names) -> Any:
    """*value*, or, if it is a function that looks for globals in *names*, one that looks for them in *namespace*.

    Of what it uses, that which *namespace* lacks is put there, as when a job's function is brought in.
    """
    if not isinstance(value, FunctionType) or value.__globals__ is not names:
        return value
    made = FunctionType(value.__code__, namespace, value.__name__, value.__defaults__, value.__closure__)
    for attribute in ("__kwdefaults__", "__annotations__", "__qualname__", "__doc__", "__module__"):
        setattr(made, attribute, getattr(value, attribute))
    made.__dict__.update(value.__dict__)
    for name in value.__code__.co_names:
        if name in names:
            namespace.setdefault(name, names[name])
    return made


def reproduce(debugging: Debugging, job: str, number: int | None, discard: bool) -> Names:
    """Run the attempt that is meant again, here; its outputs are the notebook's then, unless it is to *discard* them.

    Raises:
        NbflowError: there is no such attempt, or it cannot be run here.
    """
    __tracebackhide__ = True
    state, session = debugging.session.job(job), debugging.session
    attempt = the_attempt(state, number)
    if state.spec.executor == "kernel":
        raise NbflowError(f"job {job!r} ran on the kernel's live variables: run its cell without its %%job line")
    order = debugging.order(job, attempt.key)
    began = time.monotonic()
    reproduction = Reproduction(order, session.client.values, debugging.shell)
    made = reproduction.run()
    print(f"reproduced attempt {attempt.number} of {job} in {duration(time.monotonic() - began)}: no job, not recorded")
    if made and debugging.namespace is not None and not (discard or state.spec.element or state.spec.function):
        made = {name: rebound(value, reproduction.names, debugging.namespace) for name, value in made.items()}
        print(debugging.assign(made))
    return made
