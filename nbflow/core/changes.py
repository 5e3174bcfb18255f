"""Which names a piece of syntax visibly changes in place, though it does not bind them."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def _words(*texts: str) -> frozenset[str]:
    return frozenset(" ".join(texts).split())


_CHANGING = _words(
    # containers and files
    "append appendleft extend extendleft insert pop popitem popleft setdefault setflags writelines read readline",
    "readlines",
    # models
    "fit fit_transform fit_predict fit_resample partial_fit load_state_dict backward zero_grad",
    # generators of random numbers carry their state
    "normal standard_normal integers uniform permutation permuted shuffle randint randn choice choices random poisson",
    "binomial exponential randrange gauss multivariate_normal",
)
"""Methods that change their receiver inside of an expression too; those of immutable tables are left out (``sort``)."""

_LOOKING = _words(
    "head tail describe info show sample value_counts savefig save keys values items copy mean sum print display",
    "summary render debug warning error critical exception log pprint join wait result score predict transform",
)
_LOOKING_PREFIXES = ("to_", "get_", "is_", "has_", "save_", "print_", "show_")
"""Methods that only look: a statement that is nothing but their call changes nothing."""

_FIRST = _words("setattr delattr next shuffle heappush heappop heapify heapreplace insort copyto fill_diagonal")
"""Functions that change their first argument."""


def root(node: ast.expr) -> str | None:
    """The name an expression starts from: ``x`` of ``x.a[0].b`` and of ``x.get(k).c``, None for ``f(x).a``.

    >>> root(ast.parse("x.a[0].setdefault(1, [])", mode="eval").body)
    'x'
    """
    while True:
        match node:
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Starred(value=inner):
                node = inner
            case ast.Call(func=ast.Attribute(value=inner)) | ast.Await(value=inner):
                node = inner
            case _:
                return None


def changed_by_call(call: ast.Call, *, statement: bool = False) -> Iterator[str]:
    """Names *call* changes in place; *statement*: the call is all there is, so it is made for what it changes.

    >>> call = ast.parse("rows.append(r)", mode="eval").body
    >>> list(changed_by_call(call))
    ['rows']
    """
    function = call.func
    changed: list[ast.expr] = []
    if isinstance(function, ast.Attribute):
        if function.attr in _CHANGING or _in_place(call) or (statement and not _looks(function.attr)):
            changed.append(function.value)
        called = function.attr
    else:
        called = function.id if isinstance(function, ast.Name) else ""
    if called in _FIRST and call.args:
        changed.append(call.args[0])
    changed += [each.value for each in call.keywords if each.arg == "out"]
    return (name for name in map(root, changed) if name)


def _looks(method: str) -> bool:
    return method in _LOOKING or method.startswith(_LOOKING_PREFIXES)


def _in_place(call: ast.Call) -> bool:
    return any(
        each.arg == "inplace" and not (isinstance(each.value, ast.Constant) and each.value.value is False)
        for each in call.keywords
    )


_PASSING = frozenset({"enumerate", "zip", "reversed", "sorted", "list", "tuple", "iter", "set"})


def sources(node: ast.expr) -> set[str]:
    """Names whose parts an assignment from *node*, or a loop over it, gets hold of.

    >>> sorted(sources(ast.parse("zip(a, b.items())", mode="eval").body))
    ['a', 'b']
    """
    match node:
        case ast.Name(id=name):
            return {name}
        case ast.Attribute(value=inner) | ast.Subscript(value=inner, slice=ast.Constant() | ast.Name()):
            return sources(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr="items" | "values")):
            return sources(inner)
        case ast.Call(func=ast.Name(id=function), args=args) if function in _PASSING:
            return set().union(*map(sources, args))
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return set().union(*map(sources, items))
    return set()
