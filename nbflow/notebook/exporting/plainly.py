"""Cells in plain Python: magics as what they do, where Python can say it, else as comments that say so."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from nbflow.notebook.exporting.texts import indented
from nbflow.notebook.transform import plain

Line = Callable[[str, str], list[str] | None]
"""Gives the lines that stand for a line magic, by its name and what follows it; None: it knows nothing of it."""

_CODE = frozenset({"time", "prun", "memit", "mprun", "lprun"})
_SILENT = frozenset(
    {"matplotlib", "load_ext", "reload_ext", "unload_ext", "config", "autoreload", "precision", "pinfo", "pinfo2"}
    | {"pip", "conda", "who", "whos", "history", "lsmagic", "magic", "pdb", "debug", "tb", "xmode", "colors", "timeit"}
)
"""Line magics that leave no value behind: a comment stands for them."""
_SHELLS = frozenset({"bash", "sh"})
_SHOWN = frozenset({"html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG", "timeit"})


@dataclass
class Plain:
    """*code* in plain Python, *modules* that it needs beside its own, and *notes* on what it leaves out."""

    code: str = ""
    modules: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Magic:
    kind: str
    name: str
    line: str
    body: str = ""

    @property
    def typed(self) -> str:
        sign = {"run_line_magic": "%", "run_cell_magic": "%%"}.get(self.kind, "!")
        return f"{sign}{self.name} {self.line}".rstrip()


def plainly(text: str, line: Line = lambda *_: None) -> Plain:
    """*text* without magics. *line* is asked first about line magics.

    >>> found = plainly("files = !ls {folder}\\n%time x = f(y)\\n%matplotlib inline")
    >>> print(found.code)
    files = subprocess.run(f'ls {folder}', shell=True, capture_output=True, text=True).stdout.splitlines()
    x = f(y)
    # %matplotlib inline
    >>> sorted(found.modules)
    ['subprocess']
    """
    transformed = plain(text)
    done = Plain(transformed.code)
    if not transformed.magics:
        return done
    lines = done.code.splitlines()
    for statement, target, magic in reversed(_found(ast.parse(done.code))):
        put = _Put(done, line).lines(magic, target)
        before = " " * statement.col_offset
        assert statement.end_lineno is not None
        lines[statement.lineno - 1 : statement.end_lineno] = [
            (before + each if each else each) for each in "\n".join(put).split("\n")
        ]
    done.code = "\n".join(lines)
    if "get_ipython()" in done.code:
        done.notes.append("a magic inside of an expression needs IPython")
    return done


def _found(tree: ast.Module) -> list[tuple[ast.stmt, str, _Magic]]:
    """The statements that are magics, each with the target that is assigned what it gives."""
    found = list[tuple[ast.stmt, str, _Magic]]()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=value) if (magic := _magic(value)) is not None:
                found.append((node, "", magic))
            case ast.Assign(targets=[target], value=value) if (magic := _magic(value)) is not None:
                found.append((node, ast.unparse(target), magic))
    return sorted(found, key=lambda each: each[0].lineno)


def _magic(node: ast.expr) -> _Magic | None:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=kind), args=args):
            texts = [each.value for each in args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if len(texts) == len(args) and kind in ("run_line_magic", "run_cell_magic"):
                return _Magic(kind, *texts[:3])
            if len(texts) == len(args) == 1 and kind in ("system", "getoutput"):
                return _Magic(kind, "", texts[0])
    return None


@dataclass
class _Put:
    """Puts lines in the place of one magic."""

    done: Plain
    line: Line

    def lines(self, magic: _Magic, target: str) -> list[str]:
        given = self.line(magic.name, magic.line) if magic.kind == "run_line_magic" else None
        if given is not None:
            return given
        match magic.kind, magic.name:
            case "run_line_magic", name if name in _CODE:
                code = self._code(re.sub(r"^\s*(?:-\w+\s+)*", "", magic.line))
                return [f"{target} = {code[0]}", *code[1:]] if target and code else code
            case "run_cell_magic", name if name in _CODE or name == "capture":
                self._note(magic, name == "capture", "what it prints is not captured")
                return self._code(magic.body)
            case (("system" | "getoutput"), _):
                return [self._shell(magic, target)]
            case "run_line_magic", _:
                return self._line(magic, target)
        return self._cell(magic)

    def _code(self, text: str) -> list[str]:
        inner = plainly(text, self.line)
        self.done.modules |= inner.modules
        self.done.notes += inner.notes
        return inner.code.strip("\n").split("\n")

    def _note(self, magic: _Magic, worth: bool, said: str) -> None:
        if worth:
            self.done.notes.append(f"{magic.typed}: {said}")

    def _needs(self, module: str, code: str) -> str:
        self.done.modules.add(module)
        return code

    def _shell(self, magic: _Magic, target: str) -> str:
        command = interpolated(magic.line)
        if magic.kind == "system" and not target:
            return self._needs("subprocess", f"subprocess.run({command}, shell=True)")
        run = f"subprocess.run({command}, shell=True, capture_output=True, text=True).stdout.splitlines()"
        return self._needs("subprocess", f"{target} = {run}" if target else run)

    def _line(self, magic: _Magic, target: str) -> list[str]:
        words = magic.line.split()
        match magic.name:
            case "cd" if words:
                return [self._needs("os", f"os.chdir({interpolated(words[0])})")]
            case "pwd":
                return [self._needs("os", f"{target or '_'} = os.getcwd()")]
            case "env" | "set_env" if pair := re.fullmatch(r"\s*(\w+)(?:\s*=\s*|\s+)(.+?)\s*", magic.line):
                return [self._needs("os", f"os.environ[{pair[1]!r}] = {interpolated(pair[2])}")]
            case "run" if words and words[-1].endswith(".py") and len(words) == 1:
                return [self._needs("runpy", f"globals().update(runpy.run_path({interpolated(words[0])}))")]
            case name if name in _SILENT:
                return [f"# {magic.typed}", *([f"{target} = None"] if target else [])]
        return self._left_out(magic, target)

    def _cell(self, magic: _Magic) -> list[str]:
        shell = magic.name == "script" and magic.line.split()[:1] in (["bash"], ["sh"])
        if magic.name in _SHELLS or shell:
            program = magic.line.split()[0] if shell else magic.name
            command = f"subprocess.run([{program!r}, '-c', {_text(magic.body)}], check=True)"
            return self._needs("subprocess", command).split("\n")
        if magic.name in ("writefile", "file") and len(magic.line.split()) == 1:
            path = interpolated(magic.line.strip())
            return self._needs("pathlib", f"pathlib.Path({path}).write_text({_text(magic.body)})").split("\n")
        if magic.name in _SHOWN:
            return [f"# {line}".rstrip() for line in (magic.typed, *magic.body.rstrip("\n").split("\n"))]
        return self._left_out(magic, "")

    def _left_out(self, magic: _Magic, target: str) -> list[str]:
        self._note(magic, True, "has no plain Python: it is left out")
        typed = [magic.typed, *magic.body.rstrip("\n").split("\n")] if magic.body else [magic.typed]
        lines = [f"# not in plain Python: {typed[0]}", *(f"#   {line}".rstrip() for line in typed[1:])]
        return [*lines, f"{target} = None"] if target else lines


def _text(body: str) -> str:
    return repr(body) if "\n" not in body.rstrip("\n") or '"""' in body or "\\" in body else f'"""\\\n{body}"""'


def interpolated(text: str) -> str:
    """The expression for a command in which IPython would replace ``{expr}`` and ``$name``.

    >>> interpolated("ls -l"), interpolated("ls {folder}/$name $$HOME"), interpolated("ls '{a}'")
    ("'ls -l'", "f'ls {folder}/{name} $HOME'", 'f"ls \\'{a}\\'"')
    """
    found = re.sub(r"(?<![$\\])\$([A-Za-z_]\w*)", r"{\1}", text)
    found = found.replace("$$", "$")
    return f"f{found!r}" if re.search(r"\{[^{}]+\}", found) else repr(found.replace("{{", "{").replace("}}", "}"))


def awaited(code: str, writes: frozenset[str]) -> str:
    """*code*, which awaits at its top level, as a statement of plain Python."""
    names = f"    global {', '.join(sorted(writes))}\n" if writes else ""
    return f"async def _cell():\n{names}{indented(code)}\n\nasyncio.run(_cell())"
