"""What an attempt of any executor leaves can be reused later, or is known not to be."""

from __future__ import annotations

from nbflow.core.recipe import Recipe
from nbflow.engine.cache import Cache, Entry, key_of
from nbflow.engine.inert import content


def entry_of(trial) -> Entry:
    recipe = Recipe(code="c")
    told = {"flow": "f", "job": "a", "run": 1, "attempt": trial.order.key, "made_at": 1.0, "seconds": 1.0}
    return Entry(key=key_of(recipe), recipe=recipe, outputs=trial.report().outputs, **told)


def test_what_is_stored_can_be_reused(isolated, tmp_path):
    """Small and big values are there for the next engine, and are what they were."""
    trial = isolated.run("small = {'a': {1, 2}}\nbig = b'x' * 1_000_000", ("small", "big"))
    entry = entry_of(trial)
    store = isolated.values.folder.parent
    Cache(store).put(entry)
    found = Cache(store).get(entry.key)
    assert found == entry
    again = isolated.run("small = {'a': {2, 1}}\nbig = b'x' * 1_000_000", ("small", "big")).report().outputs
    for name, ref in found.outputs.items():
        assert content(isolated.values.stored(ref)) == content(isolated.values.stored(again[name]))


def test_what_only_the_kernel_has_is_not(kernel):
    """A value that never left the process that made it."""
    trial = kernel.run("held = (n for n in range(3))", ("held",))
    entry = entry_of(trial)
    store = kernel.values.folder.parent
    Cache(store).put(entry)
    assert entry.outputs
    assert Cache(store).get(entry.key) is None
