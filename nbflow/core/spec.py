"""What a cell declares: a job, what it needs, and the rules for when it fails.

Everything here is a frozen value that travels as it is: over the socket, into the log, to the kernel's replica.
"""

from __future__ import annotations

from msgspec import Struct

from nbflow.core.classes import named
from nbflow.core.rules import Rule


class Retry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How often and how soon a failed job is tried again. Delays in seconds."""

    attempts: int = 1
    delay: float = 1.0
    backoff: float = 2.0
    max_delay: float = 60.0
    jitter: float = 0.0
    on: tuple[str, ...] = ()
    """Exceptions after which there is a next attempt; empty: after any. Subclasses count."""
    never_on: tuple[str, ...] = ()
    """Exceptions after which there is none, even where *on* names them too. Subclasses count."""

    def allows(self, classes: tuple[str, ...]) -> bool:
        """Whether *on* and *never_on* let an attempt follow one that failed with an exception of *classes*.

        *classes* are the full names of the exception's class and its bases; none: it failed otherwise (by an exit code,
        a signal, a timeout), and then the two say nothing. ``Timeout`` means any class of that name, ``http.Timeout``
        only one whose full name ends so.

        >>> rule, lost = Retry(on=("OSError",), never_on=("FileNotFoundError",)), "builtins.OSError"
        >>> rule.allows(("builtins.ConnectionError", lost)), rule.allows(("builtins.FileNotFoundError", lost))
        (True, False)
        >>> rule.allows(("builtins.KeyError",)), rule.allows(())
        (False, True)
        """
        if not classes:
            return True
        return not named(self.never_on, classes) and (not self.on or named(self.on, classes))

    def bounds(self, failed: int) -> tuple[float, float]:
        """Shortest and longest wait, in seconds, after the *failed*-th failed attempt (1-based) of a generation.

        The longest is ``min(max_delay, delay * backoff ** (failed - 1))``; the shortest is that times ``1 - jitter``.

        >>> Retry(attempts=5, delay=1, backoff=2, max_delay=3, jitter=0.5).bounds(1)
        (0.5, 1)
        >>> Retry(attempts=5, delay=1, backoff=2, max_delay=3).bounds(3)
        (3, 3)
        """
        try:
            longest = min(self.max_delay, self.delay * self.backoff ** (failed - 1))
        except OverflowError:
            longest = self.max_delay
        return (longest * (1 - self.jitter) if self.jitter else longest), longest


class ValueRef(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where one stored value is: either *inline* (its pickle, when small) or *file* (a name in ``values/``)."""

    inline: bytes | None = None
    file: str | None = None
    size: int = 0
    """Bytes of the stored value."""
    digest: str = ""
    """SHA-256 of the stored bytes in hexadecimal, or empty where it was not computed."""
    type: str = ""
    """The type's short name, for people: ``DataFrame``."""
    shape: str = ""
    """A few words on its extent, for people: ``344 × 7``; empty if it has none."""


class Captured(Struct, frozen=True, tag="captured", omit_defaults=True):
    """An input whose value was taken from the kernel when the cell was declared."""

    value: ValueRef
    version: int = 0
    """Tells the objects that a variable is bound to in turn from one another, be they equal; 0: nobody says."""


class Attribute(Struct, frozen=True, tag="attribute"):
    """``.name`` of a value."""

    name: str


class Item(Struct, frozen=True, tag="item"):
    """``[key]`` of a value; *key* is stored as values are."""

    key: ValueRef


class Produced(Struct, frozen=True, tag="produced", omit_defaults=True):
    """An input that another job makes: its output *output*, of the newest generation when the reader starts."""

    job: str
    output: str
    path: tuple[Attribute | Item, ...] = ()
    """What to take of it, step by step; done where the reader runs."""


class Part(Struct, frozen=True):
    """One entry of a gathered dict: what *job* made of the output, under *key*, which is stored as values are."""

    key: ValueRef
    job: str


class Gathered(Struct, frozen=True, tag="gathered"):
    """An input that many jobs make: a dict of their outputs *output*; those that have none are left out."""

    output: str
    parts: tuple[Part, ...]


class Built(Struct, frozen=True, tag="built"):
    """An input with references inside: *template*, stored as values are, has holes where the *parts* are put."""

    template: ValueRef
    parts: tuple[Produced | Gathered, ...]


Input = Captured | Produced | Gathered | Built


class Call(Struct, frozen=True, omit_defaults=True):
    """What is called for a job when its attempts have failed: a *function* by value, or else an *expression*.

    The function is given those of the job's inputs that its parameters name, all if it takes ``**kwargs``.
    """

    label: str
    """As typed, for people."""
    function: ValueRef | None = None
    expression: str = ""


class Element(Struct, frozen=True):
    """A job's place in a fan-out: *fan* is the fan-out's name, *values* its loop variables as text, for people."""

    fan: str
    values: dict[str, str]
    key: ValueRef
    """The key of its outputs in a gathered dict: the value, or a tuple of the values."""
    place: int = 0
    """Its place among the elements."""


class JobNeed(Struct, frozen=True, tag="job", omit_defaults=True):
    """Wait for one job. *optional* (``A?``): for its end, whatever that is."""

    job: str
    optional: bool = False
    order: bool = False
    """Nothing of the job is needed but that it is over; so a failure of it is not excused by *optional*."""


class GroupNeed(Struct, frozen=True, tag="group", omit_defaults=True):
    """Wait for a group's verdict over *members*: those declared before the dependent."""

    group: str
    members: tuple[str, ...]
    """Jobs; those of groups within it are in *parts*."""
    optional: bool = False
    parts: tuple[GroupNeed, ...] = ()
    """The groups within it, each with the members declared before the dependent."""

    @property
    def names(self) -> tuple[str, ...]:
        """What its policy judges: the jobs and the groups within."""
        return (*self.members, *(part.group for part in self.parts)) if self.parts else self.members

    @property
    def jobs(self) -> tuple[str, ...]:
        """Every job waited for, those of groups within included."""
        if not self.parts:
            return self.members
        return tuple(dict.fromkeys((*self.members, *(job for part in self.parts for job in part.jobs))))


Need = JobNeed | GroupNeed


class JobSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One job as its cell declared it."""

    name: str
    source: str = ""
    """The cell's body, as typed, without the ``%%job`` line and ``#|`` lines."""
    inputs: dict[str, Input] = {}
    """Variables the body reads -> where their values come from."""
    offered: dict[str, Input] = {}
    """Variables that the body may ask for while it runs, though its text does not name them."""
    beyond: tuple[str, ...] = ()
    """Variables of the notebook that the body names, or may name, and does not get: a NameError about one says so."""
    outputs: tuple[str, ...] = ()
    """Variables the body leaves behind for others."""
    passing: tuple[str, ...] = ()
    """Those of *outputs* that are left out where they cannot be stored: targets of ``for`` and ``with``."""
    closed: bool = False
    """Nothing but *outputs* leaves it: inputs that it changes in place unseen are nobody else's."""
    deletes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    """Files that it reads: absolute paths, or patterns of such."""
    writes: tuple[str, ...] = ()
    """Files that it leaves: absolute paths, or patterns of such."""
    needs: tuple[Need, ...] = ()
    """Every job and group waited for: those of *inputs* and those of ``--after``, each once."""
    retry: Retry = Retry()
    timeout: float | None = None
    """Seconds an attempt may take from the moment its code starts."""
    deadline: float | None = None
    """Seconds the job may take in a generation, waits between attempts included, from its first attempt's start."""
    grace: float = 5.0
    """Seconds between the polite and the final signal when an attempt is stopped."""
    group: str | None = None
    on_missing: str = "error"
    """What it does about a need that is never met: ``error``, ``none``, ``pass`` or ``=expression``."""
    executor: str = "process"
    hold: bool = False
    env: dict[str, str] = {}
    path: tuple[str, ...] = ()
    """Folders that the notebook has put on ``sys.path``."""
    cwd: str = ""
    """Folder the attempt runs in; empty: the notebook's folder."""
    shell: bool = False
    """The body needs an IPython shell (magics, ``!``, ``?``, top-level await, display)."""
    cell_id: str = ""
    rules: tuple[Rule, ...] = ()
    """Failure rules, in the order written."""
    rollback: Call | None = None
    fallback: Call | None = None
    condition: str = ""
    """An expression over its inputs; false: the job is skipped."""
    types: dict[str, str] = {}
    """Input -> the annotation that its value must fit."""
    bash: bool = False
    """The body is a script for bash."""
    memory: int | None = None
    """Bytes that an attempt may take."""
    once: bool = False
    """Never started again when nobody saw how an attempt ended."""
    cache: bool = False
    """What an earlier attempt made of the same code and inputs may stand for its outputs."""
    element: Element | None = None
    withdrawn: bool = False
    """It is declared no longer: ended, excused wherever it is needed, and in no picture. It has a name and no more."""
    maker: str = ""
    """The job that made this one while it ran; empty: the notebook did."""
    function: str = ""
    """The name of the function that it calls; empty: it is a cell, and leaves variables to the notebook."""
    code: str = ""
    """The body after IPython's own transformation; empty means *source* is plain Python already."""


class Limits(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run as a whole may use; None: as much as it likes."""

    retries: int | None = None
    """Attempts after the first ones, over all jobs: a budget against storms of them."""
    attempts: int | None = None
    jobs: int | None = None
    forbidden: tuple[str, ...] = ()
    """Executors that may not be used; ``shell`` forbids shell jobs and recovery scripts."""
    store: int | None = None
    """Bytes that the values of its store may take, those of other runs included."""


class Response(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a job asked for from inside; it counts when its attempt has succeeded."""

    jobs: tuple[JobSpec, ...] = ()
    """All jobs to be declared."""
    replaced_by: tuple[str, ...] = ()
    """Those of *jobs* that take its place: it succeeds when they all have."""
    outputs: dict[str, Produced] = {}
    """With *replaced_by*: where its outputs come from."""
    detour: tuple[str, ...] = ()
    """Those of *jobs* that have to succeed before it has."""
    stop_children: bool = False
    """Whatever needs the maker is skipped."""
    stop_flow: bool = False
    """Whatever has not started is skipped."""
