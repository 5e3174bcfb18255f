"""Group policies as they are typed: ``strict``, ``at-least:2 & critical:a``, ``(strict | best-effort) & =mine``."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from nbflow.core.match import nearest
from nbflow.core.policies import AtLeast, BestEffort, Both, Critical, Custom, Either, Judge, Policy, Ruled, Strict
from nbflow.core.spec import ValueRef
from nbflow.errors import DeclarationError

WORDS = ("strict", "best-effort", "at-least:N", "at-least:N%", "critical:NAME,…", "=EXPRESSION")
DEEPEST = 50
"""Parentheses within parentheses."""
_CLOSES = {"(": ")", "[": "]", "{": "}"}

Capture = Callable[[str], ValueRef]
"""Stores the object that an expression of the notebook stands for."""


def text(policy: Policy) -> str:
    """The policy as it is typed, without its options.

    >>> text(AtLeast(70, percent=True)), text(Critical(("a", "b")))
    ('at-least:70%', 'critical:a,b')
    >>> text(Both((Either((Strict(), AtLeast(2))), Critical(("a",)))))
    '(strict | at-least:2) & critical:a'
    """
    match policy:
        case Ruled(policy=judge):
            return text(judge)
        case Strict():
            return "strict"
        case BestEffort():
            return "best-effort"
        case AtLeast(count=count, percent=percent):
            return f"at-least:{count}{'%' if percent else ''}"
        case Critical(names=names):
            return f"critical:{','.join(names)}"
        case Custom(label=label):
            return label
        case Both(policies=policies):
            return " & ".join(f"({text(p)})" if isinstance(p, Both | Either) else text(p) for p in policies)
        case Either(policies=policies):
            return " | ".join(f"({text(p)})" if isinstance(p, Either) else text(p) for p in policies)
        case _:
            assert_never(policy)


def parse(typed: str, custom: Capture | None = None) -> Judge:
    """The policy that *typed* names; ``&`` binds more closely than ``|``, parentheses bind most.

    ``=EXPRESSION`` names an object with a method ``verdict(members)``; the expression ends at a ``&``, ``|`` or ``)``
    that stands in no bracket or quote of its own. *custom* is given each expression; without it the objects are left
    out, to be put in by `filled`.

    Raises:
        DeclarationError: it names none; the message says the nearest right word.

    >>> parse("at-least:2")
    AtLeast(count=2, percent=False)
    >>> parse("strict | at-least:50% & critical:a") == Either((Strict(), Both((AtLeast(50, True), Critical(("a",))))))
    True
    >>> text(parse("(strict | =Quorum('a & b')) & best-effort"))
    "(strict | =Quorum('a & b')) & best-effort"
    """
    found = _Reader(typed).whole()
    return filled(found, custom) if custom is not None else found


def filled(policy: Judge, custom: Capture) -> Judge:
    """*policy* with the objects that its expressions stand for.

    >>> filled(parse("=mine"), lambda expression: ValueRef(inline=expression.encode()))
    Custom(label='=mine', value=ValueRef(inline=b'mine', file=None, size=0, digest='', type='', shape=''))
    """
    match policy:
        case Custom(label=label):
            return Custom(label, custom(label.removeprefix("=")))
        case Both(policies=policies):
            return Both(tuple(filled(each, custom) for each in policies))
        case Either(policies=policies):
            return Either(tuple(filled(each, custom) for each in policies))
        case _:
            return policy


class _Reader:
    """Reads one policy from left to right."""

    def __init__(self, typed: str) -> None:
        self.typed, self.at, self.depth = typed, 0, 0

    def whole(self) -> Judge:
        found = self.either()
        if self.at < len(self.typed):
            raise DeclarationError(f"policy {self.typed.strip()!r} has a ) too many")
        return found

    def either(self) -> Judge:
        found = [self.both()]
        while self.takes("|"):
            found.append(self.both())
        return found[0] if len(found) == 1 else Either(tuple(found))

    def both(self) -> Judge:
        found = [self.one()]
        while self.takes("&"):
            found.append(self.one())
        return found[0] if len(found) == 1 else Both(tuple(found))

    def one(self) -> Judge:
        if not self.takes("("):
            return _named(self.word())
        self.depth += 1
        if self.depth > DEEPEST:
            raise DeclarationError(f"a policy has at most {DEEPEST} parentheses within each other")
        found = self.either()
        if not self.takes(")"):
            raise DeclarationError(f"policy {self.typed.strip()!r} has a ( that is not closed")
        self.depth -= 1
        if self.ahead() not in ("", "&", "|", ")"):
            raise DeclarationError(f"policy {self.typed.strip()!r} needs & or | after a )")
        return found

    def ahead(self) -> str:
        """The next character that is no space; empty at the end."""
        while self.typed[self.at : self.at + 1].isspace():
            self.at += 1
        return self.typed[self.at : self.at + 1]

    def takes(self, sign: str) -> bool:
        there = self.ahead() == sign
        self.at += there
        return there

    def word(self) -> str:
        """Up to the next sign that is not within a bracket or, in an expression, a quote."""
        expression, start, closing = self.ahead() == "=", self.at, list[str]()
        while (char := self.typed[self.at : self.at + 1]) and (closing or char not in "&|)"):
            if char in "'\"" and expression:
                self.skip_quoted(char)
            elif char in _CLOSES:
                closing.append(_CLOSES[char])
            elif closing and char == closing[-1]:
                closing.pop()
            self.at += 1
        found = self.typed[start : self.at].strip()
        if not found and self.typed.strip():
            raise DeclarationError(f"policy {self.typed.strip()!r} needs a policy on both sides of & and |")
        return found

    def skip_quoted(self, quote: str) -> None:
        """To the quote that ends the text which begins here."""
        self.at += 1
        while self.typed[self.at : self.at + 1] not in ("", quote):
            self.at += 1 + (self.typed[self.at] == "\\")


def _named(typed: str) -> Judge:
    if typed.startswith("="):
        return _expression(typed)
    word, _, rest = (part.strip() for part in typed.partition(":"))
    match word:
        case "strict" if not rest:
            return Strict()
        case "best-effort" if not rest:
            return BestEffort()
        case "at-least":
            return _at_least(typed, rest)
        case "critical":
            if names := tuple(dict.fromkeys(_listed(rest))):
                return Critical(names)
            raise DeclarationError(f"policy {typed!r} needs the names of members, as in critical:a,b")
    near = nearest(word, ("strict", "best-effort", "at-least", "critical"))
    hint = f"did you mean {near!r}?" if near else f"it is one of {', '.join(WORDS)}"
    raise DeclarationError(f"no policy {typed!r} ({hint})")


def _expression(typed: str) -> Custom:
    expression = typed[1:].strip()
    try:
        compile(expression, "<policy>", "eval")
    except (SyntaxError, ValueError) as error:
        said = error.msg if isinstance(error, SyntaxError) else error
        raise DeclarationError(f"policy {typed!r} is no Python expression: {said}") from None
    return Custom(f"={expression}", ValueRef())


def _at_least(typed: str, rest: str) -> AtLeast:
    if rest.isdecimal() and int(rest):
        return AtLeast(int(rest))
    share = rest.removesuffix("%")
    if share.isdecimal() and rest != share and 0 < int(share) <= 100:
        return AtLeast(int(share), percent=True)
    raise DeclarationError(
        f"policy {typed!r} needs a whole number of members, or of a hundred, as in at-least:2 or at-least:70%"
    )


def _listed(names: str) -> list[str]:
    """*names*, split at the commas that are in no bracket: ``fit[a=1,b=2]`` is one.

    >>> _listed("load, fit[a=1,b=2]")
    ['load', 'fit[a=1,b=2]']
    """
    found, depth = [""], 0
    for char in names:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth <= 0:
            found.append("")
        else:
            found[-1] += char
    return [name.strip() for name in found if name.strip()]
