import shutil
from pathlib import Path

import pytest

from nbflow.engine.locate import find_store, make_store
from nbflow.engine.trust import TRUST, data_folder, trust, trusted
from nbflow.errors import StoreError


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return make_store(find_store(tmp_path))


def test_a_store_made_here_is_trusted_and_private(store: Path) -> None:
    """It needs no further word, ignores itself in git, and nobody else may look in."""
    assert trusted(store)
    assert store.stat().st_mode & 0o777 == 0o700
    assert (store / ".gitignore").read_text() == "*\n"


def test_making_a_store_again_changes_nothing(store: Path) -> None:
    """What is there stays."""
    before = (store / TRUST).read_bytes()
    assert make_store(store) == store
    assert (store / TRUST).read_bytes() == before
    assert [path.name for path in store.parent.iterdir()] == [".nbflow"]


def test_a_copy_is_not_trusted(store: Path, tmp_path: Path) -> None:
    """An archive or a clone of somebody's folder bears a tag that does not fit."""
    copy = shutil.copytree(store, tmp_path / "other" / ".nbflow")
    assert not trusted(copy)


def test_another_folder_in_the_same_place_is_not_trusted(store: Path) -> None:
    """Path and id are not enough: the inode counts."""
    copy = store.with_name("copy")
    shutil.copytree(store, copy)
    shutil.move(store, store.with_name("away"))
    copy.rename(store)
    assert not trusted(store)


def test_another_key_does_not_verify(store: Path) -> None:
    """The tag is worth nothing without the key it was made with."""
    (data_folder() / "nbflow_key").unlink()
    assert not trusted(store)


@pytest.mark.parametrize("text", ["", "{}", '{"id": "x", "tag": ""}', '{"id": 1}', "[" * 5000])
def test_a_bad_seal_is_not_trusted(store: Path, text: str) -> None:
    """Whatever stands in the file, the answer is no."""
    (store / TRUST).write_text(text)
    assert not trusted(store)


def test_a_linked_seal_is_not_followed(store: Path) -> None:
    """A link in place of the seal is no seal."""
    shutil.move(store / TRUST, store / "seal")
    (store / TRUST).symlink_to("seal")
    assert not trusted(store)


def test_trust_takes_a_store_over(store: Path, tmp_path: Path) -> None:
    """After the user's word it verifies, with the id it had."""
    copy = shutil.copytree(store, tmp_path / "other" / ".nbflow")
    trust(copy)
    assert trusted(copy)


def test_the_key_is_private(store: Path) -> None:
    """Nobody else may read it, and it is not in the store."""
    key = data_folder() / "nbflow_key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_bytes() not in b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())


def test_trusting_what_is_not_there_says_so(tmp_path: Path) -> None:
    """One line, naming the folder."""
    with pytest.raises(StoreError, match=r"\.nbflow cannot be trusted"):
        trust(tmp_path / ".nbflow")


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A store cannot be made where a file is in the way of its parent."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        make_store(tmp_path / "file" / ".nbflow")
