"""Whose store is it? A store this user made or trusts bears a tag that only a key outside of it can make.

The key lives in the user's Jupyter data folder, never in ``.nbflow``. The tag covers the store's id, its real path and
its inode: a copy, an archive or somebody else's folder does not verify, until the user types ``%nbflow trust``.
"""

from __future__ import annotations

import os
import secrets
import sys
from hashlib import blake2b
from pathlib import Path

import msgspec

from nbflow.errors import StoreError

TRUST = "trust.json"
_LIMIT = 4096


class Seal(msgspec.Struct, frozen=True):
    """What ``trust.json`` holds: the store's *id* and the *tag* over it."""

    id: str
    tag: str = ""


def data_folder() -> Path:
    """The user's Jupyter data folder, as Jupyter itself finds it."""
    if given := os.environ.get("JUPYTER_DATA_DIR"):
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Jupyter"
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home()) / "jupyter"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "jupyter"


def trusted(store: Path) -> bool:
    """Whether this user made *store*, here, or has trusted it since."""
    try:
        seal = _read(store)
        return store.stat().st_uid == os.getuid() and secrets.compare_digest(seal.tag, _tag(store, seal.id))
    except (OSError, msgspec.MsgspecError):
        return False


def trust(store: Path) -> None:
    """Take *store* for one's own: from now on its jobs may run and its values be loaded.

    Raises:
        StoreError: there is no store, it belongs to another user, or the key or tag cannot be written.
    """
    try:
        if store.stat().st_uid != os.getuid():
            raise StoreError(f"{store} belongs to another user: copy the folder first, then trust the copy")
        seal_store(store)
    except OSError as error:
        raise StoreError(
            f"{store} cannot be trusted ({error}): check that the folder exists and is writable"
        ) from error


def seal_store(store: Path, name: Path | None = None) -> None:
    """Write *store*'s tag, for the path *name* if it is about to be renamed to that; its id is kept if it has one."""
    try:
        identity = _read(store).id
    except (OSError, msgspec.MsgspecError):
        identity = secrets.token_hex(16)
    tag = _tag(store, identity, name)
    write_private(store / TRUST, msgspec.json.encode(Seal(id=identity, tag=tag)))


def write_private(path: Path, data: bytes) -> None:
    """Put *data* in place of *path* by rename, readable by this user only."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def read_private(path: Path, limit: int = _LIMIT) -> bytes:
    """The first *limit* bytes of *path*, which must be a plain file and no link."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(limit)


def _read(store: Path) -> Seal:
    return msgspec.json.decode(read_private(store / TRUST), type=Seal)


def _tag(store: Path, identity: str, name: Path | None = None) -> str:
    place = os.path.realpath(name or store)
    text = "\0".join((identity, place, str(store.stat().st_ino)))
    return blake2b(text.encode(errors="surrogateescape"), key=_key(), person=b"nbflow-store").hexdigest()


def _key() -> bytes:
    path = data_folder() / "nbflow_key"
    try:
        key = read_private(path)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = _make_key(path)
    if len(key) != 64:
        raise OSError(f"{path} is damaged: remove it, then trust your stores again")
    return key


def _make_key(path: Path) -> bytes:
    """A new key at *path*; where two processes make one at once, the first to be in place counts for both."""
    draft = path.with_name(f"nbflow_key.{secrets.token_hex(4)}.new")
    write_private(draft, secrets.token_bytes(64))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # the other one's key is as good, and is in use
    finally:
        draft.unlink()
    return read_private(path)
