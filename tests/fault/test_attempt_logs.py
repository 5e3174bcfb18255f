"""Whatever an attempt writes, its logs stay within their limit, and nothing stalls it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nbflow.engine.attempt import logs
from nbflow.engine.attempt.logs import LIMIT, NOTE, Log
from tests.attempts import Runner

pytestmark = pytest.mark.fault

SMALL = 64 * 1024


@pytest.fixture(params=["in place", "by copying"])
def log(request, tmp_path, monkeypatch):
    """A small log, on a file system that can take out a range of a file, and on one that cannot."""
    if request.param == "by copying":
        monkeypatch.setattr(logs, "collapse", lambda *_: False)
    return Log(tmp_path / "out", SMALL)


def write(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def lines(first: int, last: int) -> bytes:
    return b"".join(b"line %09d\n" % number for number in range(first, last))


def test_short_log_is_left_alone(log):
    """A log within its limit is not touched."""
    write(log.path, lines(0, 100))
    log.trim()
    assert log.path.read_bytes() == lines(0, 100)


def test_missing_log_is_no_error(log):
    """An attempt that has no log yet has nothing to trim."""
    log.trim()
    assert not log.path.exists()


def test_head_and_tail_stay(log):
    """The first and the last lines are kept, and a note between them counts what is missing, time after time."""
    written = 0
    for turn in range(5):
        more = lines(turn * 20_000, (turn + 1) * 20_000)
        written += len(more)
        write(log.path, more)
        log.trim()
        text = log.path.read_bytes()
        assert len(text) <= SMALL * 9 // 8
        assert text.startswith(lines(0, 100))
        assert text.endswith(lines((turn + 1) * 20_000 - 100, (turn + 1) * 20_000))
        assert text.count(b"dropped here") == 1
        assert f"… {written - len(text) + NOTE:,} bytes dropped here …".encode() in text


def test_writers_go_on_at_the_end(log):
    """A process that has the log open for appending writes on at its new end."""
    writer = subprocess.Popen(["sh", "-c", "while read word; do echo $word; done"], stdin=subprocess.PIPE,
                              stdout=log.path.open("ab"))  # fmt: skip
    write(log.path, lines(0, 50_000))
    log.trim()
    writer.communicate(b"and on\n")
    assert log.path.read_bytes().endswith(b"line 000049999\nand on\n")


def test_a_flood_does_not_fill_the_disk(tmp_path):
    """300 MB from ``yes`` and a line without end leave some megabytes, and do not slow the cell down."""
    runner = Runner(tmp_path)
    try:
        flood = "os.system('yes | head -c 300000000')\nprint('x' * 50_000_000)"
        trial = runner.run(f"import os\nprint('the head')\n{flood}\nprint('the tail')", timeout=60)
        assert trial.report().end == "succeeded"
        assert runner.run("pass").report().end == "succeeded"
        text = trial.out
        assert text.startswith("the head\n")
        assert text.endswith("xxx\nthe tail\n")
        assert "bytes dropped here" in text
        assert (trial.folder / "out").stat().st_blocks * 512 < LIMIT * 1.2
    finally:
        runner.close()
