"""What the calls of a cell do to hidden state."""

from __future__ import annotations

import ast

from nbflow.core import depending, drawing, estimating, settings
from nbflow.core.hidden import DECIMAL, MATPLOTLIB, NUMPY_RANDOM, SETTINGS, WARNINGS
from nbflow.core.hidden_marks import Marks, seeded_by_itself
from nbflow.core.hidden_values import change_by_call
from nbflow.core.touches import UNTOUCHED

CALLED = SETTINGS - {MATPLOTLIB, WARNINGS}
SHOWN = frozenset({"<pandas>", "<numpy>", "<decimal>", "<locale>"})


class Calls(Marks, ast.NodeVisitor):
    """Follows calls."""

    def visit_Call(self, node: ast.Call) -> None:
        if _ours(node):
            return
        path = self.path(node.func)
        for argument in (*node.args, *(each.value for each in node.keywords)):
            self.argument(argument)
        if path is not None:
            self.called(path, node)
        else:
            self.unnamed(node)
        if path is None or settings.changed_by_call(path) is None:
            for argument in node.args:
                self.forget(argument)

    def unnamed(self, node: ast.Call) -> None:
        """Something is called that has no full name."""
        match node.func:
            case ast.Name(id=name):
                self.plainly(name)
            case ast.Attribute(attr=name, value=inner):
                self.method(name, inner, node)
            case function:
                self.visit(function)
                self.depends |= SETTINGS - {MATPLOTLIB, WARNINGS}

    def argument(self, node: ast.expr) -> None:
        path = self.path(node)
        if path is not None and (generator := drawing.drawn_by(path + ".x", called=True)) is not None:
            self.draw(generator)  # the module itself, as in ``random_state=np.random``
        self.visit(node)

    def plainly(self, name: str) -> None:
        """A function of the notebook is called, or a builtin one."""
        here = self.functions.get(name)
        touches = here if here is not None else UNTOUCHED if name in self.paths else self.known.behind(name)
        self.apply(touches, sure=True)
        if name not in depending.PLAIN:
            self.depends |= SHOWN if name in depending.SHOWING else CALLED

    def called(self, path: str, node: ast.Call) -> None:
        """What has this full name is called."""
        behind = self.known.behind(path)
        if generators := drawing.seeded_by(path):
            if behind is not UNTOUCHED:
                self.apply(behind, sure=True)
            elif _no_seed(node, path):
                for each in generators:
                    self.draw(each)
            else:
                self.seed(generators)
        elif generator := drawing.drawn_by(path, called=True) or drawing.asked_by(path):
            self.draw(generator)
        elif setting := settings.changed_by_call(path):
            self.change(setting, change_by_call(node, path, self.constants))
        else:
            self.apply(behind, sure=True)
            self.randomised(path, node)
        self.depends |= CALLED | ({MATPLOTLIB} if depending.plots(path, "") else set())

    def randomised(self, path: str, node: ast.Call) -> None:
        """A function of a package that draws where it is given no seed."""
        package, _, name = path.rpartition(".")
        package = package.partition(".")[0]
        if package not in estimating.RANDOMISED or name[:1].isupper():  # estimators draw when they are fitted
            return
        cross = name in estimating.CROSS
        draws = any(self.fitted(each) for each in node.args) or (
            cross and bool(node.args) and self.fitted(node.args[0]) is None
        )
        seedable = self.known.seedable(path)
        seedable = estimating.draws_by_name(path) if seedable is None else seedable or name in ("rvs", "sample")
        if draws or (not seeded_by_itself(node) and seedable and not cross):
            for generator in estimating.draws_from(package):
                self.draw(generator)

    def method(self, name: str, inner: ast.expr, node: ast.Call) -> None:
        """A method of an object is called."""
        self.visit(inner)
        self.forget(inner)
        draws = name in estimating.FITTING and self.fitted(inner) is not False
        draws |= name in ("sample", "rvs") and not seeded_by_itself(node) and self.fitted(inner) is not False
        if draws:
            self.draw(NUMPY_RANDOM)
        if name.endswith("getcontext"):
            self.depends.add(DECIMAL)
        self.depends |= CALLED | ({MATPLOTLIB} if depending.plots(None, name) else set())


def _ours(node: ast.Call) -> bool:
    """Whether a call is one of nbflow's own magics: what is in a job's text is the job's."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="run_cell_magic" | "run_line_magic"), args=[ast.Constant(value=name), *_]
        ):
            return name in ("job", "nbflow", "load_ext", "reload_ext", "unload_ext")
    return False


def _no_seed(node: ast.Call, path: str) -> bool:
    """Whether a call asks for a seed from outside: ``random.seed()``."""
    given = [*node.args, *(each.value for each in node.keywords)]
    return path.endswith(".seed") and (not given or (isinstance(given[0], ast.Constant) and given[0].value is None))
