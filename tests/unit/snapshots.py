"""Sample snapshots, in the form of `nbflow.core.project`, for the tests of pictures and widget."""

from __future__ import annotations

from typing import Any

AT = 1_770_000_000.0


def attempt(number: int = 1, start: float = 0.0, took: float | None = 2.0, end: str | None = "succeeded", **extra: Any):
    """One attempt that began *start* seconds after the run; still running where *took* is None."""
    return {
        "number": number,
        "generation": 1,
        "started_at": AT + start,
        "ended_at": None if took is None else AT + start + took,
        "end": None if took is None else end,
        "reason": {},
        "exit_code": None,
        "signal": None,
        "log": {"out": f".nbflow/attempts/{number:04x}/out", "err": f".nbflow/attempts/{number:04x}/err"},
        "peak_memory": 310_000_000,
        "cpu_seconds": 1.5,
    } | extra


def job(status: str = "succeeded", needs: tuple[str, ...] = (), attempts: list | None = None, **extra: Any):
    """One job; `group=`, `reason=`, `due_at=` and the like as the snapshot has them."""
    attempts = attempts if attempts is not None else []
    reason = extra.pop("reason", {})
    return {
        "status": status,
        "reason": reason,
        "reason_text": reason.get("detail", ""),
        "generation": 1,
        "attempts": attempts,
        "of": 1,
        "try": len(attempts),
        "needs": list(needs),
        "waits_for": list(needs) if status == "waiting" else [],
        "group": None,
        "executor": "process",
        "outputs": [],
        "cell_id": "",
        "submitted_at": AT,
        "declared_at": AT,
        "started_at": attempts[0]["started_at"] if attempts else None,
        "ended_at": attempts[-1]["ended_at"] if attempts and status in ENDED else None,
        "due_at": None,
    } | extra


ENDED = ("succeeded", "failed", "skipped", "cancelled", "recovered", "substituted", "reused", "unknown")
GOOD = ("succeeded", "recovered", "substituted", "reused")


def snapshot(jobs: dict[str, Any], groups: dict[str, str] | None = None, flow: str = "analysis", **extra: Any):
    """A run of *jobs*; *groups* gives policies by group."""
    return {
        "schema": 1,
        "flow": flow,
        "run": 12,
        "verdict": "running",
        "opened_at": AT,
        "now": AT + 52.0,
        "jobs": jobs,
        "groups": {name: _group(name, policy, jobs) for name, policy in (groups or {}).items()},
    } | extra


def _group(name: str, policy: str, jobs: dict[str, Any]):
    members = {n: j for n, j in jobs.items() if j["group"] == name}
    return {
        "policy": policy,
        "verdict": "undecided",
        "reason_text": "",
        "members": list(members),
        "failed": {n: j["reason"] for n, j in members.items() if j["status"] in ENDED and j["status"] not in GOOD},
        "succeeded": [n for n, j in members.items() if j["status"] in GOOD],
    }


BAD = {"kind": "exception", "detail": "LinAlgError: SVD did not converge", "attempt": 3}


def ten() -> dict[str, Any]:
    """Eleven jobs with every status there is, and one group."""
    tries = [attempt(n, 20 + 3 * n, 2.1, "failed", reason=BAD) for n in (1, 2, 3)]
    return snapshot(
        {
            "load": job(attempts=[attempt(1, 0, 6.0, "failed", reason={"kind": "timeout"}), attempt(2, 8, 12.4)], of=3),
            "params": job(attempts=[attempt(1, 0, 0.02)]),
            "clean": job(needs=("load",), attempts=[attempt(1, 21, 4.2)]),
            "split": job(needs=("params",), attempts=[attempt(1, 1, 0.6)]),
            "fit_ridge": job(needs=("clean", "split"), group="fits", attempts=[attempt(1, 26, 12.2)]),
            "fit_lasso": job(
                "failed", ("clean", "split"), tries, group="fits", of=3, reason=BAD, reason_text=BAD["detail"]
            ),
            "fit_trees": job("running", ("clean", "split"), [attempt(1, 26, None)], group="fits", of=2),
            "plot": job("running", ("clean",), [attempt(1, 30, 1.0, "failed"), attempt(2, 44, None)], of=3),
            "report": job("waiting", ("fits",), reason_text="waits for fits"),
            "export": job(
                "retrying",
                ("split",),
                [attempt(1, 40, 3.0, "failed", reason={"kind": "exit code", "detail": "10"})],
                of=4,
                due_at=AT + 56,
                reason={"kind": "exit code", "detail": "10"},
                reason_text="exit 10",
            ),
            "audit": job(
                "skipped",
                ("fit_lasso",),
                reason={"kind": "upstream failed", "detail": "fit_lasso"},
                reason_text="upstream failed: fit_lasso",
            ),
            "upload": job("held", ("report",)),
            "queue": job("ready", ("params",), reason_text="waits for a free slot"),
            "old": job(
                "cancelled",
                (),
                [attempt(1, 2, 3.0, "cancelled")],
                reason={"kind": "cancelled", "detail": ""},
                reason_text="cancelled",
            ),
        },
        {"fits": "at-least:2"},
    )


def step(kind: str, start: float, took: float | None = 1.0, end: str | None = "succeeded", **extra: Any):
    """A recovery script, rollback or fallback that began *start* seconds after the run."""
    return {
        "step": kind,
        "started_at": AT + start,
        "ended_at": None if took is None else AT + start + took,
        "end": None if took is None else end,
        "reason": {},
        "exit_code": None,
        "log": {"out": f".nbflow/attempts/{kind}/out", "err": f".nbflow/attempts/{kind}/err"},
    } | extra


EXIT = {"kind": "exit code", "detail": "10", "attempt": 1}
RULES = [{"on": "exit 10", "label": "10:2:./refresh.sh", "retries": 2}]


def mended() -> dict[str, Any]:
    """A run in which every way of handling a failure is at work, or has been."""

    def failed(number: int, start: float, *steps: Any, **extra: Any) -> dict[str, Any]:
        return attempt(number, start, 3.0, "failed", reason=EXIT, exit_code=10, steps=list(steps), **extra)

    why = {"reason": EXIT, "reason_text": "exit 10"}
    ruled = {"rules": RULES, "of": 3}
    jobs = {
        "token": job(
            attempts=[failed(1, 0, step("recovery", 3.2, 1.4), rule=0), attempt(2, 6, 4.0, steps=[])], **ruled
        ),
        "fetch": job("recovering", ("token",), [failed(1, 11, step("recovery", 14.5, None), rule=0)], **ruled, **why),
        "prices": job(
            "recovered",
            ("token",),
            [failed(1, 11), failed(2, 16, step("rollback", 19, 0.6), step("fallback", 20, 0.8))],
            of=2,
            rollback="forget_prices",
            fallback="use_cache",
            outputs=["prices"],
            **why,
        ),
        "rates": job(
            "falling back", ("token",), [failed(1, 12, step("fallback", 16, None))], fallback="last_month", **why
        ),
        "stations": job("running", ("token",), [attempt(1, 12, None)], fallback="stations_of_2025"),
        "orders": job(
            "rolling back", ("token",), [failed(1, 13, step("rollback", 17, None))], rollback="drop_orders", **why
        ),
        "sites": job(
            "failed",
            ("token",),
            [
                failed(
                    1,
                    11,
                    step("fallback", 14.5, 1.0, "failed", reason={"kind": "exception", "detail": "KeyError: 'x'"}),
                )
            ],
            fallback="=old_sites",
            **why,
        ),
        "fit": job(
            "substituted",
            ("prices",),
            [attempt(1, 22, 5.0, "failed", reason=BAD)],
            reason={"kind": "substituted", "detail": "", "attempt": None},
            reason_text="substituted",
            outputs=["model"],
        ),
        "score": job(needs=("fit",), attempts=[attempt(1, 30, 2.0)], outputs=["score"]),
        "send": job(
            "unknown",
            ("score",),
            [attempt(1, 33, 4.0, "lost")],
            reason={"kind": "lost", "detail": "", "attempt": 1},
            reason_text="lost",
        ),
    }
    return snapshot(jobs)


def empty() -> dict[str, Any]:
    """A run in which nothing is declared yet."""
    return snapshot({})


def long_names() -> dict[str, Any]:
    """Names longer than any box, in several scripts, and hostile ones."""
    return snapshot(
        {
            "fetch_the_measurements_of_every_station_since_1890": job(attempts=[attempt(1, 0, 190.0)]),
            "fit_gradient_boosting[learning_rate=0.001,max_depth=12]": job(
                "failed",
                ("fetch_the_measurements_of_every_station_since_1890",),
                [attempt(1, 3, 0.003, "failed")],
                reason={"kind": "exception", "detail": "SomeVeryLongExceptionNameThatNobodyWants: " + "x" * 400},
                reason_text="SomeVeryLongExceptionNameThatNobodyWants: " + "x" * 400,
            ),
            "数据清洗与特征工程以及模型训练": job("running", (), [attempt(1, 1, None)]),
            "<img src=x onerror=alert(1)>": job("waiting", ("数据清洗与特征工程以及模型训练",)),
            "a": job("waiting", ("<img src=x onerror=alert(1)>",)),
        },
        flow="<script>alert(1)</script> an analysis with a name that does not end before the header does",
    )


def layered(count: int) -> dict[str, Any]:
    """*count* jobs in layers of five, in every status in turn."""
    turn = ("succeeded", "succeeded", "running", "waiting", "failed", "succeeded", "skipped", "ready")
    jobs: dict[str, Any] = {}
    for at in range(count):
        needs = tuple(f"job{n}" for n in {at - 5, at - 5 - at % 3} if n >= 0)
        status = turn[at % len(turn)]
        tries = (
            [attempt(1, at, None if status == "running" else 1.0 + at / 7)]
            if status in ("succeeded", "running")
            else []
        )
        jobs[f"job{at}"] = job(status, needs, tries)
    return snapshot(jobs)


def fan(count: int) -> dict[str, Any]:
    """One source, *count* members of a group, one sink that needs the group."""
    jobs = {"load": job(attempts=[attempt(1, 0, 3.0)])}
    turn = ("succeeded",) * 6 + ("running", "waiting", "failed")
    for at in range(count):
        status = turn[at * 9 // count]
        tries = [] if status == "waiting" else [attempt(1, 3 + at / 4, None if status == "running" else 4.0, status)]
        jobs[f"fit[alpha={at}]"] = job(status, ("load",), tries, group="fits")
    jobs["best"] = job("waiting", ("fits",))
    return snapshot(jobs, {"fits": f"at-least:{count * 3 // 4}"})
