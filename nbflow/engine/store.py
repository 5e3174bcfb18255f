"""The log: an append-only table of events in SQLite, written by one engine, one transaction for each turn of its loop.

Statuses are not stored. ``runs.settled`` is a hint that spares a start its reading: how many events a run had when
nothing was left to do in it without a person. A hint that is too low costs a replay, and it is never too high.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from nbflow.core.event import Event, RunOpened, kind
from nbflow.errors import StoreError

Durable = Literal["process", "power"]
SCHEMA = 1
DATABASE, BALLAST = "log.sqlite", "ballast"
_BALLAST_SIZE = 1 << 20
_PATIENCE = 5.0
_STEPS = 20_000
_TABLES = (
    "CREATE TABLE events (run INTEGER NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, job TEXT, "
    "data BLOB NOT NULL, PRIMARY KEY (run, seq))",
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, flow TEXT NOT NULL, number INTEGER NOT NULL, opened_at REAL NOT NULL, "
    "cwd TEXT NOT NULL, settled INTEGER NOT NULL DEFAULT 0, UNIQUE (flow, number))",
)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Event).decode


class RunRow(NamedTuple):
    """One run as the log knows it: *id* counts in the store, *number* in the flow; *cwd* is its notebook's folder."""

    id: int
    flow: str
    number: int
    opened_at: float
    cwd: str


class Row(NamedTuple):
    """An event about to be written."""

    run: int
    seq: int
    event: Event


class DiskFull(StoreError):
    """The log cannot be written now, mostly for want of space; nothing of the transaction was."""


class Store:
    """The log of one ``.nbflow`` folder, open for writing by its one engine.

    Args:
        path: the store; it exists.
        durable: ``process``: safe against the death of any process; `sync` once a second bounds what a power loss
            takes. ``power``: safe against that too.

    Raises:
        StoreError: the log is damaged, was not written by nbflow, or is newer than this nbflow.
    """

    def __init__(self, path: Path, durable: Durable = "process") -> None:
        self.path = path
        self._ballast = path / BALLAST
        self._file = path / DATABASE
        if self._file.is_symlink():
            raise StoreError(f"{self._file} is a link, which nbflow does not follow: move it away")
        try:
            self._database = self._connect()
            with self._patience():
                self._prepare()
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self._file} is damaged or no log of nbflow ({error}): move it away") from error
        self._inode = self._file.stat().st_ino
        self.durable: Durable = durable
        self.set_durable(durable)
        self.tight = False
        self.restock()

    @property
    def there(self) -> bool:
        """Nobody has removed the log or put another in its place."""
        try:
            return self._file.stat().st_ino == self._inode
        except OSError:
            return False

    def set_durable(self, durable: Durable) -> None:
        """Change what a commit is safe against, from the next one on."""
        self.durable = durable
        self._database.execute(f"PRAGMA synchronous = {'FULL' if durable == 'power' else 'NORMAL'}")

    # --- reading
    def runs(self, flow: str = "") -> list[RunRow]:
        """The runs of *flow*, or of all flows, oldest first."""
        query = "SELECT id, flow, number, opened_at, cwd FROM runs WHERE ?1 = '' OR flow = ?1 ORDER BY id"
        return [RunRow(*row) for row in self._database.execute(query, (flow,))]

    def unsettled(self) -> list[RunRow]:
        """The runs in which something may be left to do."""
        query = (
            "SELECT id, flow, number, opened_at, cwd FROM runs "
            "WHERE settled < (SELECT max(seq) FROM events WHERE run = id) ORDER BY id"
        )
        return [RunRow(*row) for row in self._database.execute(query)]

    def events(self, run: int) -> list[Event]:
        """All events of *run*, in order.

        Raises:
            StoreError: an event cannot be read, or one is missing.
        """
        return self._events(self._database, run)

    def length(self, run: int) -> int:
        """How many events *run* has."""
        return int(
            self._database.execute("SELECT coalesce(max(seq), 0) FROM events WHERE run = ?", (run,)).fetchone()[0]
        )

    def events_apart(self, run: int) -> list[Event]:
        """The same, for another thread than the engine's."""
        with closing(self._connect()) as database:
            return self._events(database, run)

    def _events(self, database: sqlite3.Connection, run: int) -> list[Event]:
        query = "SELECT seq, data FROM events WHERE run = ? ORDER BY seq"
        found: list[Event] = []
        try:
            for seq, data in database.execute(query, (run,)):
                if seq != len(found) + 1:
                    raise StoreError(f"run {run} of {self._file} is damaged: event {len(found) + 1} is missing")
                found.append(_decode(data))
        except (sqlite3.DatabaseError, msgspec.MsgspecError, TypeError) as error:
            raise StoreError(f"run {run} of {self._file} is damaged at event {len(found) + 1} ({error})") from error
        return found

    def last_at(self) -> float:
        """The instant of the event written last; 0 if there is none."""
        row = self._database.execute("SELECT at FROM events ORDER BY rowid DESC LIMIT 1").fetchone()
        return float(row[0]) if row else 0.0

    # --- writing
    def open_run(self, flow: str, at: float, cwd: str) -> RunRow:
        """A new run of *flow*, with its first event."""
        with self._transaction() as database:
            query = "SELECT coalesce(max(number), 0) + 1 FROM runs WHERE flow = ?"
            number = int(database.execute(query, (flow,)).fetchone()[0])
            insert = "INSERT INTO runs (flow, number, opened_at, cwd, settled) VALUES (?, ?, ?, ?, 1)"
            run = database.execute(insert, (flow, number, at, cwd)).lastrowid
            assert run is not None
            self._insert([Row(run, 1, RunOpened(at=at, flow=flow, number=number))])
        return RunRow(run, flow, number, at, cwd)

    def move_run(self, run: int, cwd: str) -> None:
        """Note that *run*'s notebook is now in *cwd*."""
        with self._transaction() as database:
            database.execute("UPDATE runs SET cwd = ? WHERE id = ?", (cwd, run))

    def append(self, rows: Sequence[Row], settled: Iterable[tuple[int, int]] = ()) -> None:
        """Commit *rows*, all or none; *settled*: runs and their number of events at which nothing was left to do.

        Raises:
            DiskFull: there is no room, even without the ballast.
        """
        with self._transaction() as database:
            self._insert(rows)
            database.executemany("UPDATE runs SET settled = ?2 WHERE id = ?1", settled)

    def sync(self, files: Iterable[str] = ()) -> None:
        """Carry the values in *files* and what is committed to the disk. For another thread: no commit waits for it.

        Raises:
            DiskFull: not all of it could be carried.
        """
        try:
            self.sync_values(files)
            with closing(self._connect()) as database:
                database.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except (OSError, sqlite3.DatabaseError) as error:
            raise DiskFull(f"{self.path} cannot be carried to its disk ({error}): make room on it") from error

    def sync_values(self, files: Iterable[str]) -> None:
        """Carry the values in *files*, and their names, to the disk. One that is gone meanwhile is passed over."""
        folder = self.path / "values"
        for path in (*(folder / name for name in files if name.isalnum()), folder):
            with suppress(FileNotFoundError):
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def restock(self) -> None:
        """Put the ballast in place (again), if there is room; `tight` says whether there was not."""
        try:
            if not self._ballast.exists():
                with self._ballast.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, _BALLAST_SIZE)
            self.tight = False
        except OSError:
            self._ballast.unlink(missing_ok=True)
            self.tight = True

    def close(self) -> None:
        self._database.close()

    def _insert(self, rows: Iterable[Row]) -> None:
        values = (
            (run, seq, event.at, kind(event), getattr(event, "job", None), _encode(event)) for run, seq, event in rows
        )
        self._database.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", values)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction. Where the disk is full the ballast goes, which makes room for the next attempt at it."""
        try:
            self._database.execute("BEGIN IMMEDIATE")
            yield self._database
            self._database.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._undo()
            if not self.tight:
                self.tight = True
                self._ballast.unlink(missing_ok=True)
            raise DiskFull(
                f"{self.path} cannot be written ({error}): make room on its disk, or see its rights"
            ) from error
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")

    # --- opening
    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False, timeout=_PATIENCE)
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        return database

    def _prepare(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA:
            raise StoreError(
                f"{self.path} was written by a newer nbflow (format {version}, this one reads {SCHEMA}): upgrade nbflow"
            )
        schema = self._schema()
        if version == 0 and not schema:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._create()
            schema = self._schema()
        if schema != sorted(_TABLES):
            raise StoreError(f"{self._file} is no log of nbflow (its tables are not nbflow's): move it away")

    def _create(self) -> None:
        with self._transaction() as database:
            for table in _TABLES:
                database.execute(table)
            database.execute(f"PRAGMA user_version = {SCHEMA}")

    def _schema(self) -> list[str]:
        return sorted(row[0] for row in self._database.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL"))

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """Nothing in a file somebody else made may keep the engine for more than some seconds."""
        ends_at = time.monotonic() + _PATIENCE
        self._database.set_progress_handler(lambda: time.monotonic() > ends_at, _STEPS)
        try:
            yield
        finally:
            self._database.set_progress_handler(None, 0)
