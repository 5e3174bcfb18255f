"""What the lines by which a notebook steers its flow become in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nbflow.notebook.exporting.keywords import expression
from nbflow.notebook.grammar import read
from nbflow.notebook.group_options import GROUP_OPTIONS, ONLY_GROUP, POLICY
from nbflow.notebook.tokens import tokenize
from nbflow.notebook.verbs import VERBS, parse_verb


def steering(plain: bool) -> Callable[[str, str], list[str] | None]:
    """What stands for ``%nbflow`` lines and the loading of nbflow; *plain*: in a script that knows nothing of it."""

    def line(name: str, rest: str) -> list[str] | None:
        ours = name == "nbflow" or "nbflow" in rest.lower().split(".")[0]
        if name not in ("nbflow", "load_ext", "reload_ext", "unload_ext", "config") or not ours:
            return None
        if plain or name != "nbflow":
            return [f"# %{name} {rest}".rstrip()]
        return _verb(rest)

    return line


def _verb(rest: str) -> list[str]:
    words = tokenize(rest)
    verb = words[0].text if words else ""
    name = words[1].text if len(words) > 1 else ""
    if verb == "wait":
        call = parse_verb(rest)
        limit = [f"timeout={call.options['timeout']:g}"] if "timeout" in call.options else []
        return [f"flow.wait({', '.join([*map(repr, call.args), *limit])})"]
    if verb == "group" and name:
        table = [replace(option, parse=str) for option in (POLICY, *GROUP_OPTIONS, *ONLY_GROUP)]
        return [f"flow.group({name!r}{_options(read(words[2:], table).values)})"]
    if verb == "handler" and name and len(words) > 2:
        rules = next(each for each in VERBS if each.name == "handler").options
        said = read(words[2:], [replace(option, parse=str) for option in rules])
        return [f"flow.handler({name!r}{_options(said.values)})"]
    return [f"# %nbflow {rest}".rstrip()]


def _options(values: dict[str, object]) -> str:
    return "".join(f", {name.replace('-', '_')}={expression(name, value)}" for name, value in values.items())
