"""Importing packages ahead of attempts never harms an attempt."""

from __future__ import annotations

import sys

import pytest

from nbflow.engine.attempt import modules
from tests.attempts import Runner, until

pytestmark = pytest.mark.fault


@pytest.fixture
def runner(tmp_path, monkeypatch):
    """An executor whose zygotes find the packages in ``site`` among the installed ones."""
    (tmp_path / "site").mkdir()
    (tmp_path / "usercustomize.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    (tmp_path / "site" / "sitecustomize.py").write_text(
        f"import site\nsite.getusersitepackages = lambda: {str(tmp_path / 'site')!r}\n"
    )
    runner = Runner(tmp_path)
    yield runner
    runner.close()


def package(runner: Runner, name: str, text: str) -> None:
    (runner.root / "site" / f"{name}.py").write_text(text)


def settled(runner: Runner, *, within: float = 20.0) -> tuple[str, ...]:
    """The modules of the serving zygote, once no other is on its way."""

    def look():
        executor = runner.executor
        return executor._serving is not None and executor._serving.is_ready and executor._coming is None

    until(lambda: runner.call(look), "a zygote", within)
    return runner.call(lambda: runner.executor._serving.modules)


def test_modules_are_there(runner):
    """An attempt finds the packages asked for already imported."""
    package(runner, "heavy", "import os\npid = os.getpid()")
    runner.call(lambda: runner.executor.warm(["heavy"]))
    trial = runner.run("import heavy, os\nx = heavy.pid == os.getppid()", ("x",))
    assert runner.value(trial, "x") is True


WAIT = "import pathlib, time\nwhile not pathlib.Path({path!r}).exists(): time.sleep(.01)\n"


def test_attempts_go_on_while_another_zygote_starts(runner):
    """A slow import holds up nobody: attempts run in the old zygote, which ends with its last attempt."""
    loaded, go = runner.root / "loaded", runner.root / "go"
    package(runner, "slow", WAIT.format(path=str(loaded)))
    runner.call(lambda: runner.executor.warm())
    settled(runner)
    running = runner.submit(WAIT.format(path=str(go)) + "x = 1", ("x",))
    runner.call(lambda: runner.executor.warm(["slow"]))
    check = "import sys\nx = 'slow' in sys.modules"
    assert runner.value(runner.run(check, ("x",)), "x") is False
    loaded.touch()
    assert settled(runner) == ("slow",)
    assert runner.value(runner.run(check, ("x",)), "x") is True
    assert running.reports == []
    go.touch()
    assert running.report().end == "succeeded"
    until(lambda: not runner.call(lambda: runner.executor._links()[1:]), "the old zygote's end")


@pytest.mark.parametrize(
    "text",
    ["1 / 0", "import sys; sys.exit(3)", "import os; os._exit(3)", "import os; os.abort()"],
)
def test_a_bad_package_stops_nothing(runner, text):
    """A package that raises, exits or crashes when imported leaves attempts that do not use it alone."""
    package(runner, "bad", text)
    runner.call(lambda: runner.executor.warm(["bad"]))
    assert runner.run("x = 1").report().end == "succeeded"
    settled(runner)
    assert runner.run("x = 1").report().end == "succeeded"


def test_what_is_not_imported_is_in_the_log(runner):
    """Each package that could not be imported ahead has a line in the log, with the reason."""
    package(runner, "bad", "1 / 0")
    runner.call(lambda: runner.executor.warm(["bad", "nowhere_to_be_found"]))
    settled(runner)
    log = (runner.store / "zygote.log").read_text()
    assert "not imported ahead: bad (ZeroDivisionError: division by zero)\n" in log
    assert "not imported ahead: nowhere_to_be_found (not an installed package)\n" in log


def test_a_package_that_takes_the_signals(runner):
    """A package that handles signals itself when imported does not make the zygote deaf, nor attempts."""
    handlers = "for number in (2, 15, 17): signal.signal(number, signal.SIG_DFL)"
    package(runner, "grabby", f"import os, signal\n{handlers}\nsignal.set_wakeup_fd(-1)\nos.chdir('/')")
    runner.call(lambda: runner.executor.warm(["grabby"]))
    assert runner.run("import os; os._exit(4)").report().reason.words() == "exit 4"
    assert runner.run("import os; os.kill(os.getpid(), 2)").report().reason.words() == "KeyboardInterrupt"


def test_a_package_that_starts_a_thread_is_not_forked(runner):
    """A zygote that has a second thread takes no orders; another one without that package does."""
    text = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    package(runner, "threaded", text)
    package(runner, "plain", "")
    runner.call(lambda: runner.executor.warm(["threaded", "plain"]))
    source = "import sys\nx = [name in sys.modules for name in ('threaded', 'plain')]"
    assert runner.value(runner.run(source, ("x",)), "x") == [False, True]
    runner.call(lambda: runner.executor.warm(["threaded"]))
    assert settled(runner) == ("plain",)


def test_the_notebooks_own_modules_stay_out(tmp_path, monkeypatch):
    """What lies in the notebook's folder is not imported ahead, by whatever road it could be found."""
    (tmp_path / "mine.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    failed, unfit = modules.load(("mine", "mine.sub", "nothing_of_that_name"))
    assert failed.keys() == {"mine", "mine.sub", "nothing_of_that_name"}
    assert unfit == ()
    assert "mine" not in sys.modules


def test_parts_of_packages(monkeypatch):
    """A part of an installed package can be asked for; some slow ones come along with their package."""
    monkeypatch.setitem(modules.ALONG, "json", ("json.tool",))
    monkeypatch.delitem(sys.modules, "json.tool", raising=False)
    monkeypatch.delitem(sys.modules, "xml.dom.minidom", raising=False)
    assert modules.load(("json", "xml.dom.minidom")) == ({}, ())
    assert {"json.tool", "xml.dom.minidom"} <= sys.modules.keys()
