"""A group's custom policy, asked in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from nbflow.core.answers import said
from nbflow.core.policy import Member
from nbflow.core.status import Reason, Status
from nbflow.engine.attempt.record import AttemptOrder, ResultRecord

POLICY = "policy"
"""The input that the policy travels as."""


class Seen(Struct, frozen=True, omit_defaults=True):
    """A member as it travels to the policy."""

    name: str
    status: Status
    reason: Reason | None = None
    going: bool = False


def sent(members: Sequence[Seen]) -> str:
    """*members* as text, for `AttemptOrder.judged`.

    >>> sent([Seen("a", Status.RUNNING)])
    '[{"name":"a","status":"running"}]'
    """
    return msgspec.json.encode(members).decode()


def judged(order: AttemptOrder, policy: Callable[[], Any]) -> ResultRecord:
    """Ask what *policy* gives; raises whatever goes wrong on the way."""
    seen = msgspec.json.decode(order.judged, type=list[Seen])
    members = [Member(each.name, each.status, each.reason, going=each.going) for each in seen]
    answer = policy().verdict(members)
    return ResultRecord(key=order.key, end="succeeded", said=said(answer))
