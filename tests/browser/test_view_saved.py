"""What a file shows where no kernel is: reopened, exported, with texts of ill will in it."""

from __future__ import annotations

import re
import secrets

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import ARTIFACTS
from tests.browser.jupyter import Notebook, Server
from tests.browser.test_view import LOAD, SHOW, has, node, shot, view

PAYLOAD = "<img src=x onerror=window.pwned=1><svg onload=window.pwned=1></svg><script>window.pwned=1</script>"
PAYLOAD += "<a href='javascript:window.pwned=1'>go</a> $\\\\alpha$ **bold** \\x1b[31mred"
FIT = f'''%%job fit
print("""{PAYLOAD}""")
raise ValueError("""{PAYLOAD}""")
model = 1'''
SCORE = "%%job score\nscore = model"


def reopened(chromium: BrowserContext, server: Server, path: str, ui: str) -> Notebook:
    """The file in a page of its own, without a kernel."""
    nb = Notebook(chromium.new_page(), server, path, ui)
    address = Notebook.ADDRESS[ui].format(random=secrets.token_hex(4), path=path)
    nb.page.goto(f"{server.url}{address}?token={server.token}")
    return nb.wait_ready(idle=False)


def harmless(page: Page) -> bool:
    return page.evaluate("() => window.pwned === undefined")


@pytest.mark.parametrize("ui", ["lab", "nb7"])
def test_a_file_shows_how_the_run_ended(notebook, server, chromium, ui):
    """Live, reopened without kernel, not trusted, as HTML: the picture, the table, no error, and no text that runs."""
    nb = notebook([LOAD, SHOW, FIT, SCORE], ui)
    for cell in range(4):
        nb.run(cell)
    seen = view(nb)
    has(seen, "score", "skipped")
    node(seen, "fit").click()
    expect(seen.locator(".drawer")).to_contain_text("<script>window.pwned=1</script>")
    expect(nb.cell(1).locator(".nbflow-static img")).to_have_attribute("alt", re.compile("run 1 · failed"))
    assert harmless(nb.page)
    saved = nb.save()
    server.shut_down_kernel(nb.path)
    for trusted in (True, False):
        path = nb.path
        if not trusted:
            path = nb.path.replace(".ipynb", "-got.ipynb")
            saved.cells[0].source += "  # somebody else's"
            nbformat.write(saved, server.root / path)
        other = reopened(chromium, server, path, ui)
        static = other.cell(1).locator(".nbflow-static")
        expect(static.locator("table")).to_contain_text("<script>window.pwned=1</script>")
        expect(static.locator("img")).to_be_visible()
        assert static.locator("img").evaluate("async img => { await img.decode(); return img.naturalWidth }") > 100
        expect(other.cell(1).get_by_text("Loading widget")).to_have_count(0)
        expect(other.cell(1).get_by_text("model not found").locator("visible=true")).to_have_count(0)
        shot(other, f"saved-{ui}-{'trusted' if trusted else 'foreign'}")
        assert harmless(other.page)
        other.page.close()
    page = chromium.new_page()
    page.set_content(HTMLExporter().from_notebook_node(saved)[0])
    expect(page.locator(".nbflow-static img")).to_be_visible()
    expect(page.locator(".nbflow-static table")).to_contain_text("<script>window.pwned=1</script>")
    page.screenshot(path=ARTIFACTS / f"saved-{ui}-html.png")
    assert harmless(page)
    page.evaluate("text => { document.body.insertAdjacentHTML('beforeend', text) }", PAYLOAD)
    page.wait_for_function("() => window.pwned === 1")  # as markup the same text does run
    page.close()
