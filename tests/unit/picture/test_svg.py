"""The static picture: well-formed, self-contained, and nothing in a name gets out of its text."""

from __future__ import annotations

import re
from itertools import combinations
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from nbflow.core.boxes import NODE_HEIGHT, NOTE_HEIGHT, Node
from nbflow.core.lettering import width
from nbflow.core.status import Status
from nbflow.picture.head import BOLD, NAME_SIZE, SAID_SIZE, SIDE, TALLY_SIZE, head
from nbflow.picture.image import image
from nbflow.picture.inside import hatch
from nbflow.picture.palette import INKS, hatching
from nbflow.picture.plain import plain
from nbflow.picture.svg import svg
from tests.unit.picture.samples import HOSTILE, NAMES, SAMPLES, job, named, snapshot
from tests.unit.snapshots import fan, layered, mended, ten

SVG = "{http://www.w3.org/2000/svg}"
PLAIN = {f"{SVG}{tag}" for tag in ("svg", "g", "rect", "path", "text", "title")}
EVERY = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())


def drawn(sample: dict) -> ElementTree.Element:
    return ElementTree.fromstring(svg(sample))


def texts(root: ElementTree.Element, tag: str = "text") -> list[str]:
    return [found.text or "" for found in root.iter(f"{SVG}{tag}")]


@EVERY
def test_it_is_well_formed_and_harmless(sample: dict) -> None:
    """XML of plain shapes and texts: no script, no handler, nothing from elsewhere."""
    root = drawn(sample)
    assert {found.tag for found in root.iter()} <= PLAIN
    attributes = {(name, value) for found in root.iter() for name, value in found.attrib.items()}
    assert not [name for name, _ in attributes if name.startswith("on") or "href" in name]
    assert not [value for _, value in attributes if "url(" in value or "http" in value]


@settings(max_examples=150, deadline=None)
@given(NAMES)
def test_any_name_stays_a_text(name: str) -> None:
    """Whatever a job and a flow are called, the picture is the one of harmless names but for its texts."""
    found, harmless = drawn(named(name)), drawn(named("a"))
    assert [part.tag for part in found.iter()] == [part.tag for part in harmless.iter()]
    assert any(tip.startswith(f"{plain(name)}:") for tip in texts(found, "title"))


def test_every_job_has_a_tip_with_its_whole_name_status_and_reason() -> None:
    """What does not fit a box can be read by pointing at it."""
    tips = texts(drawn(SAMPLES["hostile"]), "title")
    for name in filter(None, map(plain, HOSTILE)):
        assert f"{name}: failed, {name}" in tips


def test_a_status_is_told_by_colour_drawing_and_word() -> None:
    """No status looks like another, nor is any told by colour alone."""
    pictures = {status: svg(snapshot({"a": job(status.value)})) for status in Status}
    for status, picture in pictures.items():
        assert INKS[status] in picture
        assert f"1 {status.value}</text>" in picture
    for one, other in combinations(pictures.values(), 2):
        assert re.findall(r' d="([^"]*)"', one) != re.findall(r' d="([^"]*)"', other)


def test_an_empty_flow_says_how_to_begin() -> None:
    """No boxes, but a line that tells what to write."""
    root = drawn(SAMPLES["empty"])
    assert len(list(root.iter(f"{SVG}rect"))) == 1
    assert "Write %%job and a name on the first line of a cell, and run it." in texts(root)


@EVERY
def test_nothing_in_the_head_overlaps(sample: dict) -> None:
    """However long the flow's name: name, run and tally stand beside each other, inside the picture."""
    for wide in (0.0, 700.0, 1500.0):
        top = head(sample, wide)
        spans = [(28.0, SIDE, SIDE + width(top.name, NAME_SIZE) * BOLD)]
        spans.append((28.0, top.said_x, top.said_x + width(top.said, SAID_SIZE)))
        spans += [(count.y, count.x, count.x + 19 + width(count.words, TALLY_SIZE)) for count in top.counts]
        for (y, left, right), (other_y, other_left, other_right) in combinations(spans, 2):
            assert y != other_y or right < other_left or other_right < left
        assert max(right for _, _, right in spans) <= top.width
        assert max(y for y, _, _ in spans) < top.height


def test_all_is_inside_the_picture() -> None:
    """Boxes end before the ground does."""
    root = drawn(ten())
    ground, *boxes = list(root.iter(f"{SVG}rect"))
    _, _, wide, high = map(float, root.attrib["viewBox"].split())
    assert float(ground.attrib["width"]) <= wide
    assert all(float(box.attrib["x"]) + float(box.attrib["width"]) < wide for box in boxes)
    assert all(float(box.attrib["y"]) + float(box.attrib["height"]) < high for box in boxes)


def test_a_wide_picture_is_not_shrunk_beyond_reading() -> None:
    """It may shrink to seven tenths, then the page scrolls."""
    root = drawn(layered(40))
    least = float(re.search(r"min-width:(\d+)px", root.attrib["style"])[1])
    assert least == pytest.approx(0.7 * float(root.attrib["width"]), abs=1)


def test_a_picture_is_small_enough_to_be_saved() -> None:
    """About 10 kB for a dozen jobs, and 220 bytes for each of a sweep's."""
    assert len(svg(ten())) < 12_000
    assert len(svg(fan(300))) < 300 * 230


def test_notebooks_set_no_formulas_in_it() -> None:
    """Dollar signs in names are dollar signs."""
    assert "mathjax_ignore" in drawn(ten()).attrib["class"]


def test_the_same_snapshot_gives_the_same_text() -> None:
    """Nothing random in it: a saved notebook does not change without reason."""
    assert svg(ten()) == svg(ten())


def test_a_node_has_a_row_for_its_fallback() -> None:
    """Named before anybody needs it; with an icon of what it came to, then; and a box high enough for it."""
    root = drawn(mended())
    assert {"fallback: use_cache", "fallback: stations_of_2025", "fallback: =old_sites"} <= set(texts(root))
    heights = [float(box.attrib["height"]) for box in root.iter(f"{SVG}rect")][1:]
    assert sorted(set(heights)) == [NODE_HEIGHT, NODE_HEIGHT + NOTE_HEIGHT]
    assert heights.count(NODE_HEIGHT + NOTE_HEIGHT) == 4


def test_only_what_a_person_substituted_is_hatched() -> None:
    """The lines stay inside of the box."""
    node = Node("a", 10, 20, 150, 44, "a", "node", (0,))
    numbers = [tuple(map(float, point.split(","))) for point in re.findall(r"[\d.]+,[\d.]+", hatch(node))]
    assert all(10 < x < 160 and 20 < y < 64 for x, y in numbers)
    hatched = {status: hatching(status) in svg(snapshot({"a": job(status.value)})) for status in Status}
    assert [status for status in Status if hatched[status]] == [Status.SUBSTITUTED]


def test_very_many_boxes_are_seen_from_afar() -> None:
    """No names that nobody could read: one path for what stands alike, and the tally above them."""
    found = {len(layered(jobs)["jobs"]): drawn(layered(jobs)) for jobs in (300, 301, 2001)}
    assert "job7" in texts(found[300]) and not any(text.startswith("job") for text in texts(found[301]))
    assert "analysis" in texts(found[2001])
    assert all(root.findall(f".//{SVG}path") for root in found.values())


@EVERY
def test_as_an_image_it_is_the_same_picture(sample: dict) -> None:
    """What stands in the address is the SVG, whatever it holds, in one attribute that ends where it should."""
    (found,) = ElementTree.fromstring(f"<p>{image(sample)}</p>")
    told = unquote(found.attrib["src"].removeprefix("data:image/svg+xml;charset=utf-8,"))
    assert texts(ElementTree.fromstring(told)) == texts(drawn(sample))
