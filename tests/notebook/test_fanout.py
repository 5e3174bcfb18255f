"""Fan-outs in a real kernel: one job per element, read back as a dict."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Kernel

pytestmark = pytest.mark.kernel


def status(nb: Kernel) -> dict[str, str]:
    return dict(nb.value("__import__('nbflow').flow().status()"))


def test_what_elements_leave_is_read_as_a_dict_keyed_by_the_element(nb: Kernel) -> None:
    """In the order of the elements, which are jobs of their own with names that say what they are."""
    cell = nb.run("%%job fit[alpha] --for alpha=[0.1, 1, 10]\nscore = alpha * 2\nmodel = f'm{alpha}'")
    assert cell.ok, cell.error
    assert nb.value("score") == {0.1: 0.2, 1: 2, 10: 20}
    assert nb.value("model") == {0.1: "m0.1", 1: "m1", 10: "m10"}
    assert list(status(nb)) == ["fit[alpha=0.1]", "fit[alpha=1]", "fit[alpha=10]"]
    assert "alpha" not in nb.value("sorted(n for n in dir() if n in ('alpha', 'score'))")


def test_several_variables_make_every_combination_or_pairs(nb: Kernel) -> None:
    """Keys are tuples then."""
    assert nb.run("%%job grid --for a=[1, 2],b=list('xy')\ny = f'{a}{b}'").ok
    assert nb.value("y") == {(1, "x"): "1x", (1, "y"): "1y", (2, "x"): "2x", (2, "y"): "2y"}
    assert nb.run("%%job pairs --for a=[1, 2],b=list('xy') --zip\nz = f'{a}{b}'").ok
    assert nb.value("z") == {(1, "x"): "1x", (2, "y"): "2y"}
    assert "as many values" in nb.run("%%job p --for a=[1],b=[1, 2] --zip\nz = 1").text
    assert nb.run("%%job last --after 'grid[a=1,b=x],pairs'\nw = 1").ok
    needs = nb.value("__import__('nbflow').flow().snapshot()['jobs']['last']['needs']")
    assert needs == ["grid[a=1,b=x]", "pairs"]


def test_another_job_reads_the_dict_too(nb: Kernel) -> None:
    """It waits for the group; what it reads besides is captured once."""
    assert nb.run("offset = 100\n").ok
    assert nb.run("%%job fit --for a=range(3)\ny = offset + a").ok
    assert nb.run("%%job best\nbest = max(y, key=y.get), y").ok
    assert nb.value("best") == (2, {0: 100, 1: 101, 2: 102})
    job = nb.value("__import__('nbflow').flow().snapshot()['jobs']['best']")
    assert job["needs"] == ["fit"]
    element = nb.value("__import__('nbflow').flow().snapshot()['jobs']['fit[a=1]']")
    assert (element["fan"], element["element"], element["group"]) == ("fit", {"a": "1"}, "fit")


def test_elements_that_fail_are_left_out_where_the_policy_bears_it(nb: Kernel) -> None:
    """Else whoever reads gets the group's error, or is skipped."""
    body = "if a == 2:\n    raise ValueError('two')\ny = a"
    assert nb.run(f"%%job some --for a=[1, 2, 3] --group fits --policy at-least:2\n{body}").ok
    assert nb.run("%%job reader\nz = sorted(y)").ok
    assert nb.value("y") == {1: 1, 3: 3}
    assert nb.value("z") == [1, 3]
    assert nb.run(f"%%job all --for a=[1, 2]\n{body.replace('y', 'w')}").ok
    assert nb.run("%%job later\nv = w").ok
    cell = nb.run("w")
    assert cell.error.startswith("GroupError: group 'all' is broken"), cell.error
    assert "all[a=2] (ValueError: two)" in cell.error
    assert nb.run("%nbflow wait later").ok
    assert status(nb)["later"] == "skipped"


def test_one_element_is_retried_or_skipped_by_its_name_and_all_by_the_fan_outs(nb: Kernel) -> None:
    """The dict is gathered anew then."""
    assert nb.run("open('bad', 'w').close()").ok
    body = "import os\nif a == 2 and os.path.exists('bad'):\n    raise ValueError\ny = a * 10"
    assert nb.run(f"%%job fit[a] --for a=[1, 2]\n{body}").ok
    assert "GroupError" in nb.run("y").error
    assert nb.run("os.remove('bad')" if False else "import os; os.remove('bad')").ok
    assert nb.run("%nbflow retry fit[a=2]").ok
    assert nb.value("y") == {1: 10, 2: 20}
    assert "2 jobs run again" in nb.run("%nbflow retry fit").text
    assert nb.value("y") == {1: 10, 2: 20}
    attempts = nb.value("{n: len(j['attempts']) for n, j in __import__('nbflow').flow().snapshot()['jobs'].items()}")
    assert attempts == {"fit[a=1]": 2, "fit[a=2]": 3}


def test_other_elements_declared_later_replace_those_that_are_gone(nb: Kernel) -> None:
    """What runs of them is stopped, and nobody sees or reads them any more."""
    assert nb.run("%%job fit --for a=[1, 2, 3]\nimport time\nif a == 3:\n    time.sleep(600)\ny = a").ok
    assert nb.run("%nbflow wait 'fit[a=1]' 'fit[a=2]'").ok
    assert nb.run("%%job fit --for a=[2, 4]\ny = -a").ok
    assert nb.value("y") == {2: -2, 4: -4}
    assert sorted(status(nb)) == ["fit[a=2]", "fit[a=4]"]
    assert nb.run("%nbflow wait").ok
    assert nb.value("__import__('nbflow').flow().snapshot()['verdict']") == "succeeded"


def test_a_fan_out_without_values_declares_nothing_and_says_so(nb: Kernel) -> None:
    """Its variables are empty dicts; what needs it does not wait."""
    cell = nb.run("%%job fit --for a=[]\ny = a")
    assert cell.ok and "no values for a, so no job was declared; y is {}" in cell.text
    assert nb.value("y") == {}
    assert nb.run("%%job next --after fit\nn = len(y)").ok
    assert nb.value("n") == 0
    assert nb.run("%%job fit --for a=[5]\ny = a").ok
    assert nb.value("y") == {5: 5}
    assert nb.run("%%job fit --for a=[]\ny = a").ok
    assert nb.value("y") == {}


def test_a_job_becomes_a_fan_out_and_a_job_again(nb: Kernel) -> None:
    """Under the same name, as one edits a cell."""
    assert nb.run("%%job fit\na = 7\ny = a").ok
    assert nb.value("y") == 7
    assert nb.run("%%job fit --for a=[1, 2]\ny = a").ok
    assert nb.value("y") == {1: 1, 2: 2}
    assert list(status(nb)) == ["fit[a=1]", "fit[a=2]"]
    assert nb.run("%%job fit\na = 8\ny = a").ok
    assert nb.value("y") == 8
    assert list(status(nb)) == ["fit"]


def test_values_that_can_be_no_keys_are_read_by_their_text(nb: Kernel) -> None:
    """A warning says so."""
    cell = nb.run("%%job fit --for c=[{'lr': 1}, {'lr': 2}]\ny = c['lr']")
    assert cell.ok and "by their text" in cell.text
    assert nb.value("y") == {"{'lr': 1}": 1, "{'lr': 2}": 2}
    assert list(status(nb)) == ["fit[c=lr_1]", "fit[c=lr_2]"]


def test_values_may_be_what_jobs_make(nb: Kernel) -> None:
    """The cell waits for them; a fan-out over a fan-out reads it, and the keys are the notebook's own objects."""
    assert nb.run("%%job load\nsizes = [1, 2]").ok
    assert nb.run("%%job first --for n=sizes\nx = n * 10").ok
    cell = nb.run("%%job second --for n=x\ny = x[n] + 1")
    assert cell.ok, cell.error
    assert nb.value("y") == {1: 11, 2: 21}


def test_endless_or_wrong_values_are_refused(nb: Kernel) -> None:
    """In one line, and nothing is declared."""
    for values, said in {
        "__import__('itertools').count()": "no end of them",
        "5": "int is none",
        "'ab'": "in brackets",
        "nowhere": "NameError",
        "[1, 1]": "the same element twice",
    }.items():
        cell = nb.run(f"%%job fit --for a={values}\ny = a")
        assert not cell.ok and said in cell.text, cell.text
    assert status(nb) == {}


def test_a_fan_out_has_one_card(nb: Kernel) -> None:
    """With how many stand where, and what failed."""
    cell = nb.run("%%job fit --for a=[1, 2, 3] --policy best-effort\nassert a != 2, 'not two'\ny = a")
    assert nb.value("y") == {1: 1, 3: 3}
    nb.until(lambda: "2 of 3 · 1 failed" in cell.text, 20, "the card to be true")
    assert "✕ fit[a=2] AssertionError: not two" in cell.text
    assert len(cell.outputs) == 1


def test_results_are_gathered_as_they_end(nb: Kernel) -> None:
    """Those that fail are passed over, and a broken group is told at the end."""
    body = "import time, os\nwhile a < 3 and not os.path.exists(f'go{a}'):\n    time.sleep(0.01)\nassert a != 3\ny = a"
    assert nb.run(f"%%job fit --for a=[1, 2, 3] --group g --policy at-least:2\n{body}").ok
    loop = "import nbflow\nseen = []\nopen('go2', 'w').close()\nfor key, found in nbflow.flow().gather('fit'):\n"
    cell = nb.run(f"%config NBFlow.parallel = 3\n{loop}    seen.append((key, found))\n    open('go1', 'w').close()")
    assert cell.ok, cell.error
    assert nb.value("seen") == [(2, {"y": 2}), (1, {"y": 1})]
    cell = nb.run("%nbflow gather fit")
    assert cell.ok and cell.text == "fit: 2 of 3, 1 without a result\n    2  y = 2\n    1  y = 1", cell.text
    assert nb.run("%%job bad --for a=[3]\nassert a != 3").ok
    assert nb.run("%nbflow gather bad").error.startswith("GroupError: group 'bad' is broken")
    assert nb.run("%%job slow --for a=[3]\nimport time; time.sleep(600)").ok
    assert "not ended: slow[a=3]" in nb.run("%nbflow gather slow --timeout 200ms").error
    assert "did you mean 'slow'" in nb.run("%nbflow gather slo").text
    cell = nb.start("%nbflow gather slow")
    nb.until(lambda: "slow: 0 of 1" in cell.text)
    nb.interrupt()
    assert "KeyboardInterrupt" in nb.wait(cell).error


def test_a_run_taken_up_again_has_its_fan_outs(nb: Kernel) -> None:
    """With their keys, from the store."""
    assert nb.run("%%job fit --for a=[1, 2],b=['x']\ny = a").ok
    assert nb.value("y") == {(1, "x"): 1, (2, "x"): 2}
    assert nb.run("%unload_ext nbflow").ok
    assert nb.run("%reset -f").ok
    assert nb.run("%load_ext nbflow").ok
    assert nb.value("y") == {(1, "x"): 1, (2, "x"): 2}
    assert nb.run("%%job fit --for a=[5],b=['x']\ny = a").ok
    assert nb.value("y") == {(5, "x"): 5}


def test_a_fan_out_held_is_let_go_by_its_name(nb: Kernel) -> None:
    """Whoever reads it is told how."""
    assert nb.run("%%job fit --for a=[1, 2] --hold\ny = a").ok
    assert "start them with %nbflow run fit" in nb.run("y").error
    assert "2 jobs started" in nb.run("%nbflow run fit").text
    assert nb.value("y") == {1: 1, 2: 2}


def test_a_fan_out_that_reads_another_item_by_item_waits_for_its_items_alone(nb: Kernel) -> None:
    """So one element goes on while others are still on their way, or have failed."""
    wait = "import os, time\nwhile n == 2 and not os.path.exists('go'):\n    time.sleep(0.01)\n"
    body = f"{wait}assert n != 3\nx = n * 10"
    assert nb.run("%config NBFlow.parallel = 3").ok
    assert nb.run(f"%%job first --for n=[1, 2, 3]\n{body}").ok
    assert nb.run("%%job second --for k=[1, 2, 3] --policy best-effort\ny = x[k] + 1").ok
    nb.run("%nbflow wait 'second[k=1]' 'second[k=3]'")
    told = status(nb)
    assert (told["second[k=1]"], told["second[k=2]"], told["second[k=3]"]) == ("succeeded", "waiting", "skipped")
    assert nb.run("open('go', 'w').close()").ok
    assert nb.value("y") == {1: 11, 2: 21}
    assert nb.run("%%job whole --for k=[1]\nz = len(x)").ok
    assert nb.value("__import__('nbflow').flow().snapshot()['jobs']['whole[k=1]']['needs']") == ["first"]


def test_an_element_can_be_skipped_with_a_value(nb: Kernel) -> None:
    """It stands in the dict as if the job had made it."""
    assert nb.run("%%job fit --for a=[1, 2]\nassert a == 1\ny = a").ok
    nb.run("%nbflow wait fit")
    cell = nb.run("%nbflow skip 'fit[a=2]' --value -2")
    assert cell.ok, cell.text
    assert nb.value("y") == {1: 1, 2: -2}
    assert nb.value("__import__('nbflow').flow().snapshot()['verdict']") == "degraded"


def test_what_happens_to_loop_variables_is_the_elements_own_business(nb: Kernel) -> None:
    """A notebook's variable of the same name stays, and scripts for bash get theirs in the environment."""
    assert nb.run("a, base = 'mine', 3").ok
    assert nb.run("%%job fit --for a=[1, 2]\na = a * base\ny = a\ndel a").ok
    assert nb.value("(y, a)") == ({1: 3, 2: 6}, "mine")
    assert nb.run("%%job sh --for word=['x', 'z'] --shell\necho word=$word").ok
    assert nb.run("%nbflow wait sh").ok
    assert nb.value("__import__('nbflow').flow().log('sh[word=z]')") == "word=z\n"


def test_a_job_in_the_kernel_reads_it_there(nb: Kernel) -> None:
    """As any cell does."""
    assert nb.run("%%job fit --for a=[1, 2]\ny = a").ok
    assert nb.run("%%job k --in kernel\nz = sum(y.values())").ok
    assert nb.value("z") == 3


def test_a_fan_out_cannot_have_the_name_of_a_group_of_others(nb: Kernel) -> None:
    """One would not know which is meant."""
    assert nb.run("%%job one --group fit\nx = 1").ok
    cell = nb.run("%%job fit --for a=[1, 2]\ny = a")
    assert "has the name of a group with other members, such as 'one'" in cell.text
    assert nb.run("%%job fit --for a=[1, 2] --group fit\ny = a").ok
    assert nb.value("y") == {1: 1, 2: 2}
    assert nb.value("__import__('nbflow').flow().snapshot()['groups']['fit']['members']") == [
        "one",
        "fit[a=1]",
        "fit[a=2]",
    ]
    assert "1 job" not in nb.run("%nbflow retry fit").text
