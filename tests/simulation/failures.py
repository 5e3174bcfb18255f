"""The ways in which an attempt can fail, as executors report them."""

from __future__ import annotations

from typing import NamedTuple

from nbflow.core.status import Reason

KEY_ERROR = ("builtins.KeyError", "builtins.LookupError", "builtins.Exception")


class Failing(NamedTuple):
    """One way to fail."""

    reason: Reason | None
    exit_code: int | None = None
    signal: str | None = None
    classes: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


FAILURES = (
    *[Failing(Reason("exit code", "10"), 10)] * 4,
    *[Failing(Reason("exit code", "11"), 11)] * 2,
    Failing(Reason("exit code", "11"), 11, found=("disk full",)),
    Failing(Reason("signal", "SIGKILL"), None, "SIGKILL"),
    *[Failing(Reason("out of memory"), None, "SIGKILL")] * 3,
    *[Failing(Reason("timeout"), None, "SIGTERM")] * 2,
    *[Failing(Reason("exception", "KeyError: 1"), 1, None, KEY_ERROR)] * 2,
    Failing(Reason("exception", "Own: bad"), None, None, ("m.Own", "builtins.LookupError", "builtins.Exception")),
    Failing(Reason("exception", "ValueError: bad"), 1, None, ("builtins.ValueError", "builtins.Exception")),
    Failing(Reason("syntax", "line 1")),
    Failing(Reason("invalid input", "x")),
    Failing(None),
)
