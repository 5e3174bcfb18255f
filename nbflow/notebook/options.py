"""The option grammar, and the one table of ``%%job``'s options: parsing, help and completion are all read from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from nbflow.core.match import nearest
from nbflow.notebook import quantities as take
from nbflow.notebook.tokens import LineError, Token

Names = Literal["", "jobs", "groups", "after", "variables", "exceptions"]
"""What a value names, for completion; ``after``: jobs or groups."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option: how it is written, what it takes and what it is for."""

    name: str
    metavar: str = ""
    """What stands for the value in help; empty: a flag without value."""
    help: str
    parse: Callable[[str], Any] = str
    takes: str = ""
    """The values it takes in words: ``--retries takes a whole number ≥ 0``."""
    choices: tuple[str, ...] = ()
    """Values worth offering; a ``:`` at the end wants more text."""
    names: Names = ""
    repeatable: bool = False
    greedy: bool = False
    """The value runs to the next option, spaces included."""
    short: str = ""
    meant_by: tuple[str, ...] = ()
    """Wrong words that mean it, where the nearest right word would be another."""
    excludes: str = ""
    """The option that says the same in another way."""

    @property
    def usage(self) -> str:
        """``--retries N``."""
        return f"--{self.name} {self.metavar}".rstrip()


@dataclass
class Read:
    """What a line said: plain words in order, and option name -> value (a list where repeatable, True for a flag)."""

    words: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)


def find(word: str, table: Sequence[Option]) -> Option:
    """The option written as *word* (``--name`` or ``-n``).

    Raises:
        LineError: there is none; says the nearest.
    """
    for option in table:
        if word == f"--{option.name}" or (option.short and word == f"-{option.short}"):
            return option
    bare = word.lstrip("-")
    meant = next((option.name for option in table if bare in option.meant_by), "")
    near = meant or nearest(bare, [option.name for option in table])
    raise LineError(f"unknown option {word}" + (f" (did you mean --{near}?)" if near else ""))


def read(tokens: Iterable[Token], table: Sequence[Option]) -> Read:
    """Sort *tokens* into plain words and checked values of the options of *table*.

    Raises:
        LineError: an unknown option, a missing or wrong value, an option given twice, two that exclude each other.
    """
    result, rest = Read(), list(tokens)
    while rest:
        token = rest.pop(0)
        if not token.option or token.text == "-":
            result.words.append(token.text)
            continue
        word, equals, value = token.text.partition("=")
        option = find(word, table)
        _keep(result.values, option, _value(option, value if equals else None, rest))
    for option in table:
        if option.excludes and option.name in result.values and option.excludes in result.values:
            raise LineError(f"--{option.name} and --{option.excludes} say the same thing: give one")
    return result


def _value(option: Option, given: str | None, rest: list[Token]) -> Any:
    if not option.metavar:
        if given is not None:
            raise LineError(f"--{option.name} takes no value")
        return True
    texts = [] if given is None else [given]
    while rest and not _is_long(rest[0]) and (option.greedy or not texts):
        texts.append(rest.pop(0).text)
    if not texts:
        raise LineError(f"--{option.name} needs a value: {option.takes}")
    return checked(option, " ".join(texts))


def _is_long(token: Token) -> bool:
    return token.option and token.text.startswith("--")


def checked(option: Option, text: str) -> Any:
    """*text* as the value *option* takes.

    Raises:
        LineError: it is none; says what the option takes.
    """
    try:
        return option.parse(text)
    except ValueError:
        near = nearest(text, option.choices)
        hint = f" (did you mean {near}?)" if near and not (near[-1] == ":" and text.startswith(near)) else ""
        raise LineError(f"--{option.name} takes {option.takes}, not {text!r}{hint}") from None


def _keep(values: dict[str, Any], option: Option, value: Any) -> None:
    if option.repeatable:
        values.setdefault(option.name, []).append(value)
    elif option.name in values:
        raise LineError(f"--{option.name} is given twice")
    else:
        values[option.name] = value


def one_of(*choices: str) -> Callable[[str], str]:
    """A parser that takes one of *choices*."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return parse


_DURATION = "a duration such as 30, 30s, 5m, 1h30m or 250ms"
_CLASSES = "names of exception classes, separated by commas without spaces"
_POLICIES = ("strict", "best-effort", "at-least:", "critical:")
_POLICY = "strict, best-effort, at-least:N, at-least:N% or critical:A,B, combined with & and |"

POLICY = Option(
    name="policy",
    metavar="P",
    help="when the group is met: strict (all succeed; the default), best-effort, at-least:N, at-least:70%, "
    "critical:A,B; in quotes also combined with & and |",
    parse=take.policy,
    takes=_POLICY,
    choices=_POLICIES,
)

GROUP_OPTIONS = (
    Option(name="early", help="what needs the group starts as soon as an at-least in its policy is met"),
    Option(name="fail-fast", help="once the group is broken, its members that have not ended are cancelled"),
    Option(name="cancel-rest", help="once an at-least is met, the group's members that have not ended are cancelled"),
    Option(
        name="max-parallel",
        metavar="K",
        help="at most K members of the group run at once",
        parse=take.positive,
        takes="a whole number ≥ 1",
    ),
)
"""They stay with the group until %nbflow group says otherwise."""

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
        takes=_DURATION,
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
        takes=_DURATION,
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
        takes=_CLASSES,
        names="exceptions",
    ),
    Option(
        name="no-retry-on",
        metavar="EXC,…",
        help="never try again after one of these exceptions, subclasses included; it wins over --retry-on",
        parse=take.classes,
        takes=_CLASSES,
        names="exceptions",
    ),
    Option(
        name="timeout",
        metavar="D",
        help="end an attempt that runs longer, with all its processes; queueing does not count; none for no limit",
        parse=take.limit,
        takes=_DURATION + ", or none",
    ),
    Option(
        name="deadline",
        metavar="D",
        help="end the job when D has passed since its first attempt began, waits between attempts included",
        parse=take.some_duration,
        takes=_DURATION,
    ),
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
        name="on-missing",
        metavar="error|none",
        help="when a needed job has no value: error skips this job too (the default), none runs it with None",
        parse=one_of("error", "none"),
        takes="error or none",
        choices=("error", "none"),
    ),
    Option(
        name="in",
        metavar="process|kernel",
        help="where it runs: in a process of its own (the default), or in the kernel, for values that cannot leave it",
        parse=one_of("process", "kernel"),
        takes="process or kernel",
        choices=("process", "kernel"),
    ),
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


def describe(table: Sequence[Option]) -> str:
    """One line of help for each option of *table*.

    >>> print(describe([OPTIONS[3]]))
      --retries N             N more attempts after a failed first one
    """
    return "\n".join(f"  {option.usage:<23} {option.help}" for option in table)
