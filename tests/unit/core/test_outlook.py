"""What would happen, put together from what is known of each job."""

from __future__ import annotations

from nbflow.core.foresight import Told, outlook, undone
from nbflow.core.outlook import Fate, Outlook
from nbflow.core.spec import Captured, ValueRef
from nbflow.picture.forecast import forecast, planned

from .build import came, job, run_of
from .test_project import project


def held(*jobs):
    return run_of(*jobs)


def fates(run, **told):
    return {line.job: (line.fate.value, line.why) for line in outlook(run, told).lines}


def test_what_is_held_runs_unless_it_is_reused():
    """With why, where that is known."""
    run = held(job("a", hold=True), job("b", hold=True), job("c", "b"))
    told = {"a": Told(reused="from run 3, 0:42 saved"), "b": Told(why=("line 3 changed",))}
    assert fates(run, **told) == {
        "a": ("is reused", "from run 3, 0:42 saved"),
        "b": ("runs", "line 3 changed"),
        "c": ("runs", ""),
    }


def test_what_depends_on_what_another_makes():
    """Only a cached job may still be reused then."""
    run = held(job("a", hold=True), job("b", "a", cache=True), job("c", "a"))
    told = {name: Told(unknown="a") for name in "bc"}
    assert fates(run, **told)["b"] == ("runs, or is reused", "that depends on what a makes")
    assert fates(run, **told)["c"] == ("runs", "")


def test_who_needs_what_fails_for_sure_is_skipped():
    """At however many removes; not who can do without it, or only waits for its end."""
    run = held(job("a", hold=True), job("b", "a"), job("c", "b"), job("d", "a?"), job("e", "a", on_missing="none"))
    found = fates(run, a=Told(faults=("nobody defines x (line 2)",)))
    assert found["a"] == ("fails for sure", "nobody defines x (line 2)")
    assert found["b"] == ("is skipped", "a fails for sure")
    assert found["c"] == ("is skipped", "b is skipped")
    assert (found["d"][0], found["e"][0]) == ("runs", "runs")


def test_what_is_stale_makes_stale():
    """All that was made of it; what is done and up to date stays."""
    run = run_of(job("a"), job("b", "a"), job("c", "b"), job("d"))
    for name in "abcd":
        came(run, name)
    found = fates(run, a=Told(stale=("input df changed",)))
    assert found == {
        "a": ("is stale", "input df changed"),
        "b": ("is stale", "a is stale"),
        "c": ("is stale", "b is stale"),
        "d": ("stays", "succeeded"),
    }


def test_what_failed_runs_again():
    """And what was skipped for it."""
    run = run_of(job("a"), job("b", "a"))
    came(run, "a", "failed")
    assert fates(run) == {"a": ("runs", "it failed before"), "b": ("runs", "")}
    assert undone(run) == ["a", "b"]


def test_big_values_are_copied():
    """Those that are taken from the notebook, of a megabyte and more."""
    inputs = {"df": Captured(ValueRef(file="f", size=2_100_000_000)), "k": Captured(ValueRef(inline=b"1", size=1))}
    run = held(job("a", hold=True, inputs=inputs))
    assert outlook(run, {}).lines[0].words == "runs · df is copied (2.1 GB)"


def test_the_headline_adds_up():
    """How many of each, how long it takes, and what is saved."""
    run = held(job("a", hold=True), job("b", hold=True), job("c", hold=True))
    told = {"a": Told(seconds=60.0), "b": Told(seconds=35.0), "c": Told(reused="from run 3", seconds=190.0)}
    assert outlook(run, told, new=["d"]).headline == (
        "2 run, about 1 m 35 s · 1 is reused, 3 m 10 s saved · 1 is not declared yet"
    )
    assert [line.job for line in outlook(run, told, ["b"]).lines] == ["b"]


def test_each_fate_can_be_drawn():
    """The picture shows a status for it, the reason under the name, and every line as text."""
    run = held(job("a<b>", hold=True), job("b", hold=True))
    lines = outlook(run, {"a<b>": Told(faults=("nobody defines <x>",)), "b": Told(reused="from run 3")})
    drawn = planned(project(run, 0.0), lines)
    assert [each["status"] for each in drawn["jobs"].values()] == ["failed", "reused"]
    html = forecast(project(run, 0.0), lines)
    assert "data:image/svg+xml" in html and "a&lt;b&gt;" in html and "<x>" not in html
    assert "1 failing" not in html and "1 fails for sure" in html


def test_without_jobs():
    """There is nothing to tell."""
    assert Outlook(()).text() == "no jobs yet"
    assert {fate.status for fate in Fate if fate.status is None} == {None}
