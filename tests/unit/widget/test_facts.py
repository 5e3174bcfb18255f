"""What the drawer's summary tells."""

from __future__ import annotations

from nbflow.widget.facts import facts
from tests.unit.snapshots import attempt, job, ten


def test_times_are_added_up_over_the_attempts_of_this_generation() -> None:
    """Those of older ones are history."""
    tries = [attempt(1, 0, 9.0), attempt(2, 20, 2.0, generation=2), attempt(3, 30, 3.0, generation=2)]
    assert dict(facts(job(attempts=tries, generation=2)))["ran"] == "5.0 s in 2 attempts"


def test_several_processors_are_told() -> None:
    """How busy a job kept the machine says whether more slots would help."""
    told = dict(facts(job(attempts=[attempt(1, 0, 10.0, cpu_seconds=38.0)])))
    assert told["processor"] == "38.0 s, 3.8 processors busy"
    assert dict(facts(job(attempts=[attempt(1, 0, 10.0, cpu_seconds=1.0)])))["processor"] == "1.0 s, 10% of its time"


def test_hidden_state_is_no_output_for_people() -> None:
    """What a job leaves are its variables."""
    assert dict(facts(job(outputs=["model", "<numpy.random>"])))["leaves"] == "model"


def test_every_sample_has_facts() -> None:
    """However a job stands."""
    assert all(facts(one) for one in ten()["jobs"].values())
