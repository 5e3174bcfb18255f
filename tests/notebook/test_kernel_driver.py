"""The kernel driver itself keeps outputs as a front end does."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.kernel


def test_a_cell_keeps_streams_results_and_errors(kernel):
    """What a cell writes, returns and raises is in its outputs, in order."""
    cell = kernel.run("print('one'); print('two')\n3")
    assert cell.ok and cell.text == "one\ntwo\n3"
    assert kernel.run("1/0").error == "ZeroDivisionError: division by zero"


def test_a_later_cell_updates_an_earlier_display(kernel):
    """``update_display`` changes the output where it stands."""
    first = kernel.run("h = display({'text/plain': 'old'}, raw=True, display_id=True)")
    kernel.run("h.update({'text/plain': 'new'}, raw=True)")
    assert first.text == "new"


def test_interrupt_ends_a_cell(kernel):
    """■ raises KeyboardInterrupt in the running cell."""
    cell = kernel.start("import time; print('in'); time.sleep(30)")
    kernel.until(lambda: cell.text == "in\n")
    kernel.interrupt()
    assert "KeyboardInterrupt" in kernel.wait(cell, 10).error


def test_a_restarted_kernel_has_forgotten(kernel):
    """Restart gives a fresh namespace."""
    kernel.run("x = 1")
    kernel.restart()
    assert "NameError" in kernel.run("x").error


def test_a_widget_can_be_clicked_without_a_browser(kernel):
    """The driver keeps a widget's state and sends it custom messages."""
    kernel.run("""
        import anywidget, traitlets
        class Probe(anywidget.AnyWidget):
            _esm = "export default {}"
            status = traitlets.Unicode("idle").tag(sync=True)
        probe = Probe()
        probe.on_msg(lambda widget, content, buffers: setattr(probe, "status", content["op"]))
    """)
    (comm,) = [c for c, state in kernel.comms.items() if "status" in state]
    kernel.send(comm, {"op": "retry"})
    kernel.until(lambda: kernel.comms[comm]["status"] == "retry", 10)
