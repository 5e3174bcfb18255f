"""``python -m benchmarks``: every benchmark in turn, with its defaults."""

from __future__ import annotations

from benchmarks import overhead, reading, replay, responsiveness

for benchmark in (reading, overhead, responsiveness, replay):
    benchmark.main([])
