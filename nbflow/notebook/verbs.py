"""The verbs of ``%nbflow``, in one table that parsing, help and completion are read from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from nbflow.core.elements import split_names
from nbflow.core.match import nearest
from nbflow.notebook import quantities as take
from nbflow.notebook.failure_options import RULE_OPTIONS
from nbflow.notebook.grammar import Option, Read, beside, read, verbatim
from nbflow.notebook.group_options import GROUP_OPTIONS, ONLY_GROUP, POLICY
from nbflow.notebook.handlers import Handlers, written_rules
from nbflow.notebook.tokens import Expand, LineError, tokenize

Argument = Literal["", "jobs", "job", "group", "fan", "handler", "run", "file", "hook"]
"""What a verb's plain words are; ``jobs`` may be several and patterns, the others one."""


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One verb: what it takes and does."""

    name: str
    help: str
    argument: Argument = ""
    required: bool = False
    options: tuple[Option, ...] = ()

    @property
    def usage(self) -> str:
        """``wait [JOBS] [--timeout D]``; many options are only hinted at."""
        word = self.argument.upper()
        parts = [self.name, word if self.required or not word else f"[{word}]"]
        parts += [f"[{each.usage}]" for each in self.options] if len(self.options) <= 2 else ["[options]"]
        return " ".join(filter(None, parts))


@dataclass(frozen=True)
class VerbCall:
    """A checked ``%nbflow`` line: *args* are names or patterns as typed, *options* holds only those given."""

    verb: str
    args: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


def _attempt(help_: str) -> Option:
    return Option(name="attempt", metavar="K", help=help_, parse=take.positive, takes="a whole number ≥ 1")


RUN = Option(name="run", metavar="N", help="of run N, an earlier one", parse=take.positive, takes="the number of a run")
BY = Option(
    name="by",
    metavar="WHAT",
    help="a row for each job, or for each that ran side by side (slot)",
    parse=take.row,
    takes="job or slot",
    choices=("job", "slot"),
)
VERBS: tuple[Verb, ...] = (
    Verb(name="show", help="the live picture of the flow", options=(RUN,)),
    Verb(name="run", argument="jobs", help="start what is held, and what failed or was cancelled again"),
    Verb(name="plan", argument="jobs", help="what would run, what is reused, what is stale and why; nothing starts"),
    Verb(
        name="wait",
        argument="jobs",
        help="wait until the jobs, or all, have ended; an error when the run failed",
        options=(
            Option(
                name="timeout",
                metavar="D",
                help="wait no longer",
                parse=take.some_duration,
                takes="a duration such as 30, 30s, 5m, 1h30m or 250ms",
            ),
        ),
    ),
    Verb(
        name="gather",
        argument="fan",
        required=True,
        help="show what the elements of a fan-out, or the members of a group, leave, as they end",
        options=(
            Option(
                name="timeout",
                metavar="D",
                help="wait no longer",
                parse=take.some_duration,
                takes="a duration such as 30, 30s, 5m, 1h30m or 250ms",
            ),
        ),
    ),
    Verb(
        name="status",
        help="a table of the jobs",
        options=(Option(name="json", help="as programs read it"),),
    ),
    Verb(
        name="log",
        argument="job",
        required=True,
        help="what the job printed",
        options=(
            Option(
                name="attempt",
                metavar="K",
                help="of attempt K (default: the last)",
                parse=take.positive,
                takes="a whole number ≥ 1",
            ),
            Option(name="follow", short="f", help="go on until the job ends"),
            Option(name="err", help="what it wrote to stderr"),
            Option(name="recovery", help="what the recovery script printed that ran after the attempt"),
            Option(name="rollback", help="what its rollback printed"),
            Option(name="fallback", help="what its fallback printed"),
        ),
    ),
    Verb(
        name="retry",
        argument="jobs",
        required=True,
        help="run the jobs again, with fresh attempts",
        options=(
            Option(name="downstream", help="and all that needs them and has ended"),
            Option(
                name="from",
                metavar="START",
                help="and START, with everything on the way from it to the jobs",
                parse=take.known_job,
                takes="the name of a job",
                names="jobs",
            ),
        ),
    ),
    Verb(
        name="skip",
        argument="jobs",
        required=True,
        help="go on without the jobs, or with another value",
        options=(
            Option(
                name="value",
                metavar="EXPR",
                help="let this stand for the output; a dict or tuple where there are several",
                parse=take.expression,
                takes="a Python expression",
                names="variables",
                verbatim=True,
                excludes="last",
            ),
            Option(name="last", help="let the outputs of its last attempt that succeeded stand for those of this one"),
        ),
    ),
    Verb(name="cancel", argument="jobs", help="stop the jobs, or all, with all their processes"),
    Verb(name="pause", help="start nothing new; what runs goes on"),
    Verb(name="unpause", help="let jobs start again"),
    Verb(name="resume", argument="run", help="take up the last run, or run number RUN"),
    Verb(name="why", argument="job", required=True, help="why the job waits, or ended as it did"),
    Verb(
        name="debug",
        argument="job",
        help="open the debugger where the job failed, with that attempt's inputs as variables",
        options=(
            _attempt("attempt K (default: the last that failed)"),
            Option(name="restore", help="put back the variables in whose place such inputs stand"),
        ),
    ),
    Verb(
        name="reproduce",
        argument="job",
        required=True,
        help="run an attempt again here, on the same inputs: for breakpoints and profilers; no job, not recorded",
        options=(
            _attempt("attempt K (default: the last)"),
            Option(name="discard", help="assign none of its outputs"),
        ),
    ),
    Verb(name="plot", argument="file", help="the picture of the flow, shown or saved to FILE", options=(RUN,)),
    Verb(name="timeline", argument="file", help="the attempts along time, shown or saved to FILE", options=(RUN, BY)),
    Verb(name="history", argument="run", help="the runs of this flow, or how run RUN went"),
    Verb(name="events", argument="job", help="everything that happened, to one job or to all"),
    Verb(
        name="group",
        argument="group",
        required=True,
        help="set a group's policy, which stays as it is without --policy, and options, of which those not given go",
        options=(POLICY, *GROUP_OPTIONS, *ONLY_GROUP),
    ),
    Verb(
        name="handler",
        argument="handler",
        help="declare failure rules that jobs take with --handler; without rules: tell them",
        options=RULE_OPTIONS,
    ),
    Verb(
        name="notify",
        argument="hook",
        help="tell people when the run ends or first fails: HOOK is a quoted command, or https://…",
        options=(Option(name="off", help="forget the hooks there were"),),
    ),
    Verb(name="gc", help="remove the values that nothing can read any more, and say what that frees"),
    Verb(
        name="export",
        argument="file",
        required=True,
        help="the cells executed so far as a module with a function for each job, which runs by itself",
        options=(
            Option(name="plain", help="as a plain script without nbflow"),
            Option(name="all", help="ordinary cells too that only look at what jobs made"),
            Option(name="force", help="also over a file that is there"),
        ),
    ),
    Verb(name="trust", help="open a store that was not made here, after you have looked at where it is from"),
    Verb(name="stop", help="end the engine and every attempt"),
)


def find_verb(word: str) -> Verb:
    """The verb *word*.

    Raises:
        LineError: there is none; says the nearest.
    """
    for verb in VERBS:
        if verb.name == word:
            return verb
    names = [verb.name for verb in VERBS]
    near = nearest(word, names)
    raise LineError(f"unknown verb {word!r} " + (f"(did you mean {near}?)" if near else f"(one of {', '.join(names)})"))


def parse_verb(line: str, *, expand: Expand | None = None) -> VerbCall:
    """Read ``VERB [words] [options]``, what follows ``%nbflow``.

    Raises:
        LineError: one line on what is wrong, with the nearest right word.

    >>> parse_verb("log fit --attempt 2")
    VerbCall(verb='log', args=('fit',), options={'attempt': 2})
    """
    tokens = tokenize(line, expand, verbatim=_VERBATIM)
    if not tokens:
        raise LineError(f"%nbflow needs a verb: {', '.join(verb.name for verb in VERBS)}")
    verb = find_verb(tokens[0].text)
    try:
        said = read(tokens[1:], verb.options)
        args = _arguments(verb, said.words)
        values = _rules(args, said) if verb.name == "handler" else said.values
    except LineError as error:
        raise LineError(f"%nbflow {verb.name}: {error}") from error.__cause__
    return VerbCall(verb.name, args, values)


_VERBATIM = verbatim([option for verb in VERBS for option in verb.options])


def _rules(args: tuple[str, ...], said: Read) -> dict[str, Any]:
    """The rules of a handler, in place of the options that declare them."""
    rules = written_rules(said.order, Handlers())
    if rules and not args:
        raise LineError("it needs a name: %nbflow handler NAME --on-exit …")
    return {"rules": rules} if rules else {}


def _arguments(verb: Verb, words: list[str]) -> tuple[str, ...]:
    several = verb.argument == "jobs"
    args = tuple(part for word in words for part in (split_names(word) if several else [word]) if part)
    if verb.required and not args:
        raise LineError(f"it needs a {verb.argument.removesuffix('s')}: %nbflow {verb.usage}")
    if not several and len(args) > bool(verb.argument):
        raise LineError(f"unexpected {args[-1]!r}: %nbflow {verb.usage}")
    if verb.argument == "run" and args and not args[0].isdecimal():
        raise LineError(f"a run is a whole number, not {args[0]!r}")
    if verb.argument in ("group", "handler") and args:
        _check_name(verb.argument, args[0])
    return args


def _check_name(what: str, name: str) -> None:
    try:
        take.job_name(name)
    except ValueError:
        raise LineError(f"a {what}'s name has no spaces, commas, * or ?: {name!r}") from None


def _usage(option: Option) -> str:
    return f"-{option.short} {option.usage}" if option.short else option.usage


def verbs_help() -> str:
    """The text of ``%nbflow?``."""
    lines = []
    for verb in VERBS:
        lines.append(beside(verb.usage, verb.help, 44))
        lines += [beside(_usage(option), option.help, 44, indent=6) for option in verb.options]
    return "Look at and steer the flow of this notebook.\n\n%nbflow VERB …\n\n" + "\n".join(lines) + "\n"
