"""``python -m benchmarks``: every benchmark in turn, with its defaults."""

from __future__ import annotations

from benchmarks import overhead, passing, reading, replay, responsiveness, view

for benchmark in (reading, overhead, responsiveness, passing, replay, view):
    benchmark.main([])
