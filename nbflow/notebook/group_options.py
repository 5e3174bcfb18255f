"""The options of groups: given on a job's cell or with ``%nbflow group``."""

from __future__ import annotations

from nbflow.notebook import quantities as take
from nbflow.notebook.grammar import Option

_POLICIES = ("strict", "best-effort", "at-least:", "critical:")
_POLICY = "strict, best-effort, at-least:N, at-least:N% or critical:A,B, combined with & and |"

POLICY = Option(
    name="policy",
    metavar="P",
    help="when the group is met: strict (all succeed; the default), best-effort, at-least:N, at-least:70%, "
    "critical:A,B; in quotes also combined with & and |",
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
