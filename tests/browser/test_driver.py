"""The browser driver itself: a cell runs and its output is seen, in both front ends."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("ui", ["shared", "nb7"])
def test_a_cell_runs_and_its_output_shows(notebook, ui):
    """What the kernel prints is in the model and on the page, and the console has no error."""
    nb = notebook(["print(6 * 7)"], ui)
    nb.run(0)
    assert nb.text(0) == "42\n"
    expect(nb.cell(0).locator(".jp-OutputArea-output")).to_have_text("42")
    assert nb.errors() == []


@pytest.mark.each_ipykernel
def test_each_interpreter_is_a_kernel(notebook, interpreter):
    """The kernel of a notebook is the interpreter that its spec names."""
    nb = notebook([""], kernel=interpreter.name)
    assert nb.python("__import__('ipykernel').__version__") == interpreter.name.removeprefix("ik")
