"""What kind of values the objects of the kernel are: whether they can change, and how."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import random
import re
import uuid
from pathlib import PurePath
from types import ModuleType

_WIDTH = 50
"""Items of one tuple that are looked at."""
CONTAINERS = (list, tuple, set, frozenset, dict, collections.deque)
_PLAIN = (int, float, complex, str, bytes, type(None), range, frozenset, PurePath, re.Pattern, enum.Enum, uuid.UUID)
_TIMES = (datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo)
_VALUES = (*_PLAIN, *_TIMES, decimal.Decimal, fractions.Fraction)


def kind_of_value(value: object) -> str:
    """What kind of value this is, as `nbflow.core.holding.Kind` means it.

    >>> [kind_of_value(each) for each in (1, "a", (1, 2), [1], random.Random(), re)]
    ['value', 'value', 'value', 'container', 'generator', 'module']
    """
    if isinstance(value, ModuleType):
        return "module"
    if isinstance(value, _VALUES):
        return "value"
    if isinstance(value, tuple):
        return "value" if all(isinstance(each, _VALUES) for each in value[:_WIDTH]) else ""
    if isinstance(value, CONTAINERS):
        return "container"
    return "generator" if isinstance(value, random.Random) else kind_of_type(type(value).__name__, type(value))


_KINDS = {
    **dict.fromkeys(("DataFrame", "Series", "Index", "RangeIndex", "DatetimeIndex", "MultiIndex"), "frame"),
    **dict.fromkeys(("list", "dict", "set", "deque", "defaultdict", "Counter", "OrderedDict"), "container"),
    **dict.fromkeys(("int", "float", "complex", "str", "bytes", "bool", "NoneType", "Timestamp", "date"), "value"),
    **dict.fromkeys(("datetime", "timedelta", "PosixPath", "Decimal", "Fraction", "frozenset", "range"), "value"),
    **dict.fromkeys(("Generator", "RandomState", "Random"), "generator"),
    "ndarray": "array",
    "module": "module",
}


def kind_of_type(name: str, class_: type | None = None) -> str:
    """The same for a type's *name*, as references to stored values have it, and the type itself where it is at hand."""
    if class_ is not None:
        package = class_.__module__.partition(".")[0]
        if package == "numpy" and name not in ("ndarray", "Generator", "RandomState"):
            return "value" if name.rstrip("0123456789_") in ("int", "float", "uint", "bool", "str", "complex") else ""
        if package not in ("numpy", "pandas"):
            return ""
        return _KINDS.get(name, "frame" if "GroupBy" in name else "")
    return _KINDS.get(name, "value" if name.rstrip("0123456789_") in ("int", "float", "uint", "complex") else "")
