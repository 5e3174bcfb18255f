"""Jobs made by a job while it ran: who waits for them, whose outputs they make, and what their maker stops.

What a job asks for from inside (`nbflow.core.spec.Response`) counts when its attempt has succeeded. Those that take its
place, and those of a detour, have to succeed before it has; a new generation of it waits for none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from nbflow.core.followers import Followers
from nbflow.core.graph import check, find_cycle, needed_by, waited_for
from nbflow.core.job import JobState
from nbflow.core.run import Run
from nbflow.core.spec import JobNeed, JobSpec, Response
from nbflow.core.status import Status
from nbflow.errors import CycleError, DeclarationError


def awaited(response: Response | None) -> tuple[str, ...]:
    """The jobs that have to succeed before their maker has."""
    return (*response.replaced_by, *response.detour) if response is not None else ()


def follow(run: Run, job: JobState, response: Response | None) -> None:
    """*job*, whose attempt has just succeeded, asked for *response*."""
    job.response, names = response, awaited(response)
    job.followers = Followers.of(names) if names else None
    for name in names:
        run.links.makers[name][job.spec.name] = None
        if name in run.jobs:
            tell(run, run.jobs[name])
            _take_over(job, run.jobs[name])


def tell(run: Run, job: JobState) -> list[str]:
    """Let those who made *job* hear how it stands; the names of those for whom that matters."""
    name = job.spec.name
    makers = ((maker, run.jobs[maker].followers) for maker in run.links.makers.get(name, ()))
    return [maker for maker, found in makers if found is not None and found.put(name, job.status, job.reason)]


def pass_on(run: Run, name: str) -> None:
    """Give the present outputs of *name* to the jobs that it replaced, and so on to those that they replaced."""
    ahead = [name]
    while ahead:
        made = run.jobs[ahead.pop()]
        for maker in run.links.makers.get(made.spec.name, ()):
            if _take_over(run.jobs[maker], made):
                ahead.append(maker)


def _take_over(maker: JobState, made: JobState) -> bool:
    """Have those outputs of *maker* that *made* makes in its place; whether that changed any."""
    if maker.response is None or maker.end is not Status.SUCCEEDED:
        return False
    before = maker.outputs
    meant = {name: p.output for name, p in maker.response.outputs.items() if p.job == made.spec.name}
    maker.outputs = {name: value for name, value in before.items() if name not in meant}
    maker.outputs |= {name: made.outputs[output] for name, output in meant.items() if output in made.outputs}
    return maker.outputs != before


def stopped(run: Run, job: JobState) -> Iterator[JobState]:
    """The jobs that *job* stops by what it asked for: of those it means, all of which nothing is under way.

    Jobs that it made itself go on.
    """
    response, name = job.response, job.spec.name
    if response is None or not (response.stop_children or response.stop_flow):
        return
    meant = list(run.jobs) if response.stop_flow else list(_below(run, name))
    for each in (run.jobs[n] for n in meant):
        idle = each.own is None and not each.busy and not each.status.ended
        if idle and each.spec.maker != name and each is not job:
            yield each


def _below(run: Run, name: str) -> dict[str, None]:
    """The jobs that need *name*, at however many removes."""
    found, ahead = dict[str, None](), [name]
    while ahead:
        for dependent, place in run.links.dependents.get(ahead.pop(), ()):
            if dependent not in found and isinstance(run.jobs[dependent].spec.needs[place], JobNeed):
                found[dependent] = None
                ahead.append(dependent)
    return found


def declared(run: Run, maker: str, response: Response) -> list[JobSpec]:
    """The jobs of *response* as they are to be declared in *run*.

    Raises:
        DeclarationError, UnknownJob: they cannot be: a name is taken, a need is unknown or leads back to the maker.
    """
    jobs = [replace(spec, maker=maker) for spec in response.jobs]
    for spec in jobs:
        present = run.jobs.get(spec.name)
        if spec.name == maker or (present is not None and present.spec.maker != maker):
            raise DeclarationError(f"there is a job {spec.name!r} already, which {maker!r} did not make: rename one")
        if not all(reference.path == () for reference in response.outputs.values()):
            raise DeclarationError(f"job {maker!r} can only be replaced by whole outputs")
    named = {*awaited(response), *(reference.job for reference in response.outputs.values())}
    if unknown := named - {spec.name for spec in jobs}:
        raise DeclarationError(f"job {maker!r} waits for {min(unknown)!r}, which it did not declare")
    check(run, jobs, {})
    _check_loops(run, maker, awaited(response), {spec.name: spec for spec in jobs})
    return jobs


def _check_loops(run: Run, maker: str, waits: Sequence[str], new: Mapping[str, JobSpec]) -> None:
    """Nothing that *maker* is to wait for may wait for it."""

    def targets(name: str) -> Sequence[str]:
        if name == maker:
            return waits
        return needed_by(new[name]) if name in new else waited_for(run, name)

    if cycle := find_cycle([maker], targets):
        raise CycleError(cycle)


def left_over(run: Run, maker: str, jobs: Sequence[JobSpec]) -> list[JobSpec]:
    """What earlier generations of *maker* made and this one, which makes *jobs*, does not: withdrawn, as declarations.

    What those have made in their turn goes with them.
    """
    kept, gone = {spec.name for spec in jobs}, dict[str, str]()
    ahead = [name for name in run.jobs[maker].made if name not in kept]
    while ahead:
        name = ahead.pop()
        if name not in gone and not run.jobs[name].spec.withdrawn:
            gone[name] = run.jobs[name].spec.maker
            ahead.extend(run.jobs[name].made)
    return [JobSpec(name=name, maker=of, withdrawn=True) for name, of in gone.items()]
