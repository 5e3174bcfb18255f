"""What travels between engine, zygote and child about one attempt: the order to run it, and the record of its end."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from nbflow.core.event import Step
from nbflow.core.inputs import Absent, Given
from nbflow.core.spec import Call, Response, ValueRef
from nbflow.core.status import Reason


class AttemptOrder(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything an attempt needs to run, complete: nothing else is read from the engine.

    *folder* is the attempt's own (absolute); it exists. *store* is the ``.nbflow`` folder. *cwd* is absolute.
    """

    key: str
    """The attempt's id: hexadecimal, names its folder, tags its processes (``NBFLOW_KEY``)."""
    run: int
    flow: str
    job: str
    generation: int
    attempt: int
    of: int = 1
    """Attempts allowed in all, for people ("attempt 2 of 3")."""
    folder: str
    store: str
    cwd: str
    env: dict[str, str] = {}
    path: tuple[str, ...] = ()
    """Folders for the front of ``sys.path``."""
    source: str
    shell: bool = False
    code: str = ""
    inputs: dict[str, Given] = {}
    """Variable -> where its value comes from."""
    offered: dict[str, Given] = {}
    """Variables that are given only if the body asks for them while it runs."""
    beyond: tuple[str, ...] = ()
    """Variables of the notebook that are not given: a NameError about one says how they would be."""
    absent: dict[str, Absent] = {}
    """Variables whose need was never met and is tolerated: *on_missing* says what they are."""
    on_missing: str = "none"
    """``none``, ``pass`` (an `nbflow.Missing`) or ``=expression``."""
    types: dict[str, str] = {}
    """Input -> the annotation that its value must fit."""
    condition: str = ""
    """An expression over the inputs; false: the attempt ends ``skipped``."""
    bash: bool = False
    """*source* is a script for bash."""
    memory: int | None = None
    """Bytes that the whole tree may take."""
    patterns: tuple[str, ...] = ()
    """Regular expressions to be searched for in the log of a failed attempt."""
    step: Step | None = None
    """The order is for a step that follows an attempt: *call* or the bash script *source* is run, not a cell."""
    call: Call | None = None
    files: str = ""
    """The folder for files that the step finds and leaves: that of the attempt it follows; empty: one of its own."""
    judged: str = ""
    """The order is to ask a custom policy, the value of the input ``policy``, about the JSON list of members here."""
    outputs: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    """Those of *outputs* that are left out where they cannot be stored."""
    deletes: tuple[str, ...] = ()
    """Variables that the body deletes."""
    closed: bool = False
    """Inputs that it changes in place unseen are not looked for."""
    writes: tuple[str, ...] = ()
    """Files that have to be there after the body: absolute paths, or patterns of such."""
    room: int | None = None
    """Bytes that the values of the store may take together."""
    timeout: float | None = None
    grace: float = 5.0


class ResultRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the child writes as ``result`` (msgpack, by rename) before anybody is told of its end."""

    key: str
    end: Literal["succeeded", "failed", "skipped"]
    reason: Reason | None = None
    traceback: str = ""
    """The user's part of the traceback, plain text, no colour codes."""
    classes: tuple[str, ...] = ()
    """Full names of the exception's class and its bases; empty if it was no exception, or ``SystemExit``."""
    exit_code: int | None = None
    """For ``sys.exit(n)`` in the cell: the code it asked for; for a script: the one it ended with."""
    outputs: dict[str, ValueRef] = {}
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Those of *outputs* that are inputs which the body changed in place, unseen by its text."""
    response: Response | None = None
    said: str = ""
    """A custom policy's answer: ``met``, ``undecided``, or ``broken`` with its reason after a colon."""
    peak_memory: int = 0
    """Largest resident size of the attempt's process so far, in bytes."""
    cpu_seconds: float = 0.0
    """Processor time of the process and of its children that have ended."""


class AttemptReport(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a supervisor reports, exactly once per order, when the attempt has ended."""

    key: str
    end: Literal["succeeded", "failed", "cancelled", "lost", "skipped"]
    reason: Reason | None = None
    traceback: str = ""
    classes: tuple[str, ...] = ()
    exit_code: int | None = None
    signal: str | None = None
    outputs: dict[str, ValueRef] = {}
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Those of *outputs* that are inputs which the body changed in place, unseen by its text."""
    response: Response | None = None
    said: str = ""
    found: tuple[str, ...] = ()
    """Those of the order's *patterns* that the log of a failed attempt holds."""
    peak_memory: int = 0
    cpu_seconds: float = 0.0


# Files in an attempt's folder.
OUT, ERR, DISPLAY, RESULT, ALIVE, PROGRESS = "out", "err", "display", "result", "alive", "progress"


class Display(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rich output in the attempt's ``display`` file (JSON, one a line): a mime bundle as Jupyter means it.

    *data* maps mime types to text, or base64 text for binary ones, as in a notebook file. A line with *display_id* and
    *update* replaces the earlier one of that id; *clear* drops all earlier ones, and what was printed before; with
    *wait* only when something comes after it. *out* and *err* say how long the two logs were then. A *mark* shows
    nothing: it says that from here on the other of the two is written to.
    """

    data: dict[str, object] = {}
    metadata: dict[str, object] = {}
    display_id: str = ""
    update: bool = False
    clear: bool = False
    wait: bool = False
    mark: bool = False
    out: int = -1
    err: int = -1
