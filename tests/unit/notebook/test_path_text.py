"""Which files a text names, and which of them it reads."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from nbflow.notebook.path_text import mentions, words

VALUES = {"out": "out", "folder": Path("out"), "k": 3, "n": 2.5, "frame": object()}

TEXTS = [
    ("open('a.csv')", ["a.csv"], []),
    ("open('a.csv', 'w')", [], ["a.csv", "w"]),
    ("open('a.csv', mode='a')", [], ["a.csv", "a"]),
    ("open('a.csv', 'rb')", ["a.csv", "rb"], []),
    ("df = pd.read_csv('a.csv', sep=';')", ["a.csv", ";"], []),
    ("df.to_csv('a.csv')", [], ["a.csv"]),
    ("x = np.load(f'{out}/part-{k:02}.npy')", ["out/part-03.npy"], []),
    ("Path('out', 'a.txt').read_text()", ["out/a.txt"], []),
    ("(folder / 'a.txt').write_text('x')", [], ["out/a.txt", "x"]),
    ("os.path.exists(os.path.join(out, 'a.txt'))", [], ["out/a.txt"]),
    ("json.load(open(folder.joinpath('a.json')))", ["out/a.json"], []),
    ("for name in glob.glob('out/*.csv'): pass", ["out/*.csv"], []),
    ("path = 'out/a.csv'", [], []),
    ("'''text'''\nx = 1", [], []),
    ("f(frame)", [], []),
    ("get_ipython().system('sort a.csv > b.csv')", ["sort", "a.csv"], ["b.csv"]),
    ("get_ipython().run_cell_magic('bash', '', 'cat a.csv\\nrm b.csv\\n')", ["cat", "a.csv"], ["rm", "b.csv"]),
    ("get_ipython().run_cell_magic('job', 'fit --reads a.csv', 'open(1)')", [], []),
    ("get_ipython().run_cell_magic('writefile', 'a.csv', 'text')", [], ["a.csv"]),
]


@pytest.mark.parametrize(("text", "read", "named"), TEXTS)
def test_what_a_cell_names(text: str, read: list[str], named: list[str]) -> None:
    """Literals, what is put together of them and of variables, and words of commands; for reading or otherwise."""
    found = mentions(ast.parse(text), VALUES.get)
    assert [each.path for each in found if each.read] == read
    assert [each.path for each in found if not each.read] == named


def test_words_of_scripts() -> None:
    """Quotes, pipes and redirections."""
    found = {each.path: each.read for each in words("grep x 'my file.txt' | tee log 2>err.txt && cat < in.txt")}
    assert found == {
        "grep": True, "x": True, "my file.txt": True, "tee": False, "log": False, "2": False, "err.txt": False,
        "cat": True, "in.txt": True,
    }  # fmt: skip


def test_a_cell_without_bottom_is_read_as_far_as_it_goes() -> None:
    """Python itself may take what this reading does not."""
    deep = "[" * 80 + "open('a.csv')" + "]" * 80
    assert [each.path for each in mentions(ast.parse(deep))] == ["a.csv"]
