"""Values that a person puts in the place of a job's own outputs."""

from __future__ import annotations

from typing import Any

from nbflow.core.hidden import is_hidden
from nbflow.core.match import nearest
from nbflow.core.spec import JobSpec
from nbflow.errors import NbflowError


def substitutes(spec: JobSpec, value: Any) -> dict[str, Any]:
    """*value* as the outputs of the job: it is the only one, or a dict of them by name, or a tuple in their order.

    What the body only imports, or binds by ``for`` and ``with``, need not be given.

    Raises:
        NbflowError: the job leaves nothing, or *value* does not fit; says what would.

    >>> substitutes(JobSpec(name="fit", outputs=("model", "np"), passing=("np",)), None)
    {'model': None}
    >>> substitutes(JobSpec(name="split", outputs=("test", "train")), {"train": [1], "test": [2]})
    {'test': [2], 'train': [1]}
    """
    name, wanted = spec.name, [each for each in spec.outputs if each not in spec.passing and not is_hidden(each)]
    if not wanted:
        raise NbflowError(f"job {name!r} leaves no variables that a value could stand for: skip it without one")
    if len(wanted) == 1:
        return {wanted[0]: value}
    if isinstance(value, tuple) and len(value) == len(wanted):
        return dict(zip(wanted, value, strict=True))
    fits = f"a dict with the keys {', '.join(wanted)}, or a tuple of {len(wanted)} in that order"
    if not isinstance(value, dict):
        given = f"a value of type {type(value).__name__}"
        raise NbflowError(f"job {name!r} leaves {len(wanted)} variables: give {fits}, not {given}")
    for key in value:
        if key not in spec.outputs:
            near = nearest(str(key), wanted)
            raise NbflowError(
                f"job {name!r} leaves no {key!r}" + (f" (did you mean {near!r}?)" if near else f": {fits}")
            )
    if missing := [each for each in wanted if each not in value]:
        raise NbflowError(f"job {name!r} leaves {', '.join(missing)} too: give {fits}")
    return {each: value[each] for each in spec.outputs if each in value}
