"""Every kind of executor, made so that tests can use it. A new kind needs one line here."""

from __future__ import annotations

import pytest

from nbflow.engine.executors.process import ProcessExecutor
from tests.attempts import Runner

MAKERS = {"process": ProcessExecutor}


@pytest.fixture(scope="module", params=sorted(MAKERS))
def runner(request, tmp_path_factory):
    """An executor of each kind, shared by a module's tests."""
    runner = Runner(tmp_path_factory.mktemp("flow"), MAKERS[request.param])
    yield runner
    runner.close()
