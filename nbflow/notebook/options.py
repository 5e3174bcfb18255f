"""The one table of ``%%job``'s options: parsing, help and completion are all read from it."""

from __future__ import annotations

from nbflow.notebook import quantities as take
from nbflow.notebook.failure_options import FAILURE_OPTIONS
from nbflow.notebook.grammar import Option, one_of
from nbflow.notebook.group_options import GROUP_OPTIONS, POLICY
from nbflow.notebook.loops import parse_loops

OPTIONS: tuple[Option, ...] = (
    Option(
        name="after",
        metavar="A,B",
        help="also wait for these jobs, groups or patterns; A? waits for A's end, whatever it is",
        parse=take.listed,
        takes="names of jobs or groups, separated by commas without spaces",
        names="after",
        repeatable=True,
    ),
    Option(
        name="inputs",
        metavar="X,Y",
        help="the variables the cell reads, instead of what its text says; '' for none",
        parse=take.variables,
        takes="variables' names",
        names="variables",
        greedy=True,
    ),
    Option(
        name="outputs",
        metavar="X,Y",
        help="the variables the cell leaves behind, instead of what its text says; '' for none",
        parse=take.variables,
        takes="variables' names",
        names="variables",
        greedy=True,
    ),
    Option(
        name="reads",
        metavar="F,…",
        help="files it reads: it waits for the job that writes them; {expr} may use loop variables, patterns are fine",
        parse=take.files,
        takes="paths or patterns, separated by commas, such as raw/{year}.csv; '' for none",
        template=True,
        repeatable=True,
    ),
    Option(
        name="writes",
        metavar="F,…",
        help="files it leaves: who reads them waits for it; one that is missing in the end fails the job",
        parse=take.files,
        takes="paths or patterns, separated by commas, such as clean/{year}.csv; '' for none",
        template=True,
        repeatable=True,
    ),
    Option(
        name="for",
        metavar="VAR=VALUES,…",
        help="one job for each value of VAR, or each combination of several; what they leave is read as a dict",
        parse=parse_loops,
        takes="loop variables with their values, such as alpha=[0.1, 1, 10]",
        verbatim=True,
    ),
    Option(name="zip", help="with --for and several variables: pair their values, instead of combining them"),
    *FAILURE_OPTIONS,
    Option(
        name="group",
        metavar="G",
        help="put the job in a group",
        parse=take.job_name,
        takes="a name without spaces, commas, * and ?",
        names="groups",
    ),
    POLICY,
    *GROUP_OPTIONS,
    Option(
        name="in",
        metavar="process|kernel",
        help="where it runs: in a process of its own (the default), or in the kernel, for values that cannot leave it",
        parse=one_of("process", "kernel"),
        takes="process or kernel",
        choices=("process", "kernel"),
    ),
    Option(
        name="shell",
        help="the body is a script for bash (set -euo pipefail); what --inputs names are environment variables",
    ),
    Option(
        name="memory",
        metavar="SIZE",
        help="what an attempt may take, with all its processes; more is out of memory",
        parse=take.size,
        takes="a size such as 2GB, 500MB or 1GiB",
    ),
    Option(name="cache", help="reuse what the same code made of the same inputs before, in this run or an earlier one"),
    Option(name="once", help="never start it again by itself when nobody saw how an attempt ended"),
    Option(name="hold", help="declare it, but start it only when asked: %nbflow run NAME"),
    Option(
        name="env",
        metavar="K=V",
        help="set an environment variable for the attempts; may be given several times",
        parse=take.setting,
        takes="NAME=VALUE",
        repeatable=True,
    ),
    Option(
        name="cwd",
        metavar="DIR",
        help="the folder to run in (default: the notebook's)",
        parse=take.path,
        takes="a folder",
    ),
)
