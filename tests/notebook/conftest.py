"""Real kernels in a folder of their own, of each ipykernel under test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.interpreters import Interpreter, interpreters
from tests.notebook.kernel import Kernel


@pytest.fixture(params=interpreters(), ids=lambda interpreter: interpreter.name)
def interpreter(request: pytest.FixtureRequest) -> Interpreter:
    """Each interpreter of NBFLOW_KERNEL_PYTHONS in turn."""
    return request.param


@pytest.fixture
def start_kernel(folder: Path) -> Iterator[Callable[..., Kernel]]:
    """start_kernel(spec=…, notebook=…, stdin=…) -> Kernel: any number, in one notebook folder, the newest ipykernel."""
    started: list[Kernel] = []

    def start(spec: str = interpreters()[0].name, notebook: str = "analysis.ipynb", stdin: bool = True) -> Kernel:
        started.append(Kernel(folder, spec, notebook, stdin))
        return started[-1]

    yield start
    for kernel in started:
        kernel.close()


@pytest.fixture
def kernel(start_kernel: Callable[..., Kernel], interpreter: Interpreter) -> Kernel:
    """A bare kernel: the test runs once for each interpreter."""
    return start_kernel(interpreter.name)


@pytest.fixture
def nb(kernel: Kernel) -> Kernel:
    """A kernel with the extension loaded."""
    cell = kernel.run("%load_ext nbflow")
    assert cell.ok, cell.error
    return kernel
