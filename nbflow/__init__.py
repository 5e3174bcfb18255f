"""nbflow: notebook cells as background jobs.

``%load_ext nbflow`` in a notebook; then ``%%job NAME`` on the first line of a cell runs it in the background, with
retries, timeouts and group policies, in an engine that outlives the kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbflow.core.answers import Broken, Met, Undecided
from nbflow.core.missing import Missing
from nbflow.core.status import RunVerdict, Status
from nbflow.engine.attempt.current import attempt
from nbflow.errors import (
    CycleError,
    DeclarationError,
    EngineError,
    GroupError,
    JobFailedError,
    NbflowError,
    RunFailedError,
    StoreError,
    UnknownJob,
    ValueNotStorable,
)

if TYPE_CHECKING:
    from nbflow.notebook.flow import Flow as NotebookFlow
    from nbflow.notebook.jobs import job
    from nbflow.notebook.script import Flow

__all__ = [
    "Broken",
    "CycleError",
    "DeclarationError",
    "EngineError",
    "Flow",
    "GroupError",
    "JobFailedError",
    "Met",
    "Missing",
    "NbflowError",
    "RunFailedError",
    "RunVerdict",
    "Status",
    "StoreError",
    "Undecided",
    "UnknownJob",
    "ValueNotStorable",
    "attempt",
    "flow",
    "job",
    "load_ipython_extension",
    "unload_ipython_extension",
]

_extensions: list[Any] = []


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext nbflow``."""
    from nbflow.notebook.extension import Extension

    unload_ipython_extension(shell)
    extension = Extension(shell)
    extension.load()
    _extensions.append(extension)


def unload_ipython_extension(shell: Any) -> None:  # noqa: ARG001 - IPython's signature; one shell a process
    """Called by ``%unload_ext nbflow``: nothing stays behind; jobs go on in the engine."""
    while _extensions:
        _extensions.pop().unload()


def __getattr__(name: str) -> Any:
    """`job` and `Flow`, when first asked for: the engine, which imports this too, has no use for them."""
    if name == "job":
        from nbflow.notebook.jobs import job

        return job
    if name == "Flow":
        from nbflow.notebook.script import Flow

        return Flow
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def flow() -> NotebookFlow:
    """The flow of this notebook: every ``%nbflow`` verb as a method.

    Raises:
        NbflowError: the extension is not loaded.

    >>> flow()
    Traceback (most recent call last):
    ...
    nbflow.errors.NbflowError: nbflow is not loaded here: run %load_ext nbflow first
    """
    if not _extensions:
        raise NbflowError("nbflow is not loaded here: run %load_ext nbflow first")
    found: NotebookFlow = _extensions[-1].flow
    return found
