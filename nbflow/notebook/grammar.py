"""How options are written: what one takes, and how a line is sorted into words and checked values."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from nbflow.core.match import nearest
from nbflow.notebook.tokens import LineError, Token

Names = Literal["", "jobs", "groups", "after", "variables", "exceptions", "handlers", "callables"]
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
    verbatim: bool = False
    """The value is Python: it runs to the next option too, its quotes and braces left as written."""
    template: bool = False
    """Its braces are left for the declaration, which knows the loop variables."""
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
    order: list[tuple[str, Any]] = field(default_factory=list)
    """The options with their values, as they were written one after the other."""


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
        if option.verbatim:
            word, equals, value = token.raw.partition("=")
        taken = _value(option, value if equals else None, rest)
        _keep(result.values, option, taken)
        result.order.append((option.name, taken))
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
    while rest and not _is_long(rest[0]) and (option.greedy or option.verbatim or not texts):
        token = rest.pop(0)
        texts.append(token.raw if option.verbatim else token.text)
    if not texts:
        raise LineError(f"--{option.name} needs a value: {option.takes}")
    text = " ".join(texts)
    return checked(option, _unquoted(text) if option.verbatim else text)


def _unquoted(text: str) -> str:
    """*text*, or what it says where all of it is one quoted string."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value if isinstance(value, str) else text


def verbatim(table: Sequence[Option]) -> frozenset[str]:
    """The options of *table* whose braces are left as written: ``--if``, whose value is Python, and ``--reads``."""
    return frozenset(f"--{option.name}" for option in table if option.verbatim or option.template)


def _is_long(token: Token) -> bool:
    return token.option and token.text.startswith("--")


def checked(option: Option, text: str) -> Any:
    """*text* as the value *option* takes.

    Raises:
        LineError: it is none; says what the option takes.
    """
    try:
        return option.parse(text)
    except ValueError as error:
        near = nearest(text, option.choices) or nearest(str(error), option.choices)
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


FOLD = 120
"""Characters of a line of help."""
DURATION = "a duration such as 30, 30s, 5m, 1h30m or 250ms"
CLASSES = "names of exception classes, separated by commas without spaces"


def describe(table: Sequence[Option]) -> str:
    """The help for each option of *table*.

    >>> print(describe([Option(name="retries", metavar="N", help="N more attempts after a failed first one")]))
      --retries N             N more attempts after a failed first one
    """
    return "\n".join(beside(option.usage, option.help, 26) for option in table)


def beside(what: str, text: str, column: int, indent: int = 2) -> str:
    """*what*, and *text* from *column* on, folded to lines of `FOLD` characters; under it where it is too long."""
    lines = textwrap.wrap(text, FOLD - column, break_on_hyphens=False)
    left = " " * indent + what
    head = [left.ljust(column) + lines.pop(0)] if len(left) < column - 1 else [left]
    return "\n".join([*head, *(" " * column + line for line in lines)])
