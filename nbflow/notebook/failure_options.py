"""What a job's cell can say about failure: attempts, limits, rules, what is called when nothing helps."""

from __future__ import annotations

from nbflow.notebook import quantities as take
from nbflow.notebook import rule_text as rule
from nbflow.notebook.grammar import CLASSES, DURATION, Option

_THEN = "[:N[:SCRIPT]]"

RULE_OPTIONS: tuple[Option, ...] = (
    Option(
        name="on-exit",
        metavar=f"CODES{_THEN}",
        help="after one of these exit codes or signals (10,11 SIGKILL *), N more attempts (default 1), each after "
        "running SCRIPT in bash; the first rule written that fits decides",
        parse=rule.on_exit,
        takes="exit codes from 1 to 255, signals or *, then perhaps :N and :SCRIPT, such as 10,11:2:./fix.sh",
        choices=("*", "SIGKILL", "SIGTERM", "SIGSEGV", "SIGABRT", "SIGBUS", "SIGINT"),
        repeatable=True,
    ),
    Option(
        name="on-error",
        metavar=f"EXC,…{_THEN}",
        help="the same after one of these exceptions, by class name, subclasses included",
        parse=rule.on_error,
        takes=CLASSES + ", then perhaps :N and :SCRIPT, such as OSError:2:./fix.sh",
        names="exceptions",
        repeatable=True,
    ),
    Option(
        name="on-log",
        metavar=f"PATTERN{_THEN}",
        help=r"the same where the attempt's output holds this regular expression; in it, write a colon before a number "
        r"as \: and put all of it in single quotes",
        parse=rule.on_log,
        takes="a regular expression, then perhaps :N and :SCRIPT, such as 'disk full:2:./fix.sh'",
        repeatable=True,
    ),
    Option(
        name="on-oom",
        metavar=f"memory*F{_THEN}",
        help="the same when memory ran out, with F times the --memory in the next attempt",
        parse=rule.on_oom,
        takes="memory*F with a number F ≥ 1, then perhaps :N and :SCRIPT, such as memory*2:2",
        choices=("memory*2",),
        repeatable=True,
    ),
    Option(
        name="on-timeout",
        metavar="N[:SCRIPT]",
        help="N more attempts after one that took longer than --timeout, each after running SCRIPT in bash",
        parse=rule.on_timeout,
        takes="a whole number ≥ 0, then perhaps :SCRIPT, such as 2:./fix.sh",
        repeatable=True,
    ),
    Option(name="recovery-optional", help="try again even where a rule's script fails"),
    Option(
        name="recovery-timeout",
        metavar="D",
        help="the longest that a rule's script may take (default: what --timeout says)",
        parse=take.some_duration,
        takes=DURATION,
    ),
)
"""They make failure rules, on a job's cell or in a handler."""

FAILURE_OPTIONS: tuple[Option, ...] = (
    Option(
        name="retries",
        metavar="N",
        help="N more attempts after a failed first one",
        parse=take.whole,
        takes="a whole number ≥ 0",
        excludes="attempts",
        meant_by=("retry",),
    ),
    Option(name="attempts", metavar="M", help="M attempts in all", parse=take.positive, takes="a whole number ≥ 1"),
    Option(
        name="delay",
        metavar="D",
        help="wait before the second attempt (default 1s)",
        parse=take.duration,
        takes=DURATION,
    ),
    Option(
        name="backoff",
        metavar="F",
        help="each further wait is F times the one before (default 2)",
        parse=take.factor,
        takes="a number ≥ 1",
    ),
    Option(
        name="max-delay",
        metavar="D",
        help="the longest wait between attempts (default 60s)",
        parse=take.duration,
        takes=DURATION,
    ),
    Option(
        name="jitter",
        metavar="J",
        help="shorten each wait by a random part of at most J (default 0)",
        parse=take.fraction,
        takes="a number from 0 to 1",
    ),
    Option(
        name="retry-on",
        metavar="EXC,…",
        help="after an exception, try again only if it is one of these, by class name, subclasses included",
        parse=take.classes,
        takes=CLASSES,
        names="exceptions",
    ),
    Option(
        name="no-retry-on",
        metavar="EXC,…",
        help="never try again after one of these exceptions, subclasses included; it wins over --retry-on",
        parse=take.classes,
        takes=CLASSES,
        names="exceptions",
    ),
    *RULE_OPTIONS,
    Option(
        name="handler",
        metavar="NAME",
        help="the rules that %nbflow handler NAME has declared, at this place among those of the cell",
        parse=take.job_name,
        takes="the name of a handler",
        names="handlers",
        repeatable=True,
    ),
    Option(
        name="timeout",
        metavar="D",
        help="end an attempt that runs longer, with all its processes; queueing does not count; none for no limit",
        parse=take.limit,
        takes=DURATION + ", or none",
    ),
    Option(
        name="deadline",
        metavar="D",
        help="end the job when D has passed since its first attempt began, waits between attempts included",
        parse=take.some_duration,
        takes=DURATION,
    ),
    Option(
        name="rollback",
        metavar="F",
        help="call F, a function or '=expression', when no attempt is left or the job is stopped: it undoes what was "
        "done; its parameters name the job's inputs",
        parse=take.call,
        takes="the name of a function, or =expression",
        names="callables",
    ),
    Option(
        name="fallback",
        metavar="F",
        help="call F, a function or '=expression', when no attempt is left: its result stands for the output",
        parse=take.call,
        takes="the name of a function, or =expression",
        names="callables",
    ),
    Option(
        name="on-missing",
        metavar="W",
        help="when a needed job has no value: error skips this job too (the default), none runs it with None, pass "
        "with an nbflow.Missing that says why, =expression with that value",
        parse=take.missing,
        takes="error, none, pass or =expression",
        choices=("error", "none", "pass", "="),
    ),
    Option(
        name="if",
        metavar="EXPR",
        help="skip the job unless this is true of what it reads; needs no quotes, runs to the next option",
        parse=take.expression,
        takes="a Python expression over what the job reads, such as len(df) > 0",
        names="variables",
        verbatim=True,
    ),
)
