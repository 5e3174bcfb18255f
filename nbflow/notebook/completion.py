"""Tab completion in ``%%job`` headers and ``%nbflow`` lines, read from the same tables as the parsers."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion

from nbflow.core.elements import split_names
from nbflow.notebook.grammar import Names, Option
from nbflow.notebook.options import OPTIONS
from nbflow.notebook.tokens import tokenize
from nbflow.notebook.verbs import VERBS, Argument

EXCEPTIONS = sorted(
    name
    for name, each in vars(builtins).items()
    if isinstance(each, type) and issubclass(each, Exception) and not issubclass(each, Warning)
)
"""Python's own: others are known only where a job has imported them."""

Known = Callable[[], Collection[str]]
"""Gives the names there are now."""


@dataclass(frozen=True)
class Offer:
    """What may stand at the cursor: texts with a word on each, that replace *fragment*."""

    fragment: str = ""
    words: tuple[tuple[str, str], ...] = ()


NOTHING = Offer()


class Completion:
    """A matcher (version 2) of IPython: ``shell.Completer.custom_matchers.append(Completion(jobs, groups))``.

    Where it has an offer it is the only one; elsewhere it keeps out of the way.
    """

    matcher_api_version = 2
    matcher_identifier = "nbflow"
    matcher_priority = 200.0

    def __init__(
        self, jobs: Known, groups: Known, variables: Known = tuple, callables: Known = tuple, handlers: Known = tuple
    ) -> None:
        self.jobs, self.groups, self.variables = jobs, groups, variables
        self.callables, self.handlers = callables, handlers
        self.__qualname__ = type(self).__qualname__  # IPython asks every matcher for it, as functions have it

    def __call__(self, context: CompletionContext) -> dict[str, Any]:
        lines = context.full_text.split("\n")
        found = self.offer(lines[: context.cursor_line], lines[context.cursor_line][: context.cursor_position])
        words = [SimpleCompletion(text, type=kind) for text, kind in found.words if text.startswith(found.fragment)]
        result: dict[str, Any] = {"completions": words, "matched_fragment": found.fragment, "suppress": bool(words)}
        return result | {"ordered": True}

    def offer(self, above: Sequence[str], line: str) -> Offer:
        """What may follow *line*, the text before the cursor, with the lines *above* it in the cell."""
        header = _header([*above, line])
        if header is not None:
            return self._job(header)
        verb = re.match(r"\s*%nbflow\s+", line)
        return self._verb(line[verb.end() :]) if verb else NOTHING

    def _job(self, header: str) -> Offer:
        before, fragment = _split(header)
        said = _Said(before, fragment, OPTIONS)
        if said.option:
            return self._values(said.option, said.value)
        if fragment.startswith("-") or said.words:
            return said.options()
        return _names(fragment, self.jobs(), "job")

    def _verb(self, text: str) -> Offer:
        before, fragment = _split(text)
        if not before:
            return Offer(fragment, tuple((verb.name, "verb") for verb in VERBS))
        verb = next((each for each in VERBS if each.name == before[0]), None)
        if verb is None:
            return NOTHING
        said = _Said(before[1:], fragment, verb.options)
        if said.option:
            return self._values(said.option, said.value)
        if fragment.startswith("-"):
            return said.options()
        given = {part for word in said.words for part in split_names(word)}
        return _names(_last(fragment), [name for name in self._arguments(verb.argument) if name not in given], "job")

    def _arguments(self, argument: Argument) -> Collection[str]:
        match argument:
            case "jobs":
                return list(dict.fromkeys([*self.jobs(), *self.groups()]))
            case "job":
                return self.jobs()
            case "group" | "fan":
                return self.groups()
            case "handler":
                return self.handlers()
        return ()

    def _values(self, option: Option, value: str) -> Offer:
        if option.name == "policy" and value.startswith("critical:"):
            return _names(_last(value.partition(":")[2]), self.jobs(), "job")
        if option.repeatable and ":" in value:
            return NOTHING  # a number and a script follow
        if option.choices:
            return _names(_last(value) if option.repeatable else value, option.choices, option.name)
        return _names(_last(value), dict.fromkeys(self._known(option.names)), option.name)

    def _known(self, names: Names) -> Iterable[str]:
        match names:
            case "jobs":
                return self.jobs()
            case "groups":
                return self.groups()
            case "after":
                return [*self.jobs(), *self.groups()]
            case "variables":
                return self.variables()
            case "exceptions":
                return EXCEPTIONS
            case "callables":
                return self.callables()
            case "handlers":
                return self.handlers()
        return ()


class _Said:
    """The options of *table* in the words *before* the cursor, and the one whose value stands at it."""

    def __init__(self, before: Sequence[str], fragment: str, table: Sequence[Option]) -> None:
        self.fragment, self.table = fragment, table
        self.words: list[str] = []
        self.given: set[str] = set()
        self.option: Option | None = None
        """The option the fragment is a value of."""
        self.value = fragment.lstrip("'\"")
        for word in before:
            self._take(word)
        name, equals, value = fragment.partition("=")
        if equals and (option := self._find(name)):
            self.option, self.value = option, value.lstrip("'\"")
        elif fragment.startswith("--"):
            self.option = None

    def _take(self, word: str) -> None:
        if option := self._find(word.partition("=")[0]):
            self.given.add(option.name)
            self.option = option if option.metavar and "=" not in word else None
        elif self.option is None:
            self.words.append(word)
        elif not (self.option.greedy or self.option.verbatim):
            self.option = None

    def _find(self, word: str) -> Option | None:
        return next((each for each in self.table if word in (f"--{each.name}", f"-{each.short}")), None)

    def options(self) -> Offer:
        """Options that can still be given, each with what it takes."""
        barred = {each.excludes for each in self.table if each.name in self.given}
        barred |= {each.name for each in self.table if each.excludes in self.given}
        barred |= {each.name for each in self.table if each.name in self.given and not each.repeatable}
        free = [each for each in self.table if each.name not in barred]
        return Offer(self.fragment, tuple((f"--{each.name}", each.metavar or "flag") for each in free))


def _header(lines: Sequence[str]) -> str | None:
    """The text of a job cell's header up to the cursor; None if the cursor is not in one."""
    first = re.match(r"%%job\s+", lines[0])
    more = [re.match(r"\s*#\|", line) for line in lines[1:]]
    if not first or not all(more):
        return None
    rest = [line[match.end() :] for line, match in zip(lines[1:], more, strict=True) if match]
    return "\n".join([lines[0][first.end() :], *rest])


def _split(text: str) -> tuple[list[str], str]:
    """The whole words of *text*, and what is begun at its end."""
    fragment = re.search(r"\S*\Z", text)
    begun = fragment[0] if fragment else ""
    whole = text[: len(text) - len(begun)]
    return [token.text for line in whole.split("\n") for token in tokenize(line, lenient=True)], begun


def _last(text: str) -> str:
    return split_names(text)[-1]


def _names(fragment: str, names: Iterable[str], kind: str) -> Offer:
    return Offer(fragment, tuple((name, kind) for name in names))
