import random

import pytest

from nbflow.core.event import JobDeclared
from nbflow.core.spec import JobSpec
from nbflow.engine.frames import pack, pack_events, pack_request, to_client, to_engine
from nbflow.engine.wire import FRAME_LIMIT, Runs, Stop
from nbflow.errors import EngineError


def test_messages_come_whole_however_the_bytes_come() -> None:
    """Any cutting of the stream gives the same messages, in order."""
    messages = [Runs(ref=n, flow="f" * n) for n in range(50)]
    stream = b"".join(map(pack, messages))
    chance = random.Random(1)
    for _ in range(20):
        unpacker, found, start = to_engine(), [], 0
        while start < len(stream):
            size = chance.choice((1, 3, 50, 2000))
            found += unpacker.feed(stream[start : start + size])
            start += size
        assert found == messages


def test_a_length_over_the_limit_is_refused_before_its_body_comes() -> None:
    """Four bytes are enough to say no: nothing is gathered."""
    with pytest.raises(EngineError, match="longer than 10"):
        to_engine(limit=10).feed((11).to_bytes(4, "big"))


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x93\x01\x02\x03", b"\x81\xa4type\xa4what", b"\xff" * 40])
def test_a_body_that_is_no_message_is_refused(body: bytes) -> None:
    """Garbage raises the error that drops the connection, and nothing else."""
    with pytest.raises(EngineError, match="no message"):
        to_engine().feed(len(body).to_bytes(4, "big") + body)


def test_nesting_bombs_are_refused() -> None:
    """A body of 100,000 nested lists neither crashes nor recurses for ever."""
    body = b"\x91" * 100_000
    with pytest.raises(EngineError):
        to_engine().feed(len(body).to_bytes(4, "big") + body)


def test_a_message_over_the_limit_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sender is told at once, in words."""
    monkeypatch.setattr("nbflow.engine.frames.FRAME_LIMIT", 20)
    with pytest.raises(EngineError, match="declare fewer jobs"):
        pack_request(Runs(ref=1, flow="f" * 40))
    assert pack_request(Stop(ref=1)) == pack(Stop(ref=1))


def test_many_large_events_go_in_several_frames() -> None:
    """Each event once, in order, numbered on; no frame is much larger than one event."""
    events = [JobDeclared(at=0.0, spec=JobSpec(name=f"j{n}", source="x" * 1_000_000)) for n in range(11)]
    frames = list(pack_events(3, 5, events))
    parts = [message for frame in frames for message in to_client().feed(frame)]
    assert max(map(len, frames)) < 5_000_000
    assert [part.first for part in parts] == [5 + sum(len(p.events) for p in parts[:n]) for n in range(len(parts))]
    assert [event for part in parts for event in part.events] == events


def test_an_event_larger_than_any_request_arrives() -> None:
    """An attempt may leave many values; its end is told all the same."""
    event = JobDeclared(at=0.0, spec=JobSpec(name="j", source="x" * (FRAME_LIMIT + 1)))
    (frame,) = pack_events(1, 1, [event])
    assert to_client().feed(frame)[0].events == (event,)
