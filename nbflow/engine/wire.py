"""The messages on the engine's socket: closed unions of typed structs, length-capped, never pickled.

A frame is a 4-byte big-endian length and that many bytes of msgpack. The first frame a client sends is `Hello`, the
first it gets is `Welcome`. Every other request carries *ref*, which its `Reply` repeats. Pushes (`Committed`,
`RunHere`, `StopHere`, `Goodbye`) carry none.
"""

from __future__ import annotations

from msgspec import Struct

from nbflow.core.event import Event, Request
from nbflow.core.foresight import Foreseen
from nbflow.core.policies import Policy
from nbflow.core.spec import JobSpec, Limits
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport

FRAME_LIMIT = 64 * 1024 * 1024
PROTOCOL = 1


# --- client -> engine
class Hello(Struct, frozen=True, tag="hello"):
    """Who calls: the secret of the store, the protocol's number, and whether this client counts as attached."""

    token: bytes
    protocol: int = PROTOCOL
    attached: bool = True


class Open(Struct, frozen=True, tag="open"):
    """Take up a run of *flow* and follow its events: number *number*, or the last one (0), or a new one (-1)."""

    ref: int
    flow: str
    number: int = 0
    cwd: str = ""
    """The notebook's folder: where attempts run."""
    running: tuple[str, ...] = ()
    """Attempts, by key, that this kernel was given by an engine that has died, and is still running."""


class Read(Struct, frozen=True, tag="read"):
    """Send run *number* of *flow* as it stands in the log: nothing is taken up for that, and nothing is followed."""

    ref: int
    flow: str
    number: int


class Runs(Struct, frozen=True, tag="runs"):
    """Ask for the runs of *flow* (all flows if empty)."""

    ref: int
    flow: str = ""


class Configure(Struct, frozen=True, tag="configure", omit_defaults=True):
    """Set what a session wants: slots of the process executor, durability, modules for the zygote, kernel exit."""

    ref: int
    run: int
    slots: int | None = None
    durable: str | None = None
    modules: tuple[str, ...] = ()
    on_kernel_exit: str | None = None
    limits: Limits | None = None
    """What the run as a whole may use; None: as before."""
    cache: tuple[float, int] | None = None
    """Days for which an unused cached result is kept, and bytes that the values of all may take."""
    notify: tuple[str, ...] | None = None
    """Hooks that tell people of the run: commands and addresses; None: as before."""


class Declare(Struct, frozen=True, tag="declare"):
    """Declare jobs and group policies, all or nothing."""

    ref: int
    run: int
    jobs: tuple[JobSpec, ...] = ()
    groups: dict[str, Policy] = {}


class Ask(Struct, frozen=True, tag="ask"):
    """A person's requests; stale ones change nothing. The reply's data is the number of requests that took effect."""

    ref: int
    run: int
    requests: tuple[Request, ...]


class Report(Struct, frozen=True, tag="report"):
    """The end of an attempt that the kernel ran itself."""

    ref: int
    report: AttemptReport


class Foresee(Struct, frozen=True, tag="foresee"):
    """Ask what would become of *jobs* of *run*, were they started now; nothing is. The reply's *foreseen* says it."""

    ref: int
    run: int
    jobs: tuple[str, ...]


class Stop(Struct, frozen=True, tag="stop"):
    """End every attempt and the engine."""

    ref: int


class Collect(Struct, frozen=True, tag="collect"):
    """Sweep the values that nothing can read any more, now."""

    ref: int


ToEngine = Hello | Open | Read | Runs | Configure | Declare | Ask | Report | Foresee | Stop | Collect


# --- engine -> client
class Welcome(Struct, frozen=True, tag="welcome"):
    """The caller was let in. *pid* is the engine's; *trusted*: whether this store's jobs may run."""

    pid: int
    protocol: int = PROTOCOL
    trusted: bool = True


class RunInfo(Struct, frozen=True, kw_only=True):
    """One run in the store. *run* is its id there, *number* counts within the flow; *counts* status word -> jobs.

    *began_at* and *ended_at*: from the first attempt's start to the last end so far; None where there is none.
    """

    run: int
    flow: str
    number: int
    started_at: float
    verdict: str
    counts: dict[str, int]
    began_at: float | None = None
    ended_at: float | None = None


class Opened(Struct, frozen=True, tag="opened"):
    """The answer to `Open` and `Read`: the *total* events so far, to `Open` later ones too, follow as `Committed`."""

    ref: int
    info: RunInfo
    total: int


class Reply(Struct, frozen=True, tag="reply", omit_defaults=True):
    """The answer to any other request. *error* is an error's class name in nbflow.errors, *message* its one line."""

    ref: int
    error: str = ""
    message: str = ""
    count: int = 0
    runs: tuple[RunInfo, ...] = ()
    foreseen: tuple[Foreseen, ...] = ()
    freed: int = 0
    """To `Collect`: bytes of the *count* values that were swept."""
    left: int = 0
    """Values that are left, and their bytes."""
    kept: int = 0


class Committed(Struct, frozen=True, tag="committed"):
    """Events that are in the log: the first has sequence number *first* in its run (1-based)."""

    run: int
    first: int
    events: tuple[Event, ...]


class RunHere(Struct, frozen=True, tag="run-here"):
    """Run this attempt in the kernel (executor ``kernel``)."""

    order: AttemptOrder


class StopHere(Struct, frozen=True, tag="stop-here"):
    """Stop that attempt, if the kernel can."""

    key: str


class Goodbye(Struct, frozen=True, tag="goodbye"):
    """The engine ends on purpose: do not start it again before a person asks for something. *why* is for people."""

    why: str


ToClient = Welcome | Opened | Reply | Committed | RunHere | StopHere | Goodbye
