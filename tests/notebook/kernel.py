"""A real kernel, driven as a front end does: run cells, keep their outputs up to date, listen to widgets."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.manager import KernelManager


@dataclass
class Cell:
    """One executed cell. *outputs* are nbformat dicts, changed in place by later ``update_display`` messages."""

    msg_id: str
    outputs: list[dict[str, Any]] = field(default_factory=list)
    idle: bool = False
    reply: dict[str, Any] | None = None
    clear_next: bool = False

    @property
    def done(self) -> bool:
        return self.idle and self.reply is not None

    @property
    def ok(self) -> bool:
        return self.reply is not None and self.reply["status"] == "ok"

    @property
    def text(self) -> str:
        """All that a person reads: streams, ``text/plain`` of outputs, and errors as ``Name: message``."""
        return "".join(_plain(output) for output in self.outputs)

    @property
    def error(self) -> str:
        """``Name: message`` of the error that ended the cell, or empty."""
        return "".join(_plain(o) for o in self.outputs if o["output_type"] == "error")

    @property
    def html(self) -> str:
        return "".join(o.get("data", {}).get("text/html", "") for o in self.outputs)


def _plain(output: dict[str, Any]) -> str:
    match output["output_type"]:
        case "stream":
            return str(output["text"])
        case "error":
            return f"{output['ename']}: {output['evalue']}"
        case _:
            return str(output["data"].get("text/plain", ""))


class Kernel:
    """One kernel process, its notebook's path told as Jupyter does (``JPY_SESSION_NAME``).

    *comms* holds the state of each open widget by comm id: what the kernel last sent for every trait.
    """

    def __init__(self, folder: Path, spec: str, notebook: str = "analysis.ipynb", stdin: bool = True) -> None:
        self.folder, self.stdin = folder, stdin
        self.cells: dict[str, Cell] = {}
        self.comms: dict[str, dict[str, Any]] = {}
        self.manager = KernelManager(kernel_name=spec, transport="ipc")
        self.manager.ip = str(folder / f"k{id(self):x}")
        env = {**os.environ, "JPY_SESSION_NAME": str(folder / notebook)}
        env.pop("PYTEST_CURRENT_TEST", None)  # would switch off ipykernel's capture of file descriptors
        self.manager.start_kernel(cwd=str(folder), env=env)
        self.client = self._connect()

    def _connect(self) -> Any:
        client = self.manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        return client

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.process.pid)

    def move(self, folder: Path, notebook: str = "analysis.ipynb") -> None:
        """Be the kernel of another notebook: without nbflow, with no names, in *folder*."""
        self.folder = folder
        self.cells.clear()
        self.comms.clear()
        told = {"JPY_SESSION_NAME": str(folder / notebook)}
        self.run("%unload_ext nbflow", 10)
        past = "get_ipython().history_manager.input_hist_parsed[:] = ['']"
        self.run(f"get_ipython().config.pop('NBFlow', None)\n{past}\n%reset -f", 10)
        assert self.run(f"import os; os.chdir({str(folder)!r}); os.environ.update({told!r}); del os", 10).ok

    @property
    def idle(self) -> bool:
        """Every cell that was sent has ended."""
        return all(cell.done for cell in self.cells.values())

    def start(self, code: str, cell_id: str = "") -> Cell:
        """Send a cell without waiting for it, with its id, as JupyterLab does."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": self.stdin,
            "stop_on_error": True,
        }
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell_id} if cell_id else None)
        self.client.shell_channel.send(message)
        cell = Cell(message["header"]["msg_id"])
        self.cells[cell.msg_id] = cell
        return cell

    def wait(self, cell: Cell, timeout: float = 60) -> Cell:
        """Wait until *cell* has been executed and its own outputs are here."""
        self.until(lambda: cell.done, timeout, "the cell to end")
        return cell

    def run(self, code: str, timeout: float = 60, cell_id: str = "") -> Cell:
        """Execute a cell as a person does, and return it whatever became of it."""
        return self.wait(self.start(code, cell_id), timeout)

    def value(self, expression: str, timeout: float = 60) -> Any:
        """The value of a plain expression (of literals) in the kernel."""
        import ast

        cell = self.run(f"print(repr({expression}))", timeout)
        assert cell.ok, cell.error
        printed = [o["text"] for o in cell.outputs if o["output_type"] == "stream" and o["name"] == "stdout"]
        return ast.literal_eval("".join(printed))

    def until(self, true: Callable[[], bool], timeout: float = 30, what: str = "") -> None:
        """Take messages until the condition holds."""
        deadline = time.monotonic() + timeout
        while not true():
            assert self.manager.is_alive(), f"the kernel died while waiting for {what or 'a condition'}"
            assert time.monotonic() < deadline, f"waited {timeout:g} s for {what or 'a condition'}"
            self._take(0.05)

    def interrupt(self) -> None:
        """Press ■."""
        self.manager.interrupt_kernel()

    def kill(self) -> None:
        """``kill -9``, as the out-of-memory killer does."""
        self.manager.provisioner.process.kill()
        self.manager.provisioner.process.wait()
        self.client.stop_channels()

    def restart(self) -> None:
        """A fresh kernel in place of this one, as Jupyter's Restart does."""
        self.client.stop_channels()
        self.manager.restart_kernel(now=False)
        self.cells.clear()
        self.comms.clear()
        self.client = self._connect()

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()

    def send(self, comm: str, content: dict[str, Any]) -> None:
        """What a click does: a custom message to the widget on *comm*."""
        data = {"method": "custom", "content": content}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", {"comm_id": comm, "data": data}))

    def _take(self, seconds: float) -> None:
        """Handle the messages that are here, of which the first may be *seconds* away."""
        poller = zmq.Poller()
        for channel in (self.client.shell_channel, self.client.iopub_channel):
            poller.register(channel.socket, zmq.POLLIN)
        poller.poll(seconds * 1000)
        while self.client.iopub_channel.msg_ready():
            self._route(self.client.get_iopub_msg(timeout=0))
        while self.client.shell_channel.msg_ready():
            self._reply(self.client.get_shell_msg(timeout=0))

    def _reply(self, message: dict[str, Any]) -> None:
        cell = self.cells.get(message["parent_header"].get("msg_id", ""))
        if cell and message["msg_type"] == "execute_reply":
            cell.reply = message["content"]

    def _route(self, message: dict[str, Any]) -> None:
        content, cell = message["content"], self.cells.get(message["parent_header"].get("msg_id", ""))
        match message["msg_type"]:
            case "comm_open":
                self.comms[content["comm_id"]] = dict(content["data"].get("state", {}))
            case "comm_msg" if content["data"].get("method") == "update":
                self.comms.setdefault(content["comm_id"], {}).update(content["data"]["state"])
            case "comm_close":
                self.comms.pop(content["comm_id"], None)
            case "update_display_data":
                self._update(content)
            case "status" if cell:
                cell.idle |= content["execution_state"] == "idle"
            case "clear_output" if cell:
                cell.clear_next = content["wait"]
                if not content["wait"]:
                    cell.outputs.clear()
            case "stream" | "display_data" | "execute_result" | "error" as kind if cell:
                _add(cell, kind, content)

    def _update(self, content: dict[str, Any]) -> None:
        wanted = content["transient"]["display_id"]
        for output in (o for cell in self.cells.values() for o in cell.outputs):
            if output.get("transient", {}).get("display_id") == wanted:
                output["data"], output["metadata"] = content["data"], content["metadata"]


def _add(cell: Cell, kind: str, content: dict[str, Any]) -> None:
    if cell.clear_next:
        cell.outputs.clear()
        cell.clear_next = False
    last = cell.outputs[-1] if cell.outputs else {}
    if kind == "stream" and last.get("name") == content["name"]:
        last["text"] += content["text"]
    else:
        cell.outputs.append({"output_type": kind, **content})
