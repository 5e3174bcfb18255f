"""The IPython shell of an attempt: made once in the zygote, so that a cell finds it ready.

It keeps no history, writes no files, and what it would show goes to a recorder.
"""

from __future__ import annotations

import atexit
import builtins
import getpass
import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir, ProfileDirError
from traitlets import Type
from traitlets.config import Config

from nbflow.engine.after_import import after_import
from nbflow.engine.attempt.record import Display
from nbflow.errors import CannotAsk

Recorder = Callable[[Display], None]


def _nowhere(_: Display) -> None:
    """Before an attempt has its file, nothing is shown."""


class RecordingPublisher(DisplayPublisher):
    """Where ``display`` and ``clear_output`` end up."""

    record: Recorder = staticmethod(_nowhere)

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: str | None = None,  # noqa: ARG002 - IPython's signature
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        self.record(
            Display(
                data=data, metadata=metadata or {}, display_id=(transient or {}).get("display_id", ""), update=update
            )
        )

    def clear_output(self, wait: bool = False) -> None:
        self.record(Display(clear=True, wait=wait))


class RecordingHook(DisplayHook):
    """Where the value of a cell's last expression ends up."""

    record: Recorder = staticmethod(_nowhere)

    def __call__(self, result: object = None) -> None:
        if result is None:
            return
        assert self.shell is not None
        data, metadata = self.shell.display_formatter.format(result)
        self.update_user_ns(result)  # type: ignore[no-untyped-call]
        if data:
            self.record(Display(data=data, metadata=metadata))


class CellShell(InteractiveShell):
    """An InteractiveShell for one cell."""

    displayhook_class = Type(RecordingHook)
    display_pub_class = Type(RecordingPublisher)

    def init_profile_dir(self, profile_dir: ProfileDir | None) -> None:
        """Use the person's default profile if there is one; never make one."""
        try:
            found = ProfileDir.find_profile_dir_by_name(self.ipython_dir, "default")  # type: ignore[no-untyped-call]
            self.profile_dir = profile_dir or found
        except ProfileDirError:
            self.profile_dir = None

    def init_virtualenv(self) -> None:
        """Leave ``sys.path`` as the interpreter made it."""

    def record_to(self, recorder: Recorder) -> None:
        """Send everything shown from now on to *recorder*."""
        for outlet in (self.display_pub, self.displayhook):
            assert isinstance(outlet, RecordingPublisher | RecordingHook)
            outlet.record = recorder

    def enable_gui(self, gui: str | None = None) -> None:
        """Nobody looks at windows here; ``%matplotlib inline`` asks for none, and works."""

    def system(self, cmd: str) -> None:
        """Run ``!cmd`` with the attempt's own stdout and stderr: no terminal in between."""
        self.system_raw(cmd)  # type: ignore[no-untyped-call]

    def raw_input(self, prompt: object = "") -> str:
        """Refuse to ask: nobody is there to answer."""
        raise CannotAsk(prompt)


def _no_breakpoint(*_: object, **__: object) -> None:
    """For ``breakpoint()``."""
    raise CannotAsk("breakpoint")


def make() -> CellShell:
    """The process's one shell, around a fresh ``__main__``."""
    main = ModuleType("__main__")
    config = Config(HistoryManager={"enabled": False, "hist_file": ":memory:"}, InteractiveShell={"colors": "nocolor"})
    shell = CellShell.instance(config=config, user_module=main, user_ns=main.__dict__)
    shell.user_ns_hidden.update(exit=sys.exit, quit=sys.exit)
    shell.user_ns.update(exit=sys.exit, quit=sys.exit)  # IPython's ask a session to end; there is none
    atexit.unregister(shell.atexit_operations)  # saves a history there is none of, in a millisecond of every attempt
    return shell


def as_text() -> None:
    """Have progress bars of ``tqdm.notebook`` drawn as text: its widgets would have no kernel to live in."""
    notebook, plain = sys.modules["tqdm.notebook"], importlib.import_module("tqdm")
    for name, own in (
        ("tqdm_notebook", plain.tqdm),
        ("tqdm", plain.tqdm),
        ("trange", plain.trange),
        ("tnrange", plain.trange),
    ):
        setattr(notebook, name, own)


def enter(shell: CellShell) -> None:
    """Make *shell*'s namespace the process's ``__main__`` and its hooks Python's, as while IPython runs a cell."""
    sys.modules["__main__"] = shell.user_module
    builtins.input = getpass.getpass = shell.raw_input  # type: ignore[assignment]
    sys.breakpointhook = _no_breakpoint
    after_import("tqdm.notebook", as_text)
    shell.builtin_trap.activate()
    sys.displayhook = shell.displayhook
