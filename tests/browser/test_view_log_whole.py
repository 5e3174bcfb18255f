"""A long log, from the job that prints it to the file that a person keeps."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.test_view import LOAD, SHOW, has, node, view

CHATTY = """%%job chatty
import sys
for n in range(60_000):
    print(f"line {n}: é and some more of it, so that it comes to three megabytes")
    if n % 20_000 == 7:
        print("careful", file=sys.stderr)
done = True"""


def test_a_log_of_several_megabytes_arrives_whole(notebook):
    """Every byte of both streams, in their order, though the page has shown its end only."""
    nb = notebook([LOAD, SHOW, CHATTY])
    nb.run(0)
    nb.run(1)
    nb.run(2)
    seen = view(nb)
    has(seen, "chatty", "succeeded")
    node(seen, "chatty").click()
    seen.get_by_role("tab", name="Attempts").click()
    expect(seen.locator(".log")).to_contain_text("line 59999")
    with nb.page.expect_download(timeout=60_000) as download:
        seen.get_by_role("button", name="Save").click()
    lines = [f"line {n}: é and some more of it, so that it comes to three megabytes\n" for n in range(60_000)]
    for n in (7, 20_007, 40_007):
        lines[n] += "careful\n"
    text = Path(download.value.path()).read_text()
    assert len(text.encode()) > 3_000_000
    assert text == "".join(lines)
