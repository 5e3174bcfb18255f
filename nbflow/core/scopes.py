"""What a function uses of the names outside of it, from its syntax."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from textwrap import dedent

from nbflow.core.changes import Change, changed, changed_by_call, handed_on
from nbflow.core.holding import DEEPEST, EMPTY, Holding, held
from nbflow.core.namespaces import Told, formatted, is_namespace, item_of, looked_up
from nbflow.core.signatures import (
    Comprehension,
    Function,
    arguments,
    imported,
    passed_on,
    pattern_names,
    signature_expressions,
    type_parameters,
)
from nbflow.core.told import told
from nbflow.core.uses import NOTHING, Passed, Uses
from nbflow.core.walker import Walker


def function_uses(node: Function) -> Uses:
    """What calling the function of *node* uses; its defaults, decorators and annotations are not part of that.

    >>> tree = ast.parse("def f(a):\\n    b = a + c\\n    d.append(b)\\n    return [e for e in g if e]")
    >>> uses = function_uses(tree.body[0])
    >>> sorted(uses.reads), sorted(uses.mutates)
    (['c', 'd', 'g'], ['d'])
    """
    scope = Scope("a lambda" if isinstance(node, ast.Lambda) else f"{node.name}()")
    scope.run([ast.Return(node.body)] if isinstance(node, ast.Lambda) else node.body)
    places = {each.arg: place for place, each in enumerate((*node.args.posonlyargs, *node.args.args))}
    named = {each.arg for each in arguments(node.args)}
    own = named - scope.bound  # one bound anew, as by ``x = x.copy()``, is not the caller's
    changes, handed = scope.changed_names() & own, [each for each in scope.handed_names() if each.name in own]
    scope.bound |= named | set(type_parameters(node))
    return replace(
        scope.uses(),
        changes=frozenset({*changes, *(places[name] for name in changes if name in places), *_starred(node, changes)}),
        passed=frozenset(
            (key, each.callee, each.place) for each in handed for key in {each.name, places.get(each.name, each.name)}
        ),
        makes=bool(scope.returned & scope.made),
    )


def class_uses(members: Iterable[tuple[str, Uses]], base: Uses = NOTHING) -> Uses:
    """What an object of a class uses whose *members* (methods, and what else its body binds) use that.

    *base*: what the classes that it is derived from use.
    """
    found, changing, calls = base, set(base.methods), dict[str, set[str]]()
    for name, uses in members:
        found |= uses.of_class()
        if 0 in uses.changes:
            changing.add(name)
        calls[name] = {callee.removeprefix("self.") for own, callee, _ in uses.passed if own == 0}
    while more := {name for name, called in calls.items() if name not in changing and called & changing}:
        changing |= more
    looks = (base.looks | calls.keys()) - changing
    return replace(found, methods=frozenset(changing), looks=frozenset(looks), makes=True)


def text_uses(text: str) -> Uses:
    """`function_uses` of a function's source text, indented or not; nothing if that is no definition.

    >>> sorted(text_uses("    def f(rows, r):\\n        rows.append(r)").changes, key=str)
    [0, 'rows']
    """
    try:
        tree = ast.parse(dedent(text))
    except (SyntaxError, ValueError):
        return NOTHING
    match tree.body:
        case [ast.FunctionDef() | ast.AsyncFunctionDef() as node]:
            return function_uses(node)
    return NOTHING


def _starred(node: Function, changes: Iterable[str]) -> Iterable[int]:
    """The places of the arguments that ``*args`` takes, if those change."""
    if node.args.vararg is None or node.args.vararg.arg not in changes:
        return ()
    first = len(node.args.posonlyargs) + len(node.args.args)
    return range(first, first + _MOST_STARRED)


_MOST_STARRED = 8


class Scope(Walker):
    """One function, class or comprehension inside of a function: order does not matter here."""

    def __init__(self, name: str, binder: Scope | None = None) -> None:
        self.name = name
        self.binder = binder or self
        """Where ``:=`` binds: the function around a comprehension."""
        self.bound: set[str] = set()
        self.loaded: set[str] = set()
        self.changed: set[Change] = set()
        self.handed: set[Passed] = set()
        self.aliases: dict[str, Holding] = {}
        self.declared: set[str] = set()
        """Names said to be ``global``."""
        self.foreign: set[str] = set()
        """Names said to be ``nonlocal``."""
        self.outside = NOTHING
        """What goes past every scope: ``globals()["x"]``."""
        self.inner = NOTHING
        self.class_level = False
        self.made: set[str] = set()
        """Functions and classes defined here."""
        self.returned: set[str] = set()

    def run(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def uses(self) -> Uses:
        own = frozenset(self.bound - self.declared - self.foreign)
        inner = self.inner if self.class_level else replace(self.inner.without(own), writes=self.inner.writes)
        found = Uses(
            frozenset(self.loaded - own),
            frozenset(self.bound & self.declared),
            frozenset(self.changed_names() - own),
            handed=frozenset(each for each in self.handed_names() if each.name not in own),
        )
        return inner.of_class() | found | self.outside

    def changed_names(self) -> set[str]:
        """What changes here, and what that is a part of."""
        found, ahead = set[Change](), [*self.changed, *((name, 1) for name in self.inner.mutates)]
        while ahead:
            name, depth = change = ahead.pop()
            if change not in found:
                found.add(change)
                reached = (each for each in self.aliases.get(name, EMPTY) if depth >= each.least)
                ahead += [(each.name, max(-DEEPEST, min(depth + each.inside, DEEPEST))) for each in reached]
        return {name for name, _ in found}

    def handed_names(self) -> set[Passed]:
        """What is handed on here, and what that is a part of."""
        handed = self.handed | self.inner.handed
        return handed | {
            Passed(callee, place, each.name) for callee, place, name in handed for each in self.aliases.get(name, EMPTY)
        }

    def alias(self, target: ast.expr, holding: Holding) -> None:
        for node in ast.walk(target) if holding else ():
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                others = frozenset(each for each in holding if each.name != node.id)
                self.aliases[node.id] = self.aliases.get(node.id, EMPTY) | others

    def unseen(self, why: str, asks: bool = False, binds: bool = False) -> None:
        """Names are read or bound that nobody can tell."""
        said = frozenset([f"{why} in {self.name}"])
        self.outside |= Uses(asks=said if asks else frozenset(), binds=said if binds else frozenset())

    # --- names
    def visit_Name(self, node: ast.Name) -> None:
        (self.loaded if isinstance(node.ctx, ast.Load) else self.bound).add(node.id)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.binder.bound.add(node.target.id)

    def visit_Global(self, node: ast.Global) -> None:
        self.declared.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.foreign.update(node.names)
        self.loaded.update(node.names)

    def visit_Assign(self, node: ast.Assign) -> None:
        holding = held(node.value)
        for target in node.targets:
            self.alias(target, holding)
        self.generic_visit(node)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.alias(node.target, frozenset(each.part() for each in held(node.iter)))
        self.generic_visit(node)

    visit_AsyncFor = visit_For

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        match node.target:
            case ast.Name(id=name):
                self.loaded.add(name)
                self.changed.add((name, 0))
            case ast.Subscript() as target if is_namespace(target.value, True) and (key := item_of(target)):
                self.outside |= Uses(reads=frozenset([key]))
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.changed.update(changed(node.value))
        elif is_namespace(node, True):
            self.unseen(f".{node.attr}", asks=True)
        else:
            self.changed.update(handed_on(node))
        self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if is_namespace(node.value, True):
            self.item(node)
            return
        if not isinstance(node.ctx, ast.Load):
            self.changed.update(changed(node.value))
        self.visit(node.value)
        self.visit(node.slice)

    def item(self, node: ast.Subscript) -> None:
        """``globals()["x"]``."""
        name, loads = item_of(node), isinstance(node.ctx, ast.Load)
        if name is None:
            self.unseen("globals()[…]", asks=loads, binds=not loads)
            self.visit(node.slice)
        else:
            self.outside |= Uses(reads=frozenset([name])) if loads else Uses(writes=frozenset([name]))

    # --- calls
    def visit_Expr(self, node: ast.Expr) -> None:
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call):
            self.changed.update(changed_by_call(call, statement=True))
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        self.changed.update(changed_by_call(node))
        self.handed.update(passed_on(node))
        if is_namespace(node, True):
            self.unseen("globals()", asks=True)
            return
        found = told(node, inside=True)
        if found is not None:
            self.told(node, found)
        function, given = node.func, [*node.args, *(each.value for each in node.keywords)]
        if isinstance(function, ast.Attribute):
            function = function.value
        self.run(each for each in (function, *given) if found is None or not is_namespace(each, True))

    def told(self, call: ast.Call, found: Told) -> None:
        """Names that hide in the texts of *call*."""
        self.outside |= Uses(unpickles=True) if found.unpickles else NOTHING
        function = call.func
        if isinstance(function, ast.Attribute) and is_namespace(function.value, True):
            bound = {target.id for target in _targets(found.runs)} | ({found.drops} if found.drops else set())
            self.outside |= Uses(reads=found.words, writes=frozenset(bound))
        else:
            # What is executed in a function binds nothing there, and does not see its comprehensions.
            self.loaded |= found.words | {name.id for each in found.runs for name in _names(each)}
            self.run(found.reads)
        called = function.id if isinstance(function, ast.Name) else f".{getattr(function, 'attr', '')}"
        self.unseen(f"{called}()", found.asks, found.binds)

    def visit_Compare(self, node: ast.Compare) -> None:
        name = looked_up(node, True)
        if name is not None:
            self.outside |= Uses(reads=frozenset([name]))
        else:
            self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        names = formatted(node, inside=True)
        if names is not None:
            self.outside |= Uses(reads=names)
        else:
            self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        match node.value:
            case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)):
                self.returned.add(name)
            case ast.Lambda():
                self.made.add("<lambda>")
                self.returned.add("<lambda>")
        if node.value:
            self.visit(node.value)

    # --- what binds
    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.bound.add(node.name)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.bound.update(imported(node))

    visit_ImportFrom = visit_Import

    def visit_match_case(self, node: ast.match_case) -> None:
        self.bound.update(pattern_names(node.pattern))
        self.generic_visit(node)

    def visit_FunctionDef(self, node: Function) -> None:
        self.run(signature_expressions(node))
        if not isinstance(node, ast.Lambda):
            self.bound.add(node.name)
            self.made.add(node.name)
        self.inner |= function_uses(node).of_class()

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_Lambda = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.run((*node.decorator_list, *node.bases, *(each.value for each in node.keywords)))
        self.bound.add(node.name)
        self.made.add(node.name)
        inner = Scope(node.name)
        inner.class_level = True
        inner.run(node.body)
        self.inner |= inner.uses().without(type_parameters(node))

    def visit_ListComp(self, node: Comprehension) -> None:
        first, *_ = node.generators
        self.visit(first.iter)
        inner = Scope(self.name, self.binder)
        for generator in node.generators:
            inner.visit(generator.target)
            inner.alias(generator.target, frozenset(each.part() for each in held(generator.iter)))
            inner.run(([] if generator is first else [generator.iter]) + generator.ifs)
        inner.run((node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,))
        self.inner |= inner.uses()

    visit_SetComp = visit_ListComp
    visit_GeneratorExp = visit_ListComp
    visit_DictComp = visit_ListComp


def _targets(nodes: Iterable[ast.stmt]) -> list[ast.Name]:
    bound = [target for node in nodes if isinstance(node, ast.Assign) for target in node.targets]
    return [target for target in bound if isinstance(target, ast.Name)]


def _names(node: ast.AST) -> list[ast.Name]:
    return [each for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)]
