"""The walk over a cell's statements, in the order in which they run: imports, functions, classes, comprehensions."""

from __future__ import annotations

import ast

from nbflow.core.expressions import Expressions
from nbflow.core.holding import EMPTY
from nbflow.core.paths import join
from nbflow.core.scopes import class_uses, function_uses
from nbflow.core.signatures import Comprehension, imported, signature_expressions, type_parameters
from nbflow.core.uses import union
from nbflow.core.ways import last_name

_INERT = frozenset(
    {"property", "setter", "getter", "deleter", "cached_property", "staticmethod", "classmethod", "abstractmethod"}
    | {"cache", "lru_cache", "wraps", "singledispatch", "total_ordering", "contextmanager", "asynccontextmanager"}
    | {"dataclass", "overload", "final", "override", "njit", "jit"}
)
"""Decorators that do not call what they decorate."""


class Flow(Expressions):
    """Follows what a cell does to names."""

    def visit_Await(self, node: ast.Await) -> None:
        self.reading.needs_shell = True
        self.visit(node.value)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.ImportFrom) and node.module == "__main__":
            for each in node.names:
                self.load(each.name)
        for name in imported(node):
            self.store(name)
            self.reading.imports.add(name)
        if isinstance(node, ast.Import):
            self.reading.packages |= {each.name.partition(".")[0] for each in node.names}
        elif node.module and not node.level:
            self.reading.packages.add(node.module.partition(".")[0])
            if any(each.name == "*" for each in node.names):
                self.unseen(f"from {node.module} import *", binds=True)

    visit_ImportFrom = visit_Import

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.run(signature_expressions(node))
        uses = function_uses(node)
        for each in node.decorator_list:
            if isinstance(each, ast.Name) and each.id not in _INERT:
                uses |= self.uses_of(each.id).of_class()
        self.store(node.name, uses)
        if not _inert(node.decorator_list):
            self.use_later(uses)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.run(signature_expressions(node))
        self.lambdas[node] = uses = function_uses(node)
        self.use_later(uses)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.run([*node.decorator_list, *node.bases, *(each.value for each in node.keywords)])
        bases = [self.uses_of(each.id) for each in node.bases if isinstance(each, ast.Name)]
        around, self.local = self.local, {}
        hidden, self.hidden = self.hidden, self.hidden | frozenset(type_parameters(node))
        self.run(node.body)
        uses = class_uses(self.local.items(), union(bases))
        self.local, self.hidden = around, hidden
        self.store(node.name, uses)
        if not _inert(node.decorator_list):
            self.use_later(uses)

    def visit_ListComp(self, node: Comprehension) -> None:
        first, *_ = node.generators
        self.visit(first.iter)
        around, parts, before = self.hidden, self.parts, self.state.copy()
        self.parts = dict(parts)
        for generator in node.generators:
            if generator is not first:
                self.visit(generator.iter)
            self.reading.needs_shell |= bool(generator.is_async)
            holding = frozenset(each.part() for each in self.held(generator.iter))
            names = {each.id for each in ast.walk(generator.target) if isinstance(each, ast.Name)}
            self.parts |= dict.fromkeys(names, holding) if holding else dict.fromkeys(names & parts.keys(), EMPTY)
            self.hidden |= names
            self.run(generator.ifs)
        self.run((node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,))
        self.hidden, self.parts = around, parts
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
    return all(last_name(each) in _INERT for each in decorators)
