"""Waiting for hidden state, in words: which jobs take turns because of it, and how not to."""

from __future__ import annotations

from nbflow.core.hidden import GENERATORS, how_not_to_wait, is_hidden, owned, spoken
from nbflow.core.spec import JobSpec, Produced


def states_needed(spec: JobSpec) -> dict[str, list[str]]:
    """Needed job -> the hidden states that it makes for *spec*.

    >>> states_needed(JobSpec(name="b", inputs={"<random>": Produced("a", "<random>"), "x": Produced("c", "x")}))
    {'a': ['<random>']}
    """
    found: dict[str, list[str]] = {}
    for name, source in spec.inputs.items():
        if is_hidden(name) and isinstance(source, Produced):
            found.setdefault(source.job, []).append(owned(name) or name)
    return found


def for_states(spec: JobSpec, need: str) -> str:
    """`` (random state)``, where *spec* needs *need* for that; else nothing.

    >>> for_states(JobSpec(name="b", inputs={"<cwd>": Produced("a", "<cwd>")}), "a")
    ' (working folder)'
    """
    states = states_needed(spec).get(need)
    return f" ({', '.join(map(spoken, states))})" if states else ""


def advice(spec: JobSpec, needs: list[str]) -> str:
    """How *spec* need not have waited for those of *needs* that only hidden state makes it wait for; or nothing.

    >>> advice(JobSpec(name="b", inputs={"<random>": Produced("a", "<random>")}), ["a"])
    '; both draw from random, which is seeded, so in turn: give each a generator of its own, random.Random(seed), or \
never seed'
    """
    states = states_needed(spec)
    variables = {s.job for n, s in spec.inputs.items() if isinstance(s, Produced) and not is_hidden(n)}
    alone = dict.fromkeys(each for need in needs if need not in variables for each in states.get(need, ()))
    return "".join(map(_said, alone))


def _said(name: str) -> str:
    if name in GENERATORS:
        return f"; both draw from {name[1:-1]}, which is seeded, so in turn: {how_not_to_wait(name)}"
    return f"; that changes the {spoken(name)}: {how_not_to_wait(name)}"


def unwaited(name: str, job: str) -> str:
    """What to say of a cell that drew from the generator *name*, unseen by its text, before *job*'s state was there.

    >>> unwaited("<random>", "fit")
    "drew from random, unseen by its text, so it did not wait for the state that job 'fit' makes of it: mention random"
    """
    module = name[1:-1]
    unseen = f"drew from {module}, unseen by its text, so it did not wait for the state that job {job!r} makes of it"
    return f"{unseen}: mention {module}"


def unseen(name: str) -> str:
    """What to say of a job that was found to have changed the hidden state *name*, which its text does not tell.

    >>> unseen("<cwd>")
    'changed the working folder, unseen by its text: later cells have it so; a cell that says it is waited for'
    """
    if name in GENERATORS:
        module = name[1:-1]
        return f"drew from {module}, unseen by its text: later cells go on from there; what draws can be given a seed"
    return f"changed the {spoken(name)}, unseen by its text: later cells have it so; a cell that says it is waited for"
