"""Ordinary cells whose text names a file that a job writes: they wait for that job."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterable
from typing import Any

from nbflow.core.files import Files, Uses, shown
from nbflow.core.groups import for_good
from nbflow.core.run import Run
from nbflow.core.spec import JobSpec
from nbflow.core.status import Status
from nbflow.errors import JobFailedError
from nbflow.notebook.files import files_of, named_in
from nbflow.notebook.path_text import mentions
from nbflow.notebook.session import Session
from nbflow.notebook.waiting import Waiting, stuck

CALL = "__nbflow_files__"
Named = tuple[str, str, bool]
"""A file as people know it, the job that uses it, and whether the cell reads it, as far as one sees."""


class FileCells:
    """An AST transformer of IPython: puts a waiting call into cells that name files which jobs write."""

    def __init__(self, session: Session, namespace: dict[str, Any], waiting: Waiting) -> None:
        self.session, self.namespace, self.waiting = session, namespace, waiting

    def visit(self, tree: ast.AST) -> ast.AST:
        """Put the call before the first statement; a cell that names no such file stays untouched.

        An error in here would have IPython drop the transformer for good: it is said instead.
        """
        try:
            return self._seen(tree)
        except Exception as error:
            print(f"nbflow: which files this cell names is not seen ({type(error).__name__}: {error})", file=sys.stderr)
            return tree

    def _seen(self, tree: ast.AST) -> ast.AST:
        replica = self.session.opened
        if not isinstance(tree, ast.Module) or not tree.body or replica is None:
            return tree
        with replica.lock:
            files = unended(replica.run)
        if not files.writes and not files.reads:
            return tree
        cwd = os.getcwd()  # noqa: PTH109
        uses = named_in(files, mentions(tree, self.namespace.get), cwd)
        if found := list(dict.fromkeys((shown(use.path, cwd), use.job, read) for use, read in uses)):
            self.namespace[CALL] = self.wait
            tree.body.insert(_first(tree.body), _call(found, tree.body[0]))
        return tree

    def watch(self, shell: Any) -> None:
        """Be one of *shell*'s transformers."""
        shell.ast_transformers.append(self)
        shell.events.register("post_run_cell", self.after)

    def leave(self, shell: Any) -> None:
        """Be one no more."""
        shell.ast_transformers[:] = [each for each in shell.ast_transformers if each is not self]
        shell.events.unregister("post_run_cell", self.after)

    def after(self, *_: object) -> None:
        """After a cell: the call is not needed any more."""
        self.namespace.pop(CALL, None)

    def wait(self, found: Iterable[Named]) -> None:
        """What the inserted call calls.

        Raises:
            JobFailedError: a job that was to write what the cell reads ended without success.
        """
        named = list(found)
        awaited = _Awaited(named)
        replica = self.session.replica
        with replica.lock:
            going = stuck(replica.run, awaited.jobs) is None and not replica.run.paused
        if going:
            self.waiting.wait_for(awaited)
        with replica.lock:
            for path, job, read in named:
                _check(replica.run, path, job, read)


class _Awaited:
    """The ends of jobs that use files."""

    def __init__(self, named: list[Named]) -> None:
        self.jobs = tuple(dict.fromkeys(job for _, job, _ in named))
        self._paths = list(dict.fromkeys(path for path, _, _ in named))

    def __str__(self) -> str:
        shown_jobs = [*self.jobs[:3], f"{len(self.jobs) - 3} more"] if len(self.jobs) > 4 else self.jobs
        return f"{', '.join(self._paths[:3])} ({', '.join(shown_jobs)})"

    def done(self, run: Run) -> bool:
        """They are over."""
        return all(for_good(run, job) for job in self.jobs if job in run.jobs)

    def stuck(self, run: Run) -> str | None:
        """What to say if that will never be."""
        return stuck(run, self.jobs)


def _check(run: Run, path: str, job: str, read: bool) -> None:
    """Raise `JobFailedError` for a file that the cell reads, and that its writer has not left as it should be."""
    state = run.jobs[job]
    excused = state.status is Status.SKIPPED and state.reason is not None and state.reason.kind == "skipped"
    if not read or excused or state.status.good or not state.spec.writes:
        return
    reason = state.reason.words() if state.reason else state.status.value
    raise JobFailedError(
        job, f"{reason}; it was to write {path}", state.attempts[-1].traceback if state.attempts else ""
    )


def unended(run: Run) -> Files:
    """The files that jobs have still to write or read, and those that were not written as they should have been.

    Only the last writer of a file counts. A job that is held does nothing yet.
    """
    files = files_of(run)
    if not files.writes and not files.reads:
        return files
    late = Files()
    for name, job in list(run.jobs.items()):
        spec = job.spec
        if not (spec.reads or spec.writes) or spec.withdrawn or job.status is Status.HELD or job.status.good:
            continue
        writes = tuple(path for path in spec.writes if not _superseded(files.writes, name, path))
        late.add(JobSpec(name=name, reads=spec.reads if not job.status.ended else (), writes=writes, cwd=spec.cwd))
    return late


def _superseded(writes: Uses, job: str, path: str) -> bool:
    """Whether another job writes *path* after *job*."""
    same = [use for use in writes.of(path) if use.path == path]
    return bool(same) and same[-1].job != job


def _first(body: list[ast.stmt]) -> int:
    """Where a statement may be put: after the ``__future__`` imports."""
    imports = [at for at, each in enumerate(body) if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
    return max(imports, default=-1) + 1


def _call(found: list[Named], place: ast.stmt) -> ast.stmt:
    call = ast.parse(f"{CALL}({found!r})").body[0]
    for node in ast.walk(call):
        ast.copy_location(node, place)
    return ast.fix_missing_locations(call)
