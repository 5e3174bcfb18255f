"""What a page of Jupyter knows of a flow without a view of it: how the run stands, and where each card of it does.

The model is never displayed. Jupyter makes it anew in every page that opens the notebook, so that cards of a page that
was loaded again can be brought up to date, and the browser's tab can say how the run stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from nbflow.widget.dag import keep_route, model_id

ASKED = 200
"""Cards of one request at most."""


class Ambient(anywidget.AnyWidget):
    """How the run of *flow* stands, for every page that has the notebook open.

    Args:
        flow: the flow's name.
        asked: called with the ids of cards that do not look as they should, on whatever thread the kernel uses for it.

    Attributes:
        standing: ``flow``, ``run``, ``going`` (whether anything does), ``running`` and ``failed`` (jobs), ``paused``,
            ``verdict``, ``said`` (the line that cards share), ``why`` (what failed first) and ``still`` (seconds after
            which a clock that does not go on stands still).
        cards: id -> the letter of its status, a space and the job's name, of those that can be brought up to date.
    """

    _esm = Path(__file__).parent / "static" / "ambient.js"

    standing = traitlets.Dict().tag(sync=True)
    cards = traitlets.Dict().tag(sync=True)

    def __init__(self, flow: str, asked: Callable[[list[str]], None], **traits: Any) -> None:
        self._asked = asked
        super().__init__(**({"model_id": f"{model_id(flow)}-ambient"} | traits))
        keep_route(self.comm)
        self.on_msg(self._receive)

    def show(self, standing: Mapping[str, Any], cards: Mapping[str, str]) -> None:
        """Send what is new, in one message; nothing where nothing is."""
        with self.hold_sync():
            self.standing, self.cards = dict(standing), dict(cards)

    def tell(self, cards: Mapping[str, Mapping[str, Any]]) -> None:
        """Send how *cards* look: id -> what `nbflow.notebook` says of one."""
        self.send({"kind": "cards", "cards": dict(cards)})

    def _receive(self, _widget: object, content: Any, _buffers: object) -> None:
        ids = read_ids(content, self.cards)
        if ids:
            self._asked(ids)


def read_ids(content: Any, known: Mapping[str, str]) -> list[str]:
    """The *known* cards that a message from the browser asks for: anything can be sent over a comm.

    >>> read_ids({"op": "cards", "ids": ["a", "b", 3]}, {"a": "R fit"})
    ['a']
    >>> read_ids(["cards"], {}), read_ids({"op": "cards", "ids": "a"}, {"a": "R fit"})
    ([], [])
    """
    if not isinstance(content, dict) or content.get("op") != "cards":
        return []
    ids: Sequence[Any] = content["ids"] if isinstance(content.get("ids"), list) else []
    return [each for each in ids[:ASKED] if isinstance(each, str) and each in known]
