"""The part of a snapshot that its picture depends on: jobs, what needs what, groups, rows for fallbacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbflow.core.badges import badges_of
from nbflow.core.folding import Folding, folding
from nbflow.core.graphemes import visible
from nbflow.core.group_lines import Asked, asked
from nbflow.core.steps import fallback

Link = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shape:
    """The part of a snapshot that a scene depends on: where two are equal, nothing needs to be laid out again."""

    jobs: tuple[str, ...]
    links: tuple[Link, ...]
    group_of: tuple[str | None, ...]
    asked: tuple[tuple[str, Asked], ...]
    """(group, what its policy asks for)."""
    notes: tuple[str, ...] = ()
    """A row more for each job, or an empty text."""
    fan_of: tuple[str | None, ...] = ()
    """The fan-out that each job is an element of; empty if there is none."""
    folded: frozenset[str] = frozenset()
    """The fan-outs that are drawn as one box; a group that is has all its jobs as its elements here."""
    within: tuple[tuple[str, str], ...] = ()
    """(group, the group that it is a member of)."""
    badges: tuple[tuple[str, ...], ...] = ()
    """What each job is marked with: see `nbflow.core.badges`."""
    plain: frozenset[tuple[str, int]] = frozenset()
    """(group, its jobs), of those that are not fan-outs, and can be folded."""
    made: tuple[Link, ...] = ()
    """Those of the links that lead from a job to one that it made while it ran, which does not need it."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What stands in each job's box: an element's name without its fan-out's, where that stands over it.

        >>> Shape(("fit[a=1]", "all[b=2]"), (), ("fit", "fits"), (), fan_of=("fit", "all")).labels
        ('a=1', 'all[b=2]')
        """
        if not self.fan_of:
            return tuple(map(visible, self.jobs))
        both = zip(self.jobs, self.fan_of, self.group_of, strict=True)
        inside = ((name[len(fan) + 1 : -1] if fan and fan == group else name) or name for name, fan, group in both)
        return tuple(map(visible, inside))


OPEN_UP_TO = 8
"""A fan-out of more elements is one box unless somebody opens it."""


def shape(snapshot: Mapping[str, Any], turned: Collection[str] = ()) -> Shape:
    """Read the shape of a snapshot. Jobs that another one made while it ran are linked to it.

    A job that needs a group is linked to those members that no other member needs: the others lead to them.

    *turned* names fan-outs and groups that somebody has opened or folded: they are drawn the other way than usual.

    >>> shape({"jobs": {"a": {"needs": []}, "b": {"needs": ["a"]}}}).links
    ((0, 1),)
    """
    jobs = snapshot.get("jobs") or {}
    groups = snapshot.get("groups") or {}
    needed, made = needed_links(snapshot, only_last=True), made_links(snapshot)
    links = dict.fromkeys((*needed, *made))
    group_of = tuple(job.get("group") for job in jobs.values())
    counts = {
        name: len(group["members"]) if "members" in group else group_of.count(name) for name, group in groups.items()
    }
    fans = tuple(job.get("fan") for job in jobs.values())
    policies = tuple((name, _asked(group, counts[name], name in fans)) for name, group in groups.items())
    badges = tuple(badges_of(job) for job in jobs.values())
    told = [fallback(job) for job in jobs.values()]
    notes = tuple(one.words if one else "" for one in told)
    closed, plain = folded(fans, turned), frozenset[tuple[str, int]]()
    if groups:
        found = _foldings(jobs, groups, fans, closed, tuple(links), turned)
        fans = tuple(found.closed.get(at, fan) for at, fan in enumerate(fans))
        group_of = tuple(found.closed.get(at, group) for at, group in enumerate(group_of))
        closed |= frozenset(found.closed.values())
        plain = frozenset((name, len(held)) for name, held in found.plain.items())
    return Shape(
        tuple(jobs),
        tuple(links),
        group_of,
        policies,
        notes if any(notes) else (),
        fans if any(fans) else (),
        closed,
        badges=badges if any(badges) else (),
        made=tuple(sorted(set(made) - set(needed))),
        plain=plain,
        within=tuple((name, group["parent"]) for name, group in groups.items() if group.get("parent") in groups),
    )


def _foldings(
    jobs: Mapping[str, Any],
    groups: Mapping[str, Any],
    fans: Sequence[str | None],
    folded: Collection[str],
    links: Sequence[Link],
    turned: Collection[str],
) -> Folding:
    number = {name: at for at, name in enumerate(jobs)}
    plain = [name for name in groups if name not in fans]
    members = {name: [number[job] for job in members_of(groups, name) if job in number] for name in plain}
    boxes = [fan if fan is not None and fan in folded else name for name, fan in zip(jobs, fans, strict=True)]
    return folding(members, boxes, links, turned)


def folded(fans: Iterable[str | None], turned: Collection[str]) -> frozenset[str]:
    """The fan-outs that are one box: those of many elements, but for *turned* ones, and the other way round.

    >>> sorted(folded(["a"] * 9 + ["b"] * 3 + ["c"] * 9 + [None], ["b", "c"]))
    ['a', 'b']
    """
    counted = Counter(fan for fan in fans if fan is not None)
    return frozenset(fan for fan, count in counted.items() if (count > OPEN_UP_TO) != (fan in turned))


def made_links(snapshot: Mapping[str, Any]) -> list[Link]:
    """(maker, made) of the jobs that another one made while it ran, as places in the snapshot's order.

    >>> made_links({"jobs": {"a": {}, "b": {"maker": "a"}}})
    [(0, 1)]
    """
    jobs = snapshot.get("jobs") or {}
    number = {name: at for at, name in enumerate(jobs)}
    made = ((number.get(job.get("maker") or ""), at) for at, job in enumerate(jobs.values()))
    return [(maker, at) for maker, at in made if maker is not None and maker < at]


def needed_links(snapshot: Mapping[str, Any], only_last: bool = False) -> list[Link]:
    """(needed, dependent) as places in the snapshot's order.

    A need of a group becomes a link from each member that was declared before the dependent; with *only_last* from
    those of them that no other of them needs.

    >>> needed_links({"jobs": {"a": {"needs": []}, "b": {"needs": ["a"]}}})
    [(0, 1)]
    """
    jobs = snapshot.get("jobs") or {}
    groups = snapshot.get("groups") or {}
    number = {name: at for at, name in enumerate(jobs)}
    found: dict[Link, None] = {}
    for name, job in jobs.items():
        for need in job.get("needs") or ():
            sources = [source for source in _sources(need, jobs, groups) if source in number]
            if sources != [need]:
                sources = [source for source in sources if number[source] < number[name]]
                sources = _last(sources, jobs, groups) if only_last else sources
            found |= {(number[source], number[name]): None for source in sources}
    return list(found)


def _last(members: list[str], jobs: Mapping[str, Any], groups: Mapping[str, Any]) -> list[str]:
    """Those of *members* that no other of them needs; a member that needs a group needs all of it."""
    needs = {need for member in members for need in jobs[member].get("needs") or ()}
    needed = {source for need in needs for source in _sources(need, jobs, groups)}
    return [member for member in members if member not in needed] or members


def _sources(need: str, jobs: Mapping[str, Any], groups: Mapping[str, Any]) -> Sequence[str]:
    if need in jobs or need not in groups:
        return [need]
    if "members" in groups[need]:
        return members_of(groups, need)
    return [name for name, job in jobs.items() if job.get("group") == need]


def members_of(groups: Mapping[str, Any], name: str) -> list[str]:
    """The jobs of group *name* and of the groups within it.

    >>> members_of({"outer": {"members": ["a", "inner"]}, "inner": {"members": ["b"]}}, "outer")
    ['a', 'b']
    """
    found, ahead = dict[str, None](), [name]
    seen = {name}
    while ahead:
        for member in groups[ahead.pop()].get("members") or ():
            if member not in groups:
                found[member] = None
            elif member not in seen:
                seen.add(member)
                ahead.append(member)
    return list(found)


def _asked(group: Mapping[str, Any], members: int, fan: bool) -> Asked:
    """What a group's policy asks for; nothing where a fan-out of its name is all there is to say."""
    policy = str(group.get("policy", ""))
    return Asked() if fan and policy == "strict" and not group.get("parent") else asked(policy, members)
