"""The walk over a cell's statements, in the order in which they run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from nbflow.core.bindings import Bindings
from nbflow.core.changes import changed_by_call, root
from nbflow.core.paths import Jumps, State, join, never_empty, truth
from nbflow.core.scopes import (
    Comprehension,
    Uses,
    function_uses,
    imported,
    pattern_names,
    signature_expressions,
    type_parameters,
)

_INERT = frozenset(
    {"property", "setter", "getter", "deleter", "cached_property", "staticmethod", "classmethod", "abstractmethod"}
    | {"cache", "lru_cache", "wraps", "singledispatch", "total_ordering", "contextmanager", "asynccontextmanager"}
    | {"dataclass", "overload", "final", "override", "njit", "jit"}
)
"""Decorators that do not call what they decorate."""

_DYNAMIC = frozenset({"exec", "eval", "globals", "locals"})
"""Functions through which any name may be read or bound."""

_MAGIC = {"run_line_magic": "%", "run_cell_magic": "%%"}
"""What magics become: methods of IPython's shell."""


class Flow(Bindings, ast.NodeVisitor):
    """Follows statements on every way through them."""

    jumps: Jumps | None = None
    """Of the loop around."""

    # Ways through the cell

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
        before, held = self.state.copy(), self.held(node.iter)
        self.target(node.target)
        self.alias(node.target, held)
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
        if any(_last_name(item.context_expr) == "suppress" for item in node.items):
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

    # Expressions and statements that name something

    def visit_Name(self, node: ast.Name) -> None:
        match node.ctx:
            case ast.Store():
                self.store(node.id)
            case ast.Del():
                self.drop(node.id)
            case _:
                self.load(node.id)

    def visit_Attribute(self, node: ast.Attribute | ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load) and (name := root(node)):
            self.change(name)
        self.generic_visit(node)

    visit_Subscript = visit_Attribute

    def visit_Assign(self, node: ast.Assign) -> None:
        self.assign(node.targets, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value:
            self.assign([node.target], node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.assign([node.target], node.value)

    def assign(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        names = all(isinstance(target, ast.Name) for target in targets)
        function = value if names and isinstance(value, ast.Lambda) else None
        self.run(signature_expressions(function) if function else [value])
        held = self.held(value)
        for target in targets:
            self.visit(target)
            self.alias(target, held)
            if function and isinstance(target, ast.Name):
                self.store(target.id, function_uses(function))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.load(node.target.id)
            self.change(node.target.id)
        self.visit(node.value)
        self.visit(node.target)

    def visit_Expr(self, node: ast.Expr) -> None:
        self.visit(node.value)
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call):
            for name in changed_by_call(call, statement=True):
                self.change(name)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        for name in (*changed_by_call(node), *self.changed_by_function(node)):
            self.change(name)
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in _DYNAMIC and name not in self.state.bound:
                self.reading.unknown.append(f"{name}() in line {node.lineno}")
            case ast.Call(func=ast.Attribute(attr=kind), args=[ast.Constant(value=str(magic)), *_]) if kind in _MAGIC:
                self.reading.unknown.append(f"{_MAGIC[kind]}{magic}")

    def changed_by_function(self, node: ast.Call) -> list[str]:
        """Names that a function whose text is known changes when it gets them as arguments."""
        if not isinstance(node.func, ast.Name):
            return []
        changes = self.uses_of(node.func.id).changes
        passed = [*enumerate(node.args), *((each.arg, each.value) for each in node.keywords)]
        return [name for key, value in passed if key in changes and (name := root(value))]

    def visit_Await(self, node: ast.Await) -> None:
        self.reading.needs_shell = True
        self.visit(node.value)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name in imported(node):
            self.store(name)
            self.reading.imports.add(name)
        if isinstance(node, ast.Import):
            self.reading.packages |= {each.name.partition(".")[0] for each in node.names}
        elif node.module and not node.level:
            self.reading.packages.add(node.module.partition(".")[0])
            if any(each.name == "*" for each in node.names):
                self.reading.unknown.append(f"from {node.module} import *")

    visit_ImportFrom = visit_Import

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.run(signature_expressions(node))
        uses = function_uses(node)
        self.store(node.name, uses)
        if not _inert(node.decorator_list):
            self.use_later(uses)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.run(signature_expressions(node))
        self.use_later(function_uses(node))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.run([*node.decorator_list, *node.bases, *(each.value for each in node.keywords)])
        around, self.local = self.local, {}
        hidden, self.hidden = self.hidden, self.hidden | frozenset(type_parameters(node))
        self.run(node.body)
        uses = Uses()
        for each in self.local.values():
            uses |= replace(each, changes=frozenset())  # arguments of methods are not those of the class
        self.local, self.hidden = around, hidden
        self.store(node.name, uses)
        if not _inert(node.decorator_list):
            self.use_later(uses)

    def visit_ListComp(self, node: Comprehension) -> None:
        first, *_ = node.generators
        self.visit(first.iter)
        around, before = self.hidden, self.state.copy()
        for generator in node.generators:
            if generator is not first:
                self.visit(generator.iter)
            self.reading.needs_shell |= bool(generator.is_async)
            self.hidden |= {each.id for each in ast.walk(generator.target) if isinstance(each, ast.Name)}
            self.run(generator.ifs)
        self.run((node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,))
        self.hidden = around
        self.move(join([before, self.state]))

    visit_SetComp = visit_ListComp
    visit_GeneratorExp = visit_ListComp
    visit_DictComp = visit_ListComp

    def visit_TypeAlias(self, node: ast.AST) -> None:
        """``type X = …``, of Python 3.12: its value is evaluated when somebody asks for it."""
        hidden, self.hidden = self.hidden, self.hidden | frozenset(type_parameters(node))
        self.generic_visit(node)
        self.hidden = hidden


def _inert(decorators: list[ast.expr]) -> bool:
    return all(_last_name(each) in _INERT for each in decorators)


def _last_name(node: ast.expr) -> str:
    """``c`` of ``a.b.c`` and of ``c(x)``."""
    match node:
        case ast.Call(func=function):
            return _last_name(function)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
