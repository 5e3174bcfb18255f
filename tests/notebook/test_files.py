"""``--reads`` and ``--writes``: files order jobs and cells as variables do."""

from __future__ import annotations

import pytest

from tests.notebook.kernel import Cell, Kernel

pytestmark = pytest.mark.kernel

GATE = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\n"
WRITE = "%%job clean --writes out.csv\n" + GATE + "open('out.csv', 'w').write('1,2\\n')"


def ended(nb: Kernel, cell: Cell, word: str = "succeeded") -> Cell:
    """Wait until the card of *cell* says *word*."""
    nb.until(lambda: word in cell.text.split("\n", 1)[0], 30, word)
    return cell


def status(nb: Kernel) -> dict[str, str]:
    return nb.value("__import__('nbflow').flow().status()")


def needs(nb: Kernel, job: str) -> list[str]:
    return nb.value(f"__import__('nbflow').flow().snapshot()['jobs'][{job!r}]['needs']")


def test_a_reader_waits_for_the_writer(nb: Kernel) -> None:
    """A job that reads a file starts when the job declared before it, which writes that file, has succeeded."""
    nb.run(WRITE)
    cell = nb.run("%%job count --reads out.csv\nn = len(open('out.csv').read())")
    assert "waits for clean (out.csv)" in cell.text
    assert "waits for clean (running) for out.csv" in nb.run("%nbflow why count").text
    (nb.folder / "go").touch()
    assert nb.value("n") == 4


def test_a_missing_written_file_fails_the_job(nb: Kernel) -> None:
    """A body that ends without having left what --writes names fails, naming the file; its reader is skipped."""
    cell = nb.run("%%job clean --writes out/a.csv,b.txt\nopen('b.txt', 'w').close()")
    reader = nb.run("%%job count --reads out/a.csv\nn = 1")
    ended(nb, cell, "failed")
    assert "missing file: out/a.csv" in cell.text
    assert "b.txt" not in cell.text
    ended(nb, reader, "skipped")


def test_a_script_has_to_leave_its_files_too(nb: Kernel) -> None:
    """--writes holds for --shell jobs."""
    cell = nb.run("%%job clean --shell --writes out.csv\ntouch other.csv")
    ended(nb, cell, "failed")
    assert "missing file: out.csv" in cell.text


def test_a_written_pattern_needs_one_file(nb: Kernel) -> None:
    """A pattern is met by any file that fits it, and by none it fails."""
    good = nb.run("%%job good --writes part-*.csv\nopen('part-1.csv', 'w').close()")
    bad = nb.run("%%job bad --writes other-*.csv\npass")
    ended(nb, good)
    ended(nb, bad, "failed")
    assert "missing file: other-*.csv" in bad.text


def test_a_writer_waits_for_earlier_readers_and_writers(nb: Kernel) -> None:
    """Who writes a file again waits for the end of those who wrote and read it before, even if they fail."""
    nb.run("%%job first --writes a.txt\nopen('a.txt', 'w').write('1')")
    nb.run("%%job look --reads a.txt\n" + GATE + "seen = open('a.txt').read()\nassert False")
    nb.run("%%job second --writes a.txt\nopen('a.txt', 'w').write('2')")
    assert sorted(needs(nb, "second")) == ["first", "look"]
    assert status(nb)["second"] == "waiting"
    (nb.folder / "go").touch()
    assert not nb.run("%nbflow wait").ok
    assert status(nb) == {"first": "succeeded", "look": "failed", "second": "succeeded"}


def test_the_last_writer_counts(nb: Kernel) -> None:
    """Who reads a file that several wrote waits for the last of them, and does not care that an earlier one failed."""
    nb.run("%%job first --writes a.txt\nraise ValueError('no')")
    nb.run("%%job second --writes a.txt\nopen('a.txt', 'w').write('2')")
    nb.run("%%job look --reads a.txt\nseen = open('a.txt').read()")
    assert needs(nb, "look") == ["second"]
    assert nb.value("seen") == "2"


def test_paths_are_the_same_however_they_are_written(nb: Kernel) -> None:
    """Relative, absolute, with dots, below --cwd, through a link, as pattern or as folder: it is the same."""
    (nb.folder / "data").mkdir()
    (nb.folder / "link").symlink_to(nb.folder / "data")
    nb.run("%%job w --hold --writes data/x.csv\npass")
    forms = {
        "absolute": f"--reads {nb.folder}/data/x.csv",
        "dots": "--reads data/../data/./x.csv",
        "cwd": "--cwd data --reads x.csv",
        "link": "--reads link/x.csv",
        "pattern": "--reads data/*.csv",
        "deep": "--reads **/x.csv",
        "folder": "--reads data/",
        "expression": "--reads {path}",
    }
    nb.run("from pathlib import Path; path = Path('data') / 'x.csv'")
    for name, options in forms.items():
        cell = nb.run(f"%%job {name} --hold {options}\npass")
        assert cell.ok, cell.error
    assert {name: needs(nb, name) for name in forms} == {name: ["w"] for name in forms}
    nb.run("%%job apart --hold --reads data/x.txt,other/x.csv,data2/*.csv\npass")
    assert needs(nb, "apart") == []


def test_fan_outs_have_a_file_each(nb: Kernel) -> None:
    """Loop variables stand in braces: element by element, readers wait for what they read."""
    nb.run("%%job make[year] --for year=[1, 2, 3] --writes raw/{year}.txt\n#| --rollback =None\n"
           "import os; os.makedirs('raw', exist_ok=True); open(f'raw/{year}.txt', 'w').write(str(year))")  # fmt: skip
    nb.run("%%job use[year] --for year=[1, 2, 3] --reads raw/{year}.txt\nback = open(f'raw/{year}.txt').read()")
    nb.run("%%job all --reads raw/*.txt\nimport glob; n = len(glob.glob('raw/*.txt'))")
    assert nb.value("back") == {1: "1", 2: "2", 3: "3"}
    assert nb.value("n") == 3
    assert needs(nb, "use[year=2]") == ["make[year=2]"]
    assert needs(nb, "all") == ["make"]


def test_elements_that_use_one_file_run_in_their_order(nb: Kernel) -> None:
    """As in the loop that they stand for; a line says so."""
    cell = nb.run("%%job add[k] --for k=[1, 2, 3] --writes log.txt\nopen('log.txt', 'a').write(str(k))")
    assert "use the same file, so one runs after the other" in cell.text
    assert nb.run("%nbflow wait").ok
    assert (nb.folder / "log.txt").read_text() == "123"


def test_job_functions_take_files(nb: Kernel) -> None:
    """@job(reads=…, writes=…): paths or texts, with the arguments of the call in braces."""
    cell = nb.run(
        "import nbflow\nfrom pathlib import Path\n"
        "@nbflow.job(writes='{name}.txt')\ndef make(name):\n    Path(f'{name}.txt').write_text(name)\n"
        "@nbflow.job(reads=[Path('a.txt'), 'b.txt'])\ndef join():\n"
        "    return Path('a.txt').read_text() + Path('b.txt').read_text()\n"
        "make('a'); make('b'); joined = join()"
    )
    assert cell.ok, cell.error
    assert sorted(needs(nb, "join")) == ["make", "make-2"]
    assert nb.value("joined.result()") == "ab"


def test_a_wrong_expression_declares_nothing(nb: Kernel) -> None:
    """An error of one line says which."""
    cell = nb.run("%%job a[k] --for k=[1] --writes {nosuch}/{k}.txt\npass")
    assert "UsageError: --writes {nosuch}/{k}.txt: cannot expand {nosuch}: NameError" in cell.text
    assert status(nb) == {}


def test_a_file_that_nobody_makes_is_told(nb: Kernel) -> None:
    """What a job reads and neither exists nor is written by a job: a line says so."""
    cell = nb.run("%%job a --reads nosuch.csv\npass")
    assert "it reads nosuch.csv: there is no such file, and no job writes it" in cell.text


def test_declaring_the_writer_again_makes_no_loop(nb: Kernel) -> None:
    """A cell that is run again stays before those who read what it writes."""
    cell = nb.run(WRITE)
    (nb.folder / "go").touch()
    nb.run("%%job count --reads out.csv --writes n.txt\nopen('n.txt', 'w').write('x')")
    assert nb.run("%nbflow wait").ok
    cell = nb.run(WRITE)
    assert cell.ok, cell.error
    assert nb.run("%nbflow wait").ok
    assert needs(nb, "count") == ["clean"]


def test_what_a_job_shows_of_its_files(nb: Kernel) -> None:
    """The snapshot has files as people know them, and the need that each brings."""
    nb.run("%%job a --hold --writes out/x.csv\npass")
    nb.run("%%job b --hold --reads out/*.csv --writes /tmp/y.csv\npass")
    job = nb.value("__import__('nbflow').flow().snapshot()['jobs']['b']")
    assert (job["reads"], job["writes"], job["files"]) == (["out/*.csv"], ["/tmp/y.csv"], {"a": ["out/*.csv"]})


@pytest.mark.parametrize(
    "text",
    [
        "seen = open('out.csv').read()",
        "from pathlib import Path\nseen = Path('out.csv').read_text()",
        "from pathlib import Path\nseen = (Path.cwd() / 'out.csv').read_text()",
        "seen = open(path).read()",
        "seen = open(f'{stem}.csv').read()",
        "lines = !cat out.csv\nseen = lines[0] + '\\n'",
        "%%time\nseen = open('out.csv').read()",
        "import glob\nseen = open(glob.glob('*.csv')[0]).read()",
    ],
)
def test_a_cell_that_names_the_file_waits(nb: Kernel, text: str) -> None:
    """However the path is written, as long as one can see it: the cell waits for the job that writes it."""
    nb.run("path, stem = 'out.csv', 'out'")
    nb.run(WRITE)
    cell = nb.start(text)
    nb.until(lambda: "waits for out.csv (clean)" in cell.text, 20, "the notice")
    (nb.folder / "go").touch()
    nb.wait(cell)
    assert cell.ok, cell.error
    assert nb.value("seen") == "1,2\n"


def test_naming_a_path_is_no_use_of_it(nb: Kernel) -> None:
    """A cell that only gives the path a name, or holds a word that is no path, does not wait."""
    nb.run(WRITE.replace("out.csv", "out/a.csv").replace("open(", "os.makedirs('out'); open("))
    cell = nb.run("path = 'out/a.csv'\nlabels = {'out': 'a'}\nprint('out')", 5)
    assert cell.ok
    assert "waits" not in cell.text
    (nb.folder / "go").touch()


def test_a_cell_that_reads_what_was_not_written_raises(nb: Kernel) -> None:
    """A file of a job that failed may be old or half-written: reading it raises; removing it does not."""
    (nb.folder / "out.csv").write_text("old")
    nb.run("%%job clean --writes out.csv\nraise ValueError('no luck')")
    cell = nb.run("old = open('out.csv').read()")
    assert "JobFailedError" in cell.error
    assert "no luck; it was to write out.csv" in cell.error
    assert nb.run("!rm out.csv").ok
    assert not (nb.folder / "out.csv").exists()


def test_a_cell_that_writes_waits_for_the_readers(nb: Kernel) -> None:
    """What a job is reading is not changed below it."""
    (nb.folder / "in.txt").write_text("old")
    nb.run("%%job count --reads in.txt\n" + GATE + "seen = open('in.txt').read()")
    cell = nb.start("open('in.txt', 'w').write('new');")
    nb.until(lambda: "waits for in.txt (count)" in cell.text, 20, "the notice")
    (nb.folder / "go").touch()
    nb.wait(cell)
    assert nb.value("seen") == "old"


def test_a_job_that_names_the_file_comes_after_its_writer(nb: Kernel) -> None:
    """Nothing to declare: a job's own text counts as a cell's does; --reads '' says that it does not."""
    nb.run(WRITE)
    nb.run("%%job reads\nn = len(open('out.csv').read())")
    nb.run("%%job script --shell\nrm -f out.csv.bak; sort out.csv")
    nb.run("%%job not --reads ''\ntext = 'out.csv'")
    assert (needs(nb, "reads"), needs(nb, "script"), needs(nb, "not")) == (["clean"], ["clean"], [])
    (nb.folder / "go").touch()
    assert nb.value("n") == 4
