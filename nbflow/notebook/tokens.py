"""Words of a magic's line: shell quoting, ``# comments`` and ``{expr}``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from nbflow.errors import NbflowError

Expand = Callable[[str], str]
"""Gives the text an expression between braces stands for; may raise anything."""


class LineError(NbflowError):
    """A magic's line that cannot be taken: one line, with the nearest right word; nothing was declared or done."""


@dataclass(frozen=True)
class Token:
    """One word: its *text* after quotes and expansion, and whether it is written as an option (``--x``, ``-f``)."""

    text: str
    option: bool = False
    closed: bool = True
    """False when a quote of it is still open, as happens while a line is being typed."""
    raw: str = ""
    """As written: quotes, escapes and braces included."""


def tokenize(
    line: str,
    expand: Expand | None = None,
    *,
    lenient: bool = False,
    verbatim: Collection[str] = (),
    verbatim_from: bool = False,
) -> list[Token]:
    r"""Split *line* as a shell would; an expanded ``{expr}`` never splits into several words.

    Single quotes keep braces as they are, ``{{`` and ``}}`` mean one brace, without *expand* braces are plain text.
    *lenient* takes an open quote as closed at the end, for completion. From a word of *verbatim* (``--if``) to the next
    option braces are plain text, for what stands there is Python; *verbatim_from* says that an earlier line ended so.

    Raises:
        LineError: a quote is not closed, or an expression fails.

    >>> [token.text for token in tokenize("fit --after 'a b',c  # why")]
    ['fit', '--after', 'a b,c']
    >>> [token.text for token in tokenize("fit_{i + 1}", lambda expr: str(eval(expr, {"i": 1})))]
    ['fit_2']
    """
    tokens = _Scanner(line, expand, verbatim, verbatim_from).run()
    if tokens and not tokens[-1].closed and not lenient:
        raise LineError(f"a quote is not closed in: {line.strip()}")
    return tokens


_OPTION = re.compile(r"--[\w-]+")


class _Scanner:
    """One pass over a line."""

    def __init__(self, line: str, expand: Expand | None, verbatim: Collection[str], plain: bool) -> None:
        self.line, self.given, self.verbatim, self.plain, self.at = line, expand, verbatim, plain, 0

    @property
    def expand(self) -> Expand | None:
        return None if self.plain else self.given

    def run(self) -> list[Token]:
        tokens: list[Token] = []
        while True:
            while self.line[self.at : self.at + 1].isspace():
                self.at += 1
            if self.at >= len(self.line) or self.line[self.at] == "#":
                return tokens
            tokens.append(self.word())

    def word(self) -> Token:
        start, parts, closed = self.at, [], True
        if option := _OPTION.match(self.line, start):
            self.plain = option[0] in self.verbatim
        while closed and self.at < len(self.line) and not (char := self.line[self.at]).isspace():
            if char in "'\"":
                text, closed = self.quoted(char)
                parts.append(text)
            else:
                parts.append(self.piece(escapes="any"))
        raw = self.line[start : self.at]
        return Token("".join(parts), option=raw.startswith("-"), closed=closed, raw=raw)

    def quoted(self, quote: str) -> tuple[str, bool]:
        self.at += 1
        parts: list[str] = []
        while self.at < len(self.line):
            if self.line[self.at] == quote:
                self.at += 1
                return "".join(parts), True
            parts.append(self.take(1) if quote == "'" else self.piece(escapes='"\\{}'))
        return "".join(parts), False

    def piece(self, escapes: str) -> str:
        """The next character, escape or expanded expression."""
        two = self.line[self.at : self.at + 2]
        if two[0] == "\\" and len(two) == 2 and (escapes == "any" or two[1] in escapes):
            return self.take(2)[1]
        if two in ("{{", "}}") and self.expand:
            return self.take(2)[1]
        if two[0] == "{" and self.expand and (end := _closing(self.line, self.at)):
            expression = self.take(end - self.at)[1:-1]
            return _expanded(expression, self.expand)
        return self.take(1)

    def take(self, count: int) -> str:
        self.at += count
        return self.line[self.at - count : self.at]


def _closing(line: str, start: int) -> int | None:
    """The index after the brace that closes the one at *start*; braces in string literals do not count."""
    depth = 0
    for match in re.compile(r"""'[^']*'|"[^"]*"|[{}]""").finditer(line, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return None


def _expanded(expression: str, expand: Expand) -> str:
    try:
        return expand(expression)
    except Exception as error:
        raise LineError(f"cannot expand {{{expression}}}: {type(error).__name__}: {error}") from error


def fill(text: str, expand: Expand) -> str:
    """*text* with what the expressions between its braces stand for; ``{{`` and ``}}`` mean one brace.

    Raises:
        LineError: an expression fails.

    >>> fill("raw/{year + 1}.csv", expander({"year": 2023}))
    'raw/2024.csv'
    """
    scanner, parts = _Scanner(text, expand, (), False), list[str]()
    while scanner.at < len(text):
        parts.append(scanner.piece(escapes=""))
    return "".join(parts)


def whole_expression(text: str) -> str | None:
    """The expression that all of *text* is, between braces; None if it is anything else.

    >>> whole_expression("{files[1:]}"), whole_expression("raw/{year}.csv"), whole_expression("{{x}}")
    ('files[1:]', None, None)
    """
    whole = text.startswith("{") and not text.startswith("{{") and _closing(text, 0) == len(text)
    return text[1:-1].strip() if whole else None


def expander(namespace: Mapping[str, Any]) -> Expand:
    """An `Expand` that evaluates in *namespace*; a list, tuple or set becomes a list with commas, ``:spec`` formats.

    >>> expand = expander({"names": ["a", "b"], "x": 0.5})
    >>> expand("names"), expand("x * 2"), expand("x:.2f")
    ('a,b', '1.0', '0.50')
    """

    def expand(text: str) -> str:
        expression, spec = _split_format(text)
        value = eval(compile(expression.strip(), "<magic line>", "eval"), dict(namespace))
        if isinstance(value, list | tuple | set | frozenset) and not spec:
            return ",".join(map(str, value))
        return format(value, spec)

    return expand


def _split_format(text: str) -> tuple[str, str]:
    try:
        ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        expression, colon, spec = text.rpartition(":")
        return (expression, spec) if colon else (text, "")
    return text, ""
