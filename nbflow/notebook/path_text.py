"""Which files a cell's text names: literal paths, what is visibly put together of them, and words of shell commands."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath

LONGEST = 1000
"""Characters of a text that may be a path."""
_READING = re.compile(
    r"read|load|open|scan|parse|imread|fromfile|genfrom|memmap|from_|iterdir|glob|listdir|walk|stat|cat"
)
_WRITING = re.compile(r"[wax+]")
_JOINING = ("Path", "PurePath", "PosixPath", "join", "joinpath", "str", "fspath")
_SAME = ("expanduser", "resolve", "absolute", "as_posix", "__str__")
_OURS = ("job", "nbflow", "config", "load_ext", "reload_ext", "writefile")
"""Magics whose line names no file that the cell itself uses, and one that writes it."""
_SCRIPTS = ("bash", "sh", "script", "system", "sx", "!")
_REDIRECTED = re.compile(r"\d?>+\s*$|&>\s*$")
_LEAVING = {"rm", "touch", "mkdir", "rmdir", "tee", "mv", "ls", "test", "[", "cp", "ln"}


@dataclass(frozen=True, slots=True)
class Mention:
    """*path*, as written, stands in a text; *read*: for reading, as far as one sees; *firm*: it can only be a path."""

    path: str
    read: bool = False
    firm: bool = False


def mentions(tree: ast.AST, value_of: Callable[[str], object] = lambda _: None) -> list[Mention]:
    """The files that *tree* may name; *value_of* gives the value that a variable has.

    >>> found = mentions(ast.parse("df = read_csv('out/a.csv'); df.to_csv(Path(d) / 'b')"), {"d": "out"}.get)
    >>> [(each.path, each.read) for each in found]
    [('out/a.csv', True), ('out/b', False)]
    """
    reader = _Reader(value_of)
    with suppress(RecursionError):  # what has been seen by then counts
        reader.visit(tree)
    return list(dict.fromkeys(reader.found))


def said(text: ast.AST | str, scope: Mapping[str, object]) -> list[Mention]:
    """The files that Python, or a script, may name; *scope* has the values of variables."""
    return list(words(text)) if isinstance(text, str) else mentions(text, scope.get)


class _Reader(ast.NodeVisitor):
    def __init__(self, value_of: Callable[[str], object]) -> None:
        self.value_of, self.found, self.reading = value_of, list[Mention](), False

    def visit(self, node: ast.AST) -> None:
        text = folded(node, self.value_of) if isinstance(node, ast.expr) else None
        if text is None:
            super().visit(node)
        elif 0 < len(text) <= LONGEST and "\n" not in text:
            self.found.append(Mention(text, self.reading, firm=self.reading or not isinstance(node, ast.Constant)))

    def visit_Assign(self, node: ast.Assign) -> None:
        """A path that is only given a name is not used yet."""
        if folded(node.value, self.value_of) is None:
            self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant | ast.Name):  # a docstring, or a value that is shown
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if (words := _magic(node)) is not None:
            self.found += words
            return
        before, name = self.reading, _name(node.func)
        self.reading = _READING.search(name) is not None and not _writes(node)
        self.generic_visit(node)
        self.reading = before


def _name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name.lower()
    return ""


def _writes(call: ast.Call) -> bool:
    """Whether a mode among the arguments of an ``open`` says that it writes."""
    modes = [*call.args[:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    texts = [each.value for each in modes if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return any(len(text) <= 4 and _WRITING.search(text) is not None and set(text) <= set("rwaxbt+") for text in texts)


def folded(node: ast.expr, value_of: Callable[[str], object]) -> str | None:
    """The text that *node* is, where that is plain to see; None where it is anything else.

    >>> folded(ast.parse("os.path.join(d, f'part-{k:02}.csv')", mode="eval").body, {"d": "out", "k": 3}.get)
    'out/part-03.csv'
    """
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            value = value_of(name)
            return str(value) if isinstance(value, str | PurePath) else None
        case ast.JoinedStr(values=parts):
            return _together([_formatted(part, value_of) for part in parts])
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _joined([folded(left, value_of), folded(right, value_of)])
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _together([folded(left, value_of), folded(right, value_of)])
        case ast.Call(func=ast.Attribute(value=inner, attr=name), args=[], keywords=[]) if name in _SAME:
            return folded(inner, value_of)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="Path"), attr="cwd"), args=[], keywords=[]):
            return "."
        case ast.Call(func=ast.Attribute(value=inner, attr="joinpath"), args=args, keywords=[]):
            return _joined([folded(inner, value_of), *(folded(each, value_of) for each in args)])
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[_, *_] as args, keywords=[]) if (
            name in _JOINING
        ):
            return _joined([folded(each, value_of) for each in args])
    return None


def _formatted(part: ast.expr, value_of: Callable[[str], object]) -> str | None:
    """One part of an f-string."""
    match part:
        case ast.Constant(value=str(text)):
            return text
        case ast.FormattedValue(value=ast.Name(id=name), conversion=-1, format_spec=spec):
            value = value_of(name)
            how = "" if spec is None else folded(spec, value_of)
            if isinstance(value, str | int | float | PurePath) and how is not None:
                try:
                    return format(value, how)
                except (ValueError, TypeError):
                    return None
    return None


def _together(parts: list[str | None]) -> str | None:
    return None if None in parts else "".join(part for part in parts if part is not None)


def _joined(parts: list[str | None]) -> str | None:
    return None if None in parts else os.path.join(*(part for part in parts if part is not None))  # noqa: PTH118


def _magic(node: ast.Call) -> list[Mention] | None:
    """What a magic's line or script names; None if *node* is no magic."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=kind), args=args):
            texts = [each.value for each in args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        case _:
            return None
    match kind, texts:
        case (("system" | "getoutput"), [command]):
            return list(words(command))
        case "run_line_magic", [name, line] if name not in _OURS:
            return list(words(line))
        case "run_cell_magic", [name, line, *body] if name not in _OURS:
            return [*words(line), *(each for text in body if name in _SCRIPTS for each in words(text))]
        case "run_cell_magic", ["writefile", line, *_]:
            return [Mention(each.path, firm=True) for each in words(line)]
    return []


def words(script: str) -> Iterator[Mention]:
    """The words of a shell script; those that it only writes, moves or removes are not for reading.

    >>> [(each.path, each.read) for each in words("sort a.csv > b.csv; rm c.csv")]
    [('sort', True), ('a.csv', True), ('b.csv', False), ('rm', False), ('c.csv', False)]
    """
    for line in re.split(r"[;\n|]|&&", script):
        found = list(re.finditer(r"'([^']*)'|\"([^\"]*)\"|[^\s'\"<>()&]+", line))
        leaving = bool(found) and found[0][0] in _LEAVING
        for each in found:
            redirected = _REDIRECTED.search(line[: each.start()]) is not None
            text = each[1] or each[2] or each[0]
            if 0 < len(text) <= LONGEST:
                yield Mention(text, read=not redirected and not leaving)
