"""What a job's cell can say about failure: attempts, limits, rules, what is called when nothing helps."""

from __future__ import annotations

from nbflow.notebook import quantities as take
from nbflow.notebook.grammar import CLASSES, DURATION, Option, one_of

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
        name="on-missing",
        metavar="error|none",
        help="when a needed job has no value: error skips this job too (the default), none runs it with None",
        parse=one_of("error", "none"),
        takes="error or none",
        choices=("error", "none"),
    ),
)
