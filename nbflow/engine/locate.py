"""Where a store and its engine are, and how an engine is started."""

from __future__ import annotations

import os
import secrets
import select
import shutil
import socket
import stat
import struct
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from nbflow.engine.trust import read_private, seal_store, write_private
from nbflow.errors import EngineError, StoreError

STORE = ".nbflow"
ADDRESS, LOCK, LOG = "engine.json", "engine.lock", "engine.log"
_SOCKET_PATH_LIMIT = 100
_START_LIMIT = 20.0


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """What ``engine.json`` says: the socket's *path* and *token*, and the *pid* and *host* of the engine."""

    path: str
    token: bytes
    pid: int
    host: str


def find_store(folder: str | os.PathLike[str]) -> Path:
    """The store that belongs to notebooks in *folder*, whether it exists yet or not.

    >>> find_store("/data/project").as_posix()
    '/data/project/.nbflow'
    """
    return Path(os.path.realpath(folder)) / STORE


def make_store(store: Path) -> Path:
    """Make *store* (private, ignored by git, trusted) unless it is there; several processes may try at once.

    Raises:
        StoreError: the folder cannot be made.
    """
    if store.is_dir():
        return store
    try:
        draft = Path(tempfile.mkdtemp(prefix=f"{STORE}-new-", dir=store.parent))
        try:
            (draft / ".gitignore").write_text("*\n")
            for part in ("attempts", "values"):
                (draft / part).mkdir(mode=0o700)
            seal_store(draft, store)
            draft.rename(store)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            if not store.is_dir():
                raise
    except OSError as error:
        raise StoreError(
            f"{store} cannot be made ({error}): nbflow needs a writable folder beside the notebook"
        ) from error
    return store


def read_address(store: Path) -> Address | None:
    """The address of *store*'s engine, if one has left it; it may be dead all the same."""
    try:
        return msgspec.json.decode(read_private(store / ADDRESS), type=Address)
    except (OSError, msgspec.MsgspecError):
        return None


@contextmanager
def published(store: Path, path: str) -> Iterator[Address]:
    """Tell clients where this engine listens, for as long as the block runs."""
    address = Address(path=path, token=secrets.token_bytes(32), pid=os.getpid(), host=socket.gethostname())
    write_private(store / ADDRESS, msgspec.json.encode(address))
    try:
        yield address
    finally:
        if read_address(store) == address:  # another engine may have come where the store was removed and made again
            (store / ADDRESS).unlink(missing_ok=True)


def socket_path() -> str:
    """A fresh path for a socket in a folder that is this user's alone.

    Raises:
        EngineError: there is no such folder: somebody else has taken the name.
    """
    name = f"{secrets.token_hex(8)}.sock"
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    candidates = [f"{own}/nbflow"] if own else []
    candidates += [f"{place}/nbflow-{os.getuid()}" for place in (tempfile.gettempdir(), "/tmp")]
    for folder in candidates:
        if len(os.fsencode(f"{folder}/{name}")) < _SOCKET_PATH_LIMIT and _private(Path(folder)):
            return f"{folder}/{name}"
    raise EngineError(f"no private folder for the engine's socket: {candidates[-1]} is not this user's alone")


class Peer(NamedTuple):
    """Who is at the other end of a Unix socket, by the kernel's word; *pid* is 0 if it cannot be told."""

    pid: int
    uid: int


def peer(connection: socket.socket) -> Peer:
    """Who made, or listens at, the other end of *connection*."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid, uid, _ = struct.unpack("3i", credentials)
    return Peer(pid, uid)


def start_engine(store: Path) -> bool:
    """Start an engine for *store* and wait until it listens; False if another one has the store already.

    Raises:
        StoreError, EngineError: the engine could not start; says why.
    """
    told, tell = os.pipe()
    try:
        _spawn(store, tell)
        os.close(tell)
        tell = -1
        word = _hear(told)
    finally:
        os.close(told)
        if tell >= 0:
            os.close(tell)
    kind, _, text = word.partition(":")
    if kind == "StoreError":
        raise StoreError(text)
    if kind not in ("ready", "taken"):
        raise EngineError(text or f"the engine did not start: see {store / LOG}")
    return kind == "ready"


def _spawn(store: Path, tell: int) -> None:
    """Run the engine in a session of its own. It forks at once and goes on as nobody's child, so that is soon over."""
    command = [sys.executable, "-P", "-m", "nbflow.engine", "--store", os.fspath(store), "--tell", str(tell)]
    try:
        log = os.open(store / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreError(f"{store} cannot be written ({error}): nbflow needs to write to it") from error
    try:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd="/",
            env=_environment(),
            pass_fds=(tell,),
            start_new_session=True,
        ).wait(_START_LIMIT)
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(f"the engine could not be started ({error}): see {store / LOG}") from error
    finally:
        os.close(log)


def _environment() -> dict[str, str]:
    """This process's environment; where nbflow runs from a checkout, the engine is told where that is."""
    environment = dict(os.environ)
    here = os.fspath(Path(__file__).resolve().parents[2])
    if here != sysconfig.get_path("purelib"):
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (here, environment.get("PYTHONPATH"))))
    return environment


def _hear(told: int) -> str:
    """What the starting engine says: one word, or an error; empty if it ended without a word or says nothing."""
    heard = b""
    while select.select([told], [], [], _START_LIMIT)[0]:
        data = os.read(told, 4096)
        if not data:
            break
        heard += data
    return heard.decode(errors="replace")


def _private(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
