"""Groups in a real engine: custom policies asked in processes, rollbacks that survive the engine, retries."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbflow.core.event import GroupDecided, GroupJudged, GroupRetried
from nbflow.core.policies import AtLeast, Both, Custom, Ruled, Strict
from nbflow.core.spec import Call, GroupNeed, JobSpec
from nbflow.core.status import Verdict
from nbflow.engine.client import Client, Replica, find_store
from tests.unit.engine.processes import PATIENCE, connected, finish, kill_engine

QUORUM = """
import nbflow, os
class Quorum:
    def verdict(self, members):
        good = [m.name for m in members if m.status.good]
        if len(good) >= 2:
            return nbflow.Met
        if len(good) + sum(not m.ended for m in members) < 2:
            return nbflow.Broken("only " + ",".join(good) + "; b: " + members[1].reason.words())
        return nbflow.Undecided()
"""


def policy(client: Client, source: str, label: str = "=policy") -> Custom:
    """An object of the notebook: the last thing *source* makes."""
    namespace: dict[str, object] = {}
    exec(source, namespace)
    made = list(namespace.values())[-1]
    return Custom(label, client.values.dump(made() if isinstance(made, type) else made, label))


def members(*sources: str, **more: object) -> list[JobSpec]:
    return [JobSpec(name="abc"[place], source=source, group="g", **more) for place, source in enumerate(sources)]


def decided(replica: Replica) -> list[tuple[str, str]]:
    """The verdicts recorded, with their reasons."""
    return [(event.verdict.value, event.reason) for event in replica.events() if isinstance(event, GroupDecided)]


def test_a_policy_of_the_notebook_decides(tmp_path: Path) -> None:
    """It is asked in a process, sees names, statuses and reasons, and its verdict lets the dependent go."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        needing = JobSpec(name="z", needs=(GroupNeed("g", ("a", "b", "c")),), source="pass")
        made = [*members("pass", "raise SystemExit(3)", "pass"), needing]
        replica.declare(made, {"g": policy(client, QUORUM)})
        assert finish(replica) == {"a": "succeeded", "b": "failed", "c": "succeeded", "z": "succeeded"}
        assert replica.wait(lambda run: run.groups["g"].recorded is Verdict.MET, PATIENCE)
        judged = [event for event in replica.events() if isinstance(event, GroupJudged)]
        assert judged[-1].verdict is Verdict.MET
        assert set(judged[-1].standings) <= set("SF.")


def test_a_policy_that_breaks_the_group_says_why(tmp_path: Path) -> None:
    """Its reason is in the record, and the dependent is skipped."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        needing = JobSpec(name="z", needs=(GroupNeed("g", ("a", "b", "c")),), source="pass")
        made = [*members("pass", "raise SystemExit(3)", "raise SystemExit(4)"), needing]
        replica.declare(made, {"g": policy(client, QUORUM, "=Quorum()")})
        assert finish(replica)["z"] == "skipped"
        assert replica.wait(lambda run: run.groups["g"].recorded is Verdict.BROKEN, PATIENCE)
        said = "=Quorum() needed: 1 succeeded, 2 did not (=Quorum(): only a; b: exit 3)"
        assert decided(replica)[-1] == ("broken", said)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("raise KeyError('no')", "it gave no verdict: KeyError: 'no'"),
        ("pass", "its verdict is None: it has to be nbflow.Met, nbflow.Broken(reason) or nbflow.Undecided"),
        ("import os; os._exit(7)", "it gave no verdict: exit 7"),
        ("return nbflow.Undecided", "undecided after all had ended"),
        ("return nbflow.Broken", ""),
    ],
)
def test_a_policy_that_fails_breaks_the_group(tmp_path: Path, body: str, why: str) -> None:
    """Nothing it does stalls the run: that it gave no verdict is the verdict."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        source = f"import nbflow\nclass Bad:\n    def verdict(self, members):\n        {body}\n"
        replica.declare(members("pass"), {"g": policy(client, source, "=bad")})
        assert replica.wait(lambda run: run.groups["g"].recorded is Verdict.BROKEN, PATIENCE)
        words = "=bad needed: 1 succeeded, 0 did not"
        assert decided(replica)[-1][1] == (f"{words} (=bad: {why})" if why else words)


def test_a_policy_may_be_combined_with_others(tmp_path: Path) -> None:
    """Both have to be met; two objects in one policy are asked each for itself."""
    yes = "import nbflow\nclass Yes:\n    def verdict(self, members):\n        return nbflow.Met\n"
    no = "import nbflow\nclass No:\n    def verdict(self, members):\n        return nbflow.Broken('no')\n"
    with connected(tmp_path) as client:
        replica = client.open("flow")
        both = Both((policy(client, yes, "=yes"), policy(client, no, "=no"), AtLeast(1)))
        replica.declare(members("pass", "pass"), {"g": both})
        assert replica.wait(lambda run: run.groups["g"].recorded is Verdict.BROKEN, PATIENCE)
        said = "=yes & =no & at-least:1 needed: "
        assert decided(replica)[-1][1].startswith(said) and decided(replica)[-1][1].endswith("(=no: no)")


def test_a_group_tries_its_failed_members_again(tmp_path: Path) -> None:
    """Once all have ended; what failed for want of a file finds it the second time."""
    with connected(tmp_path) as client:
        replica = client.open("flow")
        flag = tmp_path / "flag"
        once = f"import os\nif not os.path.exists({str(flag)!r}):\n    open({str(flag)!r}, 'w').close()\n    1 / 0"
        needing = JobSpec(name="z", needs=(GroupNeed("g", ("a", "b")),), source="pass")
        replica.declare([*members("pass", once), needing], {"g": Ruled(Strict(), retries=1)})
        assert replica.wait(lambda run: run.jobs["z"].status.good, PATIENCE), finish(replica)
        assert [event.members for event in replica.events() if isinstance(event, GroupRetried)] == [("b",)]
        group = replica.snapshot()["groups"]["g"]
        assert (group["verdict"], group["retries"], group["retries_used"]) == ("met", 1, 1)


def rolling(client: Client, ledger: Path, seconds: float) -> list[JobSpec]:
    """a, b and c succeed in turn, d fails; each rollback writes its begin and end into the *ledger*."""
    specs = []
    for place, name in enumerate("abc"):
        undo = (
            f"import time\n"
            f"def undo_{name}():\n"
            f"    with open({str(ledger)!r}, 'a') as file: file.write('<{name}')\n"
            f"    time.sleep({seconds})\n"
            f"    with open({str(ledger)!r}, 'a') as file: file.write('{name}>')\n"
        )
        namespace: dict[str, object] = {}
        exec(undo, namespace)
        call = Call(f"undo_{name}", function=client.values.dump(namespace[f"undo_{name}"], "undo"))
        source = f"import time; time.sleep({0.15 * place})"
        specs.append(JobSpec(name=name, source=source, group="g", rollback=call))
    return [*specs, JobSpec(name="d", source="import time; time.sleep(0.6); 1 / 0", group="g")]


def test_a_broken_group_is_rolled_back_in_reverse(tmp_path: Path) -> None:
    """The last to succeed first, one after the other; what succeeded stays succeeded."""
    ledger = tmp_path / "ledger"
    with connected(tmp_path) as client:
        replica = client.open("flow")
        replica.declare(rolling(client, ledger, 0.0), {"g": Ruled(Strict(), rollback=True)})
        assert replica.wait(lambda run: all(run.jobs[n].rolled_back for n in "abc" if n in run.jobs), PATIENCE)
        assert ledger.read_text() == "<cc><bb><aa>"
        assert finish(replica) == {"a": "succeeded", "b": "succeeded", "c": "succeeded", "d": "failed"}
        assert replica.snapshot()["groups"]["g"]["rolled_back"] == dict.fromkeys("abc", "succeeded")


def test_a_rollback_of_a_group_goes_on_after_the_engine_was_killed(tmp_path: Path) -> None:
    """What was done is not done again, what was under way is begun anew, the rest follows."""
    ledger = tmp_path / "ledger"
    with connected(tmp_path) as client:
        replica = client.open("flow")
        replica.declare(rolling(client, ledger, 0.7), {"g": Ruled(Strict(), rollback=True)})
        assert replica.wait(lambda run: run.jobs["c"].rolled_back and run.jobs["b"].step is not None, PATIENCE)
        kill_engine(find_store(tmp_path))
        assert replica.wait(lambda run: all(run.jobs[n].rolled_back for n in "abc"), PATIENCE)
        told = ledger.read_text()
        assert told.startswith("<cc><b")
        assert told.endswith("<bb><aa>")
        assert told.count("<c") == told.count("<a") == 1
