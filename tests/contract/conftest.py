"""Every kind of executor, made so that tests can use it. A new kind needs one line here.

`runner` is for what every executor owes. `isolated` is for what only those owe that give each attempt a process: a
kind that is not among them has a test of its own for what it does instead, in ``test_isolation.py``.
"""

from __future__ import annotations

import pytest

from nbflow.engine.executors.process import ProcessExecutor
from tests.attempts import Runner
from tests.kernel_executor import KernelExecutorHere

MAKERS = {"process": ProcessExecutor, "kernel": KernelExecutorHere}
ISOLATED = {"process"}
"""Kinds whose attempts have a process, and so a namespace, of their own."""


def made(kind, tmp_path_factory):
    runner = Runner(tmp_path_factory.mktemp("flow"), MAKERS[kind])
    yield runner
    runner.close()


@pytest.fixture(scope="module", params=sorted(MAKERS))
def runner(request, tmp_path_factory):
    """An executor of each kind, shared by a module's tests."""
    yield from made(request.param, tmp_path_factory)


@pytest.fixture(scope="module", params=sorted(ISOLATED))
def isolated(request, tmp_path_factory):
    """An executor of each kind that isolates attempts."""
    yield from made(request.param, tmp_path_factory)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """The kernel executor alone, for what it does where others isolate."""
    yield from made("kernel", tmp_path_factory)
