"""The failure rules of a cell in the order written, and handlers: rules that many jobs share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from nbflow.core.match import nearest
from nbflow.core.rules import Rule, unreachable
from nbflow.notebook.failure_options import RULE_OPTIONS
from nbflow.notebook.grammar import checked, find
from nbflow.notebook.tokens import LineError

_RULES = frozenset(option.name for option in RULE_OPTIONS if option.repeatable)
Written = Sequence[tuple[str, Any]]
"""Options with their values, as they were written one after the other."""


@dataclass(slots=True)
class Handlers:
    """The handlers of one notebook by name. A job takes the rules that they have when its cell runs.

    >>> handlers = Handlers()
    >>> handlers.declare("flaky", (Rule(exits=("10",), label="--on-exit 10"),))
    >>> print(handlers)
    flaky  --on-exit 10
    """

    declared: dict[str, tuple[Rule, ...]] = field(default_factory=dict)

    def declare(self, name: str, rules: tuple[Rule, ...]) -> None:
        """Declare handler *name*, first or anew: jobs declared from now on take these rules."""
        self.declared[name] = rules

    def rules(self, name: str) -> tuple[Rule, ...]:
        """The rules of handler *name*.

        Raises:
            LineError: there is none; says the nearest.
        """
        if name not in self.declared:
            near = nearest(name, self.declared)
            hint = f"did you mean {near!r}?" if near else f"%nbflow handler {name} --on-exit … declares it"
            raise LineError(f"there is no handler {name!r} ({hint})")
        return self.declared[name]

    def told(self, names: Iterable[str]) -> str:
        """Handlers as lines of text, each with its rules as typed."""
        return "\n".join(f"{name}  {' '.join(rule.label for rule in self.rules(name))}" for name in names)

    def __str__(self) -> str:
        return self.told(self.declared) or "no handlers: %nbflow handler NAME --on-exit … declares one"


def written_rules(said: Written, handlers: Handlers) -> tuple[Rule, ...]:
    """The rules that *said* declares, those of a handler at its place.

    Raises:
        LineError: there is no such handler, or an option is about scripts and no rule has one.
    """
    rules = list(_in_order(said, handlers))
    options: Mapping[str, Any] = dict(said)
    changes = {"recovery-optional": "optional", "recovery-timeout": "timeout"}
    for option, changed in changes.items():
        if option in options:
            if not any(rule.script for rule in rules):
                raise LineError(f"--{option} is about recovery scripts: no rule here has one")
            rules = [replace(rule, **{changed: options[option]}) if rule.script else rule for rule in rules]
    return tuple(rules)


def rules_of(given: Mapping[str, Any], handlers: Handlers | None = None) -> tuple[Rule, ...]:
    """The rules that keyword arguments declare, in their order: ``on_exit="10:2"``, ``on_error=["OSError", …]``.

    Raises:
        LineError: one of them is no option of rules, or its value none that the option takes.

    >>> [rule.label for rule in rules_of({"on_log": "full", "on_exit": ["10:2", 11]})]
    ['--on-log full', '--on-exit 10:2', '--on-exit 11']
    """
    said: list[tuple[str, Any]] = []
    for keyword, value in given.items():
        if keyword == "handler":
            said += [("handler", name) for name in ([value] if isinstance(value, str) else value)]
            continue
        option = find(f"--{keyword.replace('_', '-')}", RULE_OPTIONS)
        if not option.metavar:
            said += [(option.name, True)] if value else []
        elif value is not None:
            said += [
                (option.name, checked(option, str(text)))
                for text in (value if isinstance(value, list | tuple) else [value])
            ]
    return written_rules(said, handlers or Handlers())


def _in_order(said: Written, handlers: Handlers) -> Iterator[Rule]:
    for option, value in said:
        if option in _RULES:
            yield value
        elif option == "handler":
            yield from handlers.rules(value)


def unreached(rules: tuple[Rule, ...]) -> list[str]:
    """What to say of the rules that can never be reached.

    >>> unreached((Rule(exits=("*",), label="--on-exit *"), Rule(on="oom", label="--on-oom memory*2")))
    ['rule 2 (--on-oom memory*2) can never be reached: rule 1 (--on-exit *) takes all it is about']
    """
    return [
        f"rule {place + 1} ({rules[place].label}) can never be reached: "
        f"rule {taker + 1} ({rules[taker].label}) takes all it is about"
        for place, taker in unreachable(rules)
    ]
