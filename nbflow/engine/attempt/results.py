"""The result record of an attempt: written whole or not at all, and believed only if it is the attempt's own."""

from __future__ import annotations

from pathlib import Path

import msgspec

from nbflow.engine.attempt.record import RESULT, AttemptReport, ResultRecord

_decode = msgspec.msgpack.Decoder(ResultRecord).decode
_encode = msgspec.msgpack.Encoder().encode


def write_record(folder: Path | str, record: ResultRecord) -> None:
    """Put *record* in place by rename: a reader finds all of it or none."""
    place = Path(folder) / RESULT
    part = place.with_name(RESULT + ".part")
    with part.open("wb") as file:
        file.write(_encode(record))
    part.rename(place)


def read_record(folder: Path | str, key: str) -> ResultRecord | None:
    """The record in *folder*, if it is there, whole, and that of attempt *key*."""
    try:
        record = _decode((Path(folder) / RESULT).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return record if record.key == key else None


def from_record(record: ResultRecord) -> AttemptReport:
    """The report that says what *record* says.

    >>> from_record(ResultRecord(key="a1", end="succeeded")).end
    'succeeded'
    """
    return AttemptReport(
        key=record.key,
        end=record.end,
        reason=record.reason,
        traceback=record.traceback,
        classes=record.classes,
        exit_code=record.exit_code,
        outputs=record.outputs,
        missing=record.missing,
        changed=record.changed,
        response=record.response,
        said=record.said,
        peak_memory=record.peak_memory,
        cpu_seconds=record.cpu_seconds,
    )
