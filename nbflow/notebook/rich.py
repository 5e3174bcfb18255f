"""One rich output as HTML: the richest of its forms that a card can hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from nbflow.engine.client import Display
from nbflow.notebook import terminal

MONO = "var(--jp-code-font-family, ui-monospace, monospace)"
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
LONGEST = 20_000
"""Characters of a text form that are shown."""


def rich_html(display: Display) -> str:
    """The HTML of *display*: its HTML, picture or formula, or else its text."""
    data = display.data
    if "text/html" in data:
        return str(data["text/html"])
    if "image/svg+xml" in data:
        svg = str(data["image/svg+xml"])
        return svg[max(0, svg.find("<svg")) :]
    for kind in IMAGES:
        if kind in data:
            return _image(kind, str(data[kind]), display.metadata)
    if "text/latex" in data:
        return f"<div>{escape(str(data['text/latex']))}</div>"  # front ends set formulas in it
    if "text/markdown" in data and (found := _markdown(str(data["text/markdown"]))) is not None:
        return found
    if "application/json" in data:
        return _text(_json(data["application/json"]))
    return _text(str(data.get("text/markdown") or data.get("text/plain") or ""))


def _image(kind: str, data: str, metadata: Mapping[str, Any]) -> str:
    """A picture of the size that it is meant to have."""
    payload = re.sub(r"[^A-Za-z0-9+/=]", "", data)
    meant = metadata.get(kind) if isinstance(metadata.get(kind), Mapping) else metadata
    size = "".join(
        f' {side}="{float(meant[side]):g}"'
        for side in ("width", "height")
        if meant is not None and isinstance(meant.get(side), int | float)
    )
    return f'<img alt="output"{size} style="max-width:100%" src="data:{kind};base64,{payload}">'


def _markdown(text: str) -> str | None:
    """Markdown as HTML, where the library that nbconvert uses is there; None where it is not."""
    try:
        import mistune
    except ImportError:
        return None
    return str(mistune.html(text)) if hasattr(mistune, "html") else None


def _json(value: object) -> str:
    try:
        return json.dumps(json.loads(value) if isinstance(value, str) else value, indent=2, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(value)


def _text(text: str) -> str:
    shown = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    body = "\n".join(map(terminal.html, terminal.lines(shown)))
    return f'<pre style="margin:0;font-family:{MONO};background:transparent;white-space:pre-wrap">{body}</pre>'


def rich_text(display: Display) -> str:
    """The plain text of *display*; empty if it has none."""
    return terminal.screen(str(display.data.get("text/plain", "")))
