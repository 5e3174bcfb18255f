"""Cells whose processes try to outlive their attempt. Each process leaves its pid as a file's name in ``pids/``."""

from __future__ import annotations

import time
from pathlib import Path

from tests.attempts import Runner, Trial
from tests.leftovers import doomed

PREAMBLE = """
import os, signal, subprocess, sys, time
def note(pid=None):
    open(f"pids/{pid or os.getpid()}", "w").close()
def hang():
    note()
    while True: time.sleep(1)
def start(*command, **options):
    process = subprocess.Popen(command, **options)
    note(process.pid)
    return process
note()
"""

BODIES = {
    "child": "start('sleep', '600'); ready()",
    "nohup": "os.system('nohup sleep 600 >/dev/null 2>&1 & echo > pids/$!'); ready()",
    "setsid": "start('sleep', '600', start_new_session=True); ready()",
    "double fork": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: hang()
    os._exit(0)
os.wait(); ready()
""",
    "clean environment": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        note(); os.closerange(0, 256); os.execve('/bin/sleep', ['sleep', '600'], {})
    os._exit(0)
os.wait(); ready()
""",
    "deaf to TERM": """
signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN)
start('sh', '-c', 'trap "" TERM; while :; do sleep 1; done'); ready()
""",
    "stopped": "start('sleep', '600').send_signal(signal.SIGSTOP); ready()",
    "stops itself": "ready(wait=False); os.kill(os.getpid(), signal.SIGSTOP)",
    "closes everything": "ready(wait=False); os.closerange(0, 1024); hang()",
    "pool": """
from concurrent.futures import ProcessPoolExecutor
pool = ProcessPoolExecutor(3)
for _ in range(3): pool.submit(hang)
ready()
""",
    "many": """
for _ in range(30):
    if os.fork() == 0: hang()
ready()
""",
    "fork loop": """
if os.fork() == 0:
    os.setsid()
    while True:
        if os.fork(): os._exit(0)
        time.sleep(.005); os.utime('pids')
ready()
""",
    "exec": "ready(wait=False); os.execvp('sleep', ['sleep', '600'])",
    "ignores its children": "signal.signal(signal.SIGCHLD, signal.SIG_IGN); start('sleep', '600'); ready()",
}


def source(name: str, then: str) -> str:
    """The cell of escaper *name*; when its processes are up it prints ``ready`` and does *then*."""
    ready = f"def ready(wait=True):\n    print('ready', flush=True)\n    if wait:\n        {then}\n"
    return PREAMBLE + ready + BODIES[name]


def start_all(runner: Runner, then: str = "time.sleep(600)", **options: object) -> dict[str, Trial]:
    """Every escaper at once, each with a folder of its own; returns when all are up."""
    trials = {}
    for name in BODIES:
        cwd = runner.root / name.replace(" ", "-")
        (cwd / "pids").mkdir(parents=True)
        trials[name] = runner.submit(source(name, then), cwd=str(cwd), job=name, **options)
    for trial in trials.values():
        trial.saw("ready")
    return trials


def survivors(trials: dict[str, Trial]) -> dict[str, list[int]]:
    """Escaper -> the processes of it that still live: those it noted, and those that wear the attempt's tag."""
    left = {}
    for name, trial in trials.items():
        noted = [int(path.name) for path in (Path(trial.order.cwd) / "pids").iterdir()]
        alive = {pid for pid in noted if lives(pid, Path(trial.order.cwd))}
        alive |= {pid for pid in trial.processes() if not doomed(pid)}
        if alive:
            left[name] = sorted(alive)
    return left


def lives(pid: int, cwd: Path) -> bool:
    """Whether *pid* is a living process that works in *cwd*, and so is not just another with a number used again."""
    try:
        return not doomed(pid) and Path(f"/proc/{pid}/cwd").readlink() == cwd
    except OSError:
        return False


def gone(trials: dict[str, Trial], within: float) -> None:
    """Wait until no process of *trials* is left, *within* seconds."""
    give_up_at = time.monotonic() + within
    while left := survivors(trials):
        assert time.monotonic() < give_up_at, f"after {within} s there are {left}"
        time.sleep(0.02)  # the executor that ends them may live in this very process
