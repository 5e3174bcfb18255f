"""The committed bundle: what its source builds to, and all that the browser loads."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import nbflow.widget

HERE = Path(nbflow.widget.__file__).parent
SOURCE, STATIC = HERE / "js", HERE / "static"
FILES = ("view.js", "view.css", "ambient.js")
BUILDABLE = bool(shutil.which("node")) and (SOURCE / "node_modules" / "esbuild").is_dir()


@pytest.mark.skipif(
    not BUILDABLE and os.environ.get("CI") != "true",
    reason="NO NODE: the bundle is not compared with its source (make js)",
)
def test_the_bundle_is_what_its_source_builds_to(tmp_path):
    """`make js` after a change of the source; a Python user never needs node, so the result is committed."""
    assert BUILDABLE, "in CI the bundle must be built: node and `npm ci` in nbflow/widget/js are missing"
    subprocess.run(["node", "build.mjs", str(tmp_path)], cwd=SOURCE, check=True, capture_output=True, timeout=60)
    assert [(STATIC / name).read_bytes() == (tmp_path / name).read_bytes() for name in FILES] == [True] * len(FILES)


def test_the_bundle_is_small_and_fetches_nothing():
    """It travels with every view and is kept in notebooks that save widget state; and it works behind a firewall."""
    code, style, ambient = ((STATIC / name).read_text() for name in FILES)
    assert len(gzip.compress((code + style + ambient).encode())) < 60_000
    addresses = re.findall(r"https?://[^\s\"'`)]+", code + style + ambient)
    assert addresses == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"\bimport\b|@import|url\(", code.replace("import.meta", "") + style + ambient)


def test_nothing_is_ever_read_as_markup():
    """Names, logs and errors are text: the ways to turn text into elements or code are not used at all."""
    source = "".join(file.read_text() for file in (SOURCE / "src").glob("*.js"))
    ways = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "createContextualFragment"]
    ways += ["srcdoc", "eval(", "new Function", "href", "javascript:"]
    found = [way for way in ways if way in source]
    # A log is saved as a file through one anchor, to bytes that are in the page: clicked at once, never shown.
    assert source.count("href") == source.count("anchor.href = address;") == 1
    assert found == ["href"]


def test_the_lock_file_names_no_registry():
    """It works with whatever registry is configured."""
    assert "resolved" not in (SOURCE / "package-lock.json").read_text()
