"""The grounds, inks and marks by which pages of notebooks tell their theme, as those pages set them."""

from __future__ import annotations

from typing import NamedTuple


class Theme(NamedTuple):
    """What a page sets: CSS variables, and attributes of its <html> and <body>."""

    variables: dict[str, str]
    body: str = ""
    html: str = ""

    @property
    def ground(self) -> str:
        return next(iter(self.variables.values()), "Canvas")

    @property
    def ink(self) -> str:
        return [*self.variables.values(), "CanvasText", "CanvasText"][1]


def _jupyter(ground: str, ink: str, light: str, name: str = "") -> Theme:
    named = f' data-jp-theme-name="{name}"' if name else ""
    dim = "rgba(0, 0, 0, .54)" if light == "true" else "rgba(255, 255, 255, .7)"
    variables = {"--jp-layout-color0": ground, "--jp-content-font-color0": ink, "--jp-content-font-color2": dim}
    return Theme(variables, f'data-jp-theme-light="{light}"{named}')


def _code(ground: str, ink: str, kind: str) -> Theme:
    dim = f"color-mix(in srgb, {ink} 70%, transparent)"
    variables = {"--vscode-editor-background": ground, "--vscode-editor-foreground": ink}
    return Theme(variables | {"--vscode-descriptionForeground": dim}, f'class="vscode-{kind}"')


def _colab(ground: str, ink: str, html: str = "") -> Theme:
    return Theme({"--colab-primary-surface-color": ground, "--colab-primary-text-color": ink}, html=html)


THEMES = {
    "light": _jupyter("#fff", "#000", "true"),
    "dark": _jupyter("#111", "#fff", "false"),
    "lab-light": _jupyter("white", "#000", "true", "JupyterLab Light"),
    "lab-dark": _jupyter("#111", "#fff", "false", "JupyterLab Dark"),
    "lab-contrast": _jupyter("#111", "#fff", "false", "JupyterLab Dark High Contrast"),
    "solarized": _jupyter("#fdf6e3", "#073642", "true", "Solarized Light"),
    "nord": _jupyter("#2e3440", "#eceff4", "false", "Nord"),
    "code-light": _code("#ffffff", "#3b3b3b", "light"),
    "code-dark": _code("#1f1f1f", "#cccccc", "dark"),
    "code-contrast": _code("#000000", "#ffffff", "high-contrast"),
    "code-contrast-light": _code("#ffffff", "#292929", "high-contrast vscode-high-contrast-light"),
    "colab-light": _colab("#ffffff", "#212121"),
    "colab-dark": _colab("#383838", "#d5d5d5", 'theme="dark"'),
    "system": Theme({}),
}
"""The first two are what most tests use; those of two lesser-known themes stand for grounds that are neither black nor
white."""
