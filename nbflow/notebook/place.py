"""Where this notebook is: its folder, which holds the store, and its name, which is the flow's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """*folder* is absolute; *flow* is the notebook's name without its ending, or the folder's if none is known."""

    folder: Path
    flow: str

    @classmethod
    def of(cls, environ: Mapping[str, str], namespace: Mapping[str, object], cwd: Path) -> Place:
        """Read the place from what Jupyter (``JPY_SESSION_NAME``) or VS Code (``__vsc_ipynb_file__``) say.

        >>> Place.of({"JPY_SESSION_NAME": "/tmp/analysis.ipynb"}, {}, Path("/"))
        Place(folder=PosixPath('/tmp'), flow='analysis')
        >>> Place.of({}, {}, Path("/home/ada/project")).flow
        'project'
        """
        told = namespace.get("__vsc_ipynb_file__") or environ.get("JPY_SESSION_NAME")
        path = cwd / str(told) if told else None
        if path is not None and path.suffix == ".ipynb" and path.parent.is_dir():
            return cls(path.parent, path.stem)
        if path is not None and path.suffix == ".ipynb":
            return cls(cwd, path.stem)
        return cls(cwd, cwd.name or "flow")


def here(namespace: Mapping[str, object]) -> Place:
    """The place of the running kernel or shell."""
    return Place.of(os.environ, namespace, Path.cwd())
