"""Values that jobs have made and code in the kernel has changed in place, through whatever name."""

from __future__ import annotations

from typing import Any

from nbflow.core.spec import ValueRef
from nbflow.notebook.capturing import Captures
from nbflow.notebook.owners import ByFan, ByJob, Maker, Owners


def altered(owners: Owners, captures: Captures, name: str, value: object) -> bool:
    """Whether *value*, which the kernel has as *name*, was brought from a job and is no longer as it was then."""
    brought = owners.brought.get(name)
    if brought is None or value is not brought.value:
        return False
    epoch = captures.rest.now
    if brought.seen_at is not None and brought.seen_at == epoch:
        return False
    if not _as_brought(owners.maker(name), captures, brought.value, brought.made_by):
        return True
    brought.seen_at = epoch
    return False


def _as_brought(maker: Maker | None, captures: Captures, value: Any, made_by: tuple[Any, ...]) -> bool:
    match maker:
        case ByJob():
            ref = made_by[-1]
            here = not isinstance(ref, ValueRef) or (ref.inline is None and ref.file is None)
            return here or captures.same(value, ref)
        case ByFan():
            refs = [made[-1] for made in made_by if made[-1] is not None]
            same = isinstance(value, dict) and len(value) == len(refs)
            return same and all(map(captures.same, value.values(), refs))
    return True
