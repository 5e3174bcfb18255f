import os
import socket
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from nbflow.engine import locate
from nbflow.engine.locate import peer, published, read_address, socket_path, start_engine
from nbflow.errors import EngineError, StoreError


def test_the_socket_lies_in_a_private_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The session's own folder, if there is one; made for this user only; a new name each time."""
    with TemporaryDirectory() as folder:  # a socket's path may not be long, as those of tests' own folders are
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        path = Path(socket_path())
        assert path.parent == Path(folder) / "nbflow"
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert socket_path() != str(path)


@pytest.mark.parametrize("prepare", [lambda p: p.mkdir(mode=0o755), lambda p: p.symlink_to("/"), lambda p: p.touch()])
def test_a_folder_that_is_not_private_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepare: object
) -> None:
    """A folder others may enter, a link and a file are passed over."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    prepare(tmp_path / "nbflow")
    (tmp_path / "nbflow").lstat()
    assert not socket_path().startswith(str(tmp_path / "nbflow/"))


def test_a_path_too_long_for_a_socket_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux takes some 100 bytes; deep folders give way to a short one."""
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    assert len(socket_path()) < 100


def test_no_private_folder_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the folder somebody has taken."""
    monkeypatch.setattr(locate, "_private", lambda _: False)
    with pytest.raises(EngineError, match="is not this user's alone"):
        socket_path()


def test_an_address_is_there_as_long_as_its_engine(tmp_path: Path) -> None:
    """And readable by the user only."""
    with published(tmp_path, "/run/x.sock") as address:
        assert read_address(tmp_path) == address
        assert address.pid == os.getpid()
        assert (tmp_path / "engine.json").stat().st_mode & 0o777 == 0o600
    assert read_address(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", '{"path": 1}', "x" * 10_000])
def test_an_address_that_is_none_is_none(tmp_path: Path, text: str) -> None:
    """Whatever the file holds, there is no engine to call then."""
    (tmp_path / "engine.json").write_text(text)
    assert read_address(tmp_path) is None


def test_the_peer_is_who_it_is() -> None:
    """The kernel tells who is at the other end."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert peer(ours) == (os.getpid(), os.getuid())


def test_an_engine_that_does_not_start_says_where_to_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that fails at once leaves its words in the log; the error names that."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(EngineError, match=r"did not start: see .*engine\.log"):
        start_engine(tmp_path)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(EngineError, match="could not be started"):
        start_engine(tmp_path)


def test_an_engine_in_a_folder_that_is_gone_says_so(tmp_path: Path) -> None:
    """The folder is named."""
    with pytest.raises(StoreError, match="gone cannot be written"):
        start_engine(tmp_path / "gone")


def test_an_engines_farewell_leaves_another_ones_address(tmp_path: Path) -> None:
    """Where a store was removed and made again, the old engine does not make the new one unreachable."""
    with published(tmp_path, "/run/old.sock"):
        new = published(tmp_path, "/run/new.sock")
        address = new.__enter__()
    assert read_address(tmp_path) == address
    new.__exit__(None, None, None)
    assert read_address(tmp_path) is None
