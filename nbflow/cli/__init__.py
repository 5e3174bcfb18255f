"""``nbflow run | export | status | log | ps | gc | stop``: a flow without its notebook, notebooks without a person."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from nbflow.cli.look import collect_values, print_log, print_processes, print_status, stop_engine
from nbflow.core.announcing import hook_trouble
from nbflow.errors import NbflowError

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: its exit status is 0, 1 where something failed, or 2 for a mistake in the arguments."""
    taken = _parser().parse_args(arguments)
    try:
        return int(taken.act(taken))
    except NbflowError as error:
        print(f"nbflow: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone: say no more
        return 0


def seconds(text: str) -> float:
    """Seconds of ``90``, ``90s``, ``5m``, ``2h``.

    >>> seconds("90"), seconds("1.5m")
    (90.0, 90.0)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not found or float(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time: write 90, 90s, 5m or 2h")
    return float(found[1]) * _UNITS[found[2]]


def hook(text: str) -> str:
    """A command or an address that tells people of a run.

    >>> hook("notify-send done")
    'notify-send done'
    """
    if said := hook_trouble(text):
        raise argparse.ArgumentTypeError(said)
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nbflow", description="Notebook cells as background jobs.")
    parser.add_argument("--version", action="version", version=f"nbflow {version('nbflow-jobs')}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    _add_run(verbs.add_parser("run", help="execute a notebook, wait for its jobs, save it with its cards and pictures"))
    _add_export(verbs.add_parser("export", help="write a notebook's jobs as a Python file that runs by itself"))

    about = argparse.ArgumentParser(add_help=False)
    about.add_argument("--folder", type=Path, default=Path(), help="the notebook's folder (default: here)")
    flow = argparse.ArgumentParser(add_help=False, parents=[about])
    flow.add_argument("--flow", default="", help="the notebook's name (default: that of the newest run)")
    flow.add_argument("--run", type=int, default=0, help="number of the run (default: the last)")

    status = verbs.add_parser("status", parents=[flow], help="the table of jobs")
    status.add_argument("--json", action="store_true", help="as programs read it")
    status.set_defaults(act=print_status)
    log = verbs.add_parser("log", parents=[flow], help="what a job printed")
    log.add_argument("job")
    log.add_argument("-f", "--follow", action="store_true", help="go on until the job has ended")
    log.add_argument("--attempt", type=int, help="number of the attempt (default: the last)")
    log.add_argument("--err", action="store_true", help="stderr instead of stdout")
    which = log.add_mutually_exclusive_group()
    for step in ("recovery", "rollback", "fallback"):
        told = f"the {step} that followed the attempt instead"
        which.add_argument(f"--{step}", dest="step", action="store_const", const=step, help=told)
    log.set_defaults(act=print_log)
    verbs.add_parser("ps", parents=[about], help="what is running").set_defaults(act=print_processes)
    gc = verbs.add_parser("gc", parents=[about], help="remove stored values that nothing can read any more")
    gc.set_defaults(act=collect_values)
    stop = verbs.add_parser("stop", parents=[about], help="end the engine and every attempt")
    stop.set_defaults(act=stop_engine)
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", type=Path)
    parser.add_argument("-o", "--out", type=Path, help="write the executed notebook here (default: in its place)")
    parser.add_argument("--timeout", type=seconds, metavar="D", help="cancel what is left after this long: 90s, 5m, 2h")
    told = "tell people when the run ends or first fails: a command, or https://…; may be given several times"
    parser.add_argument("--notify", action="append", default=[], metavar="HOOK", type=hook, help=told)
    parser.set_defaults(act=_run)


def _run(taken: argparse.Namespace) -> int:
    from nbflow.cli.headless import run_notebook  # a second of imports that the other verbs do without

    return run_notebook(taken.notebook, taken.out or taken.notebook, taken.timeout, taken.notify)


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", type=Path)
    parser.add_argument("file", type=Path, nargs="?", help="where it goes (default: the notebook's name, with .py)")
    parser.add_argument("--plain", action="store_true", help="as a plain script without nbflow")
    parser.add_argument("--all", action="store_true", help="ordinary cells too that only look at what jobs made")
    parser.add_argument("--force", action="store_true", help="also over a file that is there")
    parser.set_defaults(act=_export)


def _export(taken: argparse.Namespace) -> int:
    """Cells are read by what reads them in notebooks; nothing of them is run."""
    flags = [f"--{flag}" for flag in ("plain", "all", "force") if getattr(taken, flag)]
    paths = [str(taken.notebook), str(taken.file or taken.notebook.with_suffix(".py"))]
    command = [sys.executable, "-P", "-m", "nbflow.notebook.exporting", *flags, "--", *paths]
    return subprocess.run(command, check=False).returncode
