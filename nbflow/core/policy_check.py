"""Which policies can be declared: well formed, and not impossible where they are needed."""

from __future__ import annotations

from nbflow.core.match import nearest
from nbflow.core.policies import AtLeast, Both, Critical, Custom, Either, Judge, Policy, Ruled
from nbflow.core.policy_text import text
from nbflow.core.spec import ValueRef
from nbflow.errors import DeclarationError


def check(group: str, policy: Policy) -> None:
    """Raise `DeclarationError` if *policy* is malformed, whatever the members."""
    match policy:
        case Ruled():
            check(group, policy.policy)
            _check_options(group, policy)
        case AtLeast(count=count) if count < 1:
            raise DeclarationError(f"policy {text(policy)!r} of group {group!r} needs at least 1 member")
        case AtLeast(count=count, percent=True) if count > 100:
            raise DeclarationError(f"policy {text(policy)!r} of group {group!r} needs more members than there can be")
        case Critical(names=()):
            raise DeclarationError(f"policy 'critical' of group {group!r} names no member")
        case Custom(value=value, label=label) if value == ValueRef():
            raise DeclarationError(f"policy {label!r} of group {group!r} comes without its object")
        case Both(policies=policies) | Either(policies=policies):
            if not policies:
                raise DeclarationError(f"the policy of group {group!r} combines none")
            for each in policies:
                check(group, each)
        case _:
            pass


def _check_options(group: str, policy: Ruled) -> None:
    if policy.max_parallel is not None and policy.max_parallel < 1:
        raise DeclarationError(f"--max-parallel of group {group!r} needs at least 1, not {policy.max_parallel}")
    if policy.retries < 0:
        raise DeclarationError(f"--retries of group {group!r} needs 0 or more, not {policy.retries}")
    if (policy.early or policy.cancel_rest) and not _counts(policy.policy):
        option = "--early" if policy.early else "--cancel-rest"
        raise DeclarationError(f"{option} of group {group!r} needs at-least in its policy, not {text(policy)!r}")


def check_members(group: str, policy: Policy, members: tuple[str, ...], job: str) -> None:
    """Raise `DeclarationError` if *policy* could never be met over *members*, which *job* needs."""
    match policy:
        case Ruled(policy=judge):
            check_members(group, judge, members, job)
        case Both(policies=policies):
            for each in policies:
                check_members(group, each, members, job)
        case Either(policies=policies):
            _check_any(group, policies, members, job)
        case AtLeast() if policy.of(there := len(set(members))) > there:
            have = f"{there} member{'' if there == 1 else 's'}"
            raise DeclarationError(
                f"job {job!r} needs group {group!r}, whose policy {text(policy)!r} cannot be met with {have}"
            )
        case Critical(names=names) if unknown := [name for name in names if name not in members]:
            near = nearest(unknown[0], members)
            hint = f" (did you mean {near!r}?)" if near else ""
            raise DeclarationError(
                f"job {job!r} needs group {group!r}, whose policy {text(policy)!r} names no member {unknown[0]!r}{hint}"
            )
        case _:
            pass


def _counts(policy: Judge) -> bool:
    """Whether there is something in it that can be met before all have ended."""
    match policy:
        case Both(policies=policies) | Either(policies=policies):
            return any(map(_counts, policies))
        case _:
            return isinstance(policy, AtLeast | Custom)


def _check_any(group: str, policies: tuple[Judge, ...], members: tuple[str, ...], job: str) -> None:
    """One of *policies* that can be met is enough, but a name that is none is a slip anywhere."""
    faults: list[tuple[Judge, DeclarationError]] = []
    for each in policies:
        try:
            check_members(group, each, members, job)
        except DeclarationError as error:
            faults.append((each, error))
    for each, fault in faults:
        if len(faults) == len(policies) or isinstance(each, Critical):
            raise fault
