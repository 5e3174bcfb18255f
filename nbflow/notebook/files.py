"""``--reads`` and ``--writes``: from what is typed to absolute paths, and to the jobs that have to come before."""

from __future__ import annotations

import ast
import glob
import os
from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from nbflow.core.elements import fan_of
from nbflow.core.files import Files, Use, is_pattern, remote, shown
from nbflow.core.run import Run
from nbflow.core.spec import GroupNeed, JobNeed, JobSpec, Need
from nbflow.errors import DeclarationError, NbflowError
from nbflow.notebook.line import JobHeader
from nbflow.notebook.needed import Needed
from nbflow.notebook.path_text import Mention, said
from nbflow.notebook.tokens import expander, fill, whole_expression


def paths(option: str, templates: Iterable[str], scope: Mapping[str, Any], cwd: str) -> tuple[str, ...]:
    """The absolute paths and patterns that *templates*, values of *option*, stand for: ``{expr}`` is read in *scope*.

    Raises:
        DeclarationError: an expression fails.

    >>> paths("reads", ["raw/{year}.csv", "{more}"], {"year": 2024, "more": ["a.csv", "/b.csv"]}, "/nowhere")
    ('/nowhere/raw/2024.csv', '/nowhere/a.csv', '/b.csv')
    """
    found = [text for template in templates for text in _texts(option, template, scope)]
    return tuple(dict.fromkeys(located(text, cwd) for text in found if text))


def _texts(option: str, template: str, scope: Mapping[str, Any]) -> list[str]:
    expression = whole_expression(template)
    try:
        if expression is None:
            return [fill(template, expander(scope))]
        value = eval(compile(expression, f"<--{option}>", "eval"), dict(scope))
        several = value if isinstance(value, list | tuple | set | frozenset) else [value]
        return [str(each) for each in several]
    except Exception as error:
        said = str(error) if isinstance(error, NbflowError) else f"{type(error).__name__}: {error}"
        raise DeclarationError(f"--{option} {template}: {said}") from None


def located(text: str, cwd: str) -> str:
    """*text* as an absolute path without links among its folders; one with a scheme stays as it is."""
    if remote(text):
        return text
    path = os.path.normpath(os.path.join(cwd, os.path.expanduser(text)))  # noqa: PTH111, PTH118
    folder, name = os.path.split(path)
    rest = [name]
    while is_pattern(folder):
        folder, name = os.path.split(folder)
        rest.insert(0, name)
    return os.path.join(os.path.realpath(folder), *rest)  # noqa: PTH118


def files_of(run: Run, without: Collection[str] = ()) -> Files:
    """What the jobs of *run* read and write, but those *without*, in the order of their declarations."""
    files = Files()
    using = [job for job in list(run.jobs.values()) if (job.spec.reads or job.spec.writes) and not job.spec.withdrawn]
    for job in sorted(using, key=lambda each: each.declared_at):
        if job.spec.name not in without:
            files.add(job.spec)
    return files


@dataclass(frozen=True)
class Ordering:
    """Puts jobs that are about to be declared in their places among those of *run*, by the files that they use.

    *readers* are those of them that the run has already.
    """

    run: Run
    readers: Collection[str]
    warnings: list[str] = field(default_factory=list)
    """What a person should know."""

    def ordered(
        self,
        header: JobHeader,
        specs: Sequence[JobSpec],
        scopes: Sequence[Mapping[str, Any]],
        gone: Collection[str] = (),
        ahead: Sequence[JobSpec] = (),
        text: ast.AST | str = "",
    ) -> list[JobSpec]:
        """*specs* with their files and the needs that follow; in *scopes* are their own variables, notebook's included.

        *gone* are jobs that are declared no longer, *ahead* those that are declared together with *specs*, before them.
        *text*, Python or a script, counts where the header does not say what is read: files of others that it names.

        Raises:
            DeclarationError: an expression fails, or a file is just being written by a job that comes later.
        """
        using = [self._with_files(header, *each) for each in zip(specs, scopes, strict=True)]
        files = files_of(self.run, gone)
        for spec in ahead:
            files.add(spec)
        if not (files.reads or files.writes or any(spec.reads or spec.writes for spec in using)):
            return using
        later = Needed(self.run, self.readers, header.group).later()
        files, made, own = files_of(self.run, {*later, *gone}), list[JobSpec](), {spec.name for spec in using}
        for spec in ahead:
            files.add(spec)
        for spec, scope in zip(using, scopes, strict=True):
            found = named_in(files, said(text, scope), spec.cwd) if header.reads is None else []
            full = replace(spec, reads=(*spec.reads, *dict.fromkeys(use.path for use, read in found if read)))
            self._check_making(full, later)
            before = files.before(full.reads, [*full.writes, *(use.path for use, read in found if not read)])
            self._warn(full, before, own, files)
            made.append(replace(full, needs=self._needs(header, full, before)))
            files.add(full)
        return made

    def _with_files(self, header: JobHeader, spec: JobSpec, scope: Mapping[str, Any]) -> JobSpec:
        reads = paths("reads", header.reads, scope, spec.cwd) if header.reads is not None else spec.reads
        writes = paths("writes", header.writes, scope, spec.cwd) if header.writes is not None else spec.writes
        return replace(spec, reads=reads, writes=writes) if reads or writes else spec

    def _check_making(self, spec: JobSpec, later: Collection[str]) -> None:
        """A job that comes after *spec* by other needs, and is writing what *spec* reads, cannot be waited for."""
        active = [self.run.jobs[name] for name in later if name not in self.readers and name in self.run.jobs]
        files = Files()
        for job in active:
            if job.running:
                files.add(job.spec)
        for path in spec.reads:
            if makers := files.writes.of(path):
                raise DeclarationError(
                    f"job {spec.name!r} reads {shown(path, spec.cwd)}, which {makers[0].job!r} is writing: "
                    f"wait for it, or cancel it"
                )

    def _warn(self, spec: JobSpec, before: Mapping[str, bool], own: Collection[str], files: Files) -> None:
        if not self.warnings and (others := [name for name in before if name in own]):
            self.warnings.append(f"{spec.name} and {others[0]} use the same file, so one runs after the other")
        for path in spec.reads:
            if not remote(path) and not files.writes.of(path) and not _there(path) and len(self.warnings) < 3:
                self.warnings.append(f"it reads {shown(path, spec.cwd)}: there is no such file, and no job writes it")

    def _needs(self, header: JobHeader, spec: JobSpec, before: Mapping[str, bool]) -> tuple[Need, ...]:
        """*spec*'s needs and those that files bring: by group where all of a fan-out is meant."""
        found = {need.job if isinstance(need, JobNeed) else need.group: need for need in spec.needs}
        covered = {job for need in found.values() if isinstance(need, GroupNeed) for job in need.jobs}
        needed = Needed(self.run, self.readers, header.group, found)
        wanted = {job: optional for job, optional in before.items() if job not in covered or not optional}
        for name, optional in self._folded(wanted):
            present = found.get(name)
            if optional or name in self.run.jobs or fan_of(self.run, name) is None:
                if not isinstance(present, JobNeed) or (present.optional and not optional):
                    found[name] = JobNeed(name, optional, order=optional)
            else:
                needed.wait_for(name, optional)
        return tuple(found.values())

    def _folded(self, wanted: dict[str, bool]) -> list[tuple[str, bool]]:
        """The jobs *wanted*; instead of all elements of a fan-out that are needed, the fan-out."""
        fans = dict.fromkeys(
            state.spec.element.fan for name in wanted if (state := self.run.jobs.get(name)) and state.spec.element
        )
        found = dict(wanted)
        for name in fans:
            fan = fan_of(self.run, name)
            if fan is not None and len(fan.elements) > 1 and all(wanted.get(each) is False for each in fan.elements):
                found = {job: each for job, each in found.items() if job not in fan.elements} | {name: False}
        return list(found.items())


_TRIED = 500
"""Texts of one cell that are looked at."""


def named_in(files: Files, found: Iterable[Mention], cwd: str) -> list[tuple[Use, bool]]:
    """Those of *files* that a text in the folder *cwd* names, by what it was *found* to name; whether it reads them.

    One that is not read may be about to be changed, and then those who read it matter too.
    """
    home, named = f"{os.path.realpath(cwd)}/", dict[tuple[Use, bool], None]()
    for mention in list(found)[:_TRIED]:
        text = mention.path.strip()
        if not text or "\0" in text:
            continue
        path = located(text, cwd)
        if home.startswith(f"{path.rstrip('/')}/"):  # the notebook's folder, or one that it is in
            continue
        used = [(use, mention.read) for use in files.writes.of(path)]
        used += [(use, False) for use in files.reads.of(path) if not mention.read]
        named |= dict.fromkeys((use, read) for use, read in used if mention.firm or "/" in text or _exact(use, path))
    return list(named)


def _exact(use: Use, path: str) -> bool:
    """Whether a mere word means the file: it is the very name, or has an ending and fits the pattern."""
    return use.path == path or (is_pattern(use.path) and "." in os.path.basename(path))  # noqa: PTH119


def _there(path: str) -> bool:
    """Whether a file is there, or one that fits a pattern."""
    return any(True for _ in glob.iglob(path, recursive=True)) or os.path.lexists(path)  # noqa: PTH207


def scope_of(namespace: Mapping[str, Any], own: Mapping[str, Any]) -> Mapping[str, Any]:
    """What expressions in paths may use: a job's *own* variables before those of the notebook."""
    return ChainMap(dict(own), dict(namespace)) if own else namespace
