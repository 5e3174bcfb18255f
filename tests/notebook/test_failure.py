"""Failure, handled from a notebook: rules, scripts, rollback, fallback, a person's hand, in real kernels."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notebook.kernel import Kernel

pytestmark = pytest.mark.kernel


def declare(nb: Kernel, code: str) -> Any:
    cell = nb.run(code)
    assert cell.ok, cell.error
    return cell


def job(nb: Kernel, name: str) -> dict[str, Any]:
    """The job as a snapshot tells it."""
    found: dict[str, Any] = nb.value(f"__import__('nbflow').flow().snapshot()['jobs'][{name!r}]")
    return found


def settle(nb: Kernel, *jobs: str) -> None:
    """Wait for the jobs to end, well or not."""
    nb.run(f"%nbflow wait {' '.join(jobs)} --timeout 30s")


FLAKY = """
import os, sys
if not os.path.exists('mended'):
    print('no luck yet')
    sys.exit(10)
x = 7
"""


def test_a_rule_runs_its_script_and_then_the_job_again(nb: Kernel) -> None:
    """The exit code's rule mends what is broken, with the failure in its environment; the card tells of it."""
    cell = declare(
        nb, "%%job flaky --on-exit 9 --on-exit '10:2:echo mend $NBFLOW_JOB $NBFLOW_EXIT_CODE; touch mended'\n" + FLAKY
    )
    assert nb.value("x") == 7
    told = job(nb, "flaky")
    assert [(each["end"], each["rule"], each["recovery"]) for each in told["attempts"]] == [
        ("failed", 1, "ok"),
        ("succeeded", None, None),
    ]
    assert nb.run("%nbflow log flaky --recovery").text == "mend flaky 10\n"
    nb.until(lambda: "succeeded" in cell.text, what="the card to end")
    assert "recovery after attempt 1 (--on-exit 10:2:echo mend" in cell.text
    assert nb.run("%nbflow why flaky").text == "flaky succeeded at attempt 2 of 2.\n"


def test_a_failing_script_fails_the_job(nb: Kernel) -> None:
    """The reason is the recovery's, the first error stays; with --recovery-optional the job runs again."""
    declare(nb, "%%job strict --on-error ValueError:3:'exit 4'\nraise ValueError('bad')")
    declare(nb, "%%job lenient --on-error ValueError:1:'exit 4' --recovery-optional\nraise ValueError('bad')")
    settle(nb, "strict", "lenient")
    told = job(nb, "strict")
    assert (told["status"], told["reason"]["kind"], len(told["attempts"])) == ("failed", "recovery failed", 1)
    assert "ValueError: bad" in told["reason_text"] and "exit 4" in told["reason_text"]
    assert len(job(nb, "lenient")["attempts"]) == 2


def test_handlers_are_shared_and_dead_rules_told(nb: Kernel) -> None:
    """A handler's rules serve jobs that name it; one that can never be reached is told at once."""
    declare(nb, "%nbflow handler flaky --on-exit 10:1:'touch mended' --on-log 'no luck:2'")
    assert nb.run("%nbflow handler").text == "flaky  --on-exit 10:1:touch mended --on-log no luck:2\n"
    declare(nb, "%reload_ext nbflow")
    cell = declare(nb, "%%job first --handler flaky --on-exit 10\n" + FLAKY)
    assert (
        "nbflow: job 'first': rule 3 (--on-exit 10) can never be reached: "
        "rule 1 (--on-exit 10:1:touch mended) takes all it is about\n"
    ) in cell.text
    assert nb.value("x") == 7
    assert nb.run("%%job other --handler flakey\nx = 1").text == (
        "UsageError: there is no handler 'flakey' (did you mean 'flaky'?)\n"
    )


def test_a_fallback_finds_what_jobs_made_of_its_globals(nb: Kernel) -> None:
    """A module that a job's cell imports too, a value that another one made, also through a function it calls."""
    declare(nb, "import pathlib\ndef half(): return made / 2\ndef cached(): return pathlib.PurePath('a').name, half()")
    declare(nb, "%%job first\nimport pathlib\nmade = 6")
    declare(nb, "%%job build --fallback cached\nraise ConnectionError('gone')\nbuilt = 1")
    assert nb.value("built") == ("a", 3.0)


def test_rollback_then_fallback_when_no_attempt_is_left(nb: Kernel) -> None:
    """Functions of the notebook get the job's inputs; the fallback's value is read like any other; the run degrades."""
    declare(nb, "size, folder = 5, 'made'")
    declare(nb, "def undo(folder):\n    import os; os.rmdir(folder); print('undone')")
    declare(nb, "def cached(size, *, more=1):\n    return [size] * (2 + more)")
    cell = declare(
        nb,
        "%%job build --retries 1 --delay 10ms --rollback undo --fallback cached\n"
        "import os\nos.makedirs(folder, exist_ok=True)\nrows = [size / 0]",
    )
    declare(nb, "%%job total\nall_of = sum(rows)")
    assert nb.value("(rows, all_of)") == ([5, 5, 5], 15)
    told = job(nb, "build")
    assert (told["status"], len(told["attempts"]), [s["step"] for s in told["attempts"][-1]["steps"]]) == (
        "recovered", 2, ["rollback", "fallback"]
    )  # fmt: skip
    assert nb.value("__import__('nbflow').flow().snapshot()['verdict']") == "degraded"
    assert nb.run("%nbflow log build --rollback").text == "undone\n"
    nb.until(lambda: "recovered" in cell.text, what="the card to end")
    assert "by its fallback cached, after ZeroDivisionError: division by zero" in cell.text
    assert "rollback undo: ok" in cell.text and "fallback cached: ok" in cell.text
    assert "recovered by its fallback cached" in nb.run("%nbflow why build").text


def test_a_person_puts_a_value_in_the_place_of_a_failed_one(nb: Kernel) -> None:
    """What waits runs with it, the kernel reads it; a retry brings the job's own value back."""
    declare(nb, "%%job load\nimport os\nassert os.path.exists('there')\nraw = 'own'")
    declare(nb, "%%job clean\ndf = raw.upper()")
    settle(nb, "load")
    assert nb.run("%nbflow skip load --value raww").text == (
        "UsageError: --value raww: NameError: name 'raww' is not defined (if text is meant: --value \"'raww'\")\n"
    )
    assert nb.run("%nbflow skip load --last").text == (
        "UsageError: job 'load' has no outputs from before: it has never succeeded in this run\n"
    )
    assert nb.run("word = 'given'\n%nbflow skip load --value word + '!'").text == "1 job substituted\n"
    assert nb.value("(raw, df)") == ("given!", "GIVEN!")
    assert nb.value("__import__('nbflow').flow().snapshot()['verdict']") == "degraded"
    declare(nb, "open('there', 'w').close()")
    assert nb.run("%nbflow retry load --downstream").text == "2 jobs run again\n"
    assert nb.value("(raw, df)") == ("own", "OWN")
    assert nb.run("%nbflow skip load --value 1").text == "no job to be substituted: load has succeeded\n"
    declare(nb, "import os; os.remove('there')")
    declare(nb, "%nbflow retry load")
    settle(nb, "load")
    assert nb.run("%nbflow skip load --last").text == "1 job substituted\n"
    assert nb.value("raw") == "own"


def test_several_outputs_are_given_as_a_dict_or_tuple(nb: Kernel) -> None:
    """What only is imported need not be given; what does not fit is told."""
    declare(nb, "%%job split --hold\nimport os\ntrain, test = 1, 2")
    assert nb.run("%nbflow skip split --value 3").text == (
        "UsageError: job 'split' leaves 2 variables: give a dict with the keys test, train, "
        "or a tuple of 2 in that order, not a value of type int\n"
    )
    assert nb.run("%nbflow skip split --value {'train': 3, 'tets': 4}").text == (
        "UsageError: job 'split' leaves no 'tets' (did you mean 'test'?)\n"
    )
    declare(nb, "%nbflow skip split --value {'train': 3, 'test': 4}")
    assert nb.value("(train, test)") == (3, 4)


def test_retry_from_a_point(nb: Kernel) -> None:
    """Everything on the ways from the start to the job runs again, and nothing else."""
    for name, body in {"a": "a = 1", "b": "b = a", "c": "c = b", "d": "d = a"}.items():
        declare(nb, f"%%job {name}\n{body}")
    settle(nb)
    assert nb.run("%nbflow retry c --from b").text == "2 jobs run again\n"
    settle(nb)
    generations = "{n: j['generation'] for n, j in __import__('nbflow').flow().snapshot()['jobs'].items()}"
    assert nb.value(generations) == {"a": 1, "b": 2, "c": 2, "d": 1}
    assert nb.run("%nbflow retry d --from b").text == (
        "UsageError: no way leads from 'b' to 'd': 'd' does not need it\n"
    )


def test_nothing_starts_in_a_paused_run(nb: Kernel) -> None:
    """What is declared waits until the run is unpaused, and says why."""
    declare(nb, "%nbflow pause")
    declare(nb, "%%job a\nx = 1")
    assert nb.run("%nbflow why a").text == "a is ready and waits: the run is paused.\n"
    assert nb.run("%nbflow unpause").text == "jobs start again\n"
    assert nb.value("x") == 1


def test_a_body_for_bash(nb: Kernel) -> None:
    """It ends with its exit code, which rules see, and its text is no Python."""
    declare(
        nb,
        "%%job sh --shell --on-exit '3:1:touch mended'\ntest -e mended || exit 3\necho done; for i in 1 2; do :; done",
    )
    settle(nb, "sh")
    assert job(nb, "sh")["attempts"][0]["exit_code"] == 3
    assert (job(nb, "sh")["status"], nb.run("%nbflow log sh").text) == ("succeeded", "done\n")


def test_a_script_is_given_plain_inputs(nb: Kernel) -> None:
    """Text, numbers and paths are environment variables; what cannot be one is told at once."""
    declare(nb, "name, count, rows = 'ann', 3, [1]")
    declare(nb, "%%job sh --shell --inputs name,count\necho $name $count")
    settle(nb, "sh")
    assert nb.run("%nbflow log sh").text == "ann 3\n"
    assert nb.run("%%job no --shell --inputs rows\necho $rows").text == (
        "UsageError: --inputs: 'rows' is a list, and a script can be given text, numbers and paths\n"
    )


def test_conditions_types_and_missing_needs(nb: Kernel) -> None:
    """A false condition skips, a value of the wrong type fails, a need that failed is what --on-missing says."""
    declare(nb, "count, default = 'three', -1")
    declare(nb, "%%job unless --if len(count) > 9\nunused = 1")
    declare(nb, "%%job typed\ncount: int\ndouble = count * 2")
    declare(nb, "%%job typed_here --in kernel\ncount: int\ntwice = count * 2")
    declare(nb, "%%job broken\nvalue = 1 / 0")
    declare(nb, "%%job none --on-missing none\nwas_none = value")
    declare(nb, "%%job instead --on-missing '=default * 2'\nwas = value")
    declare(nb, "%%job told --on-missing pass\nwhy = (value.job, value.reason)")
    assert nb.value("(was_none, was, why[0])") == (None, -2, "broken")
    settle(nb)
    assert (job(nb, "unless")["status"], job(nb, "unless")["reason"]["kind"]) == ("skipped", "condition")
    for name in ("typed", "typed_here"):
        assert (job(nb, name)["status"], job(nb, name)["reason"]["kind"]) == ("failed", "invalid input")
    assert nb.run("%nbflow skip broken --value value + 1").text == (
        "UsageError: --value value + 1: job 'broken' has no value: ZeroDivisionError: division by zero\n"
    )


def test_a_run_has_limits(nb: Kernel) -> None:
    """The budget of retries is the run's; a forbidden executor, and shell, are refused."""
    declare(nb, "%config NBFlow.retry_budget = 1")
    declare(nb, "%config NBFlow.forbidden = ['kernel', 'shell']")
    declare(nb, "%%job a --retries 5 --delay 1ms\n1 / 0")
    declare(nb, "%%job b --in kernel\ny = 1")
    declare(nb, "%%job c --shell\ntrue")
    settle(nb)
    assert len(job(nb, "a")["attempts"]) == 2
    assert "not retried: the run's budget of 1 retry is used up" in nb.run("%nbflow why a").text
    assert [job(nb, name)["reason"] for name in "bc"] == [
        {"kind": "forbidden", "detail": "kernel", "attempt": None},
        {"kind": "forbidden", "detail": "shell", "attempt": None},
    ]
