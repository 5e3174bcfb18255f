"""What is written and drawn stands out from what lies under it, in each theme; statuses are told apart without hues."""

from __future__ import annotations

import io
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from nbflow.core.icons import ICONS
from nbflow.core.status import Status
from nbflow.core.tiles import TILES
from nbflow.picture import palette
from tests.browser.ciede import distance, lab
from tests.browser.page import show
from tests.browser.scenes import SCENES
from tests.browser.themes import THEMES
from tests.unit import snapshots

MEASURE = Path(__file__).with_name("contrast.js").read_text()
LEAST = {"text": 4.5, "line": 3.0, "area": 3.0}
"""By WCAG 2.2: 1.4.3 for texts, 1.4.11 for what else must be seen."""


def faint(page: Page) -> list[str]:
    """What cannot be made out, as its place, text, ratio and the two colours."""
    found = page.evaluate(MEASURE, ".nbflow-view")
    assert sum(one["kind"] == "text" for one in found) > 20
    assert {one["kind"] for one in found} == set(LEAST)
    return [str(one) for one in found if one["ratio"] < LEAST[one["kind"]]]


@pytest.mark.parametrize("theme", THEMES)
def test_everything_can_be_made_out(page, theme):
    """Texts 4.5 : 1; borders, icons, edges, cells and bars 3 : 1; in the colours that notebooks' pages set."""
    for scene in ("mended", "code", "sixty", "looked for"):
        SCENES[scene](page, theme, "")
        assert faint(page) == []


@pytest.mark.parametrize("scene", sorted(SCENES.keys() - {"empty", "mended", "code", "sixty", "looked for"}))
def test_every_scene_can_be_made_out(page, scene):
    """In light and dark."""
    for theme in ("light", "dark"):
        SCENES[scene](page, theme, "")
        assert faint(page) == []


def test_the_measure_finds_what_is_faint(page):
    """Control: pale words on white, and a pale border."""
    show(page, snapshots.ten())
    page.add_style_tag(content=".spot text { fill: #aaa !important } .box { stroke: #ccc !important }")
    told = " ".join(faint(page))
    assert "'kind': 'text'" in told
    assert "'kind': 'line'" in told


# --- colour blindness
BLIND = ["none", "protanopia", "deuteranopia", "tritanopia", "achromatopsia"]
FILLED, HALF, TINTED, HOLLOW = ("S", "U", "F"), ("R", "T"), ("K",), ("W",)
"""Statuses of cells too small for marks, by what is filled of them; one for each hue."""
PATCHES = """letters => {
    const view = document.querySelector('.nbflow-view');
    view.replaceChildren(...letters.map(letter => Object.assign(document.createElement('div'),
        { className: `s-${letter}`, style: 'float: left; width: 20px; height: 20px; background: var(--f)' })));
    view.append(Object.assign(document.createElement('div'), { className: 's-K', style:
        'float: left; width: 20px; height: 20px; background: color-mix(in srgb, var(--f) 26%, var(--bg))' }));
}"""


def seen(page: Page, kind: str, letters: tuple[str, ...]) -> list[tuple[float, float, float]]:
    """The fills of *letters*, the tint, and the ground, as somebody with *kind* of colour blindness sees them."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
    try:
        shot = Image.open(io.BytesIO(page.locator(".nbflow-view").screenshot())).convert("RGB")
    finally:
        session.send("Emulation.setEmulatedVisionDeficiency", {"type": "none"})
        session.detach()
    places = [1 + 20 * at + 10 for at in range(len(letters) + 2)]
    return [lab(shot.getpixel((x, 8))) for x in places]


@pytest.mark.parametrize("theme", ["light", "dark", "lab-contrast", "code-dark", "colab-dark"])
@pytest.mark.parametrize("kind", BLIND)
def test_cells_are_told_apart_without_marks(page, kind, theme):
    """What is filled alike differs in lightness: cells of strips of thousands are too small for marks."""
    show(page, snapshots.empty(), None, theme)
    letters = (*FILLED, *HALF)
    page.evaluate(PATCHES, letters)
    found = dict(zip((*letters, "tint", "ground"), seen(page, kind, letters), strict=True))
    pairs = [*combinations(FILLED, 2), *combinations(HALF, 2), ("tint", "ground"), *((one, "tint") for one in FILLED)]
    near = {pair: round(distance(*map(found.__getitem__, pair)), 1) for pair in pairs}
    assert min(near.values()) >= 6, near


def test_the_emulation_is_at_work(page):
    """Control: without hues a red and a green of the same lightness are the same."""
    show(page, snapshots.empty())
    page.evaluate(PATCHES, ["S", "F"])
    page.add_style_tag(content=".s-S { --f: #008000 !important } .s-F { --f: #c22d2d !important }")
    assert distance(*seen(page, "none", ("S", "F"))[:2]) > 40
    assert distance(*seen(page, "achromatopsia", ("S", "F"))[:2]) < 5


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_word_and_a_sign_of_its_own(status):
    """Never colour alone; and a cell of what has gone well is never as one of what has not."""
    others = [other for other in Status if other is not status]
    assert all(status.value != other.value and status.glyph != other.glyph for other in others)
    assert all(ICONS[status] != ICONS[other] for other in others)
    unlike = [(TILES[other], palette.HUES[other]) for other in others if other.good != status.good]
    assert (TILES[status], palette.HUES[status]) not in unlike


def test_view_and_pictures_have_the_same_colours(page):
    """The view's on a light ground are those of the static picture and of matplotlib's."""
    show(page, snapshots.empty())
    asked = """letter => {
        const one = document.querySelector('.nbflow-view').appendChild(document.createElement('i'));
        one.className = `s-${letter}`;
        const canvas = document.createElement('canvas').getContext('2d');
        return ['--c', '--f'].map(name => {
            one.style.color = `var(${name})`;
            canvas.fillStyle = getComputedStyle(one).color;
            return canvas.fillStyle; }); }"""
    for status in Status:
        assert page.evaluate(asked, status.letter) == [palette.INKS[status], palette.tile(status)], status
