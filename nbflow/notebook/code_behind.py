"""The code of the notebook, and of its own modules, behind what is called."""

from __future__ import annotations

import dis
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, MethodType


def chains(code: CodeType) -> Iterator[str]:
    """The dotted names that *code* looks up, inner functions included.

    >>> list(chains((lambda: os.path.join(sys.argv)).__code__))
    ['os.path.join', 'sys.argv']
    """
    chain: list[str] = []
    for instruction in dis.get_instructions(code):
        match instruction.opname:
            case "LOAD_GLOBAL" | "LOAD_NAME":
                yield from [".".join(chain)] if chain else []
                chain = [instruction.argval]
            case "LOAD_ATTR" | "LOAD_METHOD" if chain:
                chain.append(instruction.argval)
            case "CACHE" | "PRECALL" | "PUSH_NULL":
                continue
            case _:
                yield from [".".join(chain)] if chain else []
                chain = []
    yield from [".".join(chain)] if chain else []
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from chains(each)


def functions_of(value: object) -> Iterator[FunctionType]:
    """The functions of the notebook, or of modules that are no installed packages, that using *value* may run."""
    if isinstance(value, MethodType):
        value = value.__func__
    if isinstance(value, FunctionType):
        if not installed(value.__module__ or ""):
            yield value
        return
    kind = value if isinstance(value, type) else type(value)
    if not installed(kind.__module__):
        for member in list(vars(kind).values()):
            function = getattr(member, "__func__", getattr(member, "fget", member))
            if isinstance(function, FunctionType):
                yield function


_homes: tuple[str, ...] = tuple(
    {os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib", "purelib", "platlib")}  # noqa: PTH118
)


def installed(module: str) -> bool:
    """Whether *module* is one of Python's own or of an installed package.

    >>> installed("json"), installed("__main__")
    (True, False)
    """
    if module == "__main__":
        return False
    if module.partition(".")[0] in sys.stdlib_module_names or module.partition(".")[0] in _OWN:
        return True
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is None or file.startswith(_homes) or not _PACKAGES.isdisjoint(Path(file).parts)


_PACKAGES = frozenset({"site-packages", "dist-packages"})
"""Folders of packages, also where they are not this Python's own: those of the user, of the system, or beside."""
_OWN = frozenset({"nbflow", "IPython", "ipykernel"})
