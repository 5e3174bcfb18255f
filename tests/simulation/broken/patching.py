"""How functions are wrapped to break them."""

from __future__ import annotations


def wrap(patch, where, name, before=None, after=None):
    """Let *before* and *after*, given the arguments, be called around ``where.name``."""
    whole = getattr(where, name)

    def wrapped(*args, **kwargs):
        if before is not None:
            before(*args, **kwargs)
        result = whole(*args, **kwargs)
        if after is not None:
            after(*args, **kwargs)
        return result

    patch.setattr(where, name, wrapped)
