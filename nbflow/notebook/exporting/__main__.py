"""``python -m nbflow.notebook.exporting NOTEBOOK FILE``."""

from __future__ import annotations

import sys

from nbflow.notebook.exporting.whole import main

sys.exit(main())
