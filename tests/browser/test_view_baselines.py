"""What the view looks like, against pictures that somebody has looked at: tests/browser/baselines/*.png.

They are drawn with a font that the test brings, at a time that stands still. NBFLOW_BASELINES=write writes them anew:
look at each before it is committed. When a test fails, what was expected, what was drawn, and the difference are in
``tests/browser/artifacts/``.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from nbflow.picture.svg import svg
from tests.browser.conftest import ARTIFACTS
from tests.browser.jupyter import CHROMIUM, CHROMIUM_ARGS
from tests.browser.likeness import likeness
from tests.browser.names import NAMES, told
from tests.browser.page import bare, show
from tests.browser.scenes import SCENES, eight, sixty, sweep
from tests.unit import snapshots
from tests.unit.snapshots import AT

BASELINES = Path(__file__).parent / "baselines"
ARGS = [*CHROMIUM_ARGS, "--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb"]
LARGEST = 60_000
"""Bytes of a baseline."""


@cache
def still() -> str:
    """Markup for a page's head: letters of our own, and a time that stands still."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    faces = [("Still", 400, "DejaVuSans"), ("Still", 600, "DejaVuSans-Bold"), ("Still Mono", 400, "DejaVuSansMono")]
    drawn = "".join(
        f"@font-face {{ font-family: '{family}'; font-weight: {weight}; "
        f"src: url(data:font/ttf;base64,{base64.b64encode((folder / f'{file}.ttf').read_bytes()).decode()}) }}"
        for family, weight, file in faces
    )
    return f"""<style>{drawn}
.nbflow-view {{ font-family: Still !important; --mono: Still Mono !important; }}
svg {{ font-family: Still }}
* {{ transition: none !important; animation: none !important; caret-color: transparent !important }}</style>
<script>Date.now = () => {(AT + 52) * 1000:.0f}</script>"""


@pytest.fixture(scope="module")
def quiet(chromium: BrowserContext) -> Iterator[Browser]:
    """A Chromium that draws letters alike on every machine."""
    kind = chromium.browser.browser_type
    browser = kind.launch(executable_path=CHROMIUM, args=ARGS)
    yield browser
    browser.close()


@pytest.fixture
def page(quiet: Browser) -> Iterator[Page]:
    context = quiet.new_context(viewport={"width": 1000, "height": 760}, timezone_id="UTC", reduced_motion="reduce")
    page, bad = context.new_page(), []
    page.on("pageerror", lambda error: bad.append(str(error)))
    page.on("console", lambda message: bad.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert bad == []


def _scene(name: str, theme: str = "light") -> Callable[[Page], Locator]:
    return lambda page: SCENES[name](page, theme, still())


def _narrow(page: Page) -> Locator:
    page.set_viewport_size({"width": 400, "height": 900})
    return show(page, snapshots.ten(), {("fit_lasso", 3): "scaling\n"}, "light", None, still())


def _forced(page: Page) -> Locator:
    page.emulate_media(forced_colors="active")
    return SCENES["mended"](page, "light", still())


def _static(page: Page) -> Locator:
    page.set_content(bare(f'<main id="root">{svg(sixty())}</main>', "light", still()))
    page.evaluate("() => Promise.all([...document.fonts].map(font => font.load()))")
    return page.locator("#root")


DRAWN: dict[str, Callable[[Page], Locator]] = {
    "eight-light": _scene("eight"),
    "eight-dark": _scene("eight", "dark"),
    "every-light": _scene("every"),
    "every-dark": _scene("every", "dark"),
    "mended-contrast": _scene("mended", "lab-contrast"),
    "mended-forced": _forced,
    "sixty-light": _scene("sixty"),
    "sixty-dark": _scene("sixty", "dark"),
    "strips-light": lambda page: show(page, sweep(300), None, "light", None, still()),
    "looked-for-light": _scene("looked for"),
    "names-light": lambda page: show(page, told(), {(NAMES["hebrew"], 1): ""}, "light", None, still()),
    "narrow-light": _narrow,
    "empty-light": _scene("empty"),
    "static": _static,
}


def drawn(page: Page, name: str) -> bytes:
    """A screenshot of the scene, with the mouse out of the way."""
    seen = DRAWN[name](page)
    page.mouse.move(1, 1)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return seen.screenshot()


def small(png: bytes) -> bytes:
    """The picture in its 256 most frequent colours: areas stay as they are, smoothed edges nearly so."""
    whole = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    colours, where, count = np.unique(whole.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    kept = colours[np.argsort(-count, kind="stable")[:256]]
    near = np.abs(colours[:, None].astype(int) - kept.astype(int)).sum(axis=2).argmin(axis=1)
    drawn = Image.fromarray(near[where].reshape(whole.shape[:2]).astype(np.uint8), "P")
    drawn.putpalette(kept.tobytes())
    written = io.BytesIO()
    drawn.save(written, "PNG", optimize=True)
    return written.getvalue()


@pytest.mark.parametrize("name", DRAWN)
def test_it_looks_as_it_did(page, name):
    """Pixel by pixel, but for how edges are smoothed."""
    found, place = drawn(page, name), BASELINES / f"{name}.png"
    if os.environ.get("NBFLOW_BASELINES") == "write":
        BASELINES.mkdir(exist_ok=True)
        place.write_bytes(small(found))
    expected = place.read_bytes()
    alike = likeness(expected, found)
    if not alike:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        (ARTIFACTS / f"baseline-{name}-expected.png").write_bytes(expected)
        (ARTIFACTS / f"baseline-{name}-actual.png").write_bytes(found)
        alike.difference.save(ARTIFACTS / f"baseline-{name}-difference.png")
    assert alike, f"{alike.pixels} pixels of {place.name} look different: see {ARTIFACTS}"
    assert len(expected) <= LARGEST


def test_every_baseline_is_of_a_scene():
    """Nothing is left of scenes that are no more."""
    assert {place.stem for place in BASELINES.glob("*.png")} == set(DRAWN)


# --- controls: what the comparison sees, and what it does not mind
CHANGES = {
    "a word": "document.querySelector('.said text').textContent = 'download'",
    "a status": "document.querySelector('.node').setAttribute('class', 'node s-F')",
    "a missing node": "document.querySelector('.spot').remove()",
    "an edge": "document.querySelectorAll('.wires path').forEach(one => one.setAttribute('d', 'M0,0'))",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(page, change):
    """One that a person would see too."""
    before = show(page, eight(), None, "light", None, still()).screenshot()
    page.evaluate(CHANGES[change])
    assert not likeness(before, page.locator(".nbflow-view").screenshot())


def test_smoothing_is_not_seen(page):
    """Letters and lines a fraction of a pixel aside are the same."""
    seen = show(page, eight(), None, "light", None, still())
    before = seen.screenshot()
    page.locator(".picture").evaluate("picture => { picture.style.transform = 'translate(0.4px, 0.4px)' }")
    assert likeness(before, seen.screenshot())


def test_another_size_is_another_picture():
    """However alike they begin."""
    small, large = (io.BytesIO(), io.BytesIO())
    Image.new("RGB", (40, 40)).save(small, "PNG")
    Image.new("RGB", (40, 41)).save(large, "PNG")
    assert not likeness(small.getvalue(), large.getvalue())


def test_the_difference_is_drawn_red():
    """And the rest is paled."""
    one, other = (Image.new("RGB", (60, 40), "#336699") for _ in range(2))
    ImageDraw.Draw(other).rectangle((20, 10, 40, 30), fill="#ffffff")
    first, second = (io.BytesIO(), io.BytesIO())
    one.save(first, "PNG")
    other.save(second, "PNG")
    found = likeness(first.getvalue(), second.getvalue()).difference
    assert found.getpixel((30, 20)) == (220, 0, 0)
    assert found.getpixel((5, 5)) != (220, 0, 0)
