"""References: paths into outputs that are not there yet, and what cannot be done with them."""

from __future__ import annotations

import copy
import math
import pickle

import pytest

from nbflow import DeclarationError, NbflowError, job
from nbflow.errors import NotThereYet
from nbflow.notebook.references import Field, Key, parts


@job
def clean(rows=()):
    return rows


@job(outputs=("train", "test"))
def split(rows=()):
    return rows, rows


REFUSED = [
    bool, len, iter, list, str, int, float, abs, lambda r: f"{r}", lambda r: r + 1, lambda r: 1 + r,
    lambda r: r == 1, lambda r: r != 1, lambda r: r < 1, lambda r: r(), lambda r: 1 in r, lambda r: -r,
    lambda r: [1][r], math.sqrt, lambda r: r.__setitem__("a", 1), lambda r: setattr(r, "a", 1),
]  # fmt: skip


@pytest.mark.parametrize("use", REFUSED, ids=range(len(REFUSED)))
def test_whatever_needs_the_value_is_refused(use):
    """With the words that say what it is, and what to do."""
    with pytest.raises(NotThereYet, match=r"clean.output\['a'\].b is not there yet: give it to a job as an argument"):
        use(clean().output["a"].b)


def test_a_numpy_array_is_not_made_of_it():
    """Neither by conversion nor by arithmetic."""
    numpy = pytest.importorskip("numpy")
    for use in (numpy.asarray, lambda r: numpy.ones(2) + r):
        with pytest.raises(NotThereYet):
            use(clean().output)


def test_paths_are_kept_step_by_step():
    """Attributes and items of any kind, in order; nothing is looked up."""
    handle = clean()
    made, output, path = parts(handle.output["a"].shape[0][1:2])
    assert (made, output) == (handle, "output")
    assert path == (Key("a"), Field("shape"), Key(0), Key(slice(1, 2)))


def test_names_with_underscores_are_no_paths():
    """Python and others ask for them to know what they deal with."""
    assert not hasattr(clean().output, "_repr_html_")
    with pytest.raises(AttributeError, match="'_x' cannot be taken"):
        _ = clean().output._x


def test_a_key_cannot_be_a_reference():
    """It would have to be there to be looked up."""
    with pytest.raises(NotThereYet):
        _ = clean().output[clean().output]


def test_references_travel():
    """A copy, or one that was pickled, says the same."""
    reference = clean().output["a"].b
    for other in (copy.copy(reference), pickle.loads(pickle.dumps(reference))):
        assert repr(other) == "<clean.output['a'].b, not there yet>"


def test_several_outputs_are_had_by_name_place_and_turn():
    """Anything else is an error with the nearest name."""
    output = split().output
    assert [repr(each) for each in output] == [repr(output["train"]), repr(output[1])]
    assert (len(output), repr(output[-1])) == (2, "<split.output['test'], not there yet>")
    with pytest.raises(DeclarationError, match=r"no output 'trian' \(did you mean 'train'\?\)"):
        _ = output["trian"]
    with pytest.raises(DeclarationError, match="no output 2: it has train, test"):
        _ = output[2]


def test_a_handle_that_is_not_declared_has_no_status_and_no_result():
    """It says what to do."""
    for ask in (lambda handle: handle.status, lambda handle: handle.result()):
        with pytest.raises(NbflowError, match=r"job 'clean' is not declared: add it to a flow"):
            ask(clean())
    assert repr(clean()) == "<job clean: not declared>"
