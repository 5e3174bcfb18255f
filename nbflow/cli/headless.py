"""``nbflow run NB``: a notebook executed as Run All would, to the end of its jobs."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets.config import Config

from nbflow.core.words import duration
from nbflow.errors import NbflowError
from nbflow.picture.svg import svg
from nbflow.picture.table import table_text

_STOPPING = 60.0
"""Seconds that jobs may take to end once they are asked to."""
_SOCKET_FOLDER = 90
_MARK = "nbflow-run-end:"
_END = f"""
def _nbflow_end(cancel, seconds):
    import json, nbflow
    flow, failed = nbflow.flow(), {{{{}}}}
    if cancel:
        flow.cancel()
    try:
        flow.wait(timeout=seconds)
    except nbflow.RunFailedError as error:
        failed = error.failed
    except TimeoutError:
        pass
    print({_MARK!r} + json.dumps({{{{"snapshot": flow.snapshot(), "failed": failed}}}}))

if "nbflow" in get_ipython().extension_manager.loaded:
    _nbflow_end({{cancel}}, {{seconds}})
"""


@dataclass
class Outcome:
    """What became of a notebook.

    Attributes:
        snapshot: its jobs, as programs read them; None if it has none, or the kernel died.
        failed: the jobs that made the run fail -> reason in words.
        trouble: what else went wrong, in a line.
    """

    snapshot: dict[str, Any] | None = None
    failed: dict[str, str] = field(default_factory=dict)
    trouble: str = ""

    @property
    def running(self) -> bool:
        """Some job has not ended."""
        return self.snapshot is not None and self.snapshot["verdict"] == "running"


def run_notebook(notebook: Path, out: Path, limit: float | None = None, notify: Sequence[str] = ()) -> int:
    """Execute *notebook*, wait for its jobs, write it to *out*, and say what became of it.

    Args:
        notebook: the file; its folder is the kernel's, and holds the store.
        out: where the executed notebook goes; the picture of the flow goes beside it.
        limit: seconds for all of it; what is left then is cancelled. None: as long as it takes.
        notify: commands and addresses that tell people when the run ends or first fails.

    Returns:
        The exit status: 0, or 1 if a cell or, unexcused, a job failed.
    """
    began = time.monotonic()
    document = _read(notebook)
    with tempfile.TemporaryDirectory(prefix="nbflow-") as sockets:
        outcome = _execute(document, notebook.resolve(), limit, _private(sockets), notify)
    out.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(document, out)
    _tell(outcome, out, time.monotonic() - began)
    return 1 if outcome.trouble or outcome.failed else 0


def _read(notebook: Path) -> nbformat.NotebookNode:
    try:
        document: nbformat.NotebookNode = nbformat.read(notebook, as_version=4)
    except FileNotFoundError:
        raise NbflowError(f"no notebook {str(notebook)!r}: give the path of an .ipynb file") from None
    except nbformat.reader.NotJSONError:
        raise NbflowError(f"{str(notebook)!r} is not a notebook: give the path of an .ipynb file") from None
    return document


def _execute(
    document: nbformat.NotebookNode, notebook: Path, limit: float | None, config: Config, notify: Sequence[str]
) -> Outcome:
    """Run all cells, then wait in a last cell that is not kept."""
    ends_at = time.monotonic() + limit if limit else None
    client = NotebookClient(
        document,
        timeout_func=lambda _: None if ends_at is None else max(1, round(ends_at - time.monotonic())),
        interrupt_on_timeout=True,
        error_on_timeout={"ename": "TimeoutError", "evalue": "the time was up", "traceback": []},
        resources={"metadata": {"path": str(notebook.parent)}},
        config=config,
    )
    outcome = Outcome()
    told = {"NBFLOW_NOTIFY": "\n".join(notify)} if notify else {}
    with client.setup_kernel(env={**os.environ, "JPY_SESSION_NAME": str(notebook), **told}):
        try:
            outcome.trouble = _run_cells(client, document)
            _wait(client, outcome, ends_at)
        except KeyboardInterrupt:
            outcome.trouble = "interrupted"
            _last_cell(client, outcome, cancel=True, seconds=_STOPPING)
    return outcome


def _private(folder: str) -> Config:
    """Talk to the kernel over sockets in *folder*, which is ours alone, unless its name is too long for sockets."""
    config = Config()
    if len(os.fsencode(folder)) < _SOCKET_FOLDER:
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = str(Path(folder) / "kernel")
    return config


def _run_cells(client: NotebookClient, document: nbformat.NotebookNode) -> str:
    """Execute the notebook's cells up to the first that fails; its error in a line, or empty."""
    for index, cell in enumerate(document.cells):
        try:
            client.execute_cell(cell, index)
        except CellExecutionError as error:
            return f"cell {index + 1}: {error.ename}: {error.evalue}"
        except DeadKernelError:
            return f"the kernel died in cell {index + 1}"
    return ""


def _wait(client: NotebookClient, outcome: Outcome, ends_at: float | None) -> None:
    """Wait for the jobs in the kernel, so that the cards of the cells end as they should."""
    left = None if ends_at is None else max(0.0, ends_at - time.monotonic())
    _last_cell(client, outcome, cancel=False, seconds=left)
    if outcome.running:
        outcome.trouble = outcome.trouble or "jobs had not ended when the time was up"
        _last_cell(client, outcome, cancel=True, seconds=_STOPPING)


def _last_cell(client: NotebookClient, outcome: Outcome, cancel: bool, seconds: float | None) -> None:
    """Run a cell that is not kept: it waits, and tells what became of the jobs."""
    client.timeout_func = None
    cell = nbformat.v4.new_code_cell(_END.format(cancel=cancel, seconds=seconds))
    client.nb.cells.append(cell)
    try:
        client.execute_cell(cell, len(client.nb.cells) - 1, store_history=False)
    except (CellExecutionError, DeadKernelError) as error:
        outcome.trouble = outcome.trouble or f"the end of the jobs was not seen: {error}"
        return
    finally:
        client.nb.cells.remove(cell)
    text = "".join(output.get("text", "") for output in cell.outputs)
    _, found, told = text.partition(_MARK)
    if found:
        answer = json.loads(told)
        outcome.snapshot, outcome.failed = answer["snapshot"], answer["failed"]


def _tell(outcome: Outcome, out: Path, seconds: float) -> None:
    if outcome.snapshot and outcome.snapshot["jobs"]:
        picture = out.with_suffix(".svg")
        picture.write_text(svg(outcome.snapshot))
        print(table_text(outcome.snapshot))
        print(f"\npicture   {picture}")
    print(f"notebook  {out}  ({duration(seconds)})")
    if outcome.trouble:
        print(f"failed: {outcome.trouble}")
    for job, reason in outcome.failed.items():
        print(f"failed: {job} ({reason})")
