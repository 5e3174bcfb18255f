import pytest

from nbflow.core.status import Reason
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.engine.executors.kernel import KernelExecutor
from nbflow.engine.wire import RunHere, StopHere


class Kernel:
    def __init__(self) -> None:
        self.sent: list[object] = []

    def send(self, message: object) -> None:
        self.sent.append(message)


@pytest.fixture
def reports() -> list[AttemptReport]:
    return []


def order(key: str) -> AttemptOrder:
    return AttemptOrder(
        key=key, run=1, flow="f", job="a", generation=1, attempt=1, folder="", store="", cwd="", source="x = 1"
    )


def test_the_order_goes_to_the_kernel_that_follows_the_run(reports: list[AttemptReport]) -> None:
    """And that kernel's word ends the attempt, once."""
    kernel = Kernel()
    executor = KernelExecutor(reports.append, lambda key: kernel)
    executor.submit(order("0a"))
    assert kernel.sent == [RunHere(order=order("0a"))]
    done = AttemptReport(key="0a", end="succeeded")
    assert executor.reported(kernel, done)
    assert not executor.reported(kernel, done)
    assert reports == [done]


def test_no_kernel_means_lost(reports: list[AttemptReport]) -> None:
    """Where the kernel went between plan and start, the attempt is lost and the job starts again later."""
    KernelExecutor(reports.append, lambda key: None).submit(order("0a"))
    assert [(report.end, report.reason) for report in reports] == [("lost", Reason("lost", "no kernel is attached"))]


def test_a_kernel_speaks_for_its_own_attempts_only(reports: list[AttemptReport]) -> None:
    """Another client cannot end them."""
    kernel = Kernel()
    executor = KernelExecutor(reports.append, lambda key: kernel)
    executor.submit(order("0a"))
    assert not executor.reported(Kernel(), AttemptReport(key="0a", end="succeeded"))
    assert reports == []


def test_a_kernels_end_loses_its_attempts(reports: list[AttemptReport]) -> None:
    """Nobody saw how they ended; others' go on."""
    kernels = {"0a": Kernel(), "0b": Kernel()}
    executor = KernelExecutor(reports.append, kernels.get)
    for key in kernels:
        executor.submit(order(key))
    executor.gone(kernels["0a"])
    assert [(report.key, report.end) for report in reports] == [("0a", "lost")]


def test_cancel_asks_the_kernel(reports: list[AttemptReport]) -> None:
    """The attempt ends when the kernel says so, not before."""
    kernel = Kernel()
    executor = KernelExecutor(reports.append, lambda key: kernel)
    executor.submit(order("0a"))
    executor.cancel("0a", Reason("cancelled"))
    executor.cancel("0b", Reason("cancelled"))
    assert kernel.sent[1:] == [StopHere(key="0a")]
    assert reports == []


def test_a_kernel_claims_what_it_ran_under_the_last_engine(reports: list[AttemptReport]) -> None:
    """It goes on as if nothing had happened; what nobody claims is lost, what nobody awaits is stopped."""
    kernel = Kernel()
    executor = KernelExecutor(reports.append, lambda key: kernel)
    executor.recover(["0a", "0b"])
    executor.claim(kernel, ["0a", "0c"])
    executor.give_up()
    assert kernel.sent == [StopHere(key="0c")]
    assert [(report.key, report.end) for report in reports] == [("0b", "lost")]
    assert executor.reported(kernel, AttemptReport(key="0a", end="succeeded"))
