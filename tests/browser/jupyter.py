"""A Jupyter server of our own, and one notebook in a browser page: what the browser tests drive.

Jupyter itself is driven by its commands (``window.jupyterapp``), which tell when they are done; what is under test is
driven as a person would, with locators, clicks and keys. Nothing sleeps for a result: ``expect(locator)`` tries again.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, ClassVar

import nbformat
from playwright.sync_api import Locator, Page

CHROMIUM = next(filter(None, map(shutil.which, [os.environ.get("NBFLOW_CHROMIUM", "chromium"), "google-chrome"])), None)
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LAB_SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
SERVER_OPTIONS = [
    "--allow-root",
    "--no-browser",
    "--ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--KernelManager.transport=ipc",  # ports of TCP kernels now and then collide with another process's
    "--ServerApp.jpserver_extensions={'jupyterlab': True, 'notebook': True}",
    "--LabApp.expose_app_in_browser=True",
    "--JupyterNotebookApp.expose_app_in_browser=True",
]


class Server:
    """JupyterLab (/lab, /doc) and Notebook 7 (/notebooks) on a free local port, with settings of its own in *home*.

    *options* are more of its command line.
    """

    def __init__(self, home: Path, *options: str) -> None:
        self.root, self.token, self.log = home / "root", secrets.token_hex(16), home / "server.log"
        self.root.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        own = [f"--port={port}", f"--ServerApp.root_dir={self.root}", f"--IdentityProvider.token={self.token}"]
        environ = {**os.environ, **_lab_folders(home)}
        environ.pop("JUPYTER_TOKEN", None)
        environ.pop("PYTEST_CURRENT_TEST", None)  # would switch off ipykernel's capture of file descriptors
        command = [sys.executable, "-m", "jupyter_server", *SERVER_OPTIONS, *own, *options]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=self.root, env=environ, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._wait_up()

    def _wait_up(self, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.api("GET", "/api/status")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError(f"jupyter did not start:\n{self.log.read_text()[-3000:]}") from None
                time.sleep(0.1)

    def api(self, method: str, path: str, given: Any = None) -> Any:
        """One request to the server's own interface, with *given* in JSON; its answer, decoded."""
        headers = {"Authorization": f"token {self.token}"}
        data = None if given is None else json.dumps(given).encode()
        request = urllib.request.Request(self.url + path, data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as reply:
            body = reply.read()
        return json.loads(body) if body else None

    def shut_down_kernel(self, notebook: str) -> None:
        for session in self.api("GET", "/api/sessions"):
            if session["path"] == notebook:
                self.api("DELETE", f"/api/sessions/{session['id']}")

    def stop(self) -> None:
        """End the server and its kernels: its own process group, and nobody else's."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def _lab_folders(home: Path) -> dict[str, str]:
    for plugin, values in LAB_SETTINGS.items():
        file = home / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    return {
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }


class Notebook:
    """One notebook in a page. *ui* is one of

    - ``shared``: a tab of the session's one JupyterLab page (opens in about 1 s);
    - ``lab``, ``doc``: a JupyterLab page of its own, the latter with this document alone (5 s);
    - ``nb7``: Notebook 7, a page of its own (3 s).

    Take a page of its own where a test reloads, changes theme or layout, or looks at the console.
    """

    ADDRESS: ClassVar = {
        "lab": "/lab/workspaces/{random}/tree/{path}",
        "doc": "/doc/workspaces/{random}/tree/{path}",
        "nb7": "/notebooks/{path}",
    }
    NOISE = ("Command 'filebrowser:open-path' not registered", "reading 'schema'", "debugger state")
    """Errors that a bare Notebook 7 logs at its start."""
    PANEL = "window.jupyterapp?.shell?.currentWidget"

    def __init__(self, page: Page, server: Server, path: str, ui: str) -> None:
        self.page, self.server, self.path, self.ui = page, server, path, ui
        self.console: list[str] = []
        page.on("console", lambda message: self.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.console.append(f"pageerror: {error}"))

    def open(self) -> Notebook:
        if self.ui == "shared":
            self.page.bring_to_front()  # of a page that lies behind others JupyterLab thinks that no pane is current
            self.command("docmanager:open", path=self.path)
        else:
            path = self.ADDRESS[self.ui].format(random=secrets.token_hex(4), path=self.path)
            self.page.goto(f"{self.server.url}{path}?token={self.server.token}")
        return self.wait_ready()

    def reload(self) -> Notebook:
        """Reload the page; the kernel may be busy."""
        self.page.reload()
        return self.wait_ready(idle=False)

    def wait_ready(self, idle: bool = True) -> Notebook:
        self.page.wait_for_function(f"() => {self.PANEL}?.content?.widgets?.length > 0", timeout=60_000)
        self.panel.locator(".jp-Cell").first.wait_for()
        return self.wait_idle() if idle else self

    def wait_idle(self, timeout: float = 60) -> Notebook:
        self.page.wait_for_function(
            f"() => {{ const kernel = {self.PANEL}.sessionContext?.session?.kernel;"
            " return kernel?.connectionStatus === 'connected' && kernel.status === 'idle' }",
            timeout=timeout * 1000,
        )
        return self

    def run(self, index: int, wait: bool = True) -> None:
        """Run one cell; with ``wait=False`` return while it is still running."""
        self.page.evaluate(
            f"""async ([index, wait]) => {{
                const content = {self.PANEL}.content; content.activeCellIndex = index; content.deselectAll();
                const run = {{ done: false }};
                const ended = window.jupyterapp.commands.execute('notebook:run-cell');
                run.promise = ended.finally(() => {{ run.done = true }});
                (window.__runs ??= {{}})[index] = run;
                if (wait) await run.promise; }}""",
            [index, wait],
        )

    def running(self, index: int) -> bool:
        """Whether the cell started by ``run(wait=False)`` still runs (the kernel's own status cannot tell)."""
        return not self.page.evaluate("index => window.__runs[index].done", index)

    def wait_cell(self, index: int) -> None:
        self.page.evaluate("async index => { await window.__runs[index].promise }", index)

    def run_all(self) -> None:
        self.command("notebook:run-all-cells")

    def command(self, name: str, **arguments: Any) -> None:
        """One of Jupyter's own commands, to its end."""
        self.page.evaluate(
            "async ([name, args]) => { await window.jupyterapp.commands.execute(name, args) }", [name, arguments]
        )

    @property
    def panel(self) -> Locator:
        """The visible notebook: start locators here, for hidden tabs stay in the page."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def cell(self, index: int) -> Locator:
        return self.panel.locator(".jp-WindowedPanel-viewport > .jp-Cell").nth(index)

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """A cell's outputs as nbformat dicts, from the model: nothing depends on what is scrolled into view."""
        return self.page.evaluate(f"index => {self.PANEL}.content.widgets[index].model.outputs.toJSON()", index)

    def text(self, index: int) -> str:
        """A cell's outputs as a person reads them."""
        return "".join(_plain(output) for output in self.outputs(index))

    def errors(self) -> list[str]:
        """Console errors and uncaught exceptions that are not Jupyter's own."""
        bad = (line for line in self.console if line.startswith(("error", "pageerror")))
        return [line for line in bad if not any(noise in line for noise in self.NOISE)]

    def python(self, expression: str) -> Any:
        """The value of an expression in the kernel, outside any cell; waits while a cell runs."""
        text = self.page.evaluate(
            f"""async code => {{
                const kernel = {self.PANEL}.sessionContext.session.kernel; let text = '';
                const future = kernel.requestExecute({{ code, store_history: false }});
                future.onIOPub = message => {{
                    if (message.header.msg_type === 'stream') text += message.content.text;
                    if (message.header.msg_type === 'error') text += message.content.traceback.join('\\n'); }};
                await future.done; return text; }}""",
            f"import json as _j; print('\\x01' + _j.dumps({expression}) + '\\x01')",
        )
        assert "\x01" in text, text
        return json.loads(text.split("\x01")[1])

    def save(self) -> nbformat.NotebookNode:
        """Save, and read what is on disk now."""
        self.page.evaluate(f"async () => {{ await {self.PANEL}.context.save() }}")
        return nbformat.read(self.server.root / self.path, as_version=4)

    def restart_kernel(self) -> Notebook:
        self.page.evaluate(f"async () => {{ await {self.PANEL}.sessionContext.restartKernel() }}")
        return self.wait_idle()

    def interrupt(self) -> None:
        self.page.evaluate(f"async () => {{ await {self.PANEL}.sessionContext.session.kernel.interrupt() }}")

    def theme(self, dark: bool) -> None:
        self.command("apputils:change-theme", theme="JupyterLab Dark" if dark else "JupyterLab Light")

    def close(self) -> None:
        if self.ui == "shared":
            self.page.evaluate(f"() => {self.PANEL}.dispose()")
        else:
            self.page.close()


def _plain(output: dict[str, Any]) -> str:
    text = output.get("text") or output.get("data", {}).get("text/plain")
    if "ename" in output:
        text = f"{output['ename']}: {output['evalue']}"
    return "".join(text) if isinstance(text, list) else text or ""
