"""What a person sees and does about failures, in real front ends: values in their place, scripts, fallbacks, groups."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_view import LOAD, SHOW, begin, has, node, shot, touch, view

FIT = """%%job fit
raise ValueError("did not converge")
model = 1"""
SCORE = """%%job score
score = model * 2"""
FETCH = """%%job fetch --on-exit "10:1:echo refreshing the token; touch token"
import pathlib, sys
if not pathlib.Path("token").exists():
    print("the token is old")
    sys.exit(10)
data = 1"""
CACHE = """def use_cache():
    print("reading the cache")
    return 7"""
PRICES = """%%job prices --fallback use_cache
raise ConnectionError("no prices today")
prices = 1"""
SLOW = """%%job slow{n} --group fits
import time
time.sleep(60)
done{n} = True"""


@pytest.mark.parametrize("ui", ["lab", "nb7"])
def test_a_value_is_put_in_a_jobs_place(notebook, ui):
    """Asked for in Python, as the drawer tells; the node is hatched, what needs it runs, the run says degraded."""
    nb = notebook([LOAD, SHOW, FIT, SCORE, "%nbflow skip fit --value 3", "score"], ui)
    for cell in range(4):
        nb.run(cell)
    seen = view(nb)
    has(seen, "score", "skipped, fit failed")
    node(seen, "fit").click()
    seen.get_by_role("tab", name="Summary").click()
    expect(seen.locator(".drawer")).to_contain_text("%nbflow skip fit --value")
    nb.run(4)
    has(seen, "fit", "substituted, substituted by hand")
    has(seen, "score", "succeeded")
    expect(node(seen, "fit").locator(".hatch")).to_have_attribute("d", re.compile("^M"))
    expect(seen.locator(".why")).to_contain_text("Its output model was given by hand")
    expect(seen.locator(".end .word")).to_have_text("degraded")
    shot(nb, f"handling-substituted-{ui}")
    nb.run(5)
    assert nb.text(5) == "6"
    assert nb.errors() == []


def test_a_job_is_retried_with_all_that_depends_on_it(notebook):
    """The button says how many; each of them runs a second time, upstream first."""
    nb, seen = begin(notebook, "lab", "%%job load\ndf = 1", "%%job clean\ntidy = df + 1", "%%job plot\npicture = tidy")
    has(seen, "plot", "succeeded")
    node(seen, "load").click()
    seen.get_by_role("button", name=re.compile("^Retry and 2 downstream")).click()
    for job in ("plot", "clean", "load"):
        node(seen, job).click()
        expect(seen.locator(".drawer tbody tr")).to_have_count(2)
        has(seen, job, "succeeded")
    assert nb.errors() == []


@pytest.mark.parametrize("ui", ["lab", "nb7"])
def test_a_group_is_cancelled_from_its_frame(notebook, ui):
    """One button for all of it; then there is nothing left to cancel."""
    nb, seen = begin(notebook, ui, SLOW.replace("{n}", "1"), SLOW.replace("{n}", "2"))
    has(seen, "slow1", "running")
    has(seen, "slow2", "running")
    seen.get_by_role("button", name="Cancel group fits: 2 jobs").click()
    has(seen, "slow1", "cancelled, by hand")
    has(seen, "slow2", "cancelled, by hand")
    expect(seen.locator(".tool:visible")).to_have_count(1)
    expect(seen.get_by_role("button", name="Fold fits")).to_be_visible()
    expect(seen.locator(".frame .verdict")).to_have_text(re.compile("broken|✕"))
    assert nb.errors() == []


@pytest.mark.parametrize("ui", ["lab", "nb7"])
def test_what_a_recovery_script_printed_is_in_the_drawer(notebook, ui):
    """Under the attempt that it followed, with the rule that called for it."""
    nb, seen = begin(notebook, ui, FETCH)
    has(seen, "fetch", "succeeded")
    node(seen, "fetch").click()
    rows = seen.locator(".drawer tbody tr")
    expect(rows).to_have_text(
        [re.compile("exit 10"), "↳ rule exit 10", re.compile("recovery.*succeeded"), re.compile("^2")]
    )
    seen.get_by_role("button", name="recovery script after attempt 1, succeeded").click()
    expect(seen.locator(".logtitle")).to_have_text("log of the recovery script after attempt 1")
    expect(seen.locator(".log")).to_have_text("refreshing the token")
    shot(nb, f"handling-recovery-{ui}")
    seen.get_by_role("button", name="attempt 1, exit 10").click()
    expect(seen.locator(".log")).to_contain_text("the token is old")
    assert nb.errors() == []


@pytest.mark.parametrize("ui", ["lab", "nb7"])
def test_a_fallback_is_seen_in_its_node(notebook, ui):
    """Named in the node, marked once it has helped; its own log is there, and the run says degraded."""
    nb = notebook([LOAD, SHOW, CACHE, PRICES, "prices"], ui)
    for cell in range(4):
        nb.run(cell)
    seen = view(nb)
    has(seen, "prices", "recovered, recovered by use_cache; fallback: use_cache succeeded")
    node(seen, "prices").click()
    expect(seen.locator(".why")).to_contain_text("Its fallback use_cache stands in for it")
    seen.get_by_role("button", name="fallback use_cache after attempt 1, succeeded").click()
    expect(seen.locator(".log")).to_have_text("reading the cache")
    expect(seen.locator(".end .word")).to_have_text("degraded")
    shot(nb, f"handling-fallback-{ui}")
    nb.run(4)
    assert nb.text(4) == "7"
    assert nb.errors() == []


def test_a_paused_run_starts_nothing_until_it_goes_on(notebook):
    """Pause all, declare a job: it waits and says why; Unpause: it runs."""
    nb, seen = begin(notebook, "lab", "%%job first\na = 1", "%%job gate\nimport time\ntime.sleep(60)")
    has(seen, "first", "succeeded")
    seen.get_by_role("button", name="Pause all").click()
    expect(seen.locator(".end .word")).to_have_text("paused")
    node(seen, "first").click()
    seen.get_by_role("button", name="Retry first").click()
    has(seen, "first", "ready")
    has(seen, "first", "ready, paused")
    expect(seen.locator(".why")).to_have_text("Waits: the run is paused.")
    shot(nb, "handling-paused-lab")
    node(seen, "first").press("p")
    has(seen, "first", "succeeded")
    expect(seen.get_by_role("button", name="Pause all")).to_be_visible()
    assert nb.errors() == []


def test_the_last_good_outputs_take_a_failed_jobs_place(notebook):
    """Offered once there are some; what needs the job goes on with them."""
    job = "%%job fit\nimport pathlib\nassert not pathlib.Path('broken').exists()\nmodel = 4"
    nb, seen = begin(notebook, "lab", job, SCORE)
    has(seen, "score", "succeeded")
    node(seen, "fit").click()
    touch(nb, "broken")
    seen.get_by_role("button", name=re.compile("^Retry and 1 downstream")).click()
    has(seen, "fit", "failed")
    seen.get_by_role("button", name="Skip with last good outputs: fit").click()
    has(seen, "fit", "substituted")
    has(seen, "score", "succeeded")
    expect(seen.locator(".note")).to_have_text("Skip fit with its last good outputs: accepted.")
    assert nb.errors() == []


SWEEP = """%%job try_it[n] --for n=range(12) --group tries --policy best-effort
import pathlib
assert n % 4 or pathlib.Path("mended").exists(), f"{n} is a multiple of four"
half = n / 2"""
COUNT = "len(half), sum(len(job['attempts']) for job in __import__('nbflow').flow().snapshot()['jobs'].values())"


def test_failed_elements_are_selected_and_retried_together(notebook):
    """The filter's chip, the button beside it, R: they run again, each once, and succeed; the others are left alone."""
    nb = notebook([LOAD, SHOW, SWEEP, COUNT], "lab")
    for at in range(3):
        nb.run(at)
    seen = view(nb)
    expect(seen.locator("[data-letter=F]")).to_have_text("3 failed")
    touch(nb, "mended")
    seen.locator("[data-letter=F]").click()
    seen.get_by_role("button", name="Select 3").click()
    expect(seen.locator(".many .name")).to_have_text("3 jobs")
    expect(seen.locator(".many .act").first).to_have_text(re.compile("^Retry 3 failed, (under|about) "))
    shot(nb, "acting-selection-lab")
    seen.locator(".many .act").first.press("r")
    expect(seen.locator(".note")).to_have_text("Retry 3 failed: accepted.")
    expect(seen.locator("[data-letter=S]")).to_have_text("12 succeeded")
    seen.locator(".members button").first.click()
    expect(seen.locator(".drawer tbody tr")).to_have_count(2)
    nb.run(3)
    assert nb.text(3) == "(12, 15)"
    assert nb.errors() == []


def test_a_skip_is_taken_back(notebook):
    """What had not run waits again, and so does what needs it; then it runs."""
    nb, seen = begin(notebook, "lab", "%%job gate\nimport time\ntime.sleep(60)\ngo = 1", "%%job fit\nmodel = go", SCORE)
    has(seen, "gate", "running")
    node(seen, "fit").click()
    seen.get_by_role("button", name="Skip fit").click()
    has(seen, "fit", "skipped")
    has(seen, "score", "skipped")
    seen.get_by_role("button", name="Undo (Z)").click()
    expect(seen.locator(".note")).to_have_text("Skip fit: taken back.")
    has(seen, "fit", "waiting")
    has(seen, "score", "waiting")
    assert nb.errors() == []
