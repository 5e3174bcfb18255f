"""From calls of job functions to specs: options, arguments, needs, names; without an engine."""

from __future__ import annotations

from datetime import timedelta
from signal import SIGKILL

import pytest

import nbflow
from nbflow.core.inputs import Filled, Whole
from nbflow.core.policies import AtLeast, Ruled
from nbflow.core.run import Run
from nbflow.core.spec import Attribute, Built, Item, JobNeed, JobSpec, Produced, Retry  # fmt: skip
from nbflow.engine.taking import take
from nbflow.engine.values import Values
from nbflow.errors import DeclarationError, NbflowError, ValueNotStorable
from nbflow.notebook import handles
from nbflow.notebook.building import Surroundings
from nbflow.notebook.files import Ordering
from nbflow.notebook.handlers import Handlers
from nbflow.notebook.handles import Handle, gathered
from nbflow.notebook.inside import unique
from nbflow.notebook.line import Defaults


class Place:
    """A target without an engine."""

    def __init__(self, folder, *known):
        (folder / "values").mkdir(exist_ok=True)
        self.values, self._known = Values(folder), [*known]
        self.defaults, self.handlers, self.folder = Defaults(), Handlers(), folder

    def name(self, wanted, taken, exact):
        return wanted if exact else unique(wanted, {*self._known, *taken})

    def known(self):
        return self._known

    def after(self, header):
        return tuple(JobNeed(each.pattern, each.optional) for each in header.after)

    def policy(self, group):
        return None

    def ordering(self, name):
        return Ordering(Run(), ())

    def dump(self, value, name, hole=None):
        return self.values.dump(value, name, hole)

    def surroundings(self):
        return Surroundings({"A": "1"}, ("/lib",), str(self.folder), "cell")

    def specs(self, *handles) -> dict[str, JobSpec]:
        batch = gathered(handles, self)
        batch.declared_in(None)
        return {spec.name: spec for spec in batch.specs}

    def policies(self, *handles):
        return gathered(handles, self).policies


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@nbflow.job
def load(n=3, *, scale=1):
    return [scale] * n


@nbflow.job
def use(value, *rest, key=None, **more):
    return value, rest, key, more


def last_good(value):
    return value


def test_every_option_has_its_keyword(place):
    """Python values and the option's own text say the same."""
    options = nbflow.job(last_good).options(
        retries=2, delay=0.5, backoff=3, max_delay=timedelta(minutes=1), jitter="0.1", retry_on=[OSError, "x.Timeout"],
        no_retry_on=FileNotFoundError, timeout="5m", deadline=600, on_exit=["10:2", SIGKILL], on_error="KeyError",
        memory="1GB", once=True, hold=True, env={"B": 2}, group="g", on_missing="none", if_="value > 0",
    )  # fmt: skip
    spec = place.specs(options(1))["last_good"]
    assert spec.retry == Retry(
        attempts=3, delay=0.5, backoff=3, max_delay=60, jitter=0.1, on=("OSError", "x.Timeout"),
        never_on=("FileNotFoundError",),
    )  # fmt: skip
    assert (spec.timeout, spec.deadline, spec.memory, spec.once, spec.hold) == (300, 600, 10**9, True, True)
    assert [rule.label for rule in spec.rules] == ["--on-exit 10:2", "--on-exit SIGKILL", "--on-error KeyError"]
    assert (spec.env, spec.group, spec.on_missing, spec.condition) == ({"A": "1", "B": "2"}, "g", "none", "value > 0")
    assert (spec.cwd, spec.path, spec.cell_id, spec.function) == (str(place.folder), ("/lib",), "cell", "last_good")
    assert "return value" in spec.source


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"retrys": 2}, "unknown option --retrys (did you mean --retries?)"),
        ({"retries": -1}, "--retries takes a whole number ≥ 0, not '-1'"),
        ({"retries": 1, "attempts": 2}, "--retries and --attempts say the same thing: give one"),
        ({"timeout": "soon"}, "--timeout takes a duration such as"),
        ({"timeout": object}, "--timeout takes a duration such as"),
        ({"hold": "yes"}, "--hold takes no value: True or False"),
        ({"policy": "strict"}, "--policy needs --group"),
        ({"for_": "a=[1]"}, "for_ is for cells, not for functions: call the function once for each value"),
        ({"fallback": 3}, "--fallback takes"),
        ({"outputs": "a b-c"}, "--outputs takes variables' names, not 'a b-c'"),
        ({"name": "a b"}, "a job's name is at most 200 characters"),
    ],
)
def test_a_wrong_option_is_refused_where_it_is_written(options, said):
    """In the words of the cell's own error."""
    with pytest.raises(NbflowError) as error:
        nbflow.job(**options)(last_good)
    assert said in str(error.value)


def test_a_function_cannot_run_in_the_kernel(place):
    """Only a cell can: the function would find its arguments among the notebook's names."""
    with pytest.raises(DeclarationError, match="cannot run in the kernel"):
        place.specs(load.options(in_="kernel")())


def test_arguments_are_inputs_and_the_code_calls_the_function(place):
    """By their parameters' names, in whatever way they were given; defaults stay the function's."""
    spec = place.specs(use(1, 2, 3, key="k", other=4))["use"]
    assert spec.code == "output = use(value, *rest, key=key, **more)"
    values = {name: place.values.load(source.value) for name, source in spec.inputs.items() if name != "use"}
    assert values == {"value": 1, "rest": (2, 3), "key": "k", "more": {"other": 4}}
    assert place.specs(load())["load"].code == "output = load()"
    namespace = {name: place.values.load(source.value) for name, source in spec.inputs.items()}
    exec(spec.code, namespace)
    assert namespace["output"] == (1, (2, 3), "k", {"other": 4})


def test_arguments_are_checked_at_the_call():
    """As Python does."""
    with pytest.raises(TypeError, match="missing a required argument: 'value'"):
        use()


def test_references_become_needs_and_paths(place):
    """A path is taken where the reader runs; what is referred to is declared first."""
    specs = place.specs(use(load().output["a"].shape[0], key=load(5)))
    assert list(specs) == ["load", "load-2", "use"]
    value = specs["use"].inputs["value"]
    assert isinstance(value, Produced)
    assert (value.job, value.output, value.path[1]) == ("load", "output", Attribute("shape"))
    assert [place.values.load(step.key) for step in value.path if isinstance(step, Item)] == ["a", 0]
    assert specs["use"].inputs["key"] == Produced("load-2", "output")
    assert specs["use"].needs == (JobNeed("load"), JobNeed("load-2"))


def test_references_may_be_anywhere_inside_of_an_argument(place):
    """In containers of any kind, and in objects; they are put there where the reader runs."""

    class Box:
        def __init__(self, inside):
            self.inside = inside

    a, b = load(1), load(2)
    spec = place.specs(use([1, {"k": (a.output, {"x": b})}, Box(a.output[0])]))["use"]
    source = spec.inputs["value"]
    assert isinstance(source, Built)
    assert [part.job for part in source.parts] == ["load", "load-2", "load"]
    given = Filled(source.template, tuple(Whole(place.values.dump(n)) for n in (10, 20, 30)))
    one, nested, box = take(place.values, given, {})
    assert (one, nested, box.inside) == (1, {"k": (10, {"x": 20})}, 30)


def test_all_outputs_are_a_dict(place):
    """Where a function has several, and they are given as a whole."""
    halves = nbflow.job(outputs="low high")(lambda: (1, 2))
    spec = place.specs(use(halves(), key=[halves().output]))["use"]
    assert [part.output for part in spec.inputs["value"].parts] == ["low", "high"]
    given = Filled(spec.inputs["value"].template, tuple(Whole(place.values.dump(n)) for n in (1, 2)))
    assert take(place.values, given, {}) == {"low": 1, "high": 2}


def test_values_are_those_at_the_declaration(place):
    """A function and its arguments are taken by value: what changes later changes nothing."""
    rows = [1]
    spec = place.specs(use(rows))["use"]
    rows.append(2)
    assert place.values.load(spec.inputs["value"].value) == [1]


def test_what_cannot_travel_is_named(place):
    """The argument, and where in it the trouble is; the same for a function's globals."""
    import threading

    with pytest.raises(ValueNotStorable, match=r"variable 'value' \(list\).*\[0\] \(lock\)"):
        place.specs(use([threading.Lock()]))


def test_names_are_made_unique_and_can_be_given(place):
    """By the function, in the order of declaration; one that was given is taken as it is."""
    place._known.append("load")
    specs = place.specs([load(), load()], load.options(name="mine")())
    assert list(specs) == ["load-2", "load-3", "mine"]


def test_after_takes_handles_names_and_references(place):
    """Handles that are not declared yet are declared first."""
    place._known.append("other")
    first = load()
    spec = place.specs(load.options(name="b", after=[first, "other?"])())["b"]
    assert spec.needs == (JobNeed("load"), JobNeed("other", optional=True))


def test_functions_for_failure_are_taken_by_value(place):
    """With the same check of their parameters as a cell's; a text names one of the function's module."""
    spec = place.specs(use.options(fallback=last_good, rollback="last_good")(1))["use"]
    assert (spec.fallback.label, spec.rollback.label) == ("last_good", "last_good")
    assert place.values.load(spec.fallback.function)(5) == 5
    assert place.specs(use.options(fallback="=[]")(1))["use"].fallback.expression == "[]"
    with pytest.raises(DeclarationError, match="its parameter 'value' is no input of the job"):
        place.specs(load.options(fallback=last_good)())


def test_a_group_gets_its_policy(place):
    """From text or object, with its options; an object of one's own goes by value."""
    assert place.policies(load.options(group="g", policy="at-least:2", fail_fast=True)()) == {
        "g": Ruled(AtLeast(2), fail_fast=True)
    }
    assert place.policies(load.options(group="g", policy=AtLeast(1))()) == {"g": AtLeast(1)}


def test_a_job_cannot_need_itself(place):
    """A list that was given its own job's output afterwards."""
    rows = []
    handle = use(rows)
    rows.append(handle.output)
    with pytest.raises(DeclarationError, match="needs its own output"):
        place.specs(handle)


def test_only_jobs_can_be_declared(place):
    """The error says what a job is."""
    with pytest.raises(DeclarationError, match=r"a value of type int is no job: call a function of nbflow.job"):
        place.specs(load(), 3)


def test_a_call_outside_of_a_flow_is_not_declared():
    """And one that was declared keeps its name."""
    handle = load()
    assert isinstance(handle, Handle)
    assert not handle.declared


def test_job_functions_keep_what_they_are():
    """Name, doc and the function itself; they travel, also one that is among its own globals."""
    assert (load.__name__, load.fn(2, scale=4)) == ("load", [4, 4])
    values = Values("")
    again = values.load(values.dump(fact))
    assert again.fn(5) == 120


@nbflow.job
def fact(n):
    return n * fact.fn(n - 1) if n > 1 else 1


class Notes:
    """A flow that notes what is declared in it."""

    def __init__(self):
        self.added = []

    def add(self, *jobs):
        self.added += [each.name for each in jobs]


def test_the_innermost_flow_counts():
    """Each thread is in blocks of its own; outside of all, it is the notebook's flow."""
    import threading

    notebook, outer, inner = Notes(), Notes(), Notes()
    handles.load(notebook)
    try:
        handles.enter(outer)
        handles.enter(inner)
        load.options(name="a")()
        handles.leave(inner)
        load.options(name="b")()
        elsewhere = threading.Thread(target=load.options(name="c"))
        elsewhere.start()
        elsewhere.join()
        handles.leave(outer)
        load.options(name="d")()
    finally:
        handles.unload(notebook)
    load.options(name="e")()
    assert (inner.added, outer.added, notebook.added) == (["a"], ["b"], ["c", "d"])
