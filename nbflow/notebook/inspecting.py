"""Looking into attempts, and taking the flow out of the notebook: debug, reproduce, export."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nbflow.errors import NbflowError
from nbflow.notebook.debugging import Debugging, Postmortem
from nbflow.notebook.declaring import Declaring
from nbflow.notebook.exporting.cells import Cell, Past, read_notebook
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
        self.past = Past()

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

    def export(
        self, file: str | os.PathLike[str], *, plain: bool = False, everything: bool = False, force: bool = False
    ) -> None:
        """Write the cells executed here so far as a Python file that runs by itself and comes to the same values.

        Each job becomes a function of `nbflow.job`, with the options of its cell, and running the file runs the flow.
        With *plain* it is a script without nbflow instead, one cell after the other. Magics become what they do where
        Python can say it; where not, a comment says so.

        Args:
            file: where it goes.
            plain: without nbflow.
            everything: ordinary cells too that only look at what jobs made.
            force: also over a file that is there.

        Raises:
            NbflowError: there is such a file, a cell cannot be read, or this flow is no notebook's.
        """
        from nbflow.notebook.exporting.whole import exported, write  # few sessions need it

        place = self._session.place
        cells = self.past.cells(self._document())
        if not cells:
            raise NbflowError("there are no cells to export: in a notebook, run them first")
        title = f"{place.flow}.ipynb"
        write(exported(cells, title, place.flow, plain=plain, everything=everything), Path(file), force)

    def _document(self) -> list[Cell]:
        """The notebook's cells as they were saved last, for their order."""
        try:
            return read_notebook(self._session.place.folder / f"{self.name}.ipynb")
        except NbflowError:
            return []
