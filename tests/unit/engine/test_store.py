import resource
import sqlite3
import subprocess
from pathlib import Path

import pytest

from nbflow.core.event import CancelRequested, JobDeclared, RunOpened
from nbflow.core.spec import JobSpec
from nbflow.engine.locate import make_store
from nbflow.engine.store import BALLAST, DATABASE, SCHEMA, DiskFull, Row, Store
from nbflow.errors import StoreError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_store(tmp_path / ".nbflow")


def declared(run: int, seq: int, size: int = 0) -> Row:
    return Row(run, seq, JobDeclared(at=2.0, spec=JobSpec(name="a", source="x" * size)))


def test_events_come_back_as_they_went_in(path: Path) -> None:
    """Across a close, in order, equal."""
    store = Store(path)
    run = store.open_run("flow", 1.0, "/data").id
    rows = [declared(run, 2), Row(run, 3, CancelRequested(at=3.0, job="a", generation=1))]
    store.append(rows)
    store.close()
    assert Store(path).events(run) == [RunOpened(at=1.0, flow="flow", number=1), *(row.event for row in rows)]


def test_runs_are_numbered_within_their_flow(path: Path) -> None:
    """Ids count over the store, numbers over the flow."""
    store = Store(path)
    rows = [store.open_run(flow, 1.0, "") for flow in ("f", "g", "f")]
    assert [(row.id, row.flow, row.number) for row in rows] == [(1, "f", 1), (2, "g", 1), (3, "f", 2)]
    assert store.runs("f") == [rows[0], rows[2]]
    assert store.runs() == rows


def test_a_turn_is_committed_whole_or_not_at_all(path: Path) -> None:
    """A row that cannot be written takes the others of its turn with it."""
    store = Store(path)
    run = store.open_run("flow", 1.0, "").id
    with pytest.raises(sqlite3.IntegrityError):
        store.append([declared(run, 2), declared(run, 1)])
    assert len(store.events(run)) == 1


def test_a_missing_event_is_damage(path: Path) -> None:
    """A gap is never read over."""
    store = Store(path)
    run = store.open_run("flow", 1.0, "").id
    store.append([declared(run, 3)])
    with pytest.raises(StoreError, match="event 2 is missing"):
        store.events(run)


def test_an_event_that_is_none_is_damage(path: Path) -> None:
    """Bytes that are no event name the run and the event."""
    store = Store(path)
    run = store.open_run("flow", 1.0, "").id
    store.close()
    with sqlite3.connect(path / DATABASE) as database:
        database.execute("UPDATE events SET data = x'ff'")
    with pytest.raises(StoreError, match=r"run 1 .* damaged at event 1"):
        Store(path).events(run)


def test_a_newer_format_is_refused_and_left_alone(path: Path) -> None:
    """The words say which, and what to do; the file is not written."""
    Store(path).close()
    with sqlite3.connect(path / DATABASE) as database:
        database.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    before = (path / DATABASE).read_bytes()
    with pytest.raises(StoreError, match=r"newer nbflow .*upgrade nbflow"):
        Store(path)
    assert (path / DATABASE).read_bytes() == before


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    """Damage is told in one line."""
    (path / DATABASE).write_bytes(b"not a database, " * 100)
    with pytest.raises(StoreError, match="damaged or no log"):
        Store(path)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW more AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END",
        "CREATE TABLE other (x)",
    ],
)
def test_a_schema_that_is_not_ours_is_refused(path: Path, statement: str) -> None:
    """Views and triggers that somebody planted are never asked."""
    Store(path).close()
    with sqlite3.connect(path / DATABASE) as database:
        database.execute(statement)
    with pytest.raises(StoreError, match="tables are not nbflow's"):
        Store(path)


def test_a_linked_log_is_not_followed(path: Path, tmp_path: Path) -> None:
    """A link in place of the log is refused before anything is opened."""
    (path / DATABASE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="is a link"):
        Store(path)
    assert not (tmp_path / "elsewhere").exists()


def test_sync_empties_the_write_ahead_log(path: Path) -> None:
    """After a sync the main file alone holds every event, as another reader sees it."""
    store = Store(path)
    run = store.open_run("flow", 1.0, "").id
    store.append([declared(run, 2)])
    store.sync(["gone"])
    copy = path.parent / "copy.sqlite"
    subprocess.run(["cp", path / DATABASE, copy], check=True)  # this process must not open the file itself
    count = sqlite3.connect(copy).execute("SELECT count(*) FROM events").fetchone()[0]
    assert count == 2
    store.close()


def test_power_means_full_synchronous(path: Path) -> None:
    """The setting reaches SQLite, both ways."""
    store = Store(path, "power")
    assert store._database.execute("PRAGMA synchronous").fetchone()[0] == 2
    store.set_durable("process")
    assert store._database.execute("PRAGMA synchronous").fetchone()[0] == 1


def test_a_full_disk_costs_the_ballast_and_nothing_else(path: Path) -> None:
    """The transaction is refused whole; the ballast makes way, and returns when there is room again."""
    store = Store(path)
    run = store.open_run("flow", 1.0, "").id
    before = store.events(run)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
    try:
        with pytest.raises(DiskFull, match="make room"):
            store.append([declared(run, 2, 1 << 18)])
        assert not (path / BALLAST).exists()
        store.restock()
        assert store.tight
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert store.events(run) == before
    store.restock()
    assert not store.tight
    store.append([declared(run, 2, 1 << 18)])
    assert len(store.events(run)) == 2


def test_a_store_knows_whether_it_is_still_there(path: Path) -> None:
    """Removed, or another one in its place: both are seen."""
    store = Store(path)
    assert store.there
    (path / DATABASE).rename(path / "away")
    assert not store.there
    (path / DATABASE).write_bytes(b"")
    assert not store.there


def test_the_last_instant_is_that_of_the_event_written_last(path: Path) -> None:
    """Whichever run it belongs to; nothing written is 0."""
    store = Store(path)
    assert store.last_at() == 0.0
    first = store.open_run("f", 5.0, "").id
    store.open_run("g", 6.0, "")
    assert store.last_at() == 6.0
    store.append([declared(first, 2)])
    assert store.last_at() == 2.0
