"""When the picture that stays in the file is brought up to date, by timers that the test fires."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from nbflow.notebook import shows
from nbflow.notebook.shows import BYTES_PER_SECOND, PACE, Shows
from tests.unit.snapshots import fan, job, layered, snapshot


class Timer:
    """Goes off when it is told to."""

    def __init__(self, interval: float, done: Any) -> None:
        self.interval, self.fire = interval, done
        self.cancelled = False

    def start(self) -> None:
        timers.append(self)

    def cancel(self) -> None:
        self.cancelled = True


timers: list[Timer] = []


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shows:
    """One picture of a run of 1,000 jobs that goes on, brought up to date once."""
    timers.clear()
    monkeypatch.setattr(shows.threading, "Timer", Timer)
    sample = snapshot({f"job{n}": job("running") for n in range(1000)})
    session: Any = SimpleNamespace(snapshot=lambda: sample, opened=SimpleNamespace(active=True))
    found = Shows(session, lambda *_: None, live=True, widgets=False)
    found.show()
    found.changed()
    timers[-1].fire()
    return found


def test_the_first_change_is_shown_soon(shown: Shows) -> None:
    """A second after it."""
    assert timers[0].interval == PACE


def test_a_big_picture_comes_seldom(shown: Shows) -> None:
    """Its bytes, and the work of drawing it, are spread over a longer time; many changes are one update."""
    shown.changed()
    shown.changed()
    assert len(timers) == 2
    assert timers[1].interval >= sum(map(len, shown.bundle().values())) / BYTES_PER_SECOND > PACE


def test_the_end_of_a_run_is_in_the_file_soon(shown: Shows) -> None:
    """Whoever saves the notebook then saves what has come of it."""
    shown.changed()
    shown.session.opened.active = False  # type: ignore[union-attr,misc]
    shown.changed()
    assert timers[1].cancelled and timers[2].interval == PACE


@pytest.mark.parametrize(("jobs", "of"), [(10_000, fan), (5_000, layered), (2_000, layered), (300, layered)])
def test_the_picture_of_very_many_jobs_stays_small(shown: Shows, jobs: int, of: Any) -> None:
    """A file that is kept under version control and shown by mail: 200 kB at most, whatever the run."""
    assert len(json.dumps(shown.bundle(of(jobs)))) <= 200_000
