"""The verbs of ``%nbflow`` that show something: pictures, what happened, earlier runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbflow.core.words import duration
from nbflow.notebook.flow import Flow


class LookVerbs:
    """A part of the magics: *flow* is what is looked at, *_show* shows it live, *_forms* how else things are shown."""

    flow: Flow
    _show: Callable[[int | None], None]
    _forms: dict[str, Callable[..., Any]]

    def _do_show(self, run: int | None = None) -> None:
        self._show(run)

    def _do_history(self, run: str | None = None) -> None:
        if run is None:
            self._forms["figure"](self.flow.history())
        else:
            self._show(int(run))

    def _do_plot(self, file: str | None = None, run: int | None = None) -> Any:
        return self._figure(self.flow.plot(file, run=run), file)

    def _do_timeline(self, file: str | None = None, **given: Any) -> Any:
        return self._figure(self.flow.timeline(file, **given), file)

    def _do_events(self, job: str | None = None) -> None:
        events = self.flow.events(job)
        start = events[0]["at"] if events else 0.0
        for event in events:
            who = event.get("job") or event.get("group") or event.get("flow", "")
            number = f" attempt {event['attempt']}" if "attempt" in event else ""
            print(f"{event['seq']:>4}  {duration(event['at'] - start):>9}  {event['kind']:<17} {who}{number}")

    def _figure(self, figure: Any, file: str | None) -> None:
        """Show the figure once, or say where it was saved."""
        if file:
            print(f"saved {file}")
        else:
            self._forms["figure"](figure)
