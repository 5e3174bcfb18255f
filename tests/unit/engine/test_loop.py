from pathlib import Path

import pytest

from nbflow.core.event import AttemptStarted, CancelRequested, RetryRequested, kind
from nbflow.core.inputs import Whole
from nbflow.core.spec import JobNeed, JobSpec, Produced, Retry, ValueRef
from nbflow.core.state import replay
from nbflow.core.status import Reason
from nbflow.engine.attempt.record import AttemptReport
from nbflow.engine.store import DiskFull
from nbflow.errors import DeclarationError
from tests.unit.engine.bench import Bench

READER = JobSpec(name="b", inputs={"x": Produced(job="a", output="x")}, needs=(JobNeed("a"),))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / ".nbflow")


def test_a_start_is_in_the_log_before_the_executor_hears_of_it(bench: Bench) -> None:
    """`AttemptStarted` is committed first, then the order goes out."""
    run = bench.open()
    seen: list[list[str]] = []
    bench.executor.submit = lambda order: seen.append([kind(e) for e in bench.store.events(run)])  # type: ignore[method-assign]
    bench.declare(run, JobSpec(name="a"))
    assert seen == [["run-opened", "job-declared", "attempt-started"]]


def test_followers_are_told_only_what_is_in_the_log(bench: Bench) -> None:
    """At the moment of telling, the log already holds every event told."""
    run = bench.open()
    logged: list[bool] = []
    bench.loop.tell = lambda run, first, events: logged.append(
        bench.store.events(run)[first - 1 : first - 1 + len(events)] == list(events)
    )
    bench.declare(run, JobSpec(name="a"))
    bench.end("a")
    assert logged == [True, True]


def test_a_produced_input_reaches_the_reader(bench: Bench) -> None:
    """The reader's order holds the value that its need left."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a", outputs=("x",)), READER)
    assert bench.executor.jobs == ["a"]
    value = ValueRef(inline=b"1")
    bench.end("a", outputs={"x": value})
    assert bench.executor.jobs == ["a", "b"]
    assert bench.executor.orders[1].inputs == {"x": Whole(value)}


def test_an_output_that_was_not_left_is_not_given(bench: Bench) -> None:
    """A variable the maker never bound is left out of the order: reading it is a NameError, as without jobs."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a", outputs=("x",)), READER)
    bench.end("a", missing=("x",))
    assert bench.executor.orders[1].inputs == {}


def test_the_attempts_folder_is_made_and_bears_no_name_of_a_person(bench: Bench) -> None:
    """Folder and key are hexadecimal, whatever the job is called."""
    bench.declare(bench.open(), JobSpec(name="../../evil"))
    order = bench.executor.orders[0]
    assert Path(order.folder) == bench.store.path / "attempts" / order.key
    assert Path(order.folder).stat().st_mode & 0o777 == 0o700
    int(order.key, 16)


def test_relative_cwd_is_below_the_notebooks_folder(bench: Bench) -> None:
    """`--cwd sub` means a folder beside the notebook; an absolute one stays."""
    bench.declare(bench.open(), JobSpec(name="a", cwd="sub"), JobSpec(name="b", cwd="/abs"))
    assert [order.cwd for order in bench.executor.orders] == ["/data/sub", "/abs"]


def test_slots_bound_what_runs_at_once(bench: Bench) -> None:
    """Two slots, three jobs: the third starts when one ends."""
    bench.declare(bench.open(), *(JobSpec(name=name) for name in "abc"))
    assert bench.executor.jobs == ["a", "b"]
    bench.end("a")
    assert bench.executor.jobs == ["a", "b", "c"]


def test_runs_share_the_slots(tmp_path: Path) -> None:
    """With one slot and two runs that both have plenty to do, neither is starved."""
    bench = Bench(tmp_path / ".nbflow", slots=1)
    runs = [bench.open("f"), bench.open("g")]
    for flow, run in zip("fg", runs, strict=True):
        bench.declare(run, *(JobSpec(name=f"{flow}{n}") for n in range(6)))
    for _ in range(6):
        bench.end(bench.executor.jobs[-1])
    flows = [job[0] for job in bench.executor.jobs]
    assert flows.count("f") >= 3
    assert flows.count("g") >= 3


def test_a_retry_waits_for_its_time(bench: Bench) -> None:
    """After a failure the turn says when the next attempt is due, and starts it then, not before."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a", retry=Retry(attempts=2, delay=10.0, jitter=0.5)))
    bench.end("a", "failed", reason=Reason("exception", "ValueError"))
    wake_at = bench.loop.turn()
    assert wake_at == 1007.5  # half of the jitter's range: 10 s × (1 - 0.5 × 0.5)
    bench.clock.advance(7.0)
    bench.loop.turn()
    assert len(bench.executor.orders) == 1
    bench.clock.advance_to(1007.5)
    bench.loop.turn()
    assert [order.attempt for order in bench.executor.orders] == [1, 2]


def test_a_report_nobody_waits_for_changes_nothing(bench: Bench) -> None:
    """A doubled or unknown report is ignored."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a"))
    bench.end("a", "failed", reason=Reason("exception"))
    before = bench.store.events(run)
    bench.loop.ended(AttemptReport(key=bench.executor.orders[0].key, end="succeeded"))
    bench.loop.ended(AttemptReport(key="00", end="succeeded"))
    bench.loop.turn()
    assert bench.store.events(run) == before


def test_a_cancel_is_passed_on_once(bench: Bench) -> None:
    """However many turns pass until the attempt has ended, its executor is asked once."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a"))
    assert bench.loop.ask(run, [CancelRequested(at=0, job="a", generation=1)]) == 1
    for _ in range(3):
        bench.loop.turn()
    assert [cause.kind for _, cause in bench.executor.cancelled] == ["cancelled"]
    bench.end("a", "cancelled", reason=Reason("cancelled"))
    assert bench.statuses(run) == {"a": "cancelled"}


def test_a_stale_request_counts_as_nothing(bench: Bench) -> None:
    """A click on what has meanwhile changed has no effect, and says so."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a"))
    assert bench.loop.ask(run, [RetryRequested(at=0, job="a", generation=1)]) == 0


def test_redeclaring_never_overlaps_attempts(bench: Bench) -> None:
    """The new generation starts only when the old one's attempt has ended."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a"))
    bench.declare(run, JobSpec(name="a", source="new"))
    assert [(order.job, order.generation) for order in bench.executor.orders] == [("a", 1)]
    assert bench.executor.cancelled[0][1].kind == "replaced"
    bench.end("a", "cancelled", reason=Reason("replaced"))
    assert [order.generation for order in bench.executor.orders] == [1, 2]


def test_an_unknown_executor_is_refused_at_declaration(bench: Bench) -> None:
    """It is named, with those there are, and nothing is declared."""
    run = bench.open()
    with pytest.raises(DeclarationError, match="executor 'dask', there are: process"):
        bench.declare(run, JobSpec(name="a"), JobSpec(name="b", executor="dask"))
    assert bench.statuses(run) == {}


def test_answers_come_after_the_commit_and_the_telling(bench: Bench) -> None:
    """Whoever is answered has been told the events before."""
    run = bench.open()
    order: list[str] = []
    bench.loop.tell = lambda *_: order.append("told")
    bench.loop.declare(run, [JobSpec(name="a")], {})
    bench.loop.answer(lambda: order.append("answered"))
    bench.loop.turn()
    assert order == ["told", "answered"]


def test_a_new_engine_goes_on_where_the_log_ends(tmp_path: Path) -> None:
    """Replay, ask after what was running, start what is ready; what succeeded stays."""
    old = Bench(tmp_path / ".nbflow")
    run = old.open()
    old.declare(run, JobSpec(name="a", outputs=("x",)), READER, JobSpec(name="c"))
    old.end("a", outputs={"x": ValueRef(inline=b"1")})
    running = {order.job: order.key for order in old.executor.orders}
    old.store.close()

    new = Bench(tmp_path / ".nbflow")
    for row in new.store.unsettled():
        new.loop.resume(row)
    new.loop.turn()
    assert sorted(new.executor.recovered) == sorted([running["b"], running["c"]])
    assert new.executor.orders == []
    new.loop.ended(AttemptReport(key=running["b"], end="succeeded"))
    new.loop.ended(AttemptReport(key=running["c"], end="lost"))
    new.loop.turn()
    assert new.statuses(run) == {"a": "succeeded", "b": "succeeded", "c": "running"}
    assert [(order.job, order.attempt) for order in new.executor.orders] == [("c", 2)]


def test_a_run_at_rest_is_not_read_at_the_next_start(tmp_path: Path) -> None:
    """Only runs with something left to do are unsettled."""
    old = Bench(tmp_path / ".nbflow")
    done, half = old.open("done"), old.open("half")
    old.declare(done, JobSpec(name="a"))
    old.end("a")
    old.declare(half, JobSpec(name="b"))
    assert [row.id for row in old.store.unsettled()] == [half]


def test_the_log_replays_to_the_run_in_memory(bench: Bench) -> None:
    """Fold of the log and live state are equal, after a history with failures and hands."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a", retry=Retry(attempts=2, delay=1)), READER, JobSpec(name="c", hold=True))
    bench.end("a", "failed", reason=Reason("exit code", "3"))
    bench.clock.advance(1)
    bench.loop.turn()
    bench.end("a", "failed", reason=Reason("exit code", "3"))
    bench.loop.ask(run, [RetryRequested(at=0, job="a", generation=1)])
    bench.loop.turn()
    again = replay(bench.store.events(run))
    live = bench.loop.runs[run].run
    assert {n: (j.status, j.reason, j.generation) for n, j in again.jobs.items()} == {
        n: (j.status, j.reason, j.generation) for n, j in live.jobs.items()
    }
    assert again.seq == live.seq


def test_quiet_while_nothing_runs_or_is_due(bench: Bench) -> None:
    """An engine may end by itself only when no attempt and no timer is left."""
    run = bench.open()
    bench.loop.turn()
    assert bench.loop.quiet
    bench.declare(run, JobSpec(name="a", retry=Retry(attempts=2, delay=60)))
    assert not bench.loop.quiet
    bench.end("a", "failed", reason=Reason("exception"))
    assert not bench.loop.quiet
    bench.clock.advance(60)
    bench.loop.turn()
    bench.end("a")
    assert bench.loop.quiet


def test_a_job_whose_executor_is_out_of_reach_waits(bench: Bench) -> None:
    """It stays ready, does not keep the engine up, and starts when the executor is back."""
    run = bench.open()
    bench.loop.dispatch.reachable = lambda _run, _executor: False
    bench.declare(run, JobSpec(name="a"))
    assert bench.statuses(run) == {"a": "ready"}
    assert bench.loop.quiet
    bench.loop.dispatch.reachable = lambda _run, _executor: True
    bench.loop.turn()
    assert bench.statuses(run) == {"a": "running"}


def test_a_full_disk_holds_everything_back_and_loses_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the log cannot grow nothing is told or started; when it can again, all of it comes, in order."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a", outputs=("x",)), READER)
    told = len(bench.told)

    def full(*_: object) -> None:
        raise DiskFull("no space")

    monkeypatch.setattr(bench.store, "append", full)
    bench.end("a", outputs={"x": ValueRef(inline=b"1")})
    assert bench.loop.stuck
    assert not bench.loop.quiet
    assert len(bench.told) == told
    assert bench.executor.jobs == ["a"]
    monkeypatch.undo()
    bench.loop.turn()
    assert [kind(e) for e in bench.store.events(run)][-3:] == ["attempt-ended", "job-ended", "attempt-started"]
    assert bench.executor.jobs == ["a", "b"]


def test_without_ballast_nothing_new_starts(bench: Bench) -> None:
    """After the ballast went, ends are still recorded, but attempts wait until there is room for it again."""
    run = bench.open()
    bench.store.tight = True
    bench.store.restock = lambda: None  # type: ignore[method-assign]
    bench.declare(run, JobSpec(name="a"))
    assert bench.statuses(run) == {"a": "ready"}
    bench.store.tight = False
    bench.loop.turn()
    assert bench.statuses(run) == {"a": "running"}


def test_an_attempt_whose_folder_cannot_be_made_is_lost(bench: Bench) -> None:
    """Its end is in the log, and the job starts again at most three times."""
    run = bench.open()
    folder = bench.store.path / "attempts"
    folder.rmdir()
    folder.write_text("in the way")
    bench.declare(run, JobSpec(name="a"))
    for _ in range(6):
        bench.loop.turn()
    assert bench.statuses(run) == {"a": "failed"}
    assert sum(isinstance(event, AttemptStarted) for event in bench.store.events(run)) == 4


def test_an_executor_that_cannot_take_an_attempt_fails_it(bench: Bench) -> None:
    """Its words are the reason; the loop goes on."""

    def refuse(_: object) -> None:
        raise OSError("no more processes")

    run = bench.open()
    bench.executor.submit = refuse  # type: ignore[method-assign]
    bench.declare(run, JobSpec(name="a"))
    bench.loop.turn()
    assert bench.job(run, "a").reason == Reason("executor unavailable", "no more processes", 1)


def test_a_turn_is_one_commit(bench: Bench) -> None:
    """All that happened before a turn is written in one transaction."""
    run = bench.open()
    commits: list[int] = []
    append = bench.store.append

    def counting(rows: list, settled: object = ()) -> None:
        commits.append(len(rows))
        append(rows, settled)

    bench.store.append = counting  # type: ignore[method-assign]
    for name in "abc":
        bench.loop.declare(run, [JobSpec(name=name)], {})
    bench.loop.turn()
    assert commits == [5]  # three declarations, two starts


def test_a_deadline_wakes_the_engine_and_stops_the_attempt(bench: Bench) -> None:
    """The turn says when it passes; then that is committed and the attempt told to stop, once."""
    run = bench.open()
    bench.declare(run, JobSpec(name="a", deadline=10.0, retry=Retry(attempts=3, delay=0.0)))
    assert bench.loop.turn() == 1010.0
    bench.clock.advance(10.0)
    bench.loop.turn()
    bench.loop.turn()
    assert [cause for _, cause in bench.executor.cancelled] == [Reason("deadline", "10 s")]
    bench.end("a", "cancelled", reason=Reason("deadline", "10 s"))
    job = replay(bench.store.events(run)).jobs["a"]
    assert (job.status.value, job.reason) == ("failed", Reason("deadline", "10 s", 1))
