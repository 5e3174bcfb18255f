"""The picture of a run as an image in HTML: for pages that take no SVG there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nbflow.picture.plain import escaped
from nbflow.picture.summary import headline
from nbflow.picture.svg import svg


def image(snapshot: Mapping[str, Any]) -> str:
    """The DAG of *snapshot* as an HTML ``<img>`` that holds it whole.

    Pages that do not trust a notebook, GitHub's among them, throw SVG out of HTML and leave its texts in a heap; images
    they keep. And in an image nothing runs.

    >>> image({"flow": "analysis", "run": 1, "verdict": "running", "jobs": {}})[:40]
    '<img class="nbflow-picture" alt="analysi'
    """
    drawn = svg(snapshot)
    found = _SIZES.search(drawn)
    assert found, "a picture has a size"
    wide, high, style = found.groups()
    return (
        f'<img class="nbflow-picture" alt="{escaped(headline(snapshot))}" width="{wide}" height="{high}" '
        f'style="{style}" src="data:image/svg+xml;charset=utf-8,{drawn.translate(_IN_ADDRESS)}"/>'
    )


_SIZES = re.compile(r'width="(\d+)" height="(\d+)" style="([^"]*)"')
_IN_ADDRESS = str.maketrans({"%": "%25", "#": "%23", "<": "%3C", ">": "%3E", "&": "%26", '"': "'"})
"""No text of a picture holds a bare quote of either kind: they are escaped."""
