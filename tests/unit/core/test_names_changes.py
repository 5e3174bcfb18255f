"""What a cell changes in place. Each row: a cell's text, what it changes of what was there before, what it binds."""

import pytest

from nbflow.core.names import read_names

ROWS = [
    # through other names
    ("t = rows[0]; t.append(1)", "rows", "t"),
    ("t = rows[-1]; t['k'] = 1", "rows", "t"),
    ("t = list(rows); t.append(1)", "", "t"),
    ("t = list(rows); t[0].append(1)", "rows", "t"),
    ("t = sorted(rows); t[0] = 1", "", "t"),
    ("t = {**cfg}; t['a'] = 1", "", "t"),
    ("t = {**cfg}; t['a']['b'] = 1", "cfg", "t"),
    ("t = [*rows]; t.append(1)", "", "t"),
    ("t = df.copy(); t.loc[0, 'a'] = 1", "", "t"),
    ("t = df[df.a > 1]; t['b'] = 1", "", "t"),
    ("t = copy.deepcopy(rows); t[0].append(1)", "", "t"),
    ("t = arr.reshape(-1); t[0] = 1", "arr", "t"),
    ("t = arr.T; t += 1", "arr", "t"),
    ("t = np.asarray(arr); t[0] = 1", "arr", "t"),
    ("a, b = rows; a.append(1)", "rows", "a b"),
    ("a, *b = rows; b.append(1)", "", "a b"),
    ("a, *b = rows; b[0].append(1)", "rows", "a b"),
    ("t = x or y; t.append(1)", "x y", "t"),
    ("t = x if c else y; t.append(1)", "x y", "t"),
    ("t = max(rows, key=len); t.append(1)", "rows", "t"),
    ("t = d.get(k); t.append(1)", "d", "t"),
    ("t = d.setdefault(k, []); t.append(1)", "d", "t"),
    ("add = rows.append; add(1)", "rows", "add"),
    ("pool.apply_async(f, callback=results.append)", "results pool", ""),
    ("list(map(seen.add, xs))", "seen", ""),
    ("m = model.fit(X, y); m.coef = 1", "model", "m"),
    ("ms = [model, other]\nfor m in ms: m.fit(X)", "model other", "ms m"),
    ("ms = {'a': model}\nfor k, m in ms.items(): m.fit(X)", "model", "ms k m"),
    ("pipe = make_pipeline(scaler, model); pipe.fit(X, y)", "scaler model", "pipe"),
    ("opt = Adam(net.parameters(), lr=1); opt.step()", "net", "opt"),
    ("it = iter(xs); a = next(it)", "", "it a"),
    ("setattr(obj, 'a', 1)", "obj", ""),
    ("vars(obj)['a'] = 1", "obj", ""),
    ("getattr(obj, 'rows').append(1)", "obj", ""),
    ("obj.__dict__.update(a=1)", "obj", ""),
    ("t = copy.copy(obj); t.items.append(1)", "obj", "t"),
    # loops and comprehensions
    ("for r in rows: r['k'] = 1", "rows", "r"),
    ("for i, r in enumerate(rows): r[0] = i", "rows", "i r"),
    ("for a, b in zip(xs, ys): b.append(a)", "xs ys", "a b"),
    ("[r.pop() for r in rows]", "rows", ""),
    ("ms = [m.fit(X) for m in models]", "models", "ms"),
    ("ms = {k: m.fit(X) for k, m in models.items()}", "models", "ms"),
    ("ok = [m for m in models]; ok[0].fit(X)", "models", "ok"),
    ("ok = [m for m in models]; ok.append(1)", "", "ok"),
    # calls
    ("np.add(a, b, out=c)", "c", ""),
    ("np.put(arr, [0], [1])", "arr", ""),
    ("heapq.heappush(h, 1)", "h", ""),
    ("nx.set_node_attributes(g, 5, 'size')", "g", ""),
    ("nn.init.xavier_uniform_(w)", "w", ""),
    ("x = t.add_(1)", "t", "x"),
    ("s = df.sample(3, random_state=rng)", "rng", "s"),
    ("s = df.sample(3, random_state=SEED)", "", "s"),
    ("x = rng.standard_t(3) + rng.gamma(2)", "rng", "x"),
    ("df['a'].plot()", "", ""),
    ("df.groupby('g').agg('sum')", "", ""),
    ("df.sort_values('a').head()", "", ""),
    ("df.insert(0, 'a', 1)", "df", ""),
    ("text.strip()", "", ""),
    # functions and classes of the cell
    ("def f(t):\n for r in t: r['k'] = 1\nf(rows)", "rows", "f"),
    ("def f(t):\n r = t[0]\n r.append(1)\nf(rows)", "rows", "f"),
    ("def f(t):\n r = list(t)\n r.append(1)\nf(rows)", "", "f"),
    ("def f(t): g(t)\ndef g(t): t.append(1)\nf(rows)", "rows", "f g"),
    ("def f(): g(rows)\ndef g(t): t.append(1)\nf()", "rows", "f g"),
    ("def f(*ts): ts[0].append(1)\nf(rows)", "rows", "f"),
    ("def f():\n def g(v): rows.append(v)\n g(1)\nf()", "rows", "f"),
    ("def f(): [rows.append(v) for v in (1, 2)]\nf()", "rows", "f"),
    ("class A:\n def add(self, v):\n  self.n = v\n  return v\n def look(self): return 1", "", "A"),
]


@pytest.mark.parametrize(("text", "changes", "binds"), ROWS, ids=[row[0] for row in ROWS])
def test_changes_in_place_are_seen(text, changes, binds):
    """Each text changes exactly the objects expected."""
    names = read_names(text, modules=frozenset({"np", "nx", "nn", "heapq", "copy"}))
    assert (set(names.mutates), set(names.writes - names.mutates)) == (set(changes.split()), set(binds.split()))


CLASS = """
class A:
    def add(self, v):
        self.n += v
        return v
    def twice(self, v): return self.add(v) + self.add(v)
    def look(self): return self.n
"""


@pytest.mark.parametrize(
    ("call", "changed"),
    [
        ("x = a.add(1)", True),
        ("x = A.add(a, 1)", True),
        ("x = a.twice(1)", True),
        ("a.look()", False),
        ("[a.add(v) for v in xs]", True),
    ],
)
def test_methods_of_a_class_of_the_notebook_are_known(call, changed):
    """Its methods say which of them change their object, also by way of one another, and which only look."""
    made = read_names(CLASS + "\na = A()").functions
    names = read_names(call, behind=lambda name: made.get(name, made["A"]))
    assert names.mutates == ({"a"} if changed else set())


@pytest.mark.parametrize(
    ("text", "kind", "changed"),
    [
        ("t.upper()", "value", False),
        ("n += 1", "value", False),
        ("x.shuffle_all()", "frame", False),
        ("x.update(y)", "frame", True),
        ("x.sort()", "array", True),
        ("x.compute()", "array", False),
        ("z = x.anything()", "generator", True),
        ("z = x[1:]; z[0] = 1", "array", True),
        ("z = x[1:]; z[0] = 1", "container", False),
        ("z = x.copy(); z[0].a = 1", "container", True),
    ],
)
def test_what_a_value_is_says_what_changes_it(text, kind, changed):
    """Where the kind of a value is known, its methods are."""
    assert bool(read_names(text, kind=lambda name: kind if name != "y" else "").mutates) is changed
