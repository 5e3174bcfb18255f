"""``binder/`` works: installed into a fresh environment the way Binder does, the first notebook runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOK = "notebooks/01-first-flow.ipynb"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files as Binder would have them, with a fresh environment beside them that has all installed."""
    home = tmp_path_factory.mktemp("binder")
    repo = home / "repo"
    files = subprocess.check_output(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, text=True)
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file():
            (repo / name).parent.mkdir(parents=True, exist_ok=True)
            (repo / name).write_bytes((ROOT / name).read_bytes())
    run([sys.executable, "-m", "venv", str(home / "env")], home, home)
    run(["python", "-m", "pip", "install", "-q", "-r", "binder/requirements.txt"], repo, home)
    run(["sh", "binder/postBuild"], repo, home)
    return repo


def run(command: list[str], cwd: Path, home: Path) -> str:
    """Run *command* with the environment under *home* first in the path; what it printed."""
    env = {**os.environ, "PATH": f"{home / 'env/bin'}:{os.environ['PATH']}", "VIRTUAL_ENV": str(home / "env")}
    env.pop("PYTHONPATH", None)
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.mark.kernel
@pytest.mark.timeout(900)
def test_the_first_notebook_runs(checkout):
    """The notebook runs to its end with the installed package, and its saved cells have pictures."""
    said = run(["nbflow", "run", NOTEBOOK, "-o", "out/first.ipynb"], checkout, checkout.parent)
    assert "forecast_gauss" in said and "timeout" in said
    saved = json.loads((checkout / "out/first.ipynb").read_text())
    pictures = json.dumps(saved).count("data:image/png")
    assert pictures >= 2
    assert (checkout / "out/first.svg").stat().st_size > 1000


@pytest.mark.timeout(900)
def test_the_wheel_is_what_is_imported(checkout):
    """The package comes from the environment, with the widget's bundle and without its source."""
    told = run(["python", "-I", "-c", "import nbflow; print(nbflow.__file__)"], checkout, checkout.parent)
    package = Path(told.strip()).parent
    assert package.is_relative_to(checkout.parent / "env")
    assert list((package / "widget/static").glob("*.js")) and not (package / "widget/js").exists()


@pytest.mark.timeout(900)
def test_jupyterlab_opens_it(checkout):
    """JupyterLab's start page is the first notebook, and that is there."""
    told = run(["jupyter", "lab", "--show-config-json"], checkout, checkout.parent)
    page = json.loads(told)["LabApp"]["default_url"]
    assert page == f"/lab/tree/{NOTEBOOK}" and (checkout / NOTEBOOK).exists()
