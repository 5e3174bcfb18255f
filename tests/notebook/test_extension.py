"""Loading, unloading, configuring, resuming: the extension in real kernels."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.interpreters import Interpreter
from tests.notebook.kernel import Kernel

pytestmark = pytest.mark.kernel

TRACES = """
ip = get_ipython()
def traces():
    return [len(ip.ast_transformers), len(ip.Completer.custom_matchers), sorted(ip.magics_manager.magics['cell']),
            sorted(ip.magics_manager.magics['line']), [len(v) for v in ip.events.callbacks.values()],
            sum(type(c).__module__.startswith('nbflow') for c in ip.configurables),
            sorted(n for n in ip.user_ns if 'nbflow' in n)]
"""


@pytest.mark.each_ipykernel
def test_unloading_leaves_nothing_behind(kernel: Kernel) -> None:
    """After %unload_ext the shell's magics, hooks, matchers and names are those of before."""
    kernel.run(TRACES)
    before = kernel.value("traces()")
    assert kernel.run("%load_ext nbflow").ok
    assert kernel.run("%%job a\nx = 1").ok
    assert kernel.value("x") == 1
    assert kernel.value("traces()") != before
    assert kernel.run("%reload_ext nbflow").ok
    assert kernel.run("%unload_ext nbflow").ok
    assert kernel.value("traces()") == before
    assert kernel.run("%load_ext nbflow").ok
    assert kernel.run("%%job b\ny = 2").ok
    assert kernel.value("y") == 2


def test_reloading_twice_runs_each_hook_once(nb: Kernel) -> None:
    """%reload_ext replaces the extension rather than adding to it."""
    nb.run(TRACES)
    before = nb.value("traces()")
    nb.run("%reload_ext nbflow")
    nb.run("%reload_ext nbflow")
    assert nb.value("traces()") == before


@pytest.mark.each_ipykernel
def test_defaults_are_traits(nb: Kernel) -> None:
    """%config NBFlow sets what %%job means; a wrong value is refused."""
    assert nb.run("%config NBFlow.retries = 2").ok
    assert nb.run("%%job flaky\n1 / 0").ok
    assert nb.value("__import__('nbflow').flow().snapshot()['jobs']['flaky']['of']") == 3
    nb.run("%config NBFlow.retries = -1")
    assert nb.value("get_ipython().magics_manager.registry['NBFlow'].retries") == 2
    assert "parallel" in nb.run("%config NBFlow").text
    cell = nb.run("%reload_ext nbflow")  # IPython has kept the value that was refused
    assert cell.ok, cell.error
    assert "not -1: NBFlow's defaults are used" in cell.text
    assert nb.run("%%job steady\nx = 1").ok


@pytest.mark.each_ipykernel
@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%job\nx = 1", "needs a name"),
        ("%%job a --retry 3\nx = 1", "--retries"),
        ("%%job a --after lod\nx = 1", "'load'"),
        ("%%job a\nx = = 1", "line 1"),
        ("%%job a --timeout soon\nx = 1", "--timeout"),
        ("%nbflow shwo", "show"),
        ("%nbflow log nothing", "nothing"),
    ],
)
def test_a_mistake_is_one_line_and_declares_nothing(nb: Kernel, cell: str, said: str) -> None:
    """Every user's mistake is a UsageError of one line with the nearest right word."""
    assert nb.run("%%job load --hold\nraw = 1").ok
    answer = nb.run(cell)
    assert not answer.ok
    text = answer.text
    assert "UsageError" in text
    assert said in text
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) == 1
    assert nb.value("list(__import__('nbflow').flow().status())") == ["load"]


@pytest.mark.each_ipykernel
def test_a_killed_kernel_stops_nothing_and_a_new_one_takes_up_the_run(
    start_kernel: Callable[..., Kernel], interpreter: Interpreter
) -> None:
    """kill -9 of the kernel: attempts, retries and dependents go on; %nbflow resume shows the run, values read."""
    first = start_kernel(interpreter.name)
    assert first.run("%load_ext nbflow").ok
    ledger = first.folder / "ledger"
    tick = f"open({str(ledger)!r}, 'a').write"
    first.run(f"%%job slow\nimport time\n{tick}('slow ')\ntime.sleep(1.5)\na = 1")
    first.run(
        f"%%job flaky --retries 2 --delay 0.2\n{tick}('flaky ')\nn = open({str(ledger)!r}).read().count('flaky')\n"
        "if n < 3: raise OSError('instrument away')\nb = a + n"
    )
    first.run("%%job last\nc = [b] * 2")
    first.kill()
    second = start_kernel(interpreter.name)
    assert second.run("%load_ext nbflow").ok
    assert second.run("%nbflow resume").ok
    assert second.value("(a, b, c)") == (1, 4, [4, 4])
    assert ledger.read_text().split() == ["slow", "flaky", "flaky", "flaky"]
    assert second.value("__import__('nbflow').flow().snapshot()['run']") == 1


@pytest.mark.each_ipykernel
def test_a_new_kernel_is_told_of_the_run_that_goes_on(
    start_kernel: Callable[..., Kernel], interpreter: Interpreter
) -> None:
    """%load_ext in a restarted kernel says what is still going, and does not take it up by itself."""
    kernel = start_kernel(interpreter.name)
    kernel.run("%load_ext nbflow")
    assert kernel.run("%%job slow\nimport os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\nv = 3").ok
    kernel.restart()
    cell = kernel.run("%load_ext nbflow")
    kernel.until(lambda: "run 1 is still going" in cell.text, 10, "the announcement")
    assert kernel.value("__import__('nbflow').flow().status()") == {}
    kernel.run("%nbflow resume")
    (kernel.folder / "go").touch()
    assert kernel.value("v") == 3


def test_stop_ends_engine_and_attempts(nb: Kernel) -> None:
    """%nbflow stop ends everything; what is asked next starts an engine again."""
    nb.run("%%job slow\nimport time\ntime.sleep(60)")
    started = time.monotonic()
    assert nb.run("%nbflow stop").ok
    assert time.monotonic() - started < 10
    assert nb.run("%%job again\nv = 5").ok
    assert nb.value("v") == 5


def test_the_on_kernel_exit_setting_cancels(start_kernel: Callable[..., Kernel], interpreter: Interpreter) -> None:
    """With on_kernel_exit = cancel, the run's jobs end with the kernel."""
    first = start_kernel(interpreter.name)
    first.run("%load_ext nbflow\n%config NBFlow.on_kernel_exit = 'cancel'")
    first.run("%%job slow\nimport time\ntime.sleep(60)")
    first.kill()
    second = start_kernel(interpreter.name)
    second.run("%load_ext nbflow")
    second.run("%nbflow resume")
    second.run("%nbflow wait --timeout 20")
    assert second.value("__import__('nbflow').flow().status()") == {"slow": "cancelled"}
