"""Looking into attempts, and taking the flow out of the notebook: debug, reproduce, export."""

from __future__ import annotations

from typing import Any

from nbflow.notebook.debugging import Debugging, Postmortem
from nbflow.notebook.declaring import Declaring
from nbflow.notebook.looking import Pumping
from nbflow.notebook.references import Made
from nbflow.notebook.reproducing import reproduce
from nbflow.notebook.session import Session
from nbflow.notebook.target import FlowTarget


class Inspecting(Declaring):
    """A flow whose attempts can be laid open and run again here."""

    def __init__(self, session: Session, pumping: Pumping, target: FlowTarget) -> None:
        super().__init__(session, pumping, target)
        self.debugging = Debugging(session)

    def debug(self, job: str | Made, attempt: int | None = None) -> Postmortem:
        """Open the debugger where *job* failed, with the inputs of that attempt as variables; nothing is run.

        Where nobody can type no debugger opens: what is returned has the inputs, the error and its frames all the same.
        It is the last error from then on: ``%debug`` and ``pdb.pm()`` open it, too.

        Args:
            job: its name.
            attempt: which one; by default the last that failed.

        Raises:
            NbflowError: there is no such attempt, it has not failed, or an input is gone.
            StoreError: the store is not trusted: what was kept is not loaded.
        """
        return self.debugging.debug(self._one(job), attempt)

    def reproduce(self, job: str | Made, attempt: int | None = None, *, discard: bool = False) -> dict[str, Any]:
        """Run an attempt of *job* again here, in the foreground, on exactly the inputs that it was given.

        It runs in a namespace of its own. Where it succeeds its outputs become the notebook's own variables, except for
        an element of a fan-out and the job of a function, whose outputs are only returned. No job is declared, and
        nothing recorded. Its own error is raised as it is.

        Args:
            job: its name.
            attempt: which one; by default the last.
            discard: assign nothing.

        Returns:
            The outputs by name.

        Raises:
            NbflowError: there is no such attempt, an input is gone, or it ran in the kernel.
        """
        __tracebackhide__ = True
        return reproduce(self.debugging, self._one(job), attempt, discard)
