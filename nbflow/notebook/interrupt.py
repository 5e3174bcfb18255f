"""What an interrupt may and may not cut in two, and how it is shown."""

from __future__ import annotations

import contextvars
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 0.6
"""Seconds that a step which must not be cut in two may take after an interrupt; longer, it ends without the cell."""


@contextmanager
def uninterrupted() -> Iterator[None]:
    """An interrupt in here takes effect at the end. For steps of microseconds; in other threads there are none."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.default_int_handler)
    if came:
        signal.raise_signal(signal.SIGINT)


def whole(step: Callable[[], None]) -> None:
    """Run *step*, which asks the engine for something, so that an interrupt cannot leave it half done.

    It runs in a thread of its own; after an interrupt it is given `PATIENCE` seconds, and then ends in the background.
    """
    if threading.current_thread() is not threading.main_thread():
        step()
        return
    failure: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            step()
        except BaseException as error:  # raised again below, where the person is
            failure.append(error)
        finally:
            done.set()

    context = contextvars.copy_context()  # what it prints belongs to this cell
    with uninterrupted():
        threading.Thread(target=context.run, args=(run,), name="nbflow-step", daemon=True).start()
    try:
        done.wait()
    except KeyboardInterrupt:
        done.wait(PATIENCE)
        raise
    if failure:
        raise failure[0]


def plainly(error: BaseException, said: str = "") -> BaseException:
    """Have IPython show *error* as one line, *said* or its own message, without nbflow's frames.

    >>> plainly(KeyboardInterrupt(), "the job goes on")._render_traceback_()
    ['KeyboardInterrupt: the job goes on']
    """
    line = f"{type(error).__name__}: {said or error}"
    error._render_traceback_ = lambda: [line]  # type: ignore[attr-defined]
    return error
