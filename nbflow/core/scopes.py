"""What a function uses of the names outside of it: from its syntax, or from its code object."""

from __future__ import annotations

import ast
import dis
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from textwrap import dedent
from types import CodeType

from nbflow.core.changes import changed_by_call, root

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


@dataclass(frozen=True)
class Uses:
    """Names outside of a function that its body reads, binds (``global``) or deletes, and visibly changes in place."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    changes: frozenset[int | str] = frozenset()
    """Arguments, by place and by name, that a call visibly changes in place."""

    def __or__(self, other: Uses) -> Uses:
        if other is NOTHING:
            return self
        return Uses(
            self.reads | other.reads,
            self.writes | other.writes,
            self.mutates | other.mutates,
            self.changes | other.changes,
        )

    def without(self, names: Iterable[str]) -> Uses:
        """The same, but for *names*."""
        hidden = frozenset(names)
        return Uses(self.reads - hidden, self.writes - hidden, self.mutates - hidden, self.changes)


NOTHING = Uses()


def function_uses(node: Function) -> Uses:
    """What calling the function of *node* uses; its defaults, decorators and annotations are not part of that.

    >>> tree = ast.parse("def f(a):\\n    b = a + c\\n    d.append(b)\\n    return [e for e in g if e]")
    >>> uses = function_uses(tree.body[0])
    >>> sorted(uses.reads), sorted(uses.mutates)
    (['c', 'd', 'g'], ['d'])
    """
    scope = _Scope()
    for statement in [node.body] if isinstance(node, ast.Lambda) else node.body:
        scope.visit(statement)
    places = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    named = {each.arg for each in arguments(node.args)}
    changed = (scope.changed & named) - scope.bound  # one bound anew, as by ``x = x.copy()``, is not the caller's
    scope.bound |= named | set(type_parameters(node))
    uses = scope.uses()
    return replace(uses, changes=frozenset(changed) | {places.index(name) for name in changed if name in places})


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


@lru_cache(maxsize=4096)
def code_uses(code: CodeType) -> Uses:
    """What running *code* uses of the global names, the functions inside of it included; changes in place are not seen.

    >>> sorted(code_uses((lambda a: [a + b for _ in c]).__code__).reads)
    ['b', 'c']
    """
    reads, writes = set(), set()
    own: set[str] = set()
    for instruction in dis.get_instructions(code):
        match instruction.opname:
            case "LOAD_GLOBAL" | "LOAD_NAME" | "LOAD_FROM_DICT_OR_GLOBALS":
                reads.add(instruction.argval)
            case "STORE_GLOBAL" | "DELETE_GLOBAL":
                writes.add(instruction.argval)
            case "STORE_NAME":
                own.add(instruction.argval)
    inner = [code_uses(each) for each in code.co_consts if isinstance(each, CodeType)]
    return Uses(frozenset(reads - own), frozenset(writes)) | _union(inner)


def globals_of(code: CodeType) -> frozenset[str]:
    """The global names that running *code* may read, builtins included.

    >>> sorted(globals_of(globals_of.__code__))
    ['code_uses']
    """
    return code_uses(code).reads


def arguments(args: ast.arguments) -> list[ast.arg]:
    """Every argument of a signature."""
    stars = [each for each in (args.vararg, args.kwarg) if each]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *stars]


def signature_expressions(node: Function) -> list[ast.expr]:
    """What is evaluated when the function is made: decorators, defaults, annotations."""
    args = node.args
    found = [*args.defaults, *(each for each in args.kw_defaults if each)]
    if not isinstance(node, ast.Lambda):
        found = [*node.decorator_list, *found, *([node.returns] if node.returns else [])]
        found += [each.annotation for each in arguments(args) if each.annotation]
    return found


def type_parameters(node: ast.AST) -> list[str]:
    """Names of ``def f[T](…)``, of Python 3.12."""
    return [each.name for each in getattr(node, "type_params", [])]


def pattern_names(pattern: ast.pattern) -> list[str]:
    """Names a ``case`` pattern binds."""
    found = []
    for node in ast.walk(pattern):
        match node:
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                found.append(name)
    return found


def imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Names an import binds; a star import binds none that could be known."""
    if isinstance(node, ast.Import):
        return [each.asname or each.name.partition(".")[0] for each in node.names]
    return [each.asname or each.name for each in node.names if each.name != "*"]


def _union(uses: Iterable[Uses]) -> Uses:
    result = NOTHING
    for each in uses:
        result |= each
    return result


class _Scope(ast.NodeVisitor):
    """One function, class or comprehension inside of a function: order does not matter here."""

    def __init__(self, binder: _Scope | None = None) -> None:
        self.binder = binder or self
        """Where ``:=`` binds: the function around a comprehension."""
        self.bound: set[str] = set()
        self.loaded: set[str] = set()
        self.changed: set[str] = set()
        self.declared: set[str] = set()
        """Names said to be ``global``."""
        self.foreign: set[str] = set()
        """Names said to be ``nonlocal``."""
        self.inner = NOTHING
        self.class_level = False

    def uses(self) -> Uses:
        own = frozenset(self.bound - self.declared - self.foreign)
        hidden = frozenset() if self.class_level else own
        inner = Uses(self.inner.reads - hidden, self.inner.writes, self.inner.mutates - hidden)
        written = frozenset(self.bound & self.declared)
        return inner | Uses(frozenset(self.loaded - own), written, frozenset(self.changed - own))

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

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.loaded.add(node.target.id)
            self.changed.add(node.target.id)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute | ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load) and (name := root(node)):
            self.changed.add(name)
        self.generic_visit(node)

    visit_Subscript = visit_Attribute

    def visit_Expr(self, node: ast.Expr) -> None:
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(call, ast.Call):
            self.changed.update(changed_by_call(call, statement=True))
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        self.changed.update(changed_by_call(node))
        self.generic_visit(node)

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
        for expression in signature_expressions(node):
            self.visit(expression)
        if not isinstance(node, ast.Lambda):
            self.bound.add(node.name)
        self.inner |= function_uses(node)

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_Lambda = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for expression in (*node.decorator_list, *node.bases, *(each.value for each in node.keywords)):
            self.visit(expression)
        self.bound.add(node.name)
        inner = _Scope()
        inner.class_level = True
        for statement in node.body:
            inner.visit(statement)
        self.inner |= inner.uses().without(type_parameters(node))

    def visit_ListComp(self, node: Comprehension) -> None:
        first, *_ = node.generators
        self.visit(first.iter)
        inner = _Scope(self.binder)
        for generator in node.generators:
            inner.visit(generator.target)
            for expression in ([] if generator is first else [generator.iter]) + generator.ifs:
                inner.visit(expression)
        for expression in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            inner.visit(expression)
        self.inner |= inner.uses()

    visit_SetComp = visit_ListComp
    visit_GeneratorExp = visit_ListComp
    visit_DictComp = visit_ListComp
