"""Which full names of functions draw from a shared generator of random numbers, or seed it."""

from __future__ import annotations

import re

from nbflow.core.hidden import GENERATORS, NUMPY_RANDOM, RANDOM, TORCH_RANDOM

_KEEPING = {
    RANDOM: frozenset({"Random", "SystemRandom"}),
    NUMPY_RANDOM: frozenset(
        {"default_rng", "Generator", "RandomState", "SeedSequence", "BitGenerator", "test", "bit_generator", "mtrand"}
        | {"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"}
    ),
    TORCH_RANDOM: frozenset(
        {
            "Generator",
            "tensor",
            "from_numpy",
            "as_tensor",
            "save",
            "load",
            "device",
            "no_grad",
            "zeros",
            "ones",
            "arange",
        }
        | {"is_tensor", "float", "stack", "cat", "set_num_threads", "set_default_dtype", "inference_mode", "linspace"}
    ),
}
"""What of a module leaves its global generator alone."""
_SEEDING = {
    "random.seed": RANDOM,
    "random.setstate": RANDOM,
    "numpy.random.seed": NUMPY_RANDOM,
    "numpy.random.set_state": NUMPY_RANDOM,
    "numpy.random.set_bit_generator": NUMPY_RANDOM,
    "torch.manual_seed": TORCH_RANDOM,
    "torch.set_rng_state": TORCH_RANDOM,
}
_ASKING = {
    "random.getstate": RANDOM,
    "numpy.random.get_state": NUMPY_RANDOM,
    "numpy.random.get_bit_generator": NUMPY_RANDOM,
    "torch.get_rng_state": TORCH_RANDOM,
    "torch.initial_seed": TORCH_RANDOM,
}
_MODULES = (("random.", RANDOM), ("numpy.random.", NUMPY_RANDOM), ("torch.", TORCH_RANDOM))
_SEEDS_ALL = re.compile(
    r"seed_everything|seed_all|(?:re)?set_(?:\w+_)?seeds?|fix_(?:\w+_)?seeds?|set_global_seed|seed_\w+"
)


def seeded_by(path: str) -> frozenset[str]:
    """The generators that a call of *path* seeds.

    >>> sorted(seeded_by("numpy.random.seed")), len(seeded_by("lightning.seed_everything"))
    (['<numpy.random>'], 3)
    """
    if path in _SEEDING:
        return frozenset({_SEEDING[path]})
    package, _, name = path.rpartition(".")
    return GENERATORS if package and _SEEDS_ALL.fullmatch(name) else frozenset()


def asked_by(path: str) -> str | None:
    """The generator whose state *path* gives."""
    return _ASKING.get(path)


def drawn_by(path: str, called: bool) -> str | None:
    """The generator that whoever uses *path* draws from.

    >>> drawn_by("random.choice", called=False), drawn_by("numpy.random.default_rng", called=True)
    ('<random>', None)
    """
    for start, generator in _MODULES:
        if path.startswith(start):
            name, _, more = path[len(start) :].partition(".")
            if name in _KEEPING[generator] or path in _SEEDING or path in _ASKING:
                return None
            if generator == TORCH_RANDOM:
                deep = more.rpartition(".")[2] or name
                return generator if called and deep not in _KEEPING[generator] and not deep.startswith("is_") else None
            return generator if not name.startswith("__") else None
    return None
