"""What a notebook has changed around its code: environment variables and the import path. Jobs get it as it stands."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

_KERNELS_OWN = ("JPY_", "PYDEVD_", "TERM", "CLICOLOR", "FORCE_COLOR", "PAGER", "GIT_PAGER", "MPLBACKEND", "COLUMNS")
"""Beginnings of the names of variables that a kernel sets for itself."""


def environment() -> dict[str, str]:
    """The environment variables that were set or changed since this process began."""
    return changed(os.environ, _at_start())


def changed(now: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """What *now* has otherwise than *before*, but for what kernels set for themselves.

    >>> changed({"KEY": "b", "HOME": "/", "TERM": "xterm-color"}, {"KEY": "a", "HOME": "/"})
    {'KEY': 'b'}
    """
    return {k: v for k, v in now.items() if before.get(k) != v and not k.startswith(_KERNELS_OWN)}


def path() -> tuple[str, ...]:
    """The folders on ``sys.path`` that are not this interpreter's, absolute, in their order."""
    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return added(sys.path, Path.cwd(), own)


def added(entries: Sequence[str], cwd: Path, own: set[str]) -> tuple[str, ...]:
    """*entries* that lie in none of *own*; those that stand for the present folder are left out.

    >>> added(["", "src", "/lib/python3.11", "/lib/python311.zip"], Path("/home/ada"), {"/lib/python3.11"})
    ('/home/ada/src',)
    """
    found = [str(cwd / entry) for entry in entries if entry and not entry.endswith(".zip")]
    return tuple(e for e in dict.fromkeys(found) if e != str(cwd) and not any(Path(e).is_relative_to(o) for o in own))


def _at_start() -> dict[str, str]:
    """The environment that this process was started with; where that is not known, the present one."""
    try:
        text = Path("/proc/self/environ").read_bytes()
    except OSError:
        return dict(os.environ)
    pairs = (entry.partition(b"=") for entry in text.split(b"\0") if entry)
    return {os.fsdecode(key): os.fsdecode(value) for key, _, value in pairs}
