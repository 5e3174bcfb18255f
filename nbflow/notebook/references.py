"""Outputs that are not there yet: what stands for them while a flow is written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, NoReturn, Protocol, runtime_checkable

from nbflow.core.match import nearest
from nbflow.errors import DeclarationError, NotThereYet


@runtime_checkable
class Made(Protocol):
    """A job that makes outputs."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what it makes."""


class Key(NamedTuple):
    """A step of a path: ``[key]``."""

    key: Any


class Field(NamedTuple):
    """A step of a path: ``.name``."""

    name: str


class Reference:
    """An output of *job*, or a part of it, to be given to another job: ``clean.output["train"].shape[0]``.

    Attributes and items of it are references again, and are taken where the reading job runs; names that begin with an
    underscore are not. Whatever needs the value itself (a condition, a loop, ``len``, arithmetic, a format) raises
    `nbflow.errors.NotThereYet`.

    >>> from types import SimpleNamespace
    >>> clean = Reference(SimpleNamespace(name="clean", outputs=("output",)), "output")
    >>> clean["train"].shape[0]
    <clean.output['train'].shape[0], not there yet>
    >>> bool(clean)
    Traceback (most recent call last):
    ...
    nbflow.errors.NotThereYet: clean.output is not there yet: give it to a job as an argument, or read it with .result()
    """

    __slots__ = ("_job", "_output", "_path")
    _job: Made
    _output: str
    _path: tuple[Key | Field, ...]
    __array_ufunc__ = None

    def __init__(self, job: Made, output: str, path: tuple[Key | Field, ...] = ()) -> None:
        for name, value in (("_job", job), ("_output", output), ("_path", path)):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Reference:
        if name.startswith("_"):
            raise AttributeError(f"{_text(self)} is not there yet: {name!r} cannot be taken of it")
        return Reference(self._job, self._output, (*self._path, Field(name)))

    def __getitem__(self, key: Any) -> Reference:
        if isinstance(key, Reference):
            _refuse(key)
        return Reference(self._job, self._output, (*self._path, Key(key)))

    def __repr__(self) -> str:
        return f"<{_text(self)}, not there yet>"

    def __hash__(self) -> int:
        return id(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Reference, (self._job, self._output, self._path)

    def _refuse(self, *_: Any) -> NoReturn:
        _refuse(self)

    def __iter__(self) -> Iterator[Any]:
        _refuse(self)

    def __bool__(self) -> bool:
        _refuse(self)

    def __str__(self) -> str:
        _refuse(self)

    def __format__(self, _: str) -> str:
        _refuse(self)

    def __eq__(self, _: object) -> bool:
        _refuse(self)

    __ne__ = __eq__
    __setattr__ = __delattr__ = __setitem__ = __delitem__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __len__ = __contains__ = __call__ = __array__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __matmul__ = __rmatmul__ = _refuse
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _refuse
    __pow__ = __rpow__ = __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _refuse
    __neg__ = __pos__ = __abs__ = __invert__ = __int__ = __float__ = __complex__ = __index__ = __round__ = _refuse
    __enter__ = __exit__ = __await__ = __next__ = __reversed__ = _refuse


def parts(reference: Reference) -> tuple[Made, str, tuple[Key | Field, ...]]:
    """The job, the output and the path into it that *reference* stands for."""
    return reference._job, reference._output, reference._path


def _text(reference: Reference) -> str:
    job, output, path = parts(reference)
    whole = f"{job.name}.output" if len(job.outputs) == 1 else f"{job.name}.output[{output!r}]"
    return whole + "".join(f".{step.name}" if isinstance(step, Field) else f"[{step.key!r}]" for step in path)


def _refuse(reference: Reference) -> NoReturn:
    raise NotThereYet(_text(reference))


class Outputs:
    """The outputs of *job*, which has several: by name, by place, or one after the other; as an argument, a dict.

    >>> from types import SimpleNamespace
    >>> train, test = Outputs(SimpleNamespace(name="split", outputs=("train", "test")))
    >>> test
    <split.output['test'], not there yet>
    """

    def __init__(self, job: Made) -> None:
        self.job = job

    def __repr__(self) -> str:
        return f"<{self.job.name}.output: {', '.join(self.job.outputs) or 'none'}>"

    def __len__(self) -> int:
        return len(self.job.outputs)

    def __iter__(self) -> Iterator[Reference]:
        return (Reference(self.job, name) for name in self.job.outputs)

    def __getitem__(self, key: str | int) -> Reference:
        names: Sequence[str] = self.job.outputs
        if isinstance(key, int) and -len(names) <= key < len(names):
            return Reference(self.job, names[key])
        if key in names:
            return Reference(self.job, str(key))
        near = nearest(str(key), names)
        hint = f" (did you mean {near!r}?)" if near else f": it has {', '.join(names) or 'none'}"
        raise DeclarationError(f"job {self.job.name!r} has no output {key!r}{hint}")

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, ([(name, Reference(self.job, name)) for name in self.job.outputs],)


def output_of(job: Made) -> Reference | Outputs:
    """What ``handle.output`` is: the one output, or all of them."""
    return Reference(job, job.outputs[0]) if len(job.outputs) == 1 else Outputs(job)
