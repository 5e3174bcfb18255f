"""Pictures of a run as matplotlib figures; pyplot and its global state are left alone."""

from __future__ import annotations

from nbflow.picture.dag import plot
from nbflow.picture.timeline import timeline

__all__ = ["plot", "timeline"]
