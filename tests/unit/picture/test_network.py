"""The graph for networkx."""

from __future__ import annotations

import networkx

from nbflow.picture.network import graph
from tests.unit.picture.samples import HOSTILE, SAMPLES, job, snapshot
from tests.unit.snapshots import fan, ten


def test_nodes_are_jobs_with_their_part_of_the_snapshot() -> None:
    """In the order of declaration, all attributes there."""
    sample = ten()
    found = graph(sample)
    assert list(found) == list(sample["jobs"])
    assert all(found.nodes[name] == told for name, told in sample["jobs"].items())


def test_edges_are_needs_and_a_groups_members() -> None:
    """From the needed job to its dependent; the edges of a group's need bear its name."""
    found = graph(ten())
    assert found.has_edge("load", "clean")
    assert set(found.predecessors("report")) == {"fit_ridge", "fit_lasso", "fit_trees"}
    assert found.edges["fit_ridge", "report"]["group"] == "fits"
    assert found.edges["load", "clean"]["group"] is None
    assert found.edges["fit_lasso", "audit"]["group"] is None


def test_it_has_no_loops() -> None:
    """Members declared after the dependent are not waited for, so the graph stays acyclic."""
    jobs = {"a": job(group="g"), "r": job("waiting", ("g",)), "late": job("waiting", ("r",), group="g")}
    found = graph(snapshot(jobs, {"g": "strict"}))
    assert networkx.is_directed_acyclic_graph(found)
    assert list(found.edges) == [("a", "r"), ("r", "late")]


def test_names_are_not_changed() -> None:
    """A program finds its jobs under the names that it gave them."""
    assert list(graph(SAMPLES["hostile"])) == list(HOSTILE)


def test_an_empty_flow_is_an_empty_graph() -> None:
    """With the run's own attributes."""
    found = graph(SAMPLES["empty"])
    assert len(found) == 0
    assert found.graph["flow"] == "analysis"
    assert found.graph["run"] == 12


def test_every_member_of_a_sweep_is_a_node() -> None:
    """Nothing is folded here."""
    assert graph(fan(300)).number_of_edges() == 600
