"""An order carried out: inputs, checks, cell or call, outputs, and the record that says how it went.

The same for an attempt's own process and for a thread of the kernel; what differs is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal

from msgspec.structs import replace

from nbflow.core.inputs import Absent, Given
from nbflow.core.spec import Call, ValueRef
from nbflow.core.status import Reason
from nbflow.engine.attempt import failures
from nbflow.engine.attempt.record import AttemptOrder, ResultRecord
from nbflow.engine.attempt.refused import InputNotLoadable, Refused
from nbflow.engine.values import Values
from nbflow.errors import ValueNotStorable

Namespace = dict[str, Any]
Bring = Callable[[str, Given], None]
Keep = Callable[[str, Any], ValueRef]


class Work:
    """One order and the *namespace* that it is carried out in.

    *bring* puts an input into the namespace, *keep* stores an output, and may raise `ValueNotStorable`.
    """

    def __init__(self, order: AttemptOrder, namespace: Namespace, values: Values, bring: Bring, keep: Keep) -> None:
        self.order, self.namespace, self.values = order, namespace, values
        self._bring, self._keep = bring, keep
        self.filename = f"<job {order.job}>"

    def run(self, body: Callable[[], None]) -> Mapping[str, Any]:
        """Carry the order out, with *body* for the cell; what was made, by name. Raises whatever goes wrong."""
        order = self.order
        if order.call is not None:
            return self._call(order.call)
        self.load(self._needed())
        if order.absent:
            self._stand_in(order.absent)
        if order.condition or order.types:
            self._check()
        body()
        return self.namespace

    def load(self, names: Collection[str]) -> None:
        """Have the values of these inputs in the namespace."""
        for name in names:
            try:
                self._bring(name, self.order.inputs[name])
            except MemoryError:
                raise
            except Exception as error:
                raise InputNotLoadable(name, error) from error

    def kept(self, made: Mapping[str, Any]) -> ResultRecord:
        """The record of success, with the outputs among *made* stored."""
        outputs: dict[str, ValueRef] = {}
        for name in self.order.outputs:
            if name in made:
                try:
                    outputs[name] = self._keep(name, made[name])
                except ValueNotStorable as error:
                    if isinstance(error.__cause__, MemoryError):
                        raise error.__cause__ from None
                    if name not in self.order.passing:
                        raise
        missing = tuple(name for name in self.order.outputs if name not in outputs)
        return ResultRecord(key=self.order.key, end="succeeded", outputs=outputs, missing=missing)

    def failed(self, error: BaseException) -> ResultRecord:
        """The record that says how *error* ended it."""
        classes: tuple[str, ...] = ()
        cause: BaseException | None = error
        end: Literal["failed", "skipped"] = "failed"
        code: int | None = None
        match error:
            case Refused():
                reason, end, cause, code = error.reason, error.end, error.cause, error.exit_code
            case ValueNotStorable():
                reason = Reason("output not storable", f"{error.name} ({error.kind}): {error.cause}")
            case SystemExit():
                failures.say_exit(error)
                reason, code = failures.reason(error), failures.exit_code(error)
            case MemoryError() if self.order.memory:
                reason, classes = failures.beyond(error, self.order.memory), failures.classes(error)
            case _:
                reason, classes = failures.reason(error), failures.classes(error)
        return ResultRecord(
            key=self.order.key,
            end=end,
            reason=replace(reason, attempt=self.order.attempt),
            traceback="" if cause is None else failures.text(cause, self.filename),
            classes=classes,
            exit_code=code,
        )

    def _needed(self) -> Collection[str]:
        """The inputs to load; a script can make no use of most."""
        order = self.order
        if not order.bash or order.condition or order.types:
            return order.inputs
        from nbflow.engine.attempt.bash import worth_loading

        return [name for name, given in order.inputs.items() if worth_loading(given)]

    # --- what only some orders ask for, and loads only then
    def _stand_in(self, names: Collection[str]) -> None:
        for name in names:
            self.namespace[name] = self.stand_in(self.order.absent[name])

    def stand_in(self, absent: Absent) -> Any:
        """What stands for a value that will never be, as the job's ``--on-missing`` says."""
        from nbflow.engine.attempt import checks

        return checks.stand_in(absent, self.order.on_missing, self.namespace)

    def _check(self) -> None:
        from nbflow.engine.attempt import checks

        if self.order.condition:
            checks.hold(self.order.condition, self.namespace, f"<condition of {self.order.job}>")
        checks.fit(self.order.types, self.namespace)

    def _call(self, call: Call) -> Mapping[str, Any]:
        """Call it in a copy of the namespace: it finds everything there, and changes no name."""
        from nbflow.engine.attempt import calls, checks

        scope = dict(self.namespace)
        known = (*self.order.inputs, *self.order.absent)
        function = self.values.load(call.function, scope) if call.function is not None else None
        if function is None:
            names = tuple(name for name in known if name in calls.names_in(call.expression))
        else:
            names = calls.wanted(function, known, call.label)
        behind = calls.mentioned(function) & {*known} if function is not None else set()
        self.load([name for name in known if name in self.order.inputs and name in {*names, *behind}])
        self._stand_in([name for name in known if name in self.order.absent and name in {*names, *behind}])
        given = {name: self.namespace[name] for name in names if name in self.namespace}
        scope.update(given | {name: self.namespace[name] for name in behind if name in self.namespace})
        if function is None:
            result = checks.evaluate(call.expression, scope, f"<{self.order.step} of {self.order.job}>")
        else:
            result = calls.called(function, given)
        return calls.as_outputs(result, self.order.outputs)
