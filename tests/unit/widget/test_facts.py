"""What the drawer's summary tells."""

from __future__ import annotations

from nbflow.widget.facts import commands, facts
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


def test_the_summary_tells_the_files_and_where_it_stood_well() -> None:
    """Those that it reads and writes, few of many; the newest attempt whose outputs are there."""
    tries = [attempt(1, 0, 2.0), attempt(2, 9, 2.0, "failed")]
    one = job("failed", attempts=tries, reads=["in.csv"], writes=[f"{n}.png" for n in range(10)], timeout=90.0)
    told = dict(facts(one))
    assert told["reads files"] == "in.csv"
    assert told["writes files"].endswith("7.png, and 2 more")
    assert (told["last good"], told["timeout"], told["between"]) == (
        "attempt 1",
        "1 m 30 s an attempt",
        "7.0 s from one attempt to the next",
    )


def test_commands_are_those_that_can_be_of_use() -> None:
    """A debugger needs an exception, a reproduction an attempt, a value a job without outputs."""

    def told(one: dict) -> list[str]:
        return [command.split()[1] for command, _ in commands("a", one)]

    assert told(job("waiting", outputs=["x"])) == ["skip"]
    assert told(job("failed", attempts=[attempt(1, 0, 1.0, "failed", classes=["builtins.KeyError"])])) == [
        "debug",
        "reproduce",
    ]
    assert told(job("failed", attempts=[attempt(1, 0, 1.0, "failed")])) == ["reproduce"]
    assert told(job(attempts=[attempt()], outputs=["x"])) == ["reproduce"]
    assert told(job("running", attempts=[attempt(1, 0, None)])) == []


def test_a_job_that_another_made_says_so() -> None:
    """In the summary, beside where it runs."""
    assert ("made by", "search") in facts({"status": "running", "maker": "search"})
    assert "made by" not in dict(facts({"status": "running", "maker": None}))
