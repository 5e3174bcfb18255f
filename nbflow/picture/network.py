"""A run as a networkx graph, for people who want to ask it questions of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx

from nbflow.core.shape import made_links, needed_links
from nbflow.picture.summary import jobs


def graph(snapshot: Mapping[str, Any]) -> networkx.DiGraph:
    """The jobs of *snapshot* and their needs as a directed graph.

    A node per job, in the order of declaration, with its part of the snapshot as attributes; an edge from
    each needed job to its dependent. The need of a group is an edge from each member declared before the dependent,
    with the group's name as attribute ``group``; edges of needs by name have ``group`` None. The graph's own
    attributes are ``flow``, ``run``, ``verdict``, ``now`` and ``groups``.

    >>> found = graph({"jobs": {"a": {"status": "failed"}, "b": {"status": "waiting", "needs": ["a"]}}})
    >>> list(found.edges), found.nodes["a"]["status"]
    ([('a', 'b')], 'failed')
    """
    found = networkx.DiGraph(**{key: snapshot.get(key) for key in ("flow", "run", "verdict", "now", "groups")})
    known = jobs(snapshot)
    for name, job in known.items():
        found.add_node(name, **job)
    names = list(known)
    for a, b in dict.fromkeys((*needed_links(snapshot), *made_links(snapshot))):
        needed, dependent = names[a], names[b]
        by_name = needed in (known[dependent].get("needs") or ())
        found.add_edge(needed, dependent, group=None if by_name else known[needed].get("group"))
    return found
