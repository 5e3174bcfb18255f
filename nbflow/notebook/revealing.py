"""What magics do to names, as plain Python that does the same: ``%time x = f(y)`` binds *x* and reads *f* and *y*."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nbflow.core.names import read_names
from nbflow.notebook.magic_text import WORD, apart, bind, interpolated, perhaps, reading, without_flags, words_of

Code = Callable[[str], list[ast.stmt] | None]
"""Gives the statements of a text, magics inside of it revealed; None if it is no Python."""


@dataclass(frozen=True)
class Magic:
    """One call that a magic became: *kind* is the shell's method, the texts are what was typed."""

    kind: str
    name: str
    line: str
    body: str = ""

    @property
    def shown(self) -> str:
        """The magic as typed: ``%time``, ``%%bash``, ``!``."""
        return {"run_line_magic": f"%{self.name}", "run_cell_magic": f"%%{self.name}"}.get(self.kind, "!")


def magic_of(node: ast.AST) -> Magic | None:
    """The magic that the expression *node* is, if it is one."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=kind), args=args):
            texts = [each.value for each in args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if kind in ("run_line_magic", "run_cell_magic") and len(texts) == len(args) >= 2:
                return Magic(kind, *texts[:3])
            if kind in ("system", "getoutput") and len(texts) == len(args) == 1:
                return Magic(kind, "", texts[0])
            if kind == "magic" and len(texts) == len(args) == 1:
                name, _, line = texts[0].lstrip("%").partition(" ")
                return Magic("run_line_magic", name, line)
    return None


_TIMED: dict[str, str | None] = {
    "time": None,
    "prun": "lsTD",
    "memit": "rtic",
    "mprun": "fTcr",
    "lprun": "fmDTsuzr",
    "debug": "b",
    "pyinstrument": "",
    "snakeviz": "f",
    "scalene": "",
    "heat": "o",
    "notify": "",
}
"""Magics that run code in the notebook's namespace, and their options of one letter that take a value."""


def _names(*texts: str) -> frozenset[str]:
    return frozenset(" ".join(texts).split())


_QUIET = _names(
    "alias alias_magic autoawait autocall autoindent automagic autoreload aimport autosave bookmark cat clear",
    "code_wrap colors conda config connect_info cp dhist dirs doctest_mode gui hist history killbgscripts ldir less",
    "lf lk ll load_ext logoff logon logstart logstate logstop ls lsmagic lx magic mamba man matplotlib mkdir more mv",
    "nbflow notebook page pastebin pdb pdef pdoc pfile pip pprint precision profile psearch psource pwd pycat",
    "qtconsole quickref rehashx reload_ext rm rmdir save subshell system sx tb unalias unload_ext uv who",
    "who_ls whos xmode",
)
"""Line magics that bind no names, and read none but those that are interpolated."""
_PROCESS = _names("env set_env cd pushd popd dotenv reload_dotenv")
"""Line magics that change environment variables or the working folder."""
_FOREIGN = _names(
    "bash sh script cmd system sx ! perl ruby python python2 python3 pypy html HTML javascript js latex markdown svg",
    "SVG writefile file mermaid",
)
"""Cell magics whose body is a text of another language, or of another process."""


def statements_of(magic: Magic, call: ast.expr, code: Code) -> list[ast.stmt]:
    """Python that does to names what *magic*, called by *call*, does; empty if that cannot be known."""
    match magic.kind, magic.name:
        case "run_line_magic", name:
            return _of_line(magic, name, call, code)
        case "run_cell_magic", name:
            return _of_cell(magic, name, call, code)
    return reading(interpolated(magic.line))


def _of_line(magic: Magic, name: str, call: ast.expr, code: Code) -> list[ast.stmt]:
    if name in _TIMED:
        return _timed(magic.line, name) + (code(without_flags(magic.line, _TIMED[name])) or [])
    match name:
        case "timeit":
            return apart(code(without_flags(magic.line, "nrpv")) or [])
        case "pinfo" | "pinfo2":
            return reading([magic.line])
        case "run":
            return _run(magic.line, code)
        case "store":
            return _stored(magic.line)
        case "R" | "Rpush" | "Rpull" | "Rget":
            return _other_language(magic)
    if name in _PROCESS:
        return _on_process(name, magic.line)
    if name in _QUIET:
        return reading(interpolated(magic.line))
    return _unknown(call, magic.line)


def _of_cell(magic: Magic, name: str, call: ast.expr, code: Code) -> list[ast.stmt]:
    if name in _TIMED:
        return _timed(magic.line, name) + (code(magic.body) or [])
    if name in _FOREIGN:
        streams = re.findall(r"--(?:out|err|proc)[ =]+(\w+)", magic.line)
        return reading(interpolated(magic.line)) + bind(streams)
    match name:
        case "job":  # its own business
            return [ast.Pass()]
        case "timeit":
            return apart((code(without_flags(magic.line, "nrpv")) or []) + (code(magic.body) or []))
        case "capture":
            return bind(word for word in magic.line.split() if not word.startswith("-")) + (code(magic.body) or [])
        case "R":
            return _other_language(magic)
        case "bigquery":
            return reading(interpolated(magic.line)) + bind(re.findall(r"^\s*(\w+)", magic.line))
        case "sql":
            found = re.findall(r"^\s*(\w+)\s*(?:<<|=)", f"{magic.line}\n{magic.body}", re.MULTILINE)
            return perhaps(WORD.findall(magic.line + magic.body)) + bind(found[:1])
        case "cython":
            return bind(re.findall(r"^(?:cp?)?(?:def|class)\s+(?:\w+\s+)*?(\w+)\s*[(:]", magic.body, re.MULTILINE))
    body = code(magic.body)
    return [ast.If(call, [*perhaps(WORD.findall(magic.line)), *(body or [ast.Pass()])], [])]


# --- the magics that need a closer look
def _timed(line: str, name: str) -> list[ast.stmt]:
    """Profilers read the functions that they are told to watch: ``%lprun -f f f(x)``."""
    return reading(re.findall(r"-f\s+([\w.]+)", line)) if name in ("lprun", "mprun") else []


def _run(line: str, code: Code) -> list[ast.stmt]:
    """``%run FILE``: what the file, as it is now, binds; with ``-i``, and for a notebook, what it reads too."""
    words = words_of(line)
    flags = [word for word in words if word.startswith("-")]
    files = [word for word in words if not word.startswith("-") and not word.isdigit()]
    if not files or "-m" in flags or "{" in line or "$" in line:
        return []
    path = Path(files[0]).expanduser()
    path = path if path.suffix else path.with_suffix(".py")
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            return [each for cell in _cells(text) for each in code(cell) or []]
    except (OSError, ValueError, KeyError):  # the job's own error, if it is still so when it runs
        return []
    if "-i" in flags:
        return code(text) or []
    return bind(sorted(read_names(text).writes)) or [ast.Pass()]


def _cells(text: str) -> list[str]:
    sources = [cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return ["".join(source) for source in sources]


def _stored(line: str) -> list[ast.stmt]:
    """``%store x y`` reads, ``%store -r x`` binds; what ``%store -r`` alone binds nobody knows."""
    words = [word for word in line.partition(">")[0].split() if not word.startswith("-")]
    if "-r" in line.split():
        return bind(words)
    return [ast.Pass()] if "-d" in line.split() or "-z" in line.split() else reading(words)


def _on_process(name: str, line: str) -> list[ast.stmt]:
    """Python that does to the process what a magic of `_PROCESS` does, and reads what it reads."""
    read = reading(interpolated(line))
    known = "{" not in line and "$" not in line
    if name in ("env", "set_env"):
        key, _, value = line.strip().partition("=" if "=" in line else " ")
        if not value.strip():
            return read  # only shows
        text = f"__import__('os').environ[{key.strip()!r}] = {value.strip()!r}"
        return [*read, *ast.parse(text if known else "__import__('os').environ.setdefault('')").body]
    if name in ("cd", "pushd"):
        folder = next((word for word in line.split() if word != "-q"), "")
        plainly = known and folder and not folder.startswith(("-", "~", "'", '"')) and line.split()[-1] == folder
        return [*read, *ast.parse(f"__import__('os').{'chdir' if plainly else 'fchdir'}({folder!r})").body]
    return [
        *read,
        *ast.parse("__import__('os').fchdir(0)" if name == "popd" else "__import__('os').environ.pop('')").body,
    ]


def _other_language(magic: Magic) -> list[ast.stmt]:
    """``%%R -i a,b -o c``, ``%Rpush a b``, ``%Rpull c``."""
    given = [name for names in re.findall(r"(?:-i|--input)[ =]+([\w,]+)", magic.line) for name in names.split(",")]
    made = [name for names in re.findall(r"(?:-o|--output)[ =]+([\w,]+)", magic.line) for name in names.split(",")]
    if magic.name == "Rpush":
        given += magic.line.split()
    if magic.name == "Rpull":
        made += magic.line.split()
    return reading(given) + bind(made)


def _unknown(call: ast.expr, line: str) -> list[ast.stmt]:
    """A magic that nobody knows: it may read what it names, and bind anything."""
    words = perhaps(WORD.findall(line))
    return [ast.If(call, words, [])] if words else []
