"""The process of one hook: a command, or a POST to an address. Says on stdout, in a line, why it did not go well."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any


def main() -> None:
    """Do what stdin says: ``hook``, ``told`` and ``folder``."""
    given = json.load(sys.stdin)
    hook: str = given["hook"]
    webhook = hook.lower().startswith(("https://", "http://"))
    trouble = post(hook, given["told"]) if webhook else run(hook, given["told"], given["folder"])
    if trouble:
        print(trouble)
        sys.exit(1)


def post(address: str, told: dict[str, Any]) -> str:
    """Send *told* to *address* in JSON; why that did not go well. What is said never holds the address."""
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "nbflow"}
    try:
        request = urllib.request.Request(address, json.dumps(told).encode(), headers, method="POST")
        with urllib.request.urlopen(request, timeout=20):
            return ""
    except urllib.error.HTTPError as error:
        return f"the server answered {error.code}"
    except urllib.error.URLError as error:
        reason = error.reason
        return f"no connection: {getattr(reason, 'strerror', None) or type(reason).__name__}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"no answer: {type(error).__name__}"


def run(command: str, told: dict[str, Any], folder: str) -> str:
    """Run *command* by the shell in *folder*, *told* on its stdin and in its environment."""
    environ = {f"NBFLOW_{name.upper()}": str(told[name]) for name in ("flow", "run", "verdict", "occasion", "text")}
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            input=json.dumps(told).encode(),
            cwd=folder or None,
            env={**os.environ, **environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except OSError as error:
        return f"it could not be started: {error.strerror}"
    return f"exit {done.returncode}" if done.returncode else ""


if __name__ == "__main__":
    main()
