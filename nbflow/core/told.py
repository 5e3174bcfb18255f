"""Calls by which names hide in texts: ``df.query("a > @limit")``, ``eval("x + 1")``, ``globals()["x"]`` and their kind.

What a text says literally is read from it; where it cannot be known, it is told that the reading is incomplete.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from nbflow.core.holding import root
from nbflow.core.namespaces import Told, is_namespace, method_of_namespace, pushed
from nbflow.core.texts import (
    AFTER_AT,
    HOLE,
    SQL,
    TABLE,
    Texts,
    expression,
    fields,
    glued,
    no_texts,
    statements,
    template,
    words_of,
)


def told(call: ast.Call, texts: Texts = no_texts, inside: bool = False) -> Told | None:
    """What *call* does with names by way of texts, *inside* of a function or not; None if nothing.

    >>> found = told(ast.parse("df.query('a > @limit')", mode="eval").body)
    >>> sorted(found.words), found.asks
    (['limit'], False)
    """
    function = call.func
    called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    handler = _HANDLERS.get(called)
    found = handler(call, texts, inside) if handler is not None else None
    if found is None and isinstance(function, ast.Attribute) and is_namespace(function.value, inside):
        return method_of_namespace(call, called)
    return found


# --- what evaluates or executes
def _evaluated(call: ast.Call, texts: Texts, inside: bool) -> Told | None:
    """``eval(text)``; as a method, of a table (``df.eval``) or of pandas itself."""
    if isinstance(call.func, ast.Attribute):
        return _of_table(call, texts, inside)
    if not call.args or _elsewhere(call, inside):
        return None
    text = template(call.args[0], texts)
    if not text:
        return Told(asks=text is None)
    parsed, holes = expression(text), HOLE in text
    if parsed is None or glued([parsed]):
        return Told(words=words_of(text) if holes else frozenset(), asks=holes)
    return Told((parsed,), asks=holes)


def _executed(call: ast.Call, texts: Texts, inside: bool) -> Told | None:
    """``exec(text)``, and what runs its text in the notebook."""
    if not call.args or _elsewhere(call, inside):
        return None
    text = template(call.args[0], texts)
    if not text:
        return Told(asks=True, binds=True)
    parsed, holes = statements(text) or [], HOLE in text
    if glued(parsed) or _AT_START.search(text):
        return Told(words=words_of(text), asks=True, binds=True)
    return Told(runs=tuple(parsed), asks=holes, binds=False)


_AT_START = re.compile(rf"(?:^|[\n;:])\s*{HOLE}")
"""Where a statement begins that is not known."""


def _elsewhere(call: ast.Call, inside: bool) -> bool:
    """Whether ``eval`` or ``exec`` is given a namespace other than the notebook's."""
    return bool(call.args[1:2]) and not is_namespace(call.args[1], inside)


def _run_in_main(call: ast.Call, texts: Texts, inside: bool) -> Told | None:
    """``cProfile.run(text)``, and what the shell's methods run."""
    match call.func:
        case ast.Attribute(value=ast.Name(id="cProfile" | "profile" | "pdb")):
            return _executed(call, texts, inside)
        case ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr="run_cell" | "ex"):
            return _executed(call, texts, inside)
        case ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr="ev"):
            return _evaluated(ast.Call(ast.Name("eval", ast.Load()), call.args, []), texts, inside)
        case ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr="push"):
            return pushed(call)
    return None


# --- tables, formulas, formats
def _of_table(call: ast.Call, texts: Texts, inside: bool) -> Told | None:
    """``df.query(text)`` and ``df.eval(text)``: names after ``@``. ``pd.eval(text)``: all names. SQL: the tables."""
    given = call.args[:1] or [each.value for each in call.keywords if each.arg == "expr"]
    if not given or not isinstance(call.func, ast.Attribute):
        return None
    text = template(given[0], texts)
    if not text:
        return Told(asks=True) if text is None else None
    if SQL.match(text):
        return _tables(call, texts, inside)
    if root(call.func.value) in ("pd", "pandas"):
        return Told(words=words_of(text), asks=HOLE in text)
    return Told(words=frozenset(AFTER_AT.findall(text)), asks=f"@{HOLE}" in text or text == HOLE)


def _tables(call: ast.Call, texts: Texts, _: bool) -> Told | None:
    """SQL over the notebook's tables: what stands after ``from`` and ``join``, if it exists."""
    text = template(call.args[0], texts) if call.args else None
    found = frozenset(TABLE.findall(text)) if text else frozenset()
    return Told(words=found) if found else None


def _formula(call: ast.Call, texts: Texts, _: bool) -> Told | None:
    """``smf.ols("y ~ np.log(x) + f(z)", data)``: what is called in a formula, or is no column of the data."""
    given = [*call.args[:1], *(each.value for each in call.keywords if each.arg == "formula")]
    text = template(given[0], texts) if given else None
    return Told(words=words_of(text)) if text and "~" in text else None


def _aesthetics(call: ast.Call, texts: Texts, _: bool) -> Told | None:
    """``aes("x", color="factor(b)")``: names in what is more than a column's name."""
    given = [template(each, texts) for each in (*call.args, *(each.value for each in call.keywords))]
    found = frozenset(word for text in given if text and not text.isidentifier() for word in words_of(text))
    return Told(words=found) if found else None


def _computed(call: ast.Call, texts: Texts, inside: bool) -> Told | None:
    """``ne.evaluate(text)``."""
    if root(call.func) not in ("ne", "numexpr", "evaluate") or not call.args or _elsewhere(call, inside):
        return None
    text = template(call.args[0], texts)
    return Told(words=words_of(text), asks=HOLE in text) if text else Told(asks=text is None)


def _timed(call: ast.Call, texts: Texts, inside: bool) -> Told | None:
    """``timeit.timeit(text, setup, globals=globals())``: runs apart, reads the notebook's names if it is given them."""
    given = [*call.args[:2], *(each.value for each in call.keywords if each.arg in ("stmt", "setup"))]
    whole = any(each.arg == "globals" and is_namespace(each.value, inside) for each in call.keywords)
    found: set[str] = set()
    for text in [template(each, texts) or "" for each in given]:
        found |= words_of(text) if whole else set()
        lists: list[str] = re.findall(r"from __main__ import ([\w, ]+)", text)
        found |= {name.strip() for names in lists for name in names.split(",")}
    asks = whole and any(template(each, texts) is None for each in given)
    return Told(words=frozenset(found), asks=asks) if found or whole else None


def _formatted(call: ast.Call, texts: Texts, inside: bool) -> Told | None:
    """``"{x}".format(**globals())``, ``Template("$x").substitute(globals())``."""
    given = [*call.args, *(each.value for each in call.keywords if each.arg is None)]
    if not isinstance(call.func, ast.Attribute) or not any(is_namespace(each, inside) for each in given):
        return None
    match call.func.value:
        case ast.Call(func=ast.Name(id="Template") | ast.Attribute(attr="Template"), args=[inner, *_]):
            text = template(inner, texts)
            found = frozenset(re.findall(r"\$\{?([A-Za-z_]\w*)", text or ""))
        case inner:
            text = template(inner, texts)
            found = fields(text or "")
    return Told(words=found, asks=text is None)


def _unpickled(call: ast.Call, _: Texts, __: bool) -> Told | None:
    """``pickle.load(file)``."""
    return Told(unpickles=True) if root(call.func) in _PICKLERS else None


_PICKLERS = frozenset({"pickle", "joblib", "torch", "dill", "shelve", "pd", "pandas"})
_HANDLERS: dict[str, Callable[[ast.Call, Texts, bool], Told | None]] = {
    "eval": _evaluated,
    "exec": _executed,
    "query": _of_table,
    "evaluate": _computed,
    "aes": _aesthetics,
}
_HANDLERS |= dict.fromkeys(("load", "loads", "read_pickle", "open"), _unpickled)
_HANDLERS |= dict.fromkeys(("sql", "sqldf", "execute"), _tables)
_HANDLERS |= dict.fromkeys(("format", "format_map", "substitute", "safe_substitute"), _formatted)
_HANDLERS |= dict.fromkeys(("run", "runctx", "run_cell", "ev", "ex", "push"), _run_in_main)
_HANDLERS |= dict.fromkeys(("timeit", "repeat", "Timer"), _timed)
_MODELS = "ols wls gls glm rlm logit probit poisson mnlogit mixedlm quantreg phreg negativebinomial gee"
_MATRICES = "dmatrix dmatrices model_matrix from_formula Formula"
_HANDLERS |= dict.fromkeys(f"{_MODELS} {_MATRICES}".split(), _formula)
