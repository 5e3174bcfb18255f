"""The view, the cards and the static pictures, looked at by axe-core: WCAG 2.2 AA and what it calls best practices.

axe-core is a development dependency of the view's source: ``npm ci`` in nbflow/widget/js brings it. It does not judge
the contrast of drawings; `test_view_contrast` measures that.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page

import nbflow
from nbflow.core.status import Status
from nbflow.notebook.card import Card
from nbflow.notebook.fan_card import FanCard
from nbflow.picture.svg import svg
from nbflow.picture.table import table_html
from tests.browser.page import bare
from tests.browser.scenes import SCENES, every, sixty
from tests.unit import snapshots

AXE = Path(nbflow.__file__).parent / "widget" / "js" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async ([where, tags]) => {
    const wanted = { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations', 'incomplete'] };
    const found = await axe.run(where, wanted);
    const told = kind => found[kind].flatMap(({ id, help, nodes }) => nodes.map(node => [id, node.html, help]));
    return { violations: told('violations'), incomplete: told('incomplete') };
}"""
LOOKED_THROUGH = {
    "color-contrast": "drawings, and texts on what lies under them: measured in test_view_contrast",
    "label-content-name-mismatch": "buttons that show one sign: − + ✕ ↳",
}
"""What axe cannot decide, and who has."""

pytestmark = pytest.mark.skipif(
    not AXE.exists() and (os.environ.get("CI") != "true" or shutil.which("npm") is None),
    reason="axe-core is not there: run npm ci in nbflow/widget/js",
)


def look(page: Page, where: str) -> dict[str, list[list[str]]]:
    page.evaluate(AXE.read_text())
    return page.evaluate(RUN, [where, TAGS])


def judged(page: Page, where: str) -> None:
    found = look(page, where)
    assert found["violations"] == []
    open_questions = {rule for rule, _, _ in found["incomplete"]} - set(LOOKED_THROUGH)
    assert open_questions == set(), found["incomplete"]


THEMED = [
    ("data", "dark"),
    ("code", "dark"),
    ("sixty", "dark"),
    ("mended", "lab-contrast"),
    ("timeline", "code-contrast"),
]


@pytest.mark.parametrize(("scene", "theme"), [*((scene, "light") for scene in SCENES), *THEMED])
def test_axe_has_nothing_to_say_of_the_view(page, scene, theme):
    """In every state, and where colours matter in dark and high contrast."""
    SCENES[scene](page, theme, "")
    judged(page, ".nbflow-view")


@pytest.mark.parametrize("theme", ["light", "dark", "code-dark", "code-contrast", "colab-dark"])
def test_axe_has_nothing_to_say_of_cards(page, theme):
    """Of a job in each status, and of fan-outs of either size."""
    told = every()
    jobs = told["jobs"].items()
    cards = [Card(name, job, told["now"], "3 rows\n", standing="7 ✓ · 1 ✗").html() for name, job in jobs]
    turn = list(Status)
    cards += [
        FanCard("fit", {f"fit[{n}]": turn[n % len(turn)] for n in range(count)}, 9.0).html() for count in (40, 400)
    ]
    page.set_content(bare(f'<main id="root">{"".join(cards)}</main>', theme))
    judged(page, "#root")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_has_nothing_to_say_of_static_pictures(page, theme):
    """Nor of the table under them."""
    for told in (sixty(), snapshots.mended(), snapshots.empty()):
        page.set_content(bare(f'<main id="root">{svg(told)}{table_html(told)}</main>', theme))
        judged(page, "#root")


def test_axe_does_look(page):
    """Control: a button without a name is found."""
    page.set_content(bare('<main id="root"><button></button></main>'))
    assert [rule for rule, _, _ in look(page, "#root")["violations"]] == ["button-name"]
