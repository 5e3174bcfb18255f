"""The tables: aligned in a terminal, plain on any page, and nothing in a name gets out of its cell."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from nbflow.core.status import Status
from nbflow.picture.palette import ANYWHERE, INKS
from nbflow.picture.plain import columns, fit, plain
from nbflow.picture.table import LISTED, NAME_COLUMNS, table_html, table_text
from tests.unit.picture.samples import AT, HOSTILE, NAMES, SAMPLES, attempt, job, named, snapshot
from tests.unit.snapshots import fan, ten

EVERY = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())
TITLES = ["status", "job", "attempts", "time", "needs", "why"]


def line(sample: dict, name: str) -> str:
    return next(found for found in table_text(sample).splitlines() if found[3:].startswith(name))


def cells(sample: dict) -> list[list[str]]:
    """The texts of the HTML table's rows, titles first. Fails where the HTML is not well-formed."""
    root = ElementTree.fromstring(table_html(sample))
    return [["".join(cell.itertext()) for cell in row] for row in root.iter("tr")]


# --- text
def test_a_job_is_one_line_of_all_that_matters() -> None:
    """Glyph, job, status, attempts, time, needs, reason."""
    said = line(ten(), "fit_lasso")
    assert " ".join(said.split()) == "✕ fit_lasso failed 3 of 3 2.1 s clean, split LinAlgError: SVD did not converge"


def test_a_running_job_shows_a_clock() -> None:
    """Attempt 2 of 3, eight seconds in."""
    assert line(ten(), "plot").split() == ["◐", "plot", "running", "2", "of", "3", "0:08", "clean"]


def test_a_retrying_job_says_when_it_goes_on() -> None:
    """And why it has to."""
    assert line(ten(), "export").endswith("again in 0:04 (exit 10)")


def test_the_groups_and_the_tally_stand_below() -> None:
    """Policy and verdict of each group, and how many jobs have each status."""
    said = table_text(ten()).splitlines()
    assert said[-1] == "group fits: at least 2 of 3, undecided"
    assert said[-2].startswith("5 ✓ · 2 running · 1 retrying · 1 ✕")


@EVERY
def test_columns_are_aligned(sample: dict) -> None:
    """In every row the status stands in the column where its title does, in any script."""
    said = table_text(sample).splitlines()
    if not sample["jobs"]:
        assert len(said) == 1
        return
    title, *rows = said[2 : 3 + len(sample["jobs"])]
    at = title.index("status")
    words = {status.value for status in Status}
    for row in rows:
        starts = {columns(row[:place]) for word in words for place in _places(row, word)}
        assert at in starts


def _places(row: str, word: str) -> list[int]:
    return [at for at in range(len(row)) if row.startswith(word, at)]


@settings(max_examples=150, deadline=None)
@given(NAMES)
def test_any_name_stays_on_its_line_and_steers_nothing(name: str) -> None:
    """Two jobs, two lines; no control sign reaches the terminal."""
    said = table_text(named(name))
    assert len(said.split("\n")) == len(table_text(named("a")).split("\n"))
    assert not [sign for sign in said if sign != "\n" and unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")]
    said.encode()


def test_a_wide_sign_takes_two_columns_and_an_accent_none() -> None:
    """As terminals set them; the cell that follows starts where it would otherwise."""
    one, two = (table_text(snapshot({name: job("held"), "other": job("held")})) for name in ("数据", "e\u0301abc"))
    assert one.splitlines()[3] == "◌  数据   held"
    assert two.splitlines()[3] == "◌  e\u0301abc   held"


def test_signs_that_turn_the_line_are_left_out() -> None:
    """A name cannot show itself, or the status behind it, backwards."""
    assert "\u202e" not in table_text(named("\u202egpj.exe")) + table_html(named("\u202egpj.exe"))


@settings(max_examples=150, deadline=None)
@given(NAMES)
def test_a_fitted_name_fits(name: str) -> None:
    """No wider than asked, and whole if it is short enough."""
    clean = plain(name)
    assert columns(fit(clean, 20)) <= 20
    assert columns(clean) > 20 or fit(clean, 20) == clean


def test_long_names_lose_their_middle() -> None:
    """Members of a sweep differ at their ends."""
    told = table_text(SAMPLES["long"])
    assert "fit_gradient_boostin…0.001,max_depth=12]" in told
    assert columns("fit_gradient_boostin…0.001,max_depth=12]") == NAME_COLUMNS


def test_columns_that_say_nothing_are_left_out() -> None:
    """A flow of one job that waits has no times and no reasons."""
    told = table_text(snapshot({"a": job("held")}))
    assert told.splitlines()[2].split() == ["job", "status"]


def test_a_text_that_may_not_be_long_counts_the_others() -> None:
    """What failed is listed; of hundreds that wait, some, and how many more."""
    many = snapshot({f"job{n}": job("failed" if n == 200 else "waiting") for n in range(300)})
    told = table_text(many, 50)
    assert "job200" in told and "job49" not in told
    assert "and 250 more jobs: 250 waiting" in told


def test_an_empty_flow_says_how_to_begin() -> None:
    """In one line, as text and as HTML."""
    said = "analysis · run 12 · no jobs yet: write %%job and a name on the first line of a cell, and run it"
    assert table_text(SAMPLES["empty"]) == said
    assert "".join(ElementTree.fromstring(table_html(SAMPLES["empty"])).itertext()) == said


# --- HTML
def test_a_row_of_html_says_the_same() -> None:
    """Without any style it is a table that reads."""
    titles, *rows = cells(ten())
    assert titles == TITLES
    assert rows[0] == ["✓ succeeded", "load", "2 of 3", "12.4 s", "", ""]
    assert rows[9] == ["↻ retrying", "export", "1 of 4", "3.0 s", "split", "again in 0:04 (exit 10)"]


@EVERY
def test_html_is_well_formed_and_harmless(sample: dict) -> None:
    """No script, no style sheet, no handler, nothing from elsewhere, no ids for a page to clash with."""

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list) -> None:
            assert tag in {"div", "p", "br", "b", "strong", "table", "thead", "tbody", "tr", "th", "td"}
            for name, value in attrs:
                assert name in {"class", "style", "title", "scope", "cellpadding"}
                assert name == "title" or "url(" not in value

    Reader().feed(table_html(sample))
    if sample["jobs"]:
        assert len(cells({**sample})) == 1 + min(LISTED, len(sample["jobs"]))


@settings(max_examples=100, deadline=None)
@given(NAMES)
def test_any_name_stays_in_its_cell(name: str) -> None:
    """The table is the one of harmless names but for its texts."""
    found, harmless = (ElementTree.fromstring(table_html(named(each))) for each in (name, "a"))
    assert [part.tag for part in found.iter()] == [part.tag for part in harmless.iter()]
    row = next(found.iter("tbody"))[0]
    assert row[1].attrib.get("title", row[1].text or "") == plain(name)


def test_every_hostile_name_is_in_the_table() -> None:
    """Escaped, but whole: in its cell, or in the tip where it is too long for that."""
    root = ElementTree.fromstring(table_html(SAMPLES["hostile"]))
    told = [cell[1].attrib.get("title", cell[1].text or "") for cell in next(root.iter("tbody"))]
    assert told == [plain(name) for name in HOSTILE]


def test_a_long_table_lists_the_eventful_jobs() -> None:
    """All that failed or runs, in their order, then as many others as fit; the rest is counted."""
    sample = fan(300)
    _, *rows = cells(sample)
    listed = [row[1] for row in rows]
    bad = [name for name, told in sample["jobs"].items() if told["status"] in ("failed", "running")]
    assert len(listed) == LISTED
    assert set(bad) <= set(listed)
    assert listed == [name for name in sample["jobs"] if name in set(listed)]
    assert "and 202 more jobs: 168 succeeded, 34 waiting" in table_html(sample)


def test_a_table_is_small_enough_to_be_saved() -> None:
    """Under half a kilobyte a job."""
    assert len(table_html(ten())) < 7_000


def test_attempts_are_of_this_generation() -> None:
    """A job that a person retried begins again at 1."""
    sample = snapshot({"a": job("running", (), [attempt(1, 0, 1.0, "failed"), attempt(2, 3, None)], of=3) | {"try": 1}})
    assert cells(sample)[1][2] == "1 of 3"


def test_a_job_declared_again_shows_no_old_time() -> None:
    """Waiting for its second generation, the time of the first one's attempt is no news."""
    again = job("waiting", ("b",), [attempt(1, 0, 4.0)]) | {"try": 0, "generation": 2}
    assert cells(snapshot({"b": job("running"), "a": again}))[2][2:4] == ["", ""]


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["#ffffff", "#111111", "#1f1f1f", "#0d1117"])
def test_the_colours_of_the_table_read_on_any_page(ground: str) -> None:
    """White, and the dark grounds of JupyterLab, VS Code and GitHub."""
    assert min(contrast(colour, ground) for colour in ANYWHERE.values()) >= 3.5


def test_the_colours_of_the_pictures_read_on_white() -> None:
    """As text, by the usual measure of 4.5 : 1."""
    assert min(contrast(colour, "#ffffff") for colour in INKS.values()) >= 4.5


def test_times_are_counted_from_the_snapshot() -> None:
    """Not from the clock of whoever draws."""
    sample = snapshot({"a": job("running", (), [attempt(1, 0, None)])}, now=AT + 83)
    assert cells(sample)[1][3] == "1:23"
