"""Tab in job headers and %nbflow lines."""

import re

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbflow.notebook.completion import Completion
from nbflow.notebook.options import OPTIONS
from nbflow.notebook.verbs import VERBS

JOBS = ["load", "clean", "fit[a=1]", "fit[a=2]"]
GROUPS = ["fits", "checks"]


@pytest.fixture(scope="module")
def shell():
    """A real shell with the matcher in its completer, as the extension puts it there."""
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    completion = Completion(
        lambda: JOBS, lambda: GROUPS, lambda: ["values", "frame"], lambda: ["undo", "use_cache"], lambda: ["flaky"]
    )
    shell.Completer.custom_matchers.append(completion)
    shell.user_ns["values"] = 1
    yield shell
    shell.Completer.custom_matchers.remove(completion)


def offered(shell, text):
    """The whole text after each completion that IPython offers at its end."""
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        return [text[: each.start] + each.text for each in shell.Completer.completions(text, len(text))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("%%job fit --retries 1 --ret", ["--retry-on"]),
        ("%%job fit --retry-on FileNot", ["FileNotFoundError"]),
        ("%%job fit --no-retry-on KeyError,LookupE", ["LookupError"]),
        ("%%job fit --ret", ["--retries", "--retry-on"]),
        ("%%job fit --max", ["--max-delay", "--max-parallel"]),
        ("%%job fit --policy ", ["strict", "best-effort", "at-least:", "critical:"]),
        ("%%job fit --policy b", ["best-effort"]),
        ("%%job fit --policy=b", ["best-effort"]),
        ("%%job fit --policy critical:load,cl", ["clean"]),
        ("%%job fit --in ", ["process", "kernel"]),
        ("%%job fit --on-missing n", ["none"]),
        ("%%job fit --after ", [*JOBS, *GROUPS]),
        ("%%job fit --on-", ["--on-exit", "--on-error", "--on-log", "--on-oom", "--on-timeout", "--on-missing"]),
        ("%%job fit --on-exit SIGT", ["SIGTERM"]),
        ("%%job fit --on-exit 10,SIGT", ["SIGTERM"]),
        ("%%job fit --on-error FileNotF", ["FileNotFoundError"]),
        ("%%job fit --on-oom ", ["memory*2"]),
        ("%%job fit --on-missing p", ["pass"]),
        ("%%job fit --rollback u", ["undo", "use_cache"]),
        ("%%job fit --fallback us", ["use_cache"]),
        ("%%job fit --handler ", ["flaky"]),
        ("%%job fit --if frame and val", ["values"]),
        ("%%job fit --if frame --rec", ["--recovery-optional", "--recovery-timeout"]),
        ("%nbflow retry fit --from lo", ["load"]),
        ("%nbflow retry load --d", ["--downstream"]),
        ("%nbflow skip load --value fra", ["frame"]),
        ("%nbflow handler ", ["flaky"]),
        ("%nbflow handler h --on-e", ["--on-exit", "--on-error"]),
        ("%nbflow log load --r", ["--recovery", "--rollback"]),
        ("%%job fit --after load,c", ["clean", "checks"]),
        ("%%job fit --after 'fit", ["fit[a=1]", "fit[a=2]", "fits"]),
        ("%%job fit --group ", GROUPS),
        ("%%job lo", ["load"]),
        ("%%job fit --hold --gr", ["--group"]),
        ("%%job fit\n#| --ret", ["--retries", "--retry-on"]),
        ("%%job fit\n#| --hold\n#| --in ", ["process", "kernel"]),
        ("%%job fit --inputs v", ["values"]),
        ("%%job fit --outputs frame, v", ["values"]),
        ("%nbflow ", [verb.name for verb in VERBS]),
        ("%nbflow sk", ["skip"]),
        ("%nbflow log ", JOBS),
        ("%nbflow retry load ", [*(job for job in JOBS if job != "load"), *GROUPS]),
        ("%nbflow retry load,fit", ["fit[a=1]", "fit[a=2]", "fits"]),
        ("%nbflow gather f", ["fits"]),
        ("%nbflow log load --a", ["--attempt"]),
        ("%nbflow group f", ["fits"]),
        ("%nbflow group fits --policy st", ["strict"]),
        ("x = 1\n%nbflow sk", ["skip"]),
    ],
)
def test_tab_offers_what_fits(shell, text, words):
    """At each place exactly the fitting words are offered, and nothing else of IPython's."""
    start = re.match(r"(.*[\s,'=])?", text, re.DOTALL)[0]
    assert offered(shell, text) == [start + word for word in words]


def test_tab_lists_every_option_but_those_given(shell):
    """After the name all options are offered; what was given, or excludes it, is not, unless it may be repeated."""
    prefix = "%%job fit "
    names = [f"--{option.name}" for option in OPTIONS]
    assert offered(shell, prefix) == [prefix + name for name in names]
    given = "%%job fit --retries 2 --env A=1 --hold --"
    left = [name for name in names if name not in ("--retries", "--attempts", "--hold")]
    assert offered(shell, given) == [given[:-2] + name for name in left]


def test_options_say_what_they_take(shell):
    """The kind shown beside an option is its value."""
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        kinds = {each.text: each.type for each in shell.Completer.completions("%%job a --", 10)}
    assert kinds["--retries"] == "N"
    assert kinds["--hold"] == "flag"


@pytest.mark.parametrize("text", ["%%job fit\nval", "val", "x\nval", "%%job a\nx\n#| val"])
def test_elsewhere_ipython_completes(shell, text):
    """In the body, and in other cells the notebook's own completion works."""
    assert any(each.endswith("values") for each in offered(shell, text))


@pytest.mark.parametrize("text", ["%%job fit --timeout ", "%%job fit --retry x --", "%nbflow zzz ", "%%job 'a --in "])
def test_odd_lines_do_no_harm(shell, text):
    """A line with nothing to offer, or with mistakes, raises nothing."""
    offered(shell, text)
