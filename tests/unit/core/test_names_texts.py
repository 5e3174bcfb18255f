"""Names that hide in texts. Each row: a text, what it needs, what it writes, and why its reading is incomplete."""

import pytest

from nbflow.core.names import read_names, text_uses

ROWS = [
    # tables
    ("r = df.query('a > @limit')", "df limit", "r", ""),
    ("r = df.query('a > @limit and b in @cfg[\"k\"] or c == @f(d)')", "df limit cfg f", "r", ""),
    ("r = df.query(f'a > {x} and b < @hi')", "df x hi", "r", ""),
    ("r = df.query(f'a > @{name}')", "df name", "r", ".query() in line 1"),
    ("r = df.query('a > {} and b < @hi'.format(x))", "df x hi", "r", ""),
    ("r = df.query('a > %d and b < @hi' % x)", "df x hi", "r", ""),
    ("r = df.query('a > @lo' + ' and b < @hi')", "df lo hi", "r", ""),
    ("r = df.query('''\n a > @lo\n and b < @hi\n'''.strip())", "df lo hi", "r", ""),
    ("r = df.query(' and '.join(['a > @lo', 'b < @hi']))", "df lo hi", "r", ""),
    ("r = df.query('a > 1')", "df", "r", ""),
    ("r = df.query(expr=text)", "df text", "r", ".query() in line 1"),
    ("q = 'a > @limit'\nr = df.query(q)", "df limit", "q r", ""),
    ("if c: q = 'a > @x'\nelse: q = 'a > @y'\nr = df.query(q)", "df c", "q r", ".query() in line 3"),
    ("limit = 3\nr = df.query('a > @limit')", "df", "limit r", ""),
    ("r = df.eval('c = a + @b')", "df b", "r", ""),
    ("df.eval('c = a + @b', inplace=True)", "df b", "df", ""),
    ("r = pd.eval('x + df.a * y')", "pd x df y", "r", ""),
    ("r = (df.dropna().query('a > @lo').assign(z=lambda t: t.a * k))", "df lo k", "r", ""),
    ("r = session.query(User).all()", "session User", "r", ""),
    ("r = session.query(models.User)", "session models", "r", ""),
    ("r = duckdb.sql('select * from df join other using (id)')", "duckdb df other", "r", ""),
    ("r = con.execute('SELECT a FROM df WHERE b > 1').fetchall()", "con df", "r", ""),
    ("r = smf.ols('y ~ np.log(x) + f(z)', data=d).fit()", "smf d np f x y z", "r", ""),
    ("p = ggplot(d) + aes('x', color='factor(g) + k')", "ggplot d aes factor g k", "p", ""),
    ("r = ne.evaluate('a * b + 1')", "ne a b", "r", ""),
    # eval and exec
    ("r = eval('x + 1')", "x", "r", ""),
    ("r = eval('[f(v) for v in xs]')", "f xs", "r", ""),
    ("r = eval(text)", "text", "r", "eval() in line 1"),
    ("r = eval('x', {'x': 1})", "", "r", ""),
    ("r = eval('x', globals())", "x", "r", ""),
    ("r = eval(f'x + {n}')", "x n", "r", "eval() in line 1"),
    ("r = eval(f'model_{n}')", "n", "r", "eval() in line 1"),
    ("name = 'x'\nr = eval(name)", "x", "name r", ""),
    ("exec('y = x')", "x", "y", ""),
    ("exec('def f(a): return a + x')\nr = f(1)", "x", "f r", ""),
    ("exec('rows.append(1)')", "rows", "rows", ""),
    ("exec('y = x', ns)", "ns", "", ""),
    ("exec(code)", "code", "", "exec() in line 1"),
    ("exec(f'y = {v}')", "v", "y", "exec() in line 1"),
    ("exec(f'model_{n} = f(x)')", "n f x", "", "exec() in line 1"),
    ("cProfile.run('r = f(x)')", "cProfile f x", "r", ""),
    # the namespace itself
    ("r = globals()['x']", "x", "r", ""),
    ("globals()['x'] = y", "y", "x", ""),
    ("globals()['x'] += y", "x y", "x", ""),
    ("del globals()['x']", "x", "", ""),
    ("r = globals()[k]", "k", "r", "globals()[…] in line 1"),
    ("globals()[k] = y", "k y", "", "globals()[…] in line 1"),
    ("r = globals().get('x', 1)", "x", "r", ""),
    ("globals().update(a=x, b=1)", "x", "a b", ""),
    ("globals().update({'a': x})", "x", "a", ""),
    ("globals().update(d)", "d", "", ".update() in line 1"),
    ("r = globals().setdefault('x', y)", "x y", "r x", ""),
    ("r = locals()['x'] + vars()['y']", "x y", "r", ""),
    ("r = vars(obj)['x']", "obj", "r", ""),
    ("if 'x' not in globals(): x = 1", "x", "x", ""),
    ("if 'x' in dir(): r = 1", "x r", "r", ""),
    ("for k in list(globals()): f(k)", "f", "k", "globals() in line 1"),
    ("r = get_ipython().user_ns['x']", "x", "r", ""),
    ("get_ipython().push({'x': y})", "y", "x", ""),
    ("get_ipython().run_cell('x = y')", "y", "x", ""),
    ("r = get_ipython().ev('x')", "x", "r", ""),
    ("import __main__\nr = __main__.x", "x", "__main__ r", ""),
    ("from __main__ import x", "x", "x", ""),
    # formats
    ("r = '{x} of {y.z:>{w}}'.format(**globals())", "x y w", "r", ""),
    ("r = '{x}'.format_map(locals())", "x", "r", ""),
    ("r = '%(x)s' % globals()", "x", "r", ""),
    ("r = Template('$x and ${y}').substitute(globals())", "Template x y", "r", ""),
    ("r = text.format(**globals())", "text", "r", ".format() in line 1"),
    ("r = timeit.timeit('f(x)', globals=globals())", "timeit f x", "r", ""),
    ("r = timeit.timeit('f(1)', 'from __main__ import f')", "timeit f", "r", ""),
    ("r = timeit('f(1)')", "timeit", "r", ""),
    # inside of functions
    ("def g(t, limit): return t.query('a > @limit and b > @lo')\nr = g(df, 1)", "df lo", "g r", ""),
    ("def g(): return eval('x')\nr = g()", "x", "g r", ""),
    ("def g(t): return eval(t)\nr = g(1)", "", "g r", "eval() in g()"),
    ("def g(t): return eval(t)", "", "g", ""),
    ("def g(): exec('y = x')\ng()", "x", "g", ""),
    ("def g(k):\n x = 1\n return globals()['x'] + locals()['x']\nr = g(1)", "x", "g r", ""),
    ("def g(): globals()['x'] = y\ng()", "y x", "g x", ""),
    ("def g(): globals()['n'] += 1\ng()", "n", "g n", ""),
    ("def g(k): globals()[k] = 1\ng(2)", "", "g", "globals()[…] in g()"),
]


@pytest.mark.parametrize(("text", "needed", "writes", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_names_in_texts_are_read(text, needed, writes, why):
    """What a text says literally is read; where it cannot be known, the reading says why it is incomplete."""
    names = read_names(text, modules=frozenset({"pd", "ne", "duckdb", "smf", "cProfile", "np"}))
    assert (set(names.needed), set(names.writes)) == (set(needed.split()), set(writes.split()))
    assert names.unknown == ((why,) if why else ())


def test_what_may_be_read_and_what_may_be_bound_are_told_apart():
    """A dynamic expression reads, a star import binds, a dynamic statement does both."""
    names = read_names("eval(a)\nfrom m import *\nexec(b)\nglobals()[k] = 1")
    assert names.asks == ("eval() in line 1", "exec() in line 3")
    assert names.binds == ("from m import *", "exec() in line 3", "globals()[…] in line 4")


def test_texts_of_the_notebook_are_known():
    """A name whose value is a text that is known is read as that text; one whose value is none hides nothing."""
    known = {"q": "a > @limit", "n": ""}.get
    assert read_names("r = df.query(q)", texts=known).needed == {"df", "q", "limit"}
    assert not read_names("r = df.query(n)", texts=known).unknown
    assert read_names("r = df.query(other)", texts=known).asks


def test_what_texts_and_values_are_is_told_for_later_cells():
    """Names bound to literals, tables and containers are remembered with what is known of them."""
    names = read_names("q = 'a > @x'\ndf = pd.read_csv(p).dropna()\nrows = []\nn = 1\nm = f()")
    assert names.texts == {"q": "a > @x", "n": ""}
    assert names.kinds == {"q": "value", "df": "frame", "rows": "container", "n": "value"}


def test_a_function_known_by_its_text_tells_what_hides_in_it():
    """Texts inside of functions count where the function is called, for those who only have its source."""
    uses = text_uses("def f(df, lo):\n    return df.query('a > @lo and b < @hi')")
    assert (uses.reads, uses.asks) == ({"hi"}, frozenset())
    assert text_uses("def f(df, q):\n    return df.query(q)").asks == {".query() in f()"}
