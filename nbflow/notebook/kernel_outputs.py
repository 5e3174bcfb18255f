"""What a kernel job's thread prints, displays and draws goes to its log; what it asks is refused."""

from __future__ import annotations

import builtins
import contextvars
import getpass
import io
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from nbflow.engine.client import Display, DisplayFile
from nbflow.errors import CannotAsk
from nbflow.notebook.figures import keep_apart, left_open, open_now, together

WIDGET = "application/vnd.jupyter.widget-view+json"
EVERY = 0.5
"""Seconds between two looks at the widgets of a job."""
_own: contextvars.ContextVar[Outputs | None] = contextvars.ContextVar("nbflow_kernel_job", default=None)


class Outputs:
    """The outputs of one attempt, whose thread this is. *shell* formats what is shown."""

    def __init__(self, shell: Any, folder: Path) -> None:
        self.shell, self.folder, self.record = shell, folder, DisplayFile(folder)
        self._last = ""
        self._widgets: dict[str, str] = {}
        self._over = threading.Event()
        self.figures: OrderedDict[int, Any] = OrderedDict()
        self._before = set[int]()

    def __enter__(self) -> Outputs:
        _own.set(self)
        keep_apart(_figures)
        self._before = open_now()
        publisher = self.shell.display_pub
        if hasattr(publisher, "register_hook"):  # only kernels have such hooks
            publisher.register_hook(self._published)
        return self

    def __exit__(self, *_: object) -> None:
        self._draw()
        self._over.set()
        self._look()
        publisher = self.shell.display_pub
        if hasattr(publisher, "unregister_hook"):
            publisher.unregister_hook(self._published)
        self.record.close()

    def write(self, which: str, text: str) -> int:
        """Add *text* to the log *which*."""
        if self._last not in ("", which):
            self.record.turned()
        self._last = which
        with (self.folder / which).open("a", encoding="utf-8", errors="backslashreplace") as log:
            return log.write(text)

    def show(self, value: object) -> None:
        """Show *value* as the last expression of a cell."""
        data, metadata = self.shell.display_formatter.format(value)
        if data:
            self._add(Display(data=data, metadata=metadata))

    def _published(self, message: dict[str, Any]) -> None:
        """Take a message that the thread publishes; nobody else gets it."""
        content, kind = message["content"], message["header"]["msg_type"]
        if kind == "clear_output":
            self.record(Display(clear=True, wait=bool(content.get("wait"))))
        elif kind in ("display_data", "update_display_data"):
            name = (content.get("transient") or {}).get("display_id", "")
            update = kind == "update_display_data"
            self._add(Display(data=content["data"], metadata=content["metadata"], display_id=name, update=update))

    def _add(self, display: Display) -> None:
        """Record *display*; of a widget, which a card cannot hold, its text, now and as it changes."""
        view = display.data.get(WIDGET)
        if not isinstance(view, dict) or "model_id" not in view:
            self.record(display)
            return
        model = str(view["model_id"])
        self._widgets[model] = str(display.data.get("text/plain", ""))
        self.record(Display(data={"text/plain": self._widgets[model]}, display_id=model))
        if len(self._widgets) == 1:
            threading.Thread(target=self._follow, name="nbflow-widgets", daemon=True).start()

    def _follow(self) -> None:
        while not self._over.wait(EVERY):
            self._look()

    def _look(self) -> None:
        for model, before in list(self._widgets.items()):
            if (text := _text_of(model)) != before:
                self._widgets[model] = text
                self.record(Display(data={"text/plain": text}, display_id=model, update=True))

    def _draw(self) -> None:
        """Show the figures that the job has left open, as the inline backend does, and close them."""
        for figure in left_open(self._before):
            self.show(figure)


def _figures() -> OrderedDict[int, Any] | None:
    outputs = _own.get()
    return outputs.figures if outputs is not None else None


def _text_of(model: str) -> str:
    """A widget as text; empty if it was closed."""
    module = sys.modules.get("ipywidgets.widgets.widget")
    widget = getattr(module, "_instances", {}).get(model)
    return repr(widget) if widget is not None else ""


class Tee(io.TextIOBase):
    """Stands for ``sys.stdout`` or ``sys.stderr``: what a kernel job's thread writes goes to its log, all else on."""

    def __init__(self, stream: TextIO, which: str) -> None:
        self.stream, self.which = stream, which

    def write(self, text: str) -> int:
        """Write *text* to the job's log, or on to the stream."""
        outputs = _own.get()
        return self.stream.write(text) if outputs is None else outputs.write(self.which, text)

    def flush(self) -> None:
        """Flush the stream."""
        self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class Doors:
    """Has `Tee` streams in place, and questions of kernel jobs refused, in the process of *shell*."""

    def __init__(self, shell: Any) -> None:
        kernel = getattr(shell, "kernel", None)
        asking = (
            (sys, "breakpointhook"),
            (builtins, "input"),
            (getpass, "getpass"),
            (kernel, "raw_input"),
            (kernel, "getpass"),
        )
        self._asking: list[tuple[Any, str]] = [(place, name) for place, name in asking if hasattr(place, name)]
        self._put: list[tuple[Any, str, Any, Any]] = []

    def open(self) -> None:
        """Have them in place, also where somebody has replaced them since the last time."""
        for name, which in (("stdout", "out"), ("stderr", "err")):
            if not isinstance(stream := getattr(sys, name), Tee):
                self._replace(sys, name, Tee(stream, which))
        for place, name in self._asking:
            if not hasattr(ask := getattr(place, name), "asks_for_nbflow"):
                self._replace(place, name, _refusing(ask, name))

    def close(self) -> None:
        """Give them back, where nobody has replaced them since."""
        together()
        for place, name, before, ours in reversed(self._put):
            if getattr(place, name, None) is ours:
                setattr(place, name, before)
        self._put.clear()

    def _replace(self, place: Any, name: str, ours: Any) -> None:
        self._put.append((place, name, getattr(place, name), ours))
        setattr(place, name, ours)


def _refusing(ask: Callable[..., Any], name: str) -> Callable[..., Any]:
    """*ask*, which is known as *name*, but for kernel jobs an error."""

    def asked(*args: Any, **kwargs: Any) -> Any:
        if _own.get() is not None:
            raise CannotAsk("breakpoint" if name == "breakpointhook" else next(iter(args), ""))
        return ask(*args, **kwargs)

    asked.asks_for_nbflow = True  # type: ignore[attr-defined]
    return asked
