"""The walk over a cell's expressions: names, what is assigned, what is changed in place, and calls."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from nbflow.core.changes import Change, changed, changed_by_call, handed_on
from nbflow.core.holding import Holding
from nbflow.core.kinds import kind_of
from nbflow.core.namespaces import Told, formatted, is_namespace, item_of, looked_up
from nbflow.core.scopes import function_uses
from nbflow.core.signatures import passed_on, signature_expressions
from nbflow.core.texts import template
from nbflow.core.told import told
from nbflow.core.uses import NOTHING, Uses, changed_arguments
from nbflow.core.ways import Ways, last_name

_MAGIC = {"run_line_magic": "%", "run_cell_magic": "%%"}
"""What magics become: methods of IPython's shell."""
_READING = frozenset({"run", "rerun", "macro"})
"""Magics of which nobody knows what they read."""


class Expressions(Ways):
    """Follows what the expressions of a cell do to names."""

    # Names, and what is changed in place

    def visit_Name(self, node: ast.Name) -> None:
        match node.ctx:
            case ast.Load():
                self.load(node.id)
            case ast.Store():
                self.store(node.id)
            case _:
                self.drop(node.id)

    def visit_Constant(self, _: ast.Constant) -> None:
        """Nothing to see."""

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.visit(node.value)
        if not isinstance(node.ctx, ast.Load):
            self.changes(changed(node.value, self.kind))
        elif is_namespace(node):
            self.unseen(f".{node.attr} in line {node.lineno}", asks=True)
        elif isinstance(node.value, ast.Name) and node.value.id == "__main__":
            self.load(node.attr)
        else:
            self.changes(handed_on(node, self.kind))

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not is_namespace(node.value):
            self.visit(node.value)
            self.visit(node.slice)
            if not isinstance(node.ctx, ast.Load):
                self.changes(changed(node.value, self.kind))
            return
        name, loads = item_of(node), isinstance(node.ctx, ast.Load)
        if name is not None:
            self.visit(ast.copy_location(ast.Name(name, node.ctx), node))
        else:
            self.visit(node.slice)
            self.unseen(f"globals()[…] in line {node.lineno}", asks=loads, binds=not loads)

    def changes(self, found: Iterable[Change]) -> None:
        """All of *found* changes in place."""
        for name, depth in found:
            self.change(name, depth)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.assign(node.targets, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value:
            self.assign([node.target], node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.assign([node.target], node.value)

    def assign(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        plain = all(isinstance(target, ast.Name) for target in targets)
        function = value if plain and isinstance(value, ast.Lambda) else None
        if function:
            for each in signature_expressions(function):
                self.visit(each)
        else:
            self.visit(value)
        holding, uses = self.held(value), function_uses(function) if function else self.made(value)
        kind, text = kind_of(value, self.kind), template(value, self.text)
        for target in targets:
            self.visit(target)
            if isinstance(target, ast.Name):
                self.bind(target.id, uses, kind, text)
                self.alias(target, holding)
            elif holding:
                self.unpack(target, holding)

    def bind(self, name: str, uses: Uses, kind: str, text: str | None) -> None:
        """What is known of what *name* was bound to just now."""
        if self.local is not None:
            self.local[name] = uses
            return
        if uses is not NOTHING:
            self.state.functions[name] = uses
        if kind:
            self.state.kinds[name] = kind
        if text is not None and (text or kind):
            self.state.texts[name] = text

    def unpack(self, target: ast.expr, holding: Holding) -> None:
        """``a, *b = x``: *a* is a part of x, and *b* a list of such; an attribute is none of our names."""
        match target:
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for each in elements:
                    star = isinstance(each, ast.Starred)
                    self.alias(each, frozenset(one.copied() if star else one.part() for one in holding))

    def made(self, value: ast.expr) -> Uses:
        """What an object that *value* makes will use: that of a class, or a function made by a function."""
        if isinstance(value, ast.Name):
            return self.uses_of(value.id)
        if isinstance(value, ast.Attribute):  # a method that is taken for later, among others
            return self.uses_of(value.value.id) if isinstance(value.value, ast.Name) else NOTHING
        if not isinstance(value, ast.Call):
            return NOTHING
        if isinstance(value.func, ast.Name):
            uses = self.uses_of(value.func.id)
            if uses.makes:
                return replace(uses.of_class(), makes=False)
        if last_name(value.func) == "partial" and value.args and isinstance(value.args[0], ast.Name):
            return self.uses_of(value.args[0].id).of_class()
        return NOTHING

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        match node.target:
            case ast.Name(id=name):
                self.augment(name, node)
            case ast.Subscript() as target if is_namespace(target.value) and (key := item_of(target)):
                self.augment(key, node)
            case _:
                self.visit(node.value)
                self.visit(node.target)

    def augment(self, name: str, node: ast.AugAssign) -> None:
        """``x += 1``: the same object changes, or another takes its place that is of the same kind."""
        self.load(name)
        kind, parts = self.kind(name), self.state.aliases.get(name)
        if kind != "value":
            self.change(name)
        self.visit(node.value)
        self.store(name)
        if self.local is None:
            self.state.aliases |= {name: parts} if parts else {}
            self.state.kinds |= {name: kind} if kind else {}

    # Calls

    def visit_Expr(self, node: ast.Expr) -> None:
        self.visit(node.value)
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call) and not self.only_looks(call):
            self.changes(changed_by_call(call, self.kind, statement=True))

    def only_looks(self, call: ast.Call) -> bool:
        """Whether it is a method of a class of the notebook that is known to change nothing of its object."""
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr=method):
                return method in self.uses_of(name).looks
        return False

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        if is_namespace(node):
            self.unseen(f"{last_name(function)}() in line {node.lineno}", asks=True)
            return
        found = told(node, self.text)
        given = [*node.args, *(each.value for each in node.keywords)]
        if isinstance(function, ast.Attribute):
            function = function.value  # taking the method is not for later
        for each in (function, *given):
            if found is None or not is_namespace(each):
                self.visit(each)
        if not self.only_looks(node):
            self.changes(changed_by_call(node, self.kind))
        match node.func:
            case ast.Attribute(value=ast.Name(id=name), attr=method) if self.known(name):
                uses = self.uses_of(name)
                if method in uses.methods and uses.makes:  # ``Class.method(x)``
                    self.changes(each for first in node.args[:1] for each in changed(first, self.kind))
                elif method in uses.methods:
                    self.change(name)
            case ast.Name() | ast.Attribute():
                for passed in passed_on(node):
                    self.hand(passed)
        self.call_back(node)
        if found is not None:
            self.told(node, found)
        match node:
            case ast.Call(func=ast.Attribute(attr=kind), args=[ast.Constant(value=str(magic)), *_]) if kind in _MAGIC:
                self.unseen(f"{_MAGIC[kind]}{magic}", asks=magic in _READING, binds=True)

    def known(self, name: str) -> bool:
        """Whether it is known what the methods of *name*'s value do."""
        uses = self.uses_of(name)
        return bool(uses.methods or uses.looks or self.kind(name))

    def call_back(self, node: ast.Call) -> None:
        """``map(f, rows)``, ``table.apply(f)``, ``Thread(target=f, args=(rows,))``: *f* gets the other arguments."""
        given = [*node.args, *(each.value for each in node.keywords)]
        for function in given:
            if isinstance(function, ast.Lambda):
                uses = self.lambdas.get(function, NOTHING)
            elif isinstance(function, ast.Name):
                uses = self.uses_of(function.id)
            else:
                continue
            if (uses.changes or uses.passed) and changed_arguments(uses, self.uses_of):
                others = [each for each in given if each is not function]
                receiver = [node.func.value] if isinstance(node.func, ast.Attribute) else []
                for each in (*others, *receiver):
                    self.changes((held.name, 1) for held in self.held(each))

    def told(self, node: ast.Call, found: Told) -> None:
        """Names that hide in the texts of a call."""
        self.hint(found.words | (self.reading.classes() if found.unpickles else frozenset()))
        for each in (*found.reads, *found.runs):
            self.visit(ast.fix_missing_locations(each))
        if found.drops:
            self.drop(found.drops)
        name = last_name(node.func)
        shown = f"{name}()" if isinstance(node.func, ast.Name) else f".{name}()"
        self.unseen(f"{shown} in line {getattr(node, 'lineno', 1)}", found.asks, found.binds)

    def unseen(self, why: str, asks: bool = False, binds: bool = False) -> None:
        """Names are read or bound that nobody can tell."""
        if asks:
            self.reading.asks[why] = None
        if binds:
            self.reading.binds[why] = None

    def visit_Compare(self, node: ast.Compare) -> None:
        name = looked_up(node)
        if name is not None:
            self.hint([name])
        else:
            self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        names = formatted(node, self.text)
        if names is not None:
            self.hint(names)
        else:
            self.visit(node.left)
            self.visit(node.right)
