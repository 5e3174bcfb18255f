"""For all tests: Jupyter's own folders apart from the user's, real kernels, and nothing left running."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import leftovers
from tests.interpreters import Interpreter, interpreters, write_specs

if TYPE_CHECKING:
    from tests.notebook.kernel import Kernel


@pytest.fixture(scope="session", autouse=True)
def jupyter_folders() -> Iterator[Path]:
    """Config, data, runtime and IPython folders of this test session, with a kernel spec for each interpreter."""
    home = Path(tempfile.mkdtemp(prefix="nbflow-"))  # short: paths of unix sockets end at 107 bytes
    own = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "run", "PATH": "path"}
    changed = {f"JUPYTER_{name}": str(home / folder) for name, folder in own.items()}
    changed |= {"IPYTHONDIR": str(home / "ipython"), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    write_specs(home / "path")
    yield home
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A notebook's folder. After the test its engine is stopped, and nothing of its store may still run."""
    yield tmp_path
    left = leftovers.clear(tmp_path)
    assert not left, "left running: " + "; ".join(left)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests marked `each_ipykernel` run for each interpreter of NBFLOW_KERNEL_PYTHONS, others for the newest alone."""
    if "interpreter" in metafunc.fixturenames:
        every = metafunc.definition.get_closest_marker("each_ipykernel") is not None
        found = interpreters() if every else interpreters()[:1]
        metafunc.parametrize("interpreter", found, ids=lambda each: each.name, indirect=True)


@pytest.fixture
def interpreter(request: pytest.FixtureRequest) -> Interpreter:
    """The Python that the test's kernels run in."""
    return request.param


@pytest.fixture
def start_kernel(folder: Path) -> Iterator[Callable[..., Kernel]]:
    """start_kernel(spec=…, notebook=…, stdin=…) -> Kernel: any number, in one notebook folder, the newest ipykernel."""
    from tests.notebook.kernel import Kernel

    started: list[Kernel] = []

    def start(spec: str = interpreters()[0].name, notebook: str = "analysis.ipynb", stdin: bool = True) -> Kernel:
        started.append(Kernel(folder, spec, notebook, stdin))
        return started[-1]

    yield start
    for kernel in started:
        kernel.close()


@pytest.fixture
def kernel(start_kernel: Callable[..., Kernel], interpreter: Interpreter) -> Kernel:
    """A bare kernel of the test's own."""
    return start_kernel(interpreter.name)


@pytest.fixture(scope="session")
def shared_kernels(jupyter_folders: Path) -> Iterator[dict[str, Kernel]]:
    """Kernels by the name of their interpreter, that one test after the other uses."""
    kernels: dict[str, Kernel] = {}
    yield kernels
    for kernel in kernels.values():
        kernel.close()


@pytest.fixture
def nb(
    shared_kernels: dict[str, Kernel], jupyter_folders: Path, interpreter: Interpreter, folder: Path
) -> Iterator[Kernel]:
    """A kernel with the extension loaded, in the test's folder, with no names: as if new, but there at once."""
    from tests.notebook.kernel import Kernel

    kernel = shared_kernels.pop(interpreter.name, None) or Kernel(jupyter_folders, interpreter.name)
    kernel.move(folder)
    cell = kernel.run("%load_ext nbflow")
    assert cell.ok, cell.error
    yield kernel
    if kernel.manager.is_alive() and kernel.idle and kernel.run("%unload_ext nbflow").ok:
        shared_kernels[interpreter.name] = kernel  # one that is busy or gone is nobody's any more
    else:
        kernel.close()
