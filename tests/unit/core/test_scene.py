"""The scene that all pictures paint: texts fit, folded jobs keep their own boxes, frames hold their members only."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbflow.core.boxes import ALIKE, NAME_SIZE, NAMED, Node
from nbflow.core.icons import ICONS
from nbflow.core.lettering import clip, shorten, width
from nbflow.core.scene import Scene, path_data, scene
from nbflow.core.shape import OPEN_UP_TO, needed_links, shape
from nbflow.core.status import Status
from tests.unit.snapshots import empty, fan, job, layered, long_names, snapshot, ten

SAMPLES = {"ten": ten(), "long": long_names(), "layered": layered(40), "fan": fan(40), "wide fan": fan(300)}


def drawn(sample: dict) -> Scene:
    return scene(shape(sample))


def apart(a: Node, b: Node) -> bool:
    return a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())
def test_every_job_has_its_place(sample: dict) -> None:
    """Each job is in one box, boxes come in the snapshot's order, none over another, all inside the picture."""
    picture = drawn(sample)
    assert sorted(job for node in picture.nodes for job in node.jobs) == list(range(len(sample["jobs"])))
    firsts = [node.jobs[0] for node in picture.nodes]
    assert firsts == sorted(firsts)
    assert all(list(sample["jobs"])[n.jobs[0]] == n.name for n in picture.nodes if n.form != "strip")
    assert all(apart(a, b) for a, b in combinations(picture.nodes, 2))
    assert all(n.x >= 0 and n.x + n.width <= picture.width for n in picture.nodes)
    assert all(n.y >= 0 and n.y + n.height <= picture.height for n in picture.nodes)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())
def test_a_frame_holds_its_members_and_no_stranger(sample: dict) -> None:
    """Every node whose middle is in a group's frame is of that group."""
    picture = drawn(sample)
    group = {name: told["group"] for name, told in sample["jobs"].items()}
    framed = set()
    for frame in (frame for frame in picture.frames if frame.group):
        for node in picture.nodes:
            x, y = node.x + node.width / 2, node.y + node.height / 2
            if frame.x < x < frame.x + frame.width and frame.y < y < frame.y + frame.height:
                names = [list(group)[at] for at in node.jobs]
                assert {group[name] for name in names} == {frame.group}
                framed.update(names)
    assert framed == {name for name, title in group.items() if title}


def test_an_empty_flow_is_an_empty_scene() -> None:
    """Nothing declared, nothing drawn."""
    assert drawn(empty()) == Scene()


def test_a_stranger_between_a_groups_columns_stands_outside_of_its_frame() -> None:
    """The group is one region all the same, and the job above it or below."""
    needs = {"a": (), "x": ("a",), "b": ("x",)}
    jobs = {name: job(needs=need, group=None if name == "x" else "g") for name, need in needs.items()}
    picture = drawn(snapshot(jobs, {"g": "strict"}))
    (frame,) = picture.frames
    stranger = picture.nodes[1]
    assert stranger.name == "x"
    assert stranger.y > frame.y + frame.height or stranger.y + stranger.height < frame.y


def test_a_group_that_an_edge_has_to_pass_has_two_frames() -> None:
    """Three groups side by side, each with an edge to both others: one has to make way. Its title is said once."""
    jobs = {f"{group}1": job(group=group) for group in "pqr"}
    needs = {"p2": ("p1", "q1", "r1"), "q2": ("q1", "p1", "r1"), "r2": ("r1", "p1", "q1")}
    jobs |= {name: job(needs=need, group=name[0]) for name, need in needs.items()}
    frames = drawn(snapshot(jobs, dict.fromkeys("pqr", "strict"))).frames
    assert len(frames) > 3
    assert sorted(frame.title for frame in frames if frame.title) == ["p", "q", "r"]


def test_groups_within_groups_have_frames_within_frames() -> None:
    """The outer one is painted first and holds the inner one whole."""
    jobs = {"a": job(group="outer"), "b": job(needs=("a",), group="inner"), "c": job(needs=("b",), group="inner")}
    groups = snapshot(jobs, {"outer": "strict", "inner": "strict"})
    groups["groups"]["inner"]["parent"] = "outer"
    outer, inner = drawn(groups).frames
    assert (outer.group, inner.group) == ("outer", "inner")
    assert outer.x < inner.x and inner.x + inner.width < outer.x + outer.width
    assert outer.y < inner.y and inner.y + inner.height < outer.y + outer.height


def test_a_groups_need_links_the_members_declared_before() -> None:
    """A member declared after the dependent is not waited for, so no line is drawn from it."""
    jobs = {"a": job(group="g"), "r": job("waiting", ("g",)), "late": job("waiting", ("r",), group="g")}
    assert shape(snapshot(jobs, {"g": "strict"})).links == ((0, 1), (1, 2))


def test_a_need_that_is_nowhere_is_left_out() -> None:
    """A name that the snapshot does not have draws nothing and breaks nothing."""
    assert shape(snapshot({"a": job("waiting", ("gone",))})).links == ()


@pytest.mark.parametrize(("count", "forms"), [(ALIKE - 1, "node"), (ALIKE, "cell"), (NAMED, "cell")])
def test_jobs_alike_become_cells(count: int, forms: str) -> None:
    """From nine on they are cells with names; a block of them has one wire in and one out."""
    picture = drawn(fan(count))
    assert {node.form for node in picture.nodes[1:-1]} == {forms}
    assert len(picture.wires) == (2 if forms != "node" else 2 * count)
    assert len(picture.links) == 2 * count


def test_very_many_jobs_alike_are_one_strip() -> None:
    """From sixty-one on they are one box, named after the first and the last, with a cell for each."""
    strip = drawn(fan(NAMED + 1)).nodes[1]
    assert (strip.form, len(strip.jobs), strip.name) == ("strip", 61, "fit[alpha=0] … fit[alpha=60]")


def fanned(count: int, policy: str = "strict") -> dict:
    """A job, the elements of a fan-out in the group of its name, and one that needs them."""
    elements = {f"fit[a={n}]": job("waiting", ("load",), group="fit", fan="fit") for n in range(count)}
    return snapshot({"load": job(), **elements, "best": job("waiting", ("fit",))}, {"fit": policy})


def test_a_fan_out_is_one_box() -> None:
    """A node with its name and a cell an element, joined by one wire to each neighbour, and no frame around it."""
    picture = drawn(fanned(48))
    assert [(node.name, node.form, len(node.jobs)) for node in picture.nodes] == [
        ("load", "node", 1), ("fit", "strip", 48), ("best", "node", 1)
    ]  # fmt: skip
    assert (picture.links, len(picture.wires), picture.frames) == (((0, 1), (1, 2)), 2, ())


def test_a_fan_out_with_a_policy_has_its_frame() -> None:
    """What its policy asks for stands over it."""
    assert [(frame.title, *frame.asked) for frame in drawn(fanned(48, "at-least:40")).frames] == [
        ("fit", "40 of 48 needed", "40 of 48")
    ]


def test_a_small_fan_out_is_open() -> None:
    """A few elements are shown by name."""
    assert [node.label for node in drawn(fanned(OPEN_UP_TO)).nodes[1:-1]] == [f"a={n}" for n in range(OPEN_UP_TO)]


@pytest.mark.parametrize(("count", "forms"), [(OPEN_UP_TO, {"strip"}), (OPEN_UP_TO + 1, {"cell"})])
def test_a_person_turns_a_fan_out(count: int, forms: set[str]) -> None:
    """Turned, a small one is folded and a big one opened."""
    picture = scene(shape(fanned(count), turned=["fit"]))
    assert {node.form for node in picture.nodes[1:-1]} == forms


@pytest.mark.parametrize("count", [9, 60, 61, 300, 1200, 10_000])
def test_the_cells_of_a_strip_are_inside_of_it(count: int) -> None:
    """However many there are, they stand in a grid within the box, below its text, and the box fits a screen."""
    strip = drawn(fanned(count)).nodes[1]
    assert strip.cells is not None
    places = [strip.cells.corner(at) for at in range(count)]
    assert len(set(places)) == count
    assert min(y for _, y in places) > 40
    assert max(x for x, _ in places) + strip.cells.width < strip.width
    assert max(y for _, y in places) + strip.cells.height < strip.height
    assert strip.width < 900
    assert strip.height < 600


def test_a_fan_of_300_fits_a_screen() -> None:
    """No tower of 300 rows."""
    picture = drawn(fan(300))
    assert picture.height < 600
    assert picture.width < 1300


def test_jobs_with_other_dependents_are_not_folded() -> None:
    """Only jobs that nothing tells apart but their names share a block."""
    jobs = {"load": job()} | {f"m{i}": job(needs=("load",)) for i in range(12)}
    jobs |= {f"n{i}": job("waiting", (f"m{i}",)) for i in range(12)}
    assert {node.form for node in drawn(snapshot(jobs)).nodes} == {"node"}


def test_a_status_changes_no_shape() -> None:
    """While jobs only run and end nothing is laid out again."""
    before, after = ten(), ten()
    after["jobs"]["plot"] |= {"status": "succeeded", "attempts": []}
    after["now"] += 9
    assert shape(before) == shape(after)


def test_a_scene_is_kept_where_nothing_moved() -> None:
    """Laid out from the earlier scene, all stays where it was."""
    first = drawn(layered(40))
    assert scene(shape(layered(40)), first) == first


def test_a_groups_title_widens_its_members_alone() -> None:
    """A deep flow of short names stays narrow enough to be seen whole."""
    jobs = {"a": job(), "b": job(needs=("a",), group="a group of a long name"), "c": job(needs=("b",))}
    wide = {node.name: node.width for node in drawn(snapshot(jobs, {"a group of a long name": "at-least:1"})).nodes}
    assert wide["a"] == wide["c"] == 124 < wide["b"]


def test_names_fit_their_boxes() -> None:
    """However long a name is, its label is no wider than the room for it."""
    for node in drawn(long_names()).nodes:
        assert width(node.label, NAME_SIZE) <= node.width - 38


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.floats(12, 200), st.sampled_from([10.5, 12.5]))
def test_shortened_texts_fit(text: str, room: float, size: float) -> None:
    """Any text in any script is cut to the room, and is whole where it fits."""
    plain = " ".join(text.split())
    for cut in (shorten, clip):
        short = cut(text, room, size)
        assert width(short, size) <= room or short == "…"
        assert (short == plain) == (width(plain, size) <= room) or "…" in plain


def test_both_ends_of_a_name_stay() -> None:
    """Members of a sweep differ at their ends."""
    short = shorten("a_model_with_a_long_name[alpha=0.001]", 110, 12.5)
    assert short.startswith("a_m")
    assert short.endswith("01]")


def test_wires_are_level_where_they_meet_nodes() -> None:
    """Straight where nothing bends; no path for no points."""
    assert path_data([(0, 5), (10, 5)]) == "M0,5L10,5"
    assert path_data([]) == ""


def test_every_status_has_its_own_drawing() -> None:
    """No two statuses look alike without colour."""
    assert set(ICONS) == set(Status)
    assert len(set(ICONS.values())) == len(Status)


def test_jobs_that_a_job_made_are_linked_to_it() -> None:
    """In the picture, as they appear; nobody says that they need it."""
    snapshot = {"jobs": {"maker": {}, "made": {"maker": "maker"}}}
    assert shape(snapshot).links == ((0, 1),)
    assert needed_links(snapshot) == []


def test_a_need_of_a_group_is_one_of_the_groups_within_it() -> None:
    """Their members were waited for too."""
    jobs = {"a": {"group": "outer"}, "b": {"group": "inner"}, "last": {"needs": ["outer"]}}
    groups = {"outer": {"members": ["a", "inner"], "policy": "strict"}}
    groups["inner"] = {"members": ["b"], "policy": "strict", "parent": "outer"}
    drawn = shape({"jobs": jobs, "groups": groups})
    assert drawn.links == ((0, 2), (1, 2))
    assert {name: asked.short for name, asked in drawn.asked} == {"outer": "all 2", "inner": "all 1"}


def test_the_elements_of_a_fan_out_are_one_block_whatever_each_needs() -> None:
    """One that reads another item by item is linked to it by one wire."""
    first = {f"a[x={n}]": {"needs": [], "group": "a", "fan": "a"} for n in range(20)}
    second = {f"b[x={n}]": {"needs": [f"a[x={n}]"], "group": "b", "fan": "b"} for n in range(20)}
    drawn = scene(shape({"jobs": first | second}))
    assert {node.form for node in drawn.nodes} == {"strip"}
    assert (len(drawn.wires), len(drawn.links)) == (1, 1)


def test_an_element_is_called_by_its_values_under_its_fan_outs_name() -> None:
    """The frame's title says the rest; in another group the whole name stands."""
    alike = {f"fit[model=a,scenario={n}]": {"fan": "fit", "group": "fit"} for n in range(2)}
    groups = {"fit": {"policy": "best-effort", "members": list(alike)}}
    drawn = scene(shape({"jobs": alike, "groups": groups}))
    assert [node.label for node in drawn.nodes] == ["model=a,scenario=0", "model=a,scenario=1"]
    assert [node.name for node in drawn.nodes] == list(alike)
    apart = {name: job | {"group": "all"} for name, job in alike.items()}
    assert shape({"jobs": apart, "groups": {}}).labels == tuple(alike)


def test_a_group_is_needed_through_its_last_members() -> None:
    """A job that needs a group of a chain has one line from the chain's end, however long it is."""
    jobs = {"a": job(group="g"), "b": job(needs=("a",), group="g"), "c": job(needs=("b",), group="g")}
    snapped = snapshot(jobs | {"all": job("waiting", ("g",))}, {"g": "strict"})
    assert shape(snapped).links == ((0, 1), (1, 2), (2, 3))
    assert needed_links(snapped) == [(0, 1), (1, 2), (0, 3), (1, 3), (2, 3)]


def nested() -> dict:
    """A group within a group, a job before them and one after."""
    jobs = {"a": job(), "b": job(needs=("a",), group="outer"), "c": job(needs=("b",), group="inner")}
    jobs |= {"d": job(needs=("b",), group="inner"), "last": job("waiting", ("outer",))}
    found = snapshot(jobs, {"outer": "strict", "inner": "at-least:1"})
    found["groups"]["inner"]["parent"] = "outer"
    found["groups"]["outer"]["members"].append("inner")
    return found


def test_a_person_folds_a_group() -> None:
    """Into one box of cells, all its jobs in it, in a frame that tells its policy; the outer one has all of both."""
    for group, jobs, frames in (("inner", 2, ["outer", "inner"]), ("outer", 3, ["outer"])):
        picture = scene(shape(nested(), turned=[group]))
        assert [(node.name, len(node.jobs)) for node in picture.nodes if node.form == "strip"] == [(group, jobs)]
        assert [frame.group for frame in picture.frames] == frames
        assert all(apart(a, b) for a, b in combinations(picture.nodes, 2))


def test_a_group_that_an_outer_one_holds_back_from_being_seen_stays_folded_with_it() -> None:
    """Both folded, the outer one is the box; opened again, the inner one is folded still."""
    assert {n.name for n in scene(shape(nested(), turned=["inner", "outer"])).nodes} == {"a", "outer", "last"}
    assert {n.name for n in scene(shape(nested(), turned=["inner"])).nodes} == {"a", "b", "inner", "last"}


def test_a_group_around_a_stranger_is_not_folded() -> None:
    """One box would need the stranger, and be needed by it."""
    needs = {"a": (), "x": ("a",), "b": ("x",)}
    jobs = {name: job(needs=need, group=None if name == "x" else "g") for name, need in needs.items()}
    found = shape(snapshot(jobs, {"g": "strict"}), turned=["g"])
    assert (found.folded, found.plain) == (frozenset(), frozenset())
