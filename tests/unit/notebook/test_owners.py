"""The rename table."""

from __future__ import annotations

from nbflow.notebook.owners import ByImport, ByJob, Owners


def owned() -> Owners:
    owners = Owners()
    owners.declare("load", ["raw", "np"], {"np": ByImport("numpy")})
    return owners


def test_a_jobs_outputs_are_its_own() -> None:
    """Declaring a job makes it the maker of its outputs, but for what it only imports."""
    assert owned().makers == {"raw": ByJob("load"), "np": ByImport("numpy")}


def test_the_latest_declaration_counts() -> None:
    """Two jobs that write one name: readers see the one declared last (write after write)."""
    owners = owned()
    owners.declare("again", ["raw"], {})
    assert owners.job_of("raw") == "again"


def test_declared_again_without_an_output_gives_it_up() -> None:
    """A job that does not write a name any more does not own it any more."""
    owners = owned()
    owners.declare("load", ["other"], {})
    assert owners.maker("raw") is None
    assert owners.job_of("other") == "load"


def test_an_assignment_is_seen_however_it_was_made() -> None:
    """A name that appears in the namespace though its job's value was not brought was assigned by the kernel."""
    owners = owned()
    assert list(owners.rebound({})) == []
    assert list(owners.rebound({"raw": 1})) == ["raw"]


def test_a_brought_value_stays_the_jobs_until_it_is_replaced_or_deleted() -> None:
    """Identity tells: the same object is the job's value still, another or none is not."""
    owners, value = owned(), [1]
    owners.bring("raw", value, (1, 1))
    assert list(owners.rebound({"raw": value})) == []
    assert list(owners.rebound({"raw": [1]})) == ["raw"]
    assert list(owners.rebound({})) == ["raw"]


def test_a_kernel_job_may_assign_its_outputs_while_it_runs() -> None:
    """The names of a job that runs in this namespace are not taken for the kernel's own before it has ended."""
    owners = Owners()
    owners.declare("here", ["lock"], {}, live=True)
    assert list(owners.rebound({"lock": object()})) == []
