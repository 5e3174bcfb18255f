"""An order carried out: inputs, checks, cell or call, outputs, and the record that says how it went.

The same for an attempt's own process and for a thread of the kernel; what differs is handed in.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal

from msgspec.structs import replace

from nbflow.core.hidden import hidden_in, is_hidden
from nbflow.core.inputs import Absent, Given
from nbflow.core.spec import Call, ValueRef
from nbflow.core.status import Reason
from nbflow.engine.attempt import failures
from nbflow.engine.attempt.cell import is_of_loop
from nbflow.engine.attempt.changes import Watch, watched
from nbflow.engine.attempt.hidden_changes import HiddenWatch
from nbflow.engine.attempt.offered import unseen
from nbflow.engine.attempt.record import AttemptOrder, ResultRecord
from nbflow.engine.attempt.refused import InputNotLoadable, Refused
from nbflow.engine.values import Values
from nbflow.errors import ValueNotStorable

Namespace = dict[str, Any]
Bring = Callable[[str, Given], None]
Keep = Callable[[str, Any], ValueRef]


class Work:
    """One order and the *namespace* that it is carried out in.

    *bring* puts an input into the namespace, *keep* stores an output, and may raise `ValueNotStorable`; *watch* looks
    for inputs that the body changes unseen, where they are the attempt's own.
    """

    def __init__(
        self,
        order: AttemptOrder,
        namespace: Namespace,
        values: Values,
        bring: Bring,
        keep: Keep,
        watch: Watch | None = None,
    ) -> None:
        self.order, self.namespace, self.values = order, namespace, values
        self._bring, self._keep, self._watch = bring, keep, watch
        self._hidden: HiddenWatch | None = None
        self.filename = f"<job {order.job}>"
        self.cause: BaseException | None = None
        """The exception that `failed` was told of, for the debugger."""

    def run(self, body: Callable[[], None]) -> Mapping[str, Any]:
        """Carry the order out, with *body* for the cell; what was made, by name. Raises whatever goes wrong."""
        order = self.order
        if order.call is not None:
            return self._call(order.call)
        self.load(self._needed())
        for name in hidden_in(order.offered):
            self._bring(name, order.offered[name])
        if order.absent:
            self._stand_in(order.absent)
        if order.condition or order.types:
            self._check()
        if self._watch is not None and not order.bash and not order.closed:
            for name in watched(order.inputs, {*order.outputs, *order.absent}):
                self._watch.look(name, order.inputs[name], self.namespace.get(name))
        self._hidden = HiddenWatch(order)
        body()
        if order.writes:
            self._check_files()
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

    def ask(self, name: str) -> None:
        """Have the value of an offered variable in the namespace; what the body does to it is looked for too."""
        given = self.order.offered[name]
        try:
            self._bring(name, given)
        except MemoryError:
            raise
        except Exception as error:
            raise InputNotLoadable(name, error) from error
        if self._watch is not None and not self.order.closed and watched({name: given}, self.order.outputs):
            self._watch.look(name, given, self.namespace[name])

    def kept(self, made: Mapping[str, Any]) -> ResultRecord:
        """The record of success, with the outputs among *made* stored."""
        outputs: dict[str, ValueRef] = {}
        if self._hidden is not None:
            outputs = {name: self._keep(name, state) for name, state in self._hidden.left().items()}
        for name in self.order.outputs:
            if name in made and not is_hidden(name):
                try:
                    outputs[name] = self._keep(name, made[name])
                except ValueNotStorable as error:
                    if isinstance(error.__cause__, MemoryError):
                        raise error.__cause__ from None
                    if name not in self.order.passing and not is_of_loop(made[name]):
                        raise
        missing = tuple(name for name in self.order.outputs if name not in outputs)
        changed = self._changed(made)
        return ResultRecord(
            key=self.order.key, end="succeeded", outputs=outputs | changed, missing=missing, changed=tuple(changed)
        )

    def _changed(self, made: Mapping[str, Any]) -> dict[str, ValueRef]:
        """The inputs that the body changed unseen, stored; the log tells of those that cannot be."""
        found: dict[str, ValueRef] = {}
        if self._hidden is not None and self._watch is not None:
            found = {name: self._keep(name, state) for name, state in self._hidden.changed().items()}
        for name in self._watch.changed(made) if self._watch is not None else ():
            try:
                found[name] = self._keep(name, made[name])
            except ValueNotStorable as error:
                print(f"nbflow: {name!r} was changed in place, and is not handed on: {error}", file=sys.stderr)
        return found

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
                reason = Reason("output not storable", error.told)
            case SystemExit():
                failures.say_exit(error)
                reason, code = failures.reason(error), failures.exit_code(error)
            case MemoryError() if self.order.memory:
                reason, classes = failures.beyond(error, self.order.memory), failures.classes(error)
            case _:
                reason, classes = failures.reason(error), failures.classes(error)
        self.cause = cause if end == "failed" else None
        if hint := unseen(error, self.order.beyond, self.order.inputs):
            reason = replace(reason, detail=f"{reason.detail}: {hint}")
            error.add_note(hint)
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

        return [name for name, given in order.inputs.items() if is_hidden(name) or worth_loading(given)]

    # --- what only some orders ask for, and loads only then
    def _stand_in(self, names: Collection[str]) -> None:
        for name in names:
            if not is_hidden(name):
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

    def _check_files(self) -> None:
        from nbflow.engine.attempt import written

        written.check(self.order.writes, self.order.cwd)

    def _call(self, call: Call) -> Mapping[str, Any]:
        """Call it in a copy of the namespace: it finds everything there, and changes no name."""
        from nbflow.engine.attempt import calls, checks

        scope = dict(self.namespace)
        hidden = hidden_in(self.order.inputs)
        self.load(hidden)
        known = tuple(name for name in (*self.order.inputs, *self.order.absent) if not is_hidden(name))
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
        return calls.as_outputs(result, tuple(name for name in self.order.outputs if not is_hidden(name)))
