"""Values that travel between kernel, engine store and attempts."""

from __future__ import annotations

import pickle
import uuid
from pathlib import Path
from typing import Any

import cloudpickle

from nbflow.core.spec import ValueRef
from nbflow.errors import ValueNotStorable

INLINE_LIMIT = 64 * 1024


class Values:
    """The values of one store."""

    def __init__(self, store: Path | str) -> None:
        self.folder = Path(store) / "values"

    def dump(self, value: object, name: str = "") -> ValueRef:
        try:
            data = cloudpickle.dumps(value, protocol=5)
        except Exception as error:
            raise ValueNotStorable(name, type(value).__name__, str(error)) from error
        ref = ValueRef(size=len(data), type=type(value).__name__)
        if len(data) <= INLINE_LIMIT:
            return ValueRef(inline=data, size=ref.size, type=ref.type)
        self.folder.mkdir(parents=True, exist_ok=True)
        file = uuid.uuid4().hex
        (self.folder / f"{file}.tmp").write_bytes(data)
        (self.folder / f"{file}.tmp").rename(self.folder / file)
        return ValueRef(file=file, size=ref.size, type=ref.type)

    def load(self, ref: ValueRef, namespace: dict[str, Any] | None = None) -> Any:
        data = ref.inline if ref.inline is not None else (self.folder / str(ref.file)).read_bytes()
        return pickle.loads(data)
