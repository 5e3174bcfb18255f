"""Files that jobs read and write: which paths and patterns may mean the same file. Only their text is looked at.

A path is absolute. One with ``*``, ``?`` or ``[`` is a pattern, ``**`` stands for any number of folders; a folder
stands for all that is in it. A place with a scheme, such as ``s3://bucket/key``, is a path like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

from nbflow.core.spec import JobSpec

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_MAGIC = re.compile(r"[*?[]")
_TOKEN = re.compile(r"\[!?\]?[^\]]*\]|.", re.DOTALL)


def remote(path: str) -> bool:
    """Whether *path* is a place with a scheme, which is not in this machine's files.

    >>> remote("s3://bucket/rows.csv"), remote("/data/rows.csv")
    (True, False)
    """
    return _SCHEME.match(path) is not None


def is_pattern(path: str) -> bool:
    """Whether *path* may mean several files."""
    return _MAGIC.search(path) is not None


def shown(path: str, folder: str) -> str:
    """*path* as people know it in *folder*: what is below it without it.

    >>> shown("/home/me/out/a.csv", "/home/me"), shown("/data/a.csv", "/home/me")
    ('out/a.csv', '/data/a.csv')
    """
    root = folder.rstrip("/") + "/"
    return path[len(root) :] if folder and not remote(path) and path.startswith(root) and path != root else path


@lru_cache(maxsize=65536)
def meet(one: str, other: str) -> bool:
    """Whether there can be a file that both mean, or that one means and that is in a folder which the other means.

    >>> meet("/a/*.csv", "/a/x.csv"), meet("/a/*.csv", "/a/x.txt"), meet("/a", "/a/b/x.csv"), meet("/a/**/x", "/a/x")
    (True, False, True, True)
    >>> meet("/a/x*.csv", "/a/*y.csv"), meet("/a/x*", "/a/y*"), meet("/a/part-[0-4]", "/a/part-7")
    (True, False, False)
    """
    if not is_pattern(one) and not is_pattern(other):
        return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
    return _paths_meet(_parts(one), _parts(other))


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _paths_meet(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the parts of two paths fit each other; where one has ended, the other is below it."""
    ahead, seen = [(0, 0)], set[tuple[int, int]]()
    while ahead:
        at = a, b = ahead.pop()
        if at in seen:
            continue
        seen.add(at)
        if a == len(one) or b == len(other):
            return True
        if one[a] == "**":
            ahead += [(a + 1, b), (a, b + 1)]
        if other[b] == "**":
            ahead += [(a, b + 1), (a + 1, b)]
        if one[a] != "**" and other[b] != "**" and _names_meet(one[a], other[b]):
            ahead.append((a + 1, b + 1))
    return False


def _names_meet(one: str, other: str) -> bool:
    """Whether a name can fit both patterns."""
    if not is_pattern(other):
        return fnmatchcase(other, one)
    if not is_pattern(one):
        return fnmatchcase(one, other)
    return _tokens_meet(_TOKEN.findall(one), _TOKEN.findall(other))


def _tokens_meet(one: list[str], other: list[str]) -> bool:
    ahead, seen = [(0, 0)], set[tuple[int, int]]()
    while ahead:
        at = a, b = ahead.pop()
        if at in seen:
            continue
        seen.add(at)
        if a == len(one) and b == len(other):
            return True
        first, second = one[a : a + 1], other[b : b + 1]
        if first == ["*"]:
            ahead += [(a + 1, b), *([(a, b + 1)] if second else [])]
        elif second == ["*"]:
            ahead += [(a, b + 1), *([(a + 1, b)] if first else [])]
        elif first and second and _signs_meet(first[0], second[0]):
            ahead.append((a + 1, b + 1))
    return False


def _signs_meet(one: str, other: str) -> bool:
    """Whether one character can fit both; two sets of characters may."""
    if len(one) > 1 or one == "?":
        return len(other) > 1 or other == "?" or fnmatchcase(other, one)
    return fnmatchcase(one, other)


@dataclass(slots=True)
class Uses:
    """Which jobs use which files, in order; a look-up costs little however many there are.

    >>> uses = Uses()
    >>> uses.add("load", "/data/raw.csv")
    >>> uses.add("split", "/data/part-*.csv")
    >>> [use.job for use in uses.of("/data/*.csv")], [use.job for use in uses.of("/data/part-1.csv")]
    (['load', 'split'], ['split'])
    """

    _at: dict[str, list[Use]] = field(default_factory=dict)
    _below: dict[str, list[Use]] = field(default_factory=dict)
    """Folder -> the uses of what is somewhere in it."""
    _patterns: list[Use] = field(default_factory=list)
    _count: int = 0

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self, job: str, path: str, place: int | None = None) -> None:
        """*job* uses *path*; *place* orders it among all uses of a flow's files."""
        use = Use(self._count if place is None else place, job, path)
        self._count += 1
        if is_pattern(path):
            self._patterns.append(use)
            return
        self._at.setdefault(path, []).append(use)
        for folder in _folders(path):
            self._below.setdefault(folder, []).append(use)

    def of(self, path: str) -> list[Use]:
        """The uses of what *path* may mean, in order."""
        if is_pattern(path):
            root = _root(path)
            near = [*self._at.get(root, ()), *self._below.get(root, ())]
            near += [use for folder in _folders(root) for use in self._at.get(folder, ())]
            found = [use for use in near if meet(use.path, path)]
        else:
            found = [*self._at.get(path, ()), *self._below.get(path, ())]
            found += [use for folder in _folders(path) for use in self._at.get(folder, ())]
        found += [use for use in self._patterns if meet(use.path, path)]
        return sorted(found)


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """*job* reads or writes *path*, at *place* in the order of all uses."""

    place: int
    job: str
    path: str


def _folders(path: str) -> Iterator[str]:
    """The folders that *path* is in, the innermost first."""
    while (above := _above(path)) not in ("", path):
        yield above
        path = above


def _above(path: str) -> str:
    """The folder that *path* is in."""
    folder = path.rpartition("/")[0]
    return folder or path[:1]


def _root(pattern: str) -> str:
    """The innermost folder that holds all that *pattern* may mean."""
    magic = _MAGIC.search(pattern)
    return _above(pattern[: magic.start()] + "x") if magic is not None else pattern


@dataclass(slots=True)
class Files:
    """What the jobs of a flow read and write, each added after those that come before it."""

    reads: Uses = field(default_factory=Uses)
    writes: Uses = field(default_factory=Uses)
    _count: int = 0

    def add(self, spec: JobSpec) -> None:
        """*spec* comes after all that are here."""
        self._count += 1
        for path in spec.reads:
            self.reads.add(spec.name, path, self._count)
        for path in spec.writes:
            self.writes.add(spec.name, path, self._count)

    def before(self, reads: Sequence[str], writes: Sequence[str]) -> dict[str, bool]:
        """The jobs that one with these *reads* and *writes* comes after -> whether their end, however it is, is enough.

        What it reads has to be made by the last that writes it; what it writes nobody may be reading or writing any
        more. Those who come before the last writer of a file are left to that one.

        >>> files = Files()
        >>> files.add(JobSpec(name="load", writes=("/rows.csv",)))
        >>> files.add(JobSpec(name="count", reads=("/rows.csv",)))
        >>> files.before(["/rows.csv"], []), files.before([], ["/rows.csv"])
        ({'load': False}, {'load': True, 'count': True})
        """
        found: dict[str, bool] = {}
        for path in reads:
            found |= {use.job: False for use in _last(self.writes.of(path))}
        for path in writes:
            last = _last(self.writes.of(path))
            since = max((use.place for use in last if use.path == path), default=0)
            for use in [*last, *(each for each in self.reads.of(path) if each.place >= since)]:
                found.setdefault(use.job, True)
        return found


def _last(writers: Sequence[Use]) -> list[Use]:
    """Of those who write the very same path, the last."""
    return sorted({use.path: use for use in writers}.values())


def shared(reader: JobSpec, maker: JobSpec) -> list[str]:
    """The files for which *reader* comes after *maker*, as *reader*'s text has them; at most a few.

    >>> shared(JobSpec(name="b", reads=("/rows.csv",)), JobSpec(name="a", writes=("/rows.csv",)))
    ['/rows.csv']
    """
    pairs = [(reader.reads, maker.writes), (reader.writes, maker.writes), (reader.writes, maker.reads)]
    met = (mine for mine_all, theirs in pairs for mine in mine_all if any(meet(mine, each) for each in theirs))
    return [shown(path, reader.cwd) for path in dict.fromkeys(met)][:3]
