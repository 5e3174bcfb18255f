"""Functions and classes of a notebook keep living in a namespace, as in the notebook."""

from __future__ import annotations

import types

import pytest

from nbflow.engine.values import Values


@pytest.fixture
def values(tmp_path):
    return Values(tmp_path)


def notebook(source: str) -> dict:
    """The namespace of a notebook after *source*."""
    module = types.ModuleType("__main__")
    exec(source, module.__dict__)
    return module.__dict__


def fresh() -> dict:
    return types.ModuleType("__main__").__dict__


def test_function_sees_later_assignments(values):
    """A loaded function reads the namespace it was loaded into."""
    space = fresh()
    space["f"] = values.load(values.dump(notebook("k = 1\ndef f(): return k")["f"]), space)
    assert space["f"]() == 1
    exec("k = 5", space)
    assert space["f"]() == 5


def test_what_is_there_is_not_overwritten(values):
    """A newer variable of the namespace wins over the one the function brought along."""
    space = fresh()
    space["k"] = 10
    function = values.load(values.dump(notebook("k = 1\ndef f(): return k")["f"]), space)
    assert function() == 10


def test_function_assigns_into_the_namespace(values):
    """``global`` in a loaded function changes the namespace."""
    space = fresh()
    function = values.load(values.dump(notebook("n = 0\ndef f():\n    global n\n    n += 1")["f"]), space)
    function()
    function()
    assert space["n"] == 2


def test_functions_that_call_each_other(values):
    """Mutual recursion, closures, defaults and annotations survive."""
    source = """
def even(n: int) -> bool: return n == 0 or odd(n - 1)
def odd(n: int) -> bool: return n != 0 and even(n - 1)
def adder(k, *, twice=False):
    def add(x, step=k): return x + (2 * step if twice else step)
    return add
add = adder(3, twice=True)
"""
    made, space = notebook(source), fresh()
    assert values.load(values.dump(made["even"]), space)(10)
    assert values.load(values.dump(made["add"]), space)(1) == 7


def test_methods_share_the_namespace(values):
    """Methods of a notebook's class read the namespace as well."""
    space = fresh()
    instance = values.load(values.dump(notebook("k = 1\nclass A:\n    def f(self): return k\na = A()")["a"]), space)
    space["k"] = 2
    assert instance.f() == 2


def test_instances_share_one_class(values):
    """An instance and its class, stored apart, belong together after loading."""
    made, space = notebook("class A: pass\na = A()"), fresh()
    a, cls = values.load(values.dump(made["a"]), space), values.load(values.dump(made["A"]), space)
    assert isinstance(a, cls)


def test_modules_travel_by_name(values):
    """A module is a few bytes, and is the same module after loading."""
    import json

    ref = values.dump(json)
    assert ref.size < 200
    assert values.load(ref) is json


def test_function_without_namespace_has_its_own_globals(values):
    """Loaded without a namespace, a function carries what it needs."""
    assert values.load(values.dump(notebook("k = 4\ndef f(): return k")["f"]))() == 4


def test_a_cached_function_keeps_its_cache_apart(values):
    """``functools.cache``: recursive ones, too; the copy begins with an empty cache of the same size."""
    source = """
from functools import lru_cache
@lru_cache(maxsize=7)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
fib(5)
"""
    space = fresh()
    space["fib"] = values.load(values.dump(notebook(source)["fib"]), space)
    assert space["fib"](30) == 832040
    assert (space["fib"].cache_info().maxsize, space["fib"].cache_info().currsize) == (7, 7)


def test_a_cached_function_of_a_module_is_known_by_name(values):
    """It is the same one everywhere."""
    import fnmatch

    assert values.load(values.dump(fnmatch._compile_pattern)) is fnmatch._compile_pattern


def test_generic_functions_work(values):
    """``functools.singledispatch``: those registered are found, new ones can be registered."""
    source = """
from functools import singledispatch
@singledispatch
def size(x): return 'any'
@size.register
def _(x: int): return 'int'
size(3)
"""
    space = fresh()
    size = space["size"] = values.load(values.dump(notebook(source)["size"]), space)
    size.register(str, lambda _: "str")
    assert (size(1), size("a"), size(None)) == ("int", "str", "any")


def test_weak_collections_hold_what_others_hold(values):
    """Members that are in the value otherwise are still there; what nobody holds is gone, as ever."""
    space = notebook("import weakref\nclass A: pass\na, b = A(), A()\nw = weakref.WeakSet([a, b])")
    kept, weak = values.load(values.dump((space["a"], space["w"])))
    assert list(weak) == [kept]


def test_exceptions_keep_what_led_to_them(values):
    """The cause and the context; classes of a notebook with arguments and notes of their own."""
    space = notebook(
        """
class Bad(Exception):
    def __init__(self, code): super().__init__(code); self.code = code
try:
    try: 1 / 0
    except ZeroDivisionError as error: raise Bad(3) from error
except Bad as error:
    error.add_note('note'); found = error
"""
    )
    error = values.load(values.dump(space["found"]))
    assert (error.code, error.args, error.__notes__) == (3, (3,), ["note"])
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert error.__suppress_context__
