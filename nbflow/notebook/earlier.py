"""The runs of this notebook's flow, and an earlier one as a session sees its own: to be looked at only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nbflow.core.policies import Policy
from nbflow.core.spec import JobSpec
from nbflow.engine.client import Client, RunInfo
from nbflow.errors import NbflowError
from nbflow.notebook.session import Session


class Earlier(Session):
    """Run *number* of the flow of *session* as it stood when this was made; nothing can be asked of it.

    Raises:
        StoreError: there is no such run.
    """

    def __init__(self, session: Session, number: int) -> None:
        super().__init__(session.place, session.settings)
        self._session = session
        self._replica = self.client.read(session.place.flow, number)

    @property
    def client(self) -> Client:
        """The session's own connection."""
        return self._session.client

    def declare(self, jobs: Iterable[JobSpec], groups: Mapping[str, Policy]) -> None:  # noqa: ARG002
        """Refused."""
        raise self._past()

    def ask(self, kind: Any, names: Iterable[str], **more: Any) -> int:  # noqa: ARG002
        """Refused."""
        raise self._past()

    def ask_run(self, kind: Any) -> bool:  # noqa: ARG002
        """Refused."""
        raise self._past()

    def _past(self) -> NbflowError:
        """What somebody is told who asks for a change."""
        number = self.replica.info.number
        return NbflowError(f"run {number} is only looked at here: %nbflow resume {number} takes it up")

    def _catch_up(self) -> None:
        """It stands still."""


def runs(session: Session) -> list[dict[str, Any]]:
    """The runs of the session's flow, oldest first, as `nbflow.picture.runs` shows them."""
    return [told(info) for info in session.client.runs(session.place.flow)]


def told(info: RunInfo) -> dict[str, Any]:
    """A run in a few words: its number, when it was opened, what it came to, how many jobs stand where.

    >>> told(RunInfo(run=9, flow="a", number=3, started_at=1.0, verdict="failed", counts={"failed": 1}))["run"]
    3
    """
    return {
        "run": info.number,
        "verdict": info.verdict,
        "opened_at": info.started_at,
        "began_at": info.began_at,
        "ended_at": None if info.verdict == "running" else info.ended_at,
        "counts": dict(info.counts),
    }
