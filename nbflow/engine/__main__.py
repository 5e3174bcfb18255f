"""``python -m nbflow.engine --store PATH``: the engine of one store, a process of its own. It prints nothing."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Leave the caller at once: it waits for this process, the engine goes on as nobody's child."""
    if os.fork():
        os._exit(0)
    from nbflow.engine.process import run_engine

    run_engine(sys.argv[1:])


if __name__ == "__main__":
    main()
