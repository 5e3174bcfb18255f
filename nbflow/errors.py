"""Every error nbflow raises on purpose: one root, each carrying its data, each message one line with what to do.

Example:
    >>> raise_for = UnknownJob("fti", near="fit")
    >>> str(raise_for)
    "no job 'fti' in this flow (did you mean 'fit'?)"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class NbflowError(Exception):
    """Root of nbflow's own errors: ``except NbflowError`` catches them all."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the message, without nbflow's own frames."""
        return [f"{type(self).__name__}: {self}"]


class DeclarationError(NbflowError):
    """A declaration that cannot be taken; nothing was declared."""


class QueueLimit(DeclarationError):
    """The run has as many jobs as its limits allow.

    Attributes:
        jobs: that number.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        super().__init__(f"this run may have {jobs} jobs: raise the limit, or withdraw some")


class UnknownJob(NbflowError):
    """A job or group was named that this flow does not have.

    Attributes:
        name: the name asked for.
        near: the nearest known name, or None.
    """

    def __init__(self, name: str, near: str | None = None) -> None:
        self.name, self.near = name, near
        hint = f" (did you mean {near!r}?)" if near else ""
        super().__init__(f"no job {name!r} in this flow{hint}")


class CycleError(DeclarationError):
    """Jobs that need each other in a loop.

    Attributes:
        cycle: the names along the loop, the first repeated at the end; the message shows at most 20.
    """

    SHOWN = 20

    def __init__(self, cycle: Sequence[str]) -> None:
        self.cycle = tuple(cycle)
        names = list(self.cycle)
        if len(names) > self.SHOWN:
            names = [*names[: self.SHOWN - 1], f"… {len(names) - self.SHOWN} more …", names[-1]]
        super().__init__("jobs need each other in a loop: " + " → ".join(names))


class JobFailedError(NbflowError):
    """A value was read of a job that did not succeed.

    Attributes:
        job: the job's name.
        reason: why it has no value, in words.
        job_traceback: the traceback of the job's last attempt as text, or "".
    """

    def __init__(self, job: str, reason: str, job_traceback: str = "") -> None:
        self.job, self.reason, self.job_traceback = job, reason, job_traceback
        tail = f"\n\n{job_traceback.rstrip()}" if job_traceback else ""
        super().__init__(f"job {job!r} has no value: {reason}{tail}")


class NotThereYet(NbflowError):
    """The value of a reference was asked for where the flow is only being written down.

    Attributes:
        reference: what it stands for, in words.
    """

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(f"{reference} is not there yet: give it to a job as an argument, or read it with .result()")


class RunFailedError(NbflowError):
    """A wait ended and the run's verdict is failed.

    Attributes:
        failed: job name -> reason in words, of the jobs that nothing excused.
    """

    def __init__(self, failed: dict[str, str]) -> None:
        self.failed = dict(failed)
        listing = ", ".join(f"{job} ({reason})" for job, reason in failed.items())
        count = len(failed)
        super().__init__(f"{count} job{'s' if count != 1 else ''} failed: {listing}")


class GroupError(NbflowError):
    """A group was waited for, or a variable of a fan-out read, and the group's policy is broken.

    Attributes:
        group: the group's name.
        failed: job -> reason in words, of the members that have ended without success.
        succeeded: the members that have succeeded, in the order of their declaration.

    >>> print(GroupError("fits", {"fit[a=1]": "timeout"}, ["fit[a=2]"], "all 2 needed: 1 succeeded, 1 did not"))
    group 'fits' is broken (all 2 needed: 1 succeeded, 1 did not): fit[a=1] (timeout)
    """

    SHOWN = 5

    def __init__(self, group: str, failed: Mapping[str, str], succeeded: Sequence[str] = (), reason: str = "") -> None:
        self.group, self.failed, self.succeeded = group, dict(failed), list(succeeded)
        told = [f"{job} ({why})" for job, why in self.failed.items()]
        if len(told) > self.SHOWN:
            told = [*told[: self.SHOWN], f"and {len(told) - self.SHOWN} more"]
        why = f" ({reason})" if reason else ""
        super().__init__(f"group {group!r} is broken{why}" + (f": {', '.join(told)}" if told else ""))


class EngineError(NbflowError):
    """The engine could not be started, reached or understood."""


class StoreError(NbflowError):
    """The ``.nbflow`` folder cannot be used: not trusted, newer, damaged or not writable."""


class ValueNotStorable(NbflowError):
    """A value that cannot leave its process.

    Attributes:
        name: the variable; kind: its type's name; cause: what the pickler said.
    """

    WHAT = "cannot leave its process"
    WAYS = "leave it out with --outputs or --inputs, or run the job with --in kernel"

    def __init__(self, name: str, kind: str, cause: str) -> None:
        self.name, self.kind, self.cause = name, kind, cause
        super().__init__(f"variable {name!r} ({kind}) {self.WHAT} ({cause}): {self.WAYS}")

    @property
    def told(self) -> str:
        """The same for a card, which has said that the output is not storable."""
        return f"{self.name} ({self.kind}): {self.cause}: {self.WAYS}"


class StoreFull(ValueNotStorable):
    """A value that would make the store's values bigger than ``NBFlow.store_limit`` allows.

    Attributes:
        size: its bytes, as far as they are known; others: those of the other values; limit: those allowed.

    >>> print(StoreFull("df", "DataFrame", 2_100_000_000, 18_400_000_000, 20_000_000_000).cause)
    it takes 2.1 GB, and other values take 18.4 GB of the 20.0 GB that the store may hold
    """

    WHAT = "does not fit into the store"
    WAYS = "free some with %nbflow gc, allow more with %config NBFlow.store_limit, or leave it out with --outputs"

    def __init__(self, name: str, kind: str, size: int, others: int, limit: int) -> None:
        self.size, self.others, self.limit = size, others, limit
        cause = f"it takes {_bytes(size)}, and other values take {_bytes(others)} of the {_bytes(limit)} "
        super().__init__(name, kind, cause + "that the store may hold")


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.95:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


class CannotAsk(NbflowError, EOFError):
    """A job asked a person for something, by *prompt*: nobody is there to answer.

    >>> print(CannotAsk("name? "))
    a job cannot ask 'name?': ask in a cell before it, and have the job read that variable
    """

    def __init__(self, prompt: object = "") -> None:
        self.prompt = " ".join(str(prompt).split())
        asked = f" {self.prompt!r}" if self.prompt else " for input"
        said = f"a job cannot ask{asked}: ask in a cell before it, and have the job read that variable"
        if self.prompt.startswith(("(Pdb", "pdb>", "ipdb>", "(Epdb", "breakpoint")):
            said = "a job cannot stop for a debugger: %nbflow debug JOB opens it where the job failed"
        super().__init__(said)
