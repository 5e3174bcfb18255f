"""A fan-out that reads another one item by item, as in ``model[alpha]``: each element needs one element, not all."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbflow.core.elements import Fan
from nbflow.core.spec import Gathered, JobNeed, JobSpec, Part


@dataclass(frozen=True)
class Paired:
    """What the elements of a fan-out read of others: for each name they have *parts*, one for each element."""

    parts: Mapping[str, Sequence[Part]]

    def of(self, spec: JobSpec, place: int) -> tuple[dict[str, Gathered], tuple[JobNeed, ...]]:
        """The further inputs and needs of the element at *place*, whose job is *spec* so far."""
        inputs = {name: Gathered(name, (parts[place],)) for name, parts in self.parts.items()}
        known = {need.job for need in spec.needs if isinstance(need, JobNeed)}
        jobs = dict.fromkeys(source.parts[0].job for source in inputs.values())
        return inputs, tuple(JobNeed(job) for job in jobs if job not in known)


def items_read(tree: ast.Module, name: str, variables: Collection[str]) -> tuple[str, ...]:
    """The loop variables that *name* is indexed with wherever it stands in *tree*; none if it is used otherwise.

    >>> items_read(ast.parse("y = score[a, b] + 1"), "score", {"a", "b"})
    ('a', 'b')
    >>> items_read(ast.parse("y = score[a]; z = len(score)"), "score", {"a"})
    ()
    >>> items_read(ast.parse("y = [score[a] for a in range(3)]"), "score", {"a"})
    ()
    """
    found = set[tuple[str, ...]]()
    indexed = set[int]()
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id=each) as value, slice=index, ctx=ast.Load()) if each == name:
                indexed.add(id(value))
                found.add(_names(index))
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    if len(found) != 1 or any(id(node) not in indexed for node in used):
        return ()
    [items] = found
    return items if items and set(items) <= set(variables) and not _binds(tree, {name, *items}) else ()


def _names(index: ast.expr) -> tuple[str, ...]:
    match index:
        case ast.Name(id=name):
            return (name,)
        case ast.Tuple(elts=elements) if all(isinstance(each, ast.Name) for each in elements):
            return tuple(each.id for each in elements if isinstance(each, ast.Name))
    return ()


def _binds(tree: ast.Module, names: Collection[str]) -> bool:
    """Whether something in *tree* gives one of *names* another meaning, be it in a function."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name) if name in names:
                return True
            case ast.alias(name=name, asname=asname) if (asname or name.partition(".")[0]) in names:
                return True
            case ast.ExceptHandler(name=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name) if name in names:
                return True
            case ast.AsyncFunctionDef(name=name) | ast.MatchAs(name=name) | ast.MatchStar(name=name) if name in names:
                return True
            case ast.MatchMapping(rest=name) if name in names:
                return True
    return False


def parts_for(
    fan: Fan, keys: Sequence[Any], variables: Sequence[str], index: Sequence[str], rows: Sequence[Sequence[Any]]
) -> list[Part] | None:
    """The element of *fan*, with *keys*, that each of *rows* of values of *variables* reads; None if one has none."""
    jobs = dict(zip(keys, fan.elements.items(), strict=True))
    places = [variables.index(name) for name in index]
    found = []
    for row in rows:
        key = tuple(row[place] for place in places)
        try:
            job, element = jobs[key if len(places) > 1 else key[0]]
        except (KeyError, TypeError):
            return None
        found.append(Part(element.key, job))
    return found
