"""The matplotlib figures: the SVG's scene and colours, no warnings, and no pyplot."""

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from nbflow.core.scene import scene
from nbflow.core.shape import shape
from nbflow.core.status import Status
from nbflow.picture.bars import End
from nbflow.picture.fonts import MISSING, families, settable
from nbflow.picture.marks import LOOKS
from nbflow.picture.mpl import plot, timeline
from nbflow.picture.outlines import outline
from nbflow.picture.palette import INKS
from tests.unit.picture.samples import NAMES, SAMPLES, attempt, job, named, snapshot
from tests.unit.snapshots import empty, fan, layered, mended, ten

DRAW = pytest.mark.parametrize("draw", [plot, timeline])
EVERY = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())


@pytest.fixture(autouse=True)
def strict() -> Iterator[None]:
    """A warning is a failure: a missing glyph, a font that is not found."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def saved(figure: Figure, kind: str = "png") -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=kind)
    return file.getvalue()


def said(figure: Figure) -> list[str]:
    return [text.get_text() for ax in figure.axes for text in ax.texts]


def patches(ax: Axes) -> list[PathPatch]:
    return [found for found in ax.get_children() if isinstance(found, PathPatch)]


@DRAW
@EVERY
def test_any_flow_is_drawn_without_a_warning(draw, sample: dict) -> None:
    """Empty, long, hostile, in scripts that no font here has."""
    assert saved(draw(sample)).startswith(b"\x89PNG")


@DRAW
@settings(max_examples=15, deadline=None)
@given(NAMES)
def test_any_name_is_drawn(draw, name: str) -> None:
    """Dollar signs begin no formula, and nothing a font lacks stops the picture."""
    ElementTree.fromstring(saved(draw(named(name)), "svg"))


@pytest.mark.parametrize("sample", [ten(), layered(40), fan(40)])
def test_the_boxes_stand_where_the_scene_has_them(sample: dict) -> None:
    """One box a job, at the scene's place under the head."""
    drawn = scene(shape(sample))
    (ax,) = plot(sample).axes
    wide, high = ax.get_xlim()[1], ax.get_ylim()[0]
    left, top = (wide - drawn.width) / 2, high - drawn.height
    colours = {INKS[Status(told["status"])] for told in sample["jobs"].values()}
    boxes = [p for p in patches(ax) if p.get_zorder() == 3]
    assert {to_hex(box.get_edgecolor()) for box in boxes} <= colours
    corners = {
        (round(float(x), 2), round(float(y), 2))
        for box in boxes
        for x, y in (part.vertices.min(axis=0) for part in _parts(box))
    }
    assert corners == {(round(node.x + left, 2), round(node.y + top, 2)) for node in drawn.nodes}


def _parts(box: PathPatch) -> list:
    """The single boxes of a patch; the corner of the last, closing point does not count."""
    path = box.get_path()
    starts = [at for at, code in enumerate(path.codes) if code == path.MOVETO]
    return [
        type(path)(path.vertices[a:b][path.codes[a:b] != path.CLOSEPOLY])
        for a, b in zip(starts, [*starts[1:], len(path.codes)], strict=True)
    ]


def test_pyplot_is_left_alone() -> None:
    """Neither figure imports it, so no window, no backend, no list of open figures."""
    code = (
        "import io, sys; from nbflow.picture.mpl import plot, timeline; from tests.unit.snapshots import ten;"
        "[draw(ten()).savefig(io.BytesIO()) for draw in (plot, timeline)];"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@DRAW
def test_given_axes_are_drawn_on(draw) -> None:
    """The figure returned is theirs, and their neighbours stay as they are."""
    figure = Figure((10, 5))
    left, right = figure.subplots(1, 2)
    right.plot([1, 2], [3, 4])
    before = len(right.get_children())
    assert draw(ten(), left) is figure
    assert len(right.get_children()) == before
    assert len(figure.axes) == 2
    saved(figure)


@DRAW
def test_axes_of_a_subfigure_are_drawn_on(draw) -> None:
    """What is returned is the whole figure."""
    figure = Figure((10, 5))
    part, _ = figure.subfigures(1, 2)
    assert draw(ten(), part.subplots()) is figure


@DRAW
@pytest.mark.parametrize("size", [(0.3, 0.3), (3, 40), (40, 2)])
def test_axes_of_any_size_will_do(draw, size: tuple[float, float]) -> None:
    """Texts too small to read are left out rather than refused by the font."""
    figure = Figure(size)
    draw(layered(60), figure.add_subplot())
    saved(figure)


def test_a_very_long_flow_can_still_be_drawn() -> None:
    """200 columns are 40,000 pixels wide: more than matplotlib draws at twice the size."""
    figure = plot(layered(1000))
    assert max(figure.get_size_inches()) <= 150


@DRAW
def test_a_notebook_shows_the_figure_without_pyplot(draw) -> None:
    """As a sharp image that says how large it is on the page."""
    data, told = draw(ten())._repr_png_()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20]) == pytest.approx(2 * told["width"], abs=2)


@DRAW
def test_an_empty_flow_says_how_to_begin(draw) -> None:
    """A head and a hint, no chart."""
    assert "Write %%job and a name on the first line of a cell, and run it." in said(draw(empty()))


# --- timeline
def test_failed_attempts_are_told_by_colour_hatch_and_mark() -> None:
    """No two ends that are not a success share a hatch and a mark."""
    unlucky = [look for end, look in LOOKS.items() if end not in (End.SUCCEEDED, End.RUNNING)]
    assert len({look.hatch for look in unlucky}) == len(unlucky)
    assert len({look.mark for look in unlucky}) == len(unlucky)
    assert None not in {look.hatch for look in unlucky} | {look.mark for look in unlucky}


@pytest.mark.parametrize("end", [End.FAILED, End.CANCELLED, End.LOST])
def test_a_bar_has_the_look_of_its_end(end: End) -> None:
    """Its colour, its hatch, and its mark where it ends."""
    ax = timeline(snapshot({"a": job("failed", (), [attempt(1, 0, 2.0, end.value)])})).axes[-1]
    (bar,) = [patch for patch in patches(ax) if patch.get_hatch()]
    assert bar.get_hatch() == LOOKS[end].hatch
    assert to_hex(bar.get_edgecolor()) == LOOKS[end].colour
    stamps = [found for found in ax.collections if isinstance(found, PathCollection)]
    assert [2.0, 0.0] in [found.get_offsets().tolist()[0] for found in stamps]


def test_a_running_bar_is_open_towards_now() -> None:
    """Its outline has no right side."""
    ax = timeline(snapshot({"a": job("running", (), [attempt(1, 0, None)])})).axes[-1]
    path = next(patch.get_path() for patch in patches(ax) if patch.get_zorder() == 3)
    assert path.vertices[:, 0].tolist() == [52.0, 0.0, 0.0, 52.0]
    assert "now" in [text.get_text() for text in ax.texts]


def test_a_time_stands_behind_each_job() -> None:
    """How long the last attempt took, has run, or when the next one comes."""
    told = said(timeline(ten()))
    assert {"12.4 s", "0:26", "again in 0:04"} <= set(told)


def test_rows_are_named() -> None:
    """Each job that has started, in order of start."""
    names = [label.get_text() for label in timeline(ten()).axes[-1].get_yticklabels()]
    assert names == ["load", "params", "split", "old", "clean", "fit_lasso", "fit_ridge", "fit_trees", "plot", "export"]


def test_the_legend_has_only_what_there_is() -> None:
    """Words for the colours and hatches in this picture."""
    legend = timeline(ten()).axes[-1].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "succeeded",
        "running",
        "failed",
        "timeout",
        "cancelled",
        "waits to try again",
        "critical path",
    ]


# --- texts and outlines
def test_signs_no_font_has_become_boxes() -> None:
    """A private sign is in no font; the rest of the name stays."""
    assert settable("fit \ue123") == f"fit {MISSING}"
    assert families(["fit \ue123"]) == ["DejaVu Sans"]


def test_signs_that_show_nothing_vanish() -> None:
    """A joiner that the font lacks is no box."""
    assert settable("a\U000e0020b") == "ab"


@pytest.mark.parametrize("data", ["M0,0A5,5 0 0 1 10,0", "M0,0A5,5 0 1 0 10,0", "M10,0A5,5 0 0 0 0,0"])
def test_arcs_end_where_they_should(data: str) -> None:
    """Half circles of either turn, from and to the given points."""
    path = outline(data)
    start, end = path.vertices[0], path.vertices[-1]
    assert [*start, *end] == pytest.approx(
        [float(n) for n in (*data[1:].split("A")[0].split(","), *data.split()[-1].split(","))]
    )


@pytest.mark.parametrize(("sweep", "above"), [(1, True), (0, False)])
def test_arcs_turn_the_right_way(sweep: int, above: bool) -> None:
    """With y downwards, a sweep runs clockwise."""
    box = outline(f"M0,0A5,5 0 0 {sweep} 10,0").get_extents()
    assert (box.y0 < -4.9) == above
    assert (box.y1 > 4.9) != above


def test_other_path_data_is_refused() -> None:
    """Rather than drawn wrongly."""
    with pytest.raises(ValueError, match="not understood"):
        outline("M0,0q1,1 2,2")


def test_steps_are_told_by_hatch_in_the_legend() -> None:
    """Each kind of step has a hatch of its own, and a word."""
    legend = timeline(mended()).axes[-1].get_legend()
    words = [text.get_text() for text in legend.get_texts()]
    steps = ["recovery", "rollback", "fallback"]
    assert [word for word in words if word in steps] == steps
    assert len({patch.get_hatch() for patch in legend.get_patches()[-3:]}) == 3
