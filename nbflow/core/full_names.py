"""The one full name of what goes by several."""

from __future__ import annotations

_SAME = (
    ("numpy.random.mtrand.", "numpy.random."),
    ("numpy.warnings.", "warnings."),
    ("matplotlib.pyplot.style.", "matplotlib.style."),
    ("matplotlib.style.core.", "matplotlib.style."),
    ("matplotlib.pyplot.rc", "matplotlib.rc"),
    ("matplotlib.pyplot.matplotlib.", "matplotlib."),
    ("pandas.core.config_init.pd.", "pandas."),
    ("pandas.plotting._matplotlib.", "matplotlib."),
    ("seaborn.mpl.", "matplotlib."),
    ("seaborn.plt.", "matplotlib.pyplot."),
    ("seaborn.rcmod.", "seaborn."),
    ("pylab.", "matplotlib.pyplot."),
    ("matplotlib.pylab.", "matplotlib.pyplot."),
    ("tensorflow.keras.", "keras."),
    ("posix.", "os."),
    ("torch.random.", "torch."),
)


def canonical(path: str) -> str:
    """The one full name of what goes by several.

    >>> canonical("pylab.rcParams"), canonical("numpy.random.mtrand.seed")
    ('matplotlib.rcParams', 'numpy.random.seed')
    """
    for _ in range(3):
        for other, one in _SAME:
            if path.startswith(other):
                path = one + path[len(other) :]
    return path
