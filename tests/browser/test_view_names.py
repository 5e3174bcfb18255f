"""Names of any script, length and look, wherever the view and the pictures show them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from nbflow.picture.dag import plot
from nbflow.picture.svg import svg
from nbflow.picture.table import table_html
from tests.browser.names import FAMILY, NAMES, told
from tests.browser.page import bare, show
from tests.browser.scenes import timeline
from tests.browser.test_view_many import cell

OVER = """() => [...document.querySelectorAll('.spot')].flatMap(spot => {
    const box = spot.querySelector('.box').getBoundingClientRect();
    return [...spot.querySelectorAll('.said text')].filter(text => text.getBoundingClientRect().right > box.right + 1
        || text.getBoundingClientRect().left < box.left).map(text => text.textContent); })"""
WIDE = "() => document.documentElement.scrollWidth - innerWidth"


def test_names_stay_in_their_boxes(page):
    """Whatever fonts the machine has or has not; and the page does not get wider."""
    show(page, told())
    assert page.evaluate(OVER) == []
    assert page.evaluate(WIDE) <= 0


def test_boxes_with_long_names_are_looked_at(page):
    """Control: a name written beside its box is found."""
    seen = show(page, told())
    seen.locator(".spot text").first.evaluate("text => { text.textContent = 'x'.repeat(60) }")
    assert len(page.evaluate(OVER)) == 1


def test_names_are_cut_between_signs(page):
    """A family of emoji is there as a whole or not at all."""
    seen = show(page, told())
    label = next(text for text in seen.locator(".said text").all_text_contents() if FAMILY in text)
    assert set(label.split(FAMILY)) <= {"", "…"}


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_is_told_whole(page, kind):
    """To whom points at its node or hears it, and in the drawer, where it stays within."""
    name = NAMES[kind]
    seen = show(page, told(), {(name, 1): ""})
    shown = seen.locator(".drawer .name")
    expected = {"empty-looking": "(blank)", "control": "tab here bell [31mred"}.get(kind, name.translate(_NO_TURNS))
    expect(shown).to_have_text(expected)
    node = seen.locator('.node[aria-pressed="true"]')
    assert expected in " ".join(node.get_attribute("aria-label").split())
    right, edge = (where.bounding_box() for where in (shown, seen.locator(".drawer")))
    assert right["x"] + right["width"] <= edge["x"] + edge["width"]
    assert page.evaluate(WIDE) <= 0


_NO_TURNS = {ord(sign): None for sign in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}


def test_a_name_turns_none_of_its_neighbours(page):
    """In a tip the status stands after the name, from the left to the right, whatever the name begins with."""
    seen = show(page, told())
    elements = [name for name in told()["jobs"] if name.startswith("fit[x=")]
    place = next(at for at, name in enumerate(elements) if NAMES["hebrew"] in name)
    page.mouse.move(*cell(seen, place))
    expect(seen.locator(".dag .tip")).to_contain_text("succeeded")
    ends = """tip => {
        const range = document.createRange(), text = tip.firstChild, at = text.data.lastIndexOf('succeeded');
        range.setStart(text, at); range.setEnd(text, at + 9);
        return [range.getBoundingClientRect().left, tip.getBoundingClientRect().left + tip.offsetWidth / 2]; }"""
    word, middle = seen.locator(".dag .tip").evaluate(ends)
    assert word > middle


def test_the_timeline_takes_any_name(page):
    """Names on bars end within them."""
    seen = timeline(show(page, told()), told())
    expect(seen.locator(".lanes")).to_be_visible()
    assert page.evaluate(WIDE) <= 0


def test_static_pictures_take_any_name(page: Page):
    """The SVG is no wider than it says, the table scrolls by itself, and matplotlib draws them all."""
    page.set_content(bare(svg(told()) + table_html(told())))
    assert page.evaluate(WIDE) <= 0
    plot(told()).canvas.draw()
