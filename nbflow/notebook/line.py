"""The header of a ``%%job`` cell: ``%%job NAME [options]`` and the ``#|`` lines under it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from nbflow.core.match import is_pattern, match_names, nearest
from nbflow.core.policies import Judge
from nbflow.core.rules import Rule
from nbflow.core.spec import Retry
from nbflow.errors import UnknownJob
from nbflow.notebook import quantities
from nbflow.notebook.grammar import Read, read, verbatim
from nbflow.notebook.group_options import GROUP_OPTIONS
from nbflow.notebook.handlers import Handlers, written_rules
from nbflow.notebook.loops import Loop, fan_name
from nbflow.notebook.options import OPTIONS
from nbflow.notebook.tokens import Expand, LineError, Token, expander, tokenize
from nbflow.notebook.verbs import VERBS, VerbCall, parse_verb, verbs_help

__all__ = [
    "VERBS",
    "After",
    "Defaults",
    "JobHeader",
    "LineError",
    "VerbCall",
    "expander",
    "header_of",
    "parse_job",
    "parse_verb",
    "verbs_help",
]


@dataclass(frozen=True)
class After:
    """One name or pattern of ``--after``; *optional* (``A?``): its end is enough, whatever it is."""

    pattern: str
    optional: bool = False


@dataclass(frozen=True)
class Defaults:
    """What holds for an option a cell does not give: the traits of ``%config NBFlow``."""

    retry: Retry = field(default_factory=Retry)
    timeout: float | None = None
    executor: str = "process"
    hold: bool = False
    cache: bool = False


@dataclass(frozen=True)
class JobHeader:
    """What a ``%%job`` cell says about its job, checked, with defaults filled in. Times in seconds."""

    name: str
    after: tuple[After, ...] = ()
    inputs: tuple[str, ...] | None = None
    """None: the names the cell's text reads."""
    outputs: tuple[str, ...] | None = None
    """None: the names the cell's text writes."""
    reads: tuple[str, ...] | None = None
    """Files as typed, their ``{expr}`` not yet read; None: not said."""
    writes: tuple[str, ...] | None = None
    retry: Retry = field(default_factory=Retry)
    timeout: float | None = None
    deadline: float | None = None
    group: str | None = None
    policy: Judge | None = None
    group_options: dict[str, Any] = field(default_factory=dict)
    """Fields of `Ruled` that the cell sets for its group."""
    rules: tuple[Rule, ...] = ()
    """Failure rules in the order written, those of handlers among them."""
    rollback: str = ""
    """A function's name, or ``=expression``; empty: none."""
    fallback: str = ""
    on_missing: str = "error"
    condition: str = ""
    bash: bool = False
    """The body is a script for bash."""
    memory: int | None = None
    """Bytes."""
    once: bool = False
    cache: bool = False
    executor: str = "process"
    hold: bool = False
    env: dict[str, str] = field(default_factory=dict)
    cwd: str = ""
    loops: tuple[Loop, ...] = ()
    """The loop variables of a fan-out; empty: it is one job."""
    zipped: bool = False
    """The values of the loop variables are paired."""
    body: str = ""
    """The cell below the first line; ``#|`` lines are empty comments, so that line numbers stay."""


def parse_job(
    line: str,
    body: str = "",
    *,
    expand: Expand | None = None,
    known: Collection[str] | None = None,
    defaults: Defaults | None = None,
    handlers: Handlers | None = None,
) -> JobHeader:
    """Read ``NAME [options]`` and the leading ``#|`` lines of *body*.

    Args:
        line: what follows ``%%job``.
        body: the cell below it.
        expand: gives the text of an expression between braces (see `expander`); None leaves braces alone.
        known: names of the flow's jobs and groups; with them, ``--after`` must mean some of them. None: not checked.
        defaults: what options not given mean.
        handlers: those that ``--handler`` may name.

    Raises:
        LineError: one line on what is wrong, with the nearest right word.

    >>> header = parse_job("fit --retries 2 --after load", "#| --timeout 5m\\nx = 1")
    >>> header.name, header.retry.attempts, header.timeout, header.after, header.body
    ('fit', 3, 300.0, (After(pattern='load', optional=False),), '#\\nx = 1')
    """
    more, rest = split_header(body)
    words = _words((line, *more), expand)
    return header_of(words, rest, known=known, defaults=defaults, handlers=handlers)


def header_of(
    words: Sequence[Token],
    body: str = "",
    *,
    known: Collection[str] | None = None,
    defaults: Defaults | None = None,
    handlers: Handlers | None = None,
) -> JobHeader:
    """The header that *words* make: a name, options and their values. As `parse_job`, but for the reading of a line.

    Raises:
        LineError: one line on what is wrong, with the nearest right word.
    """
    said = read(words, OPTIONS)
    name = _name(said)
    after = tuple(dict.fromkeys(_after(item) for items in said.values.get("after", []) for item in items))
    _check_after(name, after, known)
    rules = written_rules(said.order, handlers or Handlers())
    return _header(name, after, said.values, defaults or Defaults(), body, rules)


_VERBATIM = verbatim(OPTIONS)


def _words(lines: Sequence[str], expand: Expand | None) -> list[Token]:
    """The words of all lines of a header; what is Python and goes on in the next line stays so."""
    tokens: list[Token] = []
    for text in lines:
        last = next((token.text.partition("=")[0] for token in reversed(tokens) if token.text.startswith("--")), "")
        tokens += tokenize(text, expand, verbatim=_VERBATIM, verbatim_from=last in _VERBATIM)
    return tokens


def split_header(body: str) -> tuple[list[str], str]:
    r"""The text of *body*'s leading ``#|`` lines, and *body* with an empty comment in the place of each.

    >>> split_header("#| --hold\nx = 1  #| no option")
    ([' --hold'], '#\nx = 1  #| no option')
    """
    lines = body.split("\n")
    count = next((at for at, text in enumerate(lines) if not text.lstrip().startswith("#|")), len(lines))
    return [text.lstrip()[2:] for text in lines[:count]], "\n".join(["#"] * count + lines[count:])


def _name(said: Read) -> str:
    if not said.words:
        raise LineError("%%job needs a name: %%job NAME [options]")
    name, *others = said.words
    if loops := said.values.get("for"):
        name, *others = fan_name(said.words, loops)
    try:
        quantities.job_name(name)
    except ValueError:
        raise LineError(
            f"a job's name is at most 200 characters, without spaces , * ? and not starting with -: {_cut(name)!r}"
        ) from None
    if others:
        options = [option.name for option in OPTIONS]
        near = others[0] if others[0] in options else nearest(others[0], options)
        hint = f"did you mean --{near}?" if near else "names and lists have no spaces"
        if any(isinstance(value, Rule) and value.script for _, value in said.order):
            hint = "a rule whose script has spaces goes in quotes"
        raise LineError(f"unexpected {_cut(others[0])!r} after job {_cut(name)!r} ({hint})")
    return name


def _cut(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _after(item: str) -> After:
    return After(item[:-1], optional=True) if item.endswith("?") and len(item) > 1 else After(item)


def _check_after(name: str, after: Sequence[After], known: Collection[str] | None) -> None:
    for need in after:
        if need.pattern == name:
            raise LineError(f"job {name!r} cannot wait for itself: leave it out of --after")
        if known is None:
            continue
        try:
            match_names([need.pattern], known)
        except UnknownJob as error:
            near = f" (did you mean {error.near!r}?)" if error.near else ""
            what = "matches no job or group" if is_pattern(need.pattern) else "is no job or group of this flow"
            raise LineError(f"--after: {need.pattern!r} {what}{near}") from None


def _header(
    name: str, after: tuple[After, ...], values: dict[str, Any], defaults: Defaults, body: str, rules: tuple[Rule, ...]
) -> JobHeader:
    grouped = "group" in values or "for" in values
    if "policy" in values and not grouped:
        raise LineError("--policy needs --group: it is the group's policy")
    given = [option.name for option in GROUP_OPTIONS if option.name in values]
    if given and not grouped:
        raise LineError(f"--{given[0]} needs --group: it is about the group")
    header = JobHeader(
        name=name,
        after=after,
        inputs=values.get("inputs"),
        outputs=values.get("outputs"),
        reads=_files(values, "reads"),
        writes=_files(values, "writes"),
        retry=_retry(values, defaults.retry),
        timeout=values.get("timeout", defaults.timeout),
        deadline=values.get("deadline"),
        group=values.get("group"),
        policy=values.get("policy"),
        group_options={name.replace("-", "_"): values[name] for name in given},
        rules=rules,
        rollback=values.get("rollback", ""),
        fallback=values.get("fallback", ""),
        on_missing=values.get("on-missing", "error"),
        condition=values.get("if", ""),
        bash="shell" in values,
        memory=values.get("memory"),
        once="once" in values,
        cache="cache" in values or (defaults.cache and _cachable(values, defaults)),
        executor=values.get("in", defaults.executor),
        hold=values.get("hold", defaults.hold),
        env=_env(values.get("env", [])),
        cwd=values.get("cwd", ""),
        loops=values.get("for", ()),
        zipped="zip" in values,
        body=body,
    )
    _check_together(header, values)
    return header


def _check_together(header: JobHeader, values: dict[str, Any]) -> None:
    """Options that are right by themselves, but not together."""
    if header.zipped and not header.loops:
        raise LineError("--zip needs --for: it pairs the values of loop variables")
    if header.executor == "kernel":
        for option in ("shell", "memory", "for", "cache"):
            if option in values:
                raise LineError(f"--{option} needs a process: it cannot be given with --in kernel")
    if header.bash and header.outputs:
        raise LineError("--outputs cannot be given with --shell: a script leaves files, and no variables")
    if header.memory is None and any(rule.memory > 1 for rule in values.get("on-oom", [])):
        raise LineError("--on-oom memory*F needs --memory: it says what F is a multiple of")
    if header.timeout is None and "on-timeout" in values:
        raise LineError("--on-timeout needs --timeout: without it no attempt takes too long")


def _cachable(values: dict[str, Any], defaults: Defaults) -> bool:
    """Whether a default that caches is about this job: what the kernel runs is not stored."""
    return bool(values.get("in", defaults.executor) != "kernel")


_EXCEPTIONS = {"retry-on": "on", "no-retry-on": "never_on"}


def _retry(values: dict[str, Any], default: Retry) -> Retry:
    changes: dict[str, Any] = {key: values[key] for key in ("attempts", "delay", "backoff", "jitter") if key in values}
    if "retries" in values:
        changes["attempts"] = values["retries"] + 1
    changes |= {field: values[name] for name, field in _EXCEPTIONS.items() if name in values}
    delay = changes.get("delay", default.delay)
    longest = values.get("max-delay")
    if longest is not None and "delay" in values and delay > longest:
        raise LineError(f"--delay ({delay:g} s) is longer than --max-delay ({longest:g} s)")
    # A delay that is longer than the default cap is meant: the cap gives way.
    changes["max_delay"] = longest if longest is not None else max(default.max_delay, delay)
    return replace(default, **changes)


def _files(values: dict[str, Any], option: str) -> tuple[str, ...] | None:
    if option not in values:
        return None
    return tuple(dict.fromkeys(path for paths in values[option] for path in paths))


def _env(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    env: dict[str, str] = {}
    for key, value in pairs:
        if key in env:
            raise LineError(f"--env {key} is given twice")
        env[key] = value
    return env
