"""The ways through a cell: branches, loops, what catches, and where they meet."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nbflow.core.bindings import Bindings
from nbflow.core.paths import Jumps, State, join, never_empty, truth
from nbflow.core.signatures import pattern_names
from nbflow.core.walker import Walker


class Ways(Bindings, Walker):
    """Follows statements on every way through them."""

    jumps: Jumps | None = None
    """Of the loop around."""

    def run(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def branch(self, *ways: Iterable[ast.AST], start: State | None = None) -> None:
        """One of *ways* is taken."""
        start, ends = start or self.state, []
        for way in ways:
            self.move(start.copy())
            self.run(way)
            ends.append(self.state)
        self.move(join(ends))

    def loop(self, body: list[ast.stmt], orelse: list[ast.stmt], before: State, *, once: bool, endless: bool) -> None:
        """The body of a loop and what follows; *before*: the state if it is never entered, unless it runs *once*."""
        jumps = Jumps()
        around, self.jumps = self.jumps, jumps
        start = self.state.copy()
        self.run(body)
        again = join([self.state, *jumps.continues])
        if not again.dead and (again.aliases, again.functions) != (start.aliases, start.functions):
            # What names stand for has changed on the way: the next round may change other objects.
            self.move(again.copy())
            self.run(body)
        self.jumps = around
        # Helpers of the body that it deletes again hardly ever are older than the loop: take it that it ran.
        helpers = self.state.lost - before.bound - self.reading.reads
        before.gone |= helpers
        before.lost |= helpers
        through = [again, self.state, *jumps.continues] + ([] if once else [before])
        self.move(join(through))
        self.state.dead |= endless
        self.run(orelse)
        self.move(join([*jumps.breaks, self.state]))

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        match truth(node.test):
            case None:
                self.branch(node.body, node.orelse)
            case True:
                self.run(node.body)
            case False:
                self.run(node.orelse)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self.branch([node.body], [node.orelse])

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        self.branch(node.values[1:], [])

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.reading.needs_shell |= isinstance(node, ast.AsyncFor)
        self.visit(node.iter)
        before, holding = self.state.copy(), self.held(node.iter)
        self.target(node.target)
        self.alias(node.target, frozenset(each.part() for each in holding))
        if self.local is None:
            before.covered |= {each.id for each in ast.walk(node.target) if isinstance(each, ast.Name)}
        self.loop(node.body, node.orelse, before, once=never_empty(node.iter), endless=False)

    visit_AsyncFor = visit_For

    def target(self, node: ast.expr) -> None:
        """Bind the target of a loop or a ``with`` statement."""
        self.in_target = True
        self.visit(node)
        self.in_target = False

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        always = truth(node.test) is True
        self.loop(node.body, node.orelse, self.state.copy(), once=always, endless=always)

    def visit_Break(self, _: ast.Break) -> None:
        if self.jumps:
            self.jumps.breaks.append(self.state.copy())
        self.state.dead = True

    def visit_Continue(self, _: ast.Continue) -> None:
        if self.jumps:
            self.jumps.continues.append(self.state.copy())
        self.state.dead = True

    def visit_Raise(self, node: ast.Raise) -> None:
        self.generic_visit(node)
        self.state.dead = True

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        before, around, self.dropped = self.state.copy(), self.dropped, set()
        self.run(node.body)
        caught = before.interrupted(self.state, self.dropped)
        self.dropped |= around
        self.run(node.orelse)
        ends = [self.state]
        for handler in node.handlers:
            self.move(caught.copy())
            self.visit(handler)
            ends.append(self.state)
        self.move(join(ends))
        self.run(node.finalbody)

    visit_TryStar = visit_Try

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type:
            self.visit(node.type)
        known = node.name in self.state.bound
        if node.name:
            self.store(node.name)
        self.run(node.body)
        if node.name:
            self.drop(node.name)
            if not known:
                self.state.gone.discard(node.name)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        self.reading.needs_shell |= isinstance(node, ast.AsyncWith)
        self.run(node.items)
        if any(last_name(item.context_expr) == "suppress" for item in node.items):
            self.branch(node.body, [])
        else:
            self.run(node.body)

    visit_AsyncWith = visit_With

    def visit_withitem(self, node: ast.withitem) -> None:
        self.visit(node.context_expr)
        if node.optional_vars:
            self.target(node.optional_vars)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        ways: list[Iterable[ast.AST]] = [[case] for case in node.cases]
        last = node.cases[-1]
        if last.guard or not isinstance(last.pattern, ast.MatchAs) or last.pattern.pattern:
            ways.append([])
        self.branch(*ways)

    def visit_match_case(self, node: ast.match_case) -> None:
        self.visit(node.pattern)
        for name in pattern_names(node.pattern):
            self.store(name)
        self.run([*([node.guard] if node.guard else []), *node.body])


def last_name(node: ast.expr) -> str:
    """``c`` of ``a.b.c`` and of ``c(x)``.

    >>> last_name(ast.parse("a.b.c(x)", mode="eval").body)
    'c'
    """
    match node:
        case ast.Call(func=function):
            return last_name(function)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
