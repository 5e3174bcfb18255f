"""The options of groups: given on a job's cell or with ``%nbflow group``."""

from __future__ import annotations

from typing import Any

from nbflow.notebook import quantities as take
from nbflow.notebook.grammar import Option

_POLICIES = ("strict", "best-effort", "at-least:", "critical:")
_POLICY = "strict, best-effort, at-least:N, at-least:N%, critical:A,B or =EXPRESSION, combined with &, | and ( )"

POLICY = Option(
    name="policy",
    metavar="P",
    help="when the group is met: strict (all succeed; the default), best-effort, at-least:N, at-least:70%, "
    "critical:A,B, =OBJECT with a method verdict(members); in quotes also combined with &, | and ( )",
    parse=take.policy,
    takes=_POLICY,
    choices=_POLICIES,
)

GROUP_OPTIONS = (
    Option(name="early", help="what needs the group starts as soon as an at-least in its policy is met"),
    Option(name="fail-fast", help="once the group is broken, its members that have not ended are cancelled"),
    Option(name="cancel-rest", help="once an at-least is met, the group's members that have not ended are cancelled"),
    Option(
        name="max-parallel",
        metavar="K",
        help="at most K members of the group run at once",
        parse=take.positive,
        takes="a whole number ≥ 1",
    ),
)
"""They stay with the group until %nbflow group says otherwise."""

ONLY_GROUP = (
    Option(
        name="retries",
        metavar="N",
        help="when its failed members break the group, they get N more tries, each with fresh attempts",
        parse=take.whole,
        takes="a whole number ≥ 0",
    ),
    Option(name="rollback", help="once the group is broken, its succeeded members are rolled back, the last one first"),
    Option(
        name="group",
        metavar="OUTER",
        help="the group is itself a member of group OUTER",
        parse=take.job_name,
        takes="a name without spaces, commas, * and ?",
        names="groups",
    ),
)
"""Options of %nbflow group that mean something else on a job's cell."""


def ruled_fields(values: dict[str, Any]) -> dict[str, Any]:
    """Values of options by the names that `nbflow.core.policies.Ruled` has for them.

    >>> ruled_fields({"fail-fast": True, "group": "all"})
    {'fail_fast': True, 'parent': 'all'}
    """
    return {"parent" if name == "group" else name.replace("-", "_"): value for name, value in values.items()}
