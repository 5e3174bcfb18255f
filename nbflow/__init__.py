"""nbflow: notebook cells as background jobs.

``%load_ext nbflow`` in a notebook; then ``%%job NAME`` on the first line of a cell runs it in the background, with
retries, timeouts and group policies, in an engine that outlives the kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    from nbflow.notebook.flow import Flow

__all__ = [
    "CycleError",
    "DeclarationError",
    "EngineError",
    "GroupError",
    "JobFailedError",
    "Missing",
    "NbflowError",
    "RunFailedError",
    "RunVerdict",
    "Status",
    "StoreError",
    "UnknownJob",
    "ValueNotStorable",
    "attempt",
    "flow",
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


def flow() -> Flow:
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
    found: Flow = _extensions[-1].flow
    return found
