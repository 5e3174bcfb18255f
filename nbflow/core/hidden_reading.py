"""What a cell does to state that hides in modules, from its text.

Statements are followed in their order as far as it matters: what is drawn after the cell itself has seeded is no read.
In doubt the reading errs towards drawing and depending; what it does not see is found after the run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from nbflow.core import depending, drawing, full_names, settings
from nbflow.core.hidden import CWD, MATPLOTLIB, PATH, SETTINGS
from nbflow.core.hidden_calls import SHOWN, Calls
from nbflow.core.hidden_marks import Known
from nbflow.core.hidden_values import NO_CONSTANT, change_by_store
from nbflow.core.paths import truth
from nbflow.core.signatures import arguments
from nbflow.core.touches import Touches


def read_touches(tree: ast.Module, known: Known) -> Touches:
    """What running *tree* does to hidden state."""
    walk = Walk(known)
    walk.run(tree.body)
    return walk.touches()


class Walk(Calls):
    """Follows the statements of a cell, or of a function of it."""

    # --- ways through the cell
    def run(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def perhaps(self, *ways: Iterable[ast.AST]) -> None:
        """One of *ways* is taken."""
        before, after = self.fixed, []
        self.depth += 1
        for way in ways:
            self.fixed = set(before)
            self.run(way)
            after.append(self.fixed)
        self.depth -= 1
        self.fixed = set.intersection(*after)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        match truth(node.test):
            case True:
                self.run(node.body)
            case False:
                self.run(node.orelse)
            case None:
                self.perhaps(node.body, node.orelse)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self.perhaps([node.body], [node.orelse])

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        self.perhaps(node.values[1:], [])

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self.bind(node.target, fits=self.fitted(node.iter))
        self.perhaps(node.body, [])
        self.run(node.orelse)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self.perhaps(node.body, [])
        self.run(node.orelse)

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        self.perhaps(node.body, [])
        self.perhaps(node.orelse, *([*handler.body] for handler in node.handlers), [])
        self.run(node.finalbody)

    visit_TryStar = visit_Try

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        self.perhaps(*(case.body for case in node.cases), [])

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        count = len(self.scoped)
        for item in node.items:
            self.visit(item.context_expr)
            if isinstance(item.context_expr, ast.Call):
                setting = settings.scope_of(self.path(item.context_expr.func) or "")
                self.scoped += [setting] if setting else []
            if item.optional_vars:
                self.bind(item.optional_vars)
        self.run(node.body)
        del self.scoped[count:]

    visit_AsyncWith = visit_With

    def visit_Import(self, node: ast.Import) -> None:
        self.depends |= {PATH, CWD}
        for each in node.names:
            self.name(
                each.asname or each.name.partition(".")[0], each.name if each.asname else each.name.partition(".")[0]
            )

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.depends |= {PATH, CWD}
        for each in node.names if node.module and not node.level else ():
            if each.name == "*":
                self.depends |= SETTINGS if node.module == "pylab" else set()
            else:
                self.name(each.asname or each.name, full_names.canonical(f"{node.module}.{each.name}"))

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.name(node.id)
        elif node.id in self.functions:
            self.apply(self.functions[node.id], sure=False)
        elif path := self.path(node):
            self.used(path)
        elif node.id not in self.paths:
            self.apply(self.known.behind(node.id), sure=False)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if path := self.path(node):
            self.used(path)
        else:
            self.visit(node.value)

    def used(self, path: str) -> None:
        """The thing of this full name is got hold of, perhaps to be called by somebody."""
        if (generator := drawing.drawn_by(path, called=False)) or (generator := drawing.asked_by(path)):
            self.draw(generator)
        elif generators := drawing.seeded_by(path):
            self.seeds |= generators
            for each in generators:
                self.draw(each)
        elif setting := settings.changed_by_call(path):
            self.change(setting, None)
        elif setting := settings.changed_by_store(path):
            self.depends.add(setting)
        if depending.plots(path, ""):
            self.depends.add(MATPLOTLIB)
        self.apply(self.known.behind(path), sure=False)

    # --- statements that bind
    def visit_Assign(self, node: ast.Assign) -> None:
        self.assign(node.targets, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.assign([node.target], node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.assign([node.target], node.value)

    def assign(self, targets: list[ast.expr], value: ast.expr) -> None:
        path = self.path(value)
        if path is None or drawing.drawn_by(path + ".x", called=True) is None:  # an alias of a module draws nothing
            self.visit(value)
        constant, fits = self.constants.value(value), self.fitted(value)
        for target in targets:
            if isinstance(target, ast.Name):
                self.name(target.id, path or "", fits)
                if constant is not NO_CONSTANT and not self.depth:
                    self.constants.known[target.id] = constant
            else:
                self.store(target, value, constant)

    def store(self, target: ast.expr, value: ast.expr | None, constant: Any) -> None:
        """Something else than a name is bound: an attribute, an item, or several."""
        match target:
            case ast.Attribute() | ast.Subscript():
                whole = target.value if isinstance(target, ast.Subscript) else target
                self.forget(target)
                setting = settings.changed_by_store(self.path(whole) or "")
                if setting is None:
                    self.run(ast.iter_child_nodes(target))
                    return
                given = constant if value is not None else NO_CONSTANT
                self.change(setting, change_by_store(target, self.path(whole) or "", given, self.constants))
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self.bind(part)
            case _:
                self.bind(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self.visit_Name(ast.Name(node.target.id, ast.Load()))
            self.name(node.target.id)
        else:
            self.store(node.target, None, None)

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.store(target, None, None)

    # --- functions and classes
    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.run([*node.decorator_list, *node.args.defaults, *(each for each in node.args.kw_defaults if each)])
        found = self.inside(node)
        self.name(node.name)
        self.functions[node.name] = found

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.apply(self.inside(node), sure=False)

    def inside(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Touches:
        """What calling the function does."""
        body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else [*node.body]
        walk = Walk(self.known, self, (each.arg for each in arguments(node.args)))
        walk.run(body)
        return replace(walk.touches(), changes=(), functions={}, fits={})

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.run([*node.decorator_list, *node.bases])
        walk = Walk(self.known, self)
        walk.run(node.body)
        found = walk.touches()
        for each in walk.functions.keys() - self.functions.keys():
            found |= walk.functions[each]
        self.name(node.name)
        self.functions[node.name] = replace(found, changes=(), functions={}, fits={}, fixed=frozenset())

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        around = dict(self.paths), dict(self.fits)
        for each in node.generators:
            self.visit(each.iter)
            self.bind(each.target, fits=self.fitted(each.iter))
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        self.perhaps((*(test for each in node.generators for test in each.ifs), *parts), ())
        self.paths, self.fits = around

    visit_SetComp = visit_ListComp
    visit_GeneratorExp = visit_ListComp
    visit_DictComp = visit_ListComp

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self.depends |= SHOWN
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        self.depends |= set() if isinstance(node.value, ast.Call | ast.Constant) else SHOWN
        self.visit(node.value)
