"""What kind of value an expression gives, as far as its text tells: whether and how its object may change."""

from __future__ import annotations

import ast

from nbflow.core.holding import Kind


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VALUE_FUNCTIONS = _words("int float str bool len round bytes ord chr repr hash id format abs isinstance")
_CONTAINER_FUNCTIONS = _words("list dict set sorted defaultdict deque Counter OrderedDict")
_NOT_FRAMES = _words("Timestamp Timedelta Period Interval set_option get_option option_context Grouper")
_GENERATORS = _words("default_rng RandomState Generator Random SystemRandom")
_LEAVING = _words("to_dict to_list tolist plot hist boxplot to_numpy values item items pop shape columns")
"""Methods and attributes of tables that give something else."""


def kind_of(node: ast.expr, known: Kind) -> str:
    """The kind of what *node* gives; "" if nobody can tell.

    >>> kinds = {"df": "frame"}
    >>> [kind_of(ast.parse(text, mode="eval").body, lambda name: kinds.get(name, "")) for text in ("1", "df.dropna()")]
    ['value', 'frame']
    """
    match node:
        case ast.Constant() | ast.JoinedStr():
            return "value"
        case ast.Call():
            return _called(node, known)
        case ast.Name(id=name):
            return known(name)
        case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
            return "container"
        case ast.Subscript(value=inner):
            return _still_frame(inner, known)
        case ast.Attribute(value=inner, attr=attr):
            return "" if attr in _LEAVING else _still_frame(inner, known)
        case ast.UnaryOp(operand=inner):
            return kind_of(inner, known)
        case ast.BinOp(left=left, right=right):
            kinds = {kind_of(left, known), kind_of(right, known)}
            return kinds.pop() if len(kinds) == 1 else "frame" if "frame" in kinds else ""
    return ""


def _still_frame(inner: ast.expr, known: Kind) -> str:
    return "frame" if kind_of(inner, known) == "frame" else ""


def _called(call: ast.Call, known: Kind) -> str:
    match call.func:
        case ast.Name(id=function) | ast.Attribute(attr=function) if function in _GENERATORS:
            return "generator"
        case ast.Name(id=function) if function in _VALUE_FUNCTIONS:
            return "value"
        case ast.Name(id=function) if function in _CONTAINER_FUNCTIONS:
            return "container"
        case ast.Attribute(value=ast.Name(id="pd" | "pandas"), attr=function):
            return "" if function in _NOT_FRAMES else "frame"
        case ast.Attribute(value=ast.Name(id="np" | "numpy")):
            return "array"
        case ast.Attribute(value=inner, attr=method) if method not in _LEAVING:
            return _still_frame(inner, known)
    return ""
