"""Cards of a notebook that is loaded again while its jobs run, in real front ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.jupyter import Notebook

LOAD = "%load_ext nbflow"
GATE = """%%job gate
import pathlib, time
while not pathlib.Path("gate").exists():
    time.sleep(0.05)
print("through the gate")
opened = True"""
FITS = """%%job fit[a] --for a=[1, 2, 3] --policy best-effort
assert opened and a != 2, "not two"
score = a"""


def card(nb: Notebook, cell: int) -> Locator:
    return nb.cell(cell).locator(".nbflow-card:visible")


@pytest.mark.parametrize("ui", ["lab", "nb7"])
@pytest.mark.parametrize("saved", [True, False], ids=["saved", "unsaved"])
def test_each_card_reaches_its_end_in_a_page_that_was_reloaded(notebook, ui, saved):
    """With what its job printed, whether the page has it from the file, as it was, or not at all; the title says what
    runs, and is given back."""
    nb = notebook([LOAD, GATE, FITS], ui)
    for index in range(3):
        nb.run(index)
    expect(card(nb, 2)).to_contain_text("0 of 3")
    nb.page.wait_for_function("() => document.title.startsWith('(1 running)')")
    if saved:
        nb.save()
    else:
        nb.page.on("dialog", lambda dialog: dialog.accept())
    nb.reload()
    nb.page.wait_for_function("() => document.title.startsWith('(1 running)')")
    expect(card(nb, 1)).to_contain_text("◐ gate running")
    (Path(nb.server.root / nb.path).parent / "gate").touch()
    expect(card(nb, 1)).to_contain_text("✓ gate succeeded")
    expect(card(nb, 1)).to_contain_text("through the gate")
    expect(card(nb, 2)).to_contain_text("2 of 3 · 1 failed")
    expect(card(nb, 2)).to_contain_text("fit[a=2] AssertionError: not two")
    expect(card(nb, 2)).to_have_count(1)
    nb.page.wait_for_function("() => !document.title.startsWith('(')")
    assert nb.errors() == []
