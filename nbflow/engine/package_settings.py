"""The settings of packages: what of them is otherwise than from the start, and putting that in place.

Each has the *module* that it lives in, *get*, which gives None where nothing is otherwise, and *put*, which takes what
*get* has given. They are in plain values, so that a process can hold those of modules it has not loaded.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

Plain = dict[str, Any]


class Matplotlib:
    """rcParams, and the meaning of one-letter colours, which seaborn changes."""

    module = "matplotlib"
    _own = ("backend", "interactive", "toolbar", "webagg.", "tk.", "macosx.", "savefig.directory")

    def get(self) -> Plain | None:
        """What is otherwise than matplotlib was when it was imported."""
        present, start = self._tables()
        letters = self._letters()
        if dict.__eq__(present, start) and letters is None:
            return None
        changed = {key: dict.__getitem__(present, key) for key in present if self._differs(key, present, start)}
        return {"rc": changed, "letters": letters} if changed or letters else None

    def put(self, state: Plain | None) -> None:
        """Have it so, and everything else as at the start."""
        present, start = self._tables()
        state = state or {"rc": {}, "letters": None}
        back = {key: dict.__getitem__(start, key) for key in start if self._differs(key, present, start)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            present.update(back | state["rc"])
        converter = sys.modules["matplotlib.colors"].colorConverter
        converter.colors.update(state["letters"] or self._base())
        converter.cache.clear()

    def _tables(self) -> tuple[Any, Any]:
        matplotlib = sys.modules[self.module]
        return matplotlib.rcParams, matplotlib.rcParamsOrig

    def _differs(self, key: str, present: Any, start: Any) -> bool:
        if key.startswith(self._own):
            return False
        one, other = dict.get(present, key), dict.get(start, key)
        return type(one) is not type(other) or bool(one != other)

    def _base(self) -> Plain:
        return dict(sys.modules["matplotlib.colors"].BASE_COLORS)

    def _letters(self) -> Plain | None:
        colors = getattr(sys.modules.get("matplotlib.colors"), "colorConverter", None)
        if colors is None:
            return None
        base = self._base()
        present = {letter: colors.colors.get(letter) for letter in base}
        return None if present == base else present


class Pandas:
    """The options of pandas."""

    module = "pandas"

    def __init__(self) -> None:
        self._count, self._tree = 0, Plain()

    def get(self) -> Plain | None:
        """The options that are not at their defaults."""
        whole = self._config()._global_config
        if whole == self._all_default():
            return None
        registered, present = self._registered(), dict(_flat(whole))
        changed = {key: value for key, value in present.items() if value != registered.get(key, value)}
        return changed or None

    def put(self, state: Plain | None) -> None:
        """Have them so, and all others at their defaults."""
        pandas, state, registered = sys.modules[self.module], state or {}, self._registered()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for key in {**(self.get() or {}), **state}:
                if key in registered:
                    pandas.set_option(key, state.get(key, registered[key]))

    def _all_default(self) -> Plain:
        """The whole tree of options as it is when nobody has set any; made again when there are new options."""
        if len(self._options()) != self._count:
            self._count, self._tree = len(self._options()), {}
            for key, value in self._registered().items():
                *around, name = key.split(".")
                place = self._tree
                for part in around:
                    place = place.setdefault(part, {})
                place[name] = value
        return self._tree

    def _config(self) -> Any:
        return sys.modules["pandas._config.config"]

    def _registered(self) -> Plain:
        return {key: option.defval for key, option in self._options().items()}

    def _options(self) -> Plain:
        options: Plain = self._config()._registered_options
        return options


def _flat(tree: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{start}{key}.")
        else:
            yield start + key, value


class Numpy:
    """How numpy prints arrays, and what it does about floating point errors."""

    module = "numpy"
    _print: ClassVar[Plain] = {
        "edgeitems": 3,
        "threshold": 1000,
        "floatmode": "maxprec",
        "precision": 8,
        "suppress": False,
        "linewidth": 75,
        "nanstr": "nan",
        "infstr": "inf",
        "sign": "-",
        "formatter": None,
    }
    _error: ClassVar[Plain] = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}

    def get(self) -> Plain | None:
        """What is not at its default."""
        numpy = sys.modules[self.module]
        printing, errors = numpy.get_printoptions(), numpy.geterr()
        changed = {key: printing[key] for key, value in self._print.items() if printing[key] != value}
        failing = {key: errors[key] for key, value in self._error.items() if errors[key] != value}
        return {"print": changed, "error": failing} if changed or failing else None

    def put(self, state: Plain | None) -> None:
        """Have it so, and everything else at its default."""
        numpy, state = sys.modules[self.module], state or {"print": {}, "error": {}}
        numpy.set_printoptions(**self._print | state["print"])
        numpy.seterr(**self._error | state["error"])


class Sklearn:
    """What `sklearn.set_config` sets."""

    module = "sklearn"

    def get(self) -> Plain | None:
        """What is not at its default."""
        sklearn = sys.modules[self.module]
        default = sys.modules["sklearn._config"]._global_config
        changed = {key: value for key, value in sklearn.get_config().items() if value != default.get(key, value)}
        return changed or None

    def put(self, state: Plain | None) -> None:
        """Have it so, and everything else at its default."""
        default = sys.modules["sklearn._config"]._global_config
        sys.modules[self.module].set_config(**default | (state or {}))
