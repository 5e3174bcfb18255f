"""The live view in real front ends, driven as a person would: by clicks and keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import ARTIFACTS

LOAD = "%load_ext nbflow"
FLAKY = """%%job fit --delay 0.1
import pathlib
print("looking for the switch")
if not pathlib.Path("switch").exists():
    raise ValueError("the switch is off")
model = 42"""
SWITCH = "import pathlib; pathlib.Path('switch').touch()"
SLOW = """%%job slow
import time
for step in range(600):
    print("step", step, flush=True)
    time.sleep(0.1)
done = True"""


def view(nb, cell: int) -> Locator:
    return nb.cell(cell).locator(".nbflow-view")


def node(view: Locator, job: str) -> Locator:
    return view.locator(f'.node[aria-label^="{job}:"]')


def shot(nb, name: str) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    nb.page.screenshot(path=ARTIFACTS / f"{name}.png")


@pytest.mark.parametrize("ui", ["lab", "nb7"])
def test_a_failed_job_is_found_read_and_retried(notebook, ui):
    """Statuses change without a cell being run; click the failed node, read its log, press Retry, see it succeed."""
    nb = notebook([LOAD, "%nbflow show", FLAKY, SWITCH], ui)
    nb.run(0)
    nb.run(1)
    seen = view(nb, 1)
    expect(seen).to_contain_text("No jobs yet")
    nb.run(2)
    fit = node(seen, "fit")
    expect(fit).to_have_attribute("aria-label", "fit: failed, ValueError")
    fit.click()
    drawer = seen.locator(".drawer")
    expect(drawer.locator(".why")).to_have_text("ValueError: the switch is off.")
    expect(drawer.locator(".log")).to_contain_text("looking for the switch")
    expect(drawer.locator(".log")).to_contain_text("ValueError: the switch is off")
    shot(nb, f"view-failed-{ui}")
    nb.run(3)
    drawer.get_by_role("button", name="Retry fit").click()
    expect(fit).to_have_attribute("aria-label", re.compile("fit: succeeded, .* attempt 2"))
    expect(drawer.locator("tbody tr")).to_have_count(2)
    shot(nb, f"view-retried-{ui}")
    assert nb.errors() == []
