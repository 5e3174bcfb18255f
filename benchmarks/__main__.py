"""``python -m benchmarks``: every benchmark in turn, with its defaults."""

from __future__ import annotations

from benchmarks import overhead, replay, responsiveness

for benchmark in (overhead, responsiveness, replay):
    benchmark.main([])
