"""The header of a job cell."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbflow.core.policies import AtLeast, BestEffort, Both, Critical, Either, Strict
from nbflow.core.spec import Retry
from nbflow.notebook.job_help import job_help
from nbflow.notebook.line import After, Defaults, LineError, expander, parse_job
from nbflow.notebook.options import OPTIONS

WAITS = {"delay": 0.5, "backoff": 3, "max_delay": 120, "jitter": 0.5}
MIXED = Either((Strict(), Both((AtLeast(1), Critical(("a", "b"))))))
POLICIES = "--policy takes strict, best-effort, at-least:N, at-least:N%, critical:A,B or "
POLICIES += "=EXPRESSION, combined with &, | and ( ), not "
NAME = "a job's name is at most 200 characters, without spaces , * ? and not starting with -: "


def test_a_bare_name_gets_the_defaults():
    """Without options the header holds the defaults and the body as it is."""
    header = parse_job("load", "x = 1\n")
    assert (header.name, header.retry, header.timeout, header.executor) == ("load", Retry(), None, "process")
    assert (header.inputs, header.outputs, header.body) == (None, None, "x = 1\n")


def test_settings_are_the_defaults_of_a_cell():
    """What %config NBFlow says holds for a cell that gives no such option, and an option wins over it."""
    defaults = Defaults(retry=Retry(attempts=4, delay=3), timeout=60, executor="kernel", hold=True)
    assert parse_job("a", defaults=defaults).retry.attempts == 4
    assert parse_job("a --retries 0", defaults=defaults).retry == Retry(attempts=1, delay=3)
    assert parse_job("a --timeout none --in process", defaults=defaults).timeout is None


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("j --after a,b", "after", (After("a"), After("b"))),
        ("j --after a --after 'fit*'", "after", (After("a"), After("fit*"))),
        ("j --after a?", "after", (After("a", optional=True),)),
        ("j --after a,a", "after", (After("a"),)),
        ("j --inputs x, y z --hold", "inputs", ("x", "y", "z")),
        ("j --inputs=x,y --hold", "inputs", ("x", "y")),
        ("j --inputs= x, y", "inputs", ("x", "y")),
        ("j --inputs ''", "inputs", ()),
        ("j --outputs model,score", "outputs", ("model", "score")),
        ("--retries 2 j", "name", "j"),
        ("j --retries 2", "retry", Retry(attempts=3)),
        ("j --attempts 2", "retry", Retry(attempts=2)),
        ("j --delay 500ms --backoff 3 --max-delay 2m --jitter .5", "retry", Retry(**WAITS)),
        ("j --delay 5m", "retry", Retry(delay=300, max_delay=300)),
        ("j --retry-on OSError,requests.Timeout", "retry", Retry(on=("OSError", "requests.Timeout"))),
        ("j --no-retry-on KeyError", "retry", Retry(never_on=("KeyError",))),
        ("j --timeout 30", "timeout", 30.0),
        ("j --timeout 1h30m", "timeout", 5400.0),
        ("j --timeout 250ms", "timeout", 0.25),
        ("j --timeout=1.5s", "timeout", 1.5),
        ("j --deadline 1h", "deadline", 3600.0),
        ("j", "deadline", None),
        ("j --group fits", "group", "fits"),
        ("j --group g --policy strict", "policy", Strict()),
        ("j --group g --policy best-effort", "policy", BestEffort()),
        ("j --group g --policy at-least:2", "policy", AtLeast(2)),
        ("j --group g --policy at-least:70%", "policy", AtLeast(70, percent=True)),
        ("j --group g --policy 'at-least:2 & critical:a'", "policy", Both((AtLeast(2), Critical(("a",))))),
        ("j --group g --policy strict|at-least:1&critical:a,b", "policy", MIXED),
        ("j --group g --policy critical:a,b", "policy", Critical(("a", "b"))),
        ("j --group g --fail-fast --cancel-rest", "group_options", {"fail_fast": True, "cancel_rest": True}),
        ("j --group g --early", "group_options", {"early": True}),
        ("j --group g --max-parallel 2", "group_options", {"max_parallel": 2}),
        ("j --on-missing none", "on_missing", "none"),
        ("j --in kernel", "executor", "kernel"),
        ("j --hold", "hold", True),
        ("j --env A=1 --env 'B=x y'", "env", {"A": "1", "B": "x y"}),
        ("j --env A=b=c", "env", {"A": "b=c"}),
        ("j --env A=", "env", {"A": ""}),
        ("j --cwd 'my folder'", "cwd", "my folder"),
        (r"j --cwd my\ folder", "cwd", "my folder"),
        ('j --cwd "a\'b"', "cwd", "a'b"),
        ("j --cwd '--odd'", "cwd", "--odd"),
        ("j --cwd a#b", "cwd", "a#b"),
        ("j # --hold", "hold", False),
        ("fit[alpha=0.1]", "name", "fit[alpha=0.1]"),
        ("prüfung-α.1", "name", "prüfung-α.1"),
    ],
)
def test_an_option_is_read(line, field, value):
    """Each option gives its field of the header."""
    assert getattr(parse_job(line), field) == value


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "%%job needs a name: %%job NAME [options]"),
        ("--hold", "%%job needs a name: %%job NAME [options]"),
        ("j --retry 3", "unknown option --retry (did you mean --retries?)"),
        ("j --time 3", "unknown option --time (did you mean --timeout?)"),
        ("j --salvage f", "unknown option --salvage"),
        ("j -x", "unknown option -x"),
        ("j --retries", "--retries needs a value: a whole number ≥ 0"),
        ("j --retries --hold", "--retries needs a value: a whole number ≥ 0"),
        ("j --retries x", "--retries takes a whole number ≥ 0, not 'x'"),
        ("j --retries -1", "--retries takes a whole number ≥ 0, not '-1'"),
        ("j --retries 1.5", "--retries takes a whole number ≥ 0, not '1.5'"),
        ("j --attempts 0", "--attempts takes a whole number ≥ 1, not '0'"),
        ("j --retries 1 --attempts 2", "--retries and --attempts say the same thing: give one"),
        ("j --retries 1 --retries 2", "--retries is given twice"),
        ("j --hold --hold", "--hold is given twice"),
        ("j --hold=yes", "--hold takes no value"),
        ("j --timeout 0", "--timeout takes a duration such as 30, 30s, 5m, 1h30m or 250ms, or none, not '0'"),
        ("j --timeout 5x", "--timeout takes a duration such as 30, 30s, 5m, 1h30m or 250ms, or none, not '5x'"),
        ("j --timeout inf", "--timeout takes a duration such as 30, 30s, 5m, 1h30m or 250ms, or none, not 'inf'"),
        ("j --jitter 2", "--jitter takes a number from 0 to 1, not '2'"),
        ("j --jitter nan", "--jitter takes a number from 0 to 1, not 'nan'"),
        ("j --backoff inf", "--backoff takes a number ≥ 1, not 'inf'"),
        ("j --delay 2m --max-delay 1m", "--delay (120 s) is longer than --max-delay (60 s)"),
        ("j --group g --max-parallel 0", "--max-parallel takes a whole number ≥ 1, not '0'"),
        ("j --fail-fast", "--fail-fast needs --group: it is about the group"),
        ("j --policy strict", "--policy needs --group: it is the group's policy"),
        ("j --group g --policy stric", POLICIES + "'stric' (did you mean strict?)"),
        ("j --group g --policy at-least:0%", POLICIES + "'at-least:0%'"),
        ("j --group g --policy at-least:101%", POLICIES + "'at-least:101%'"),
        ("j --group g --policy at-least:2%%", POLICIES + "'at-least:2%%'"),
        ("j --group g --policy 'strict &'", POLICIES + "'strict &' (did you mean strict?)"),
        ("j --group g --policy at-least:0", POLICIES + "'at-least:0'"),
        ("j --on-missing nothing", "--on-missing takes error, none, pass or =expression, not 'nothing'"),
        ("j --in thread", "--in takes process or kernel, not 'thread'"),
        ("j --in kernels", "--in takes process or kernel, not 'kernels' (did you mean kernel?)"),
        ("j --env A", "--env takes NAME=VALUE, not 'A'"),
        ("j --env 1A=x", "--env takes NAME=VALUE, not '1A=x'"),
        ("j --env A=1 --env A=2", "--env A is given twice"),
        ("j --inputs 1x", "--inputs takes variables' names, not '1x'"),
        ("j --inputs for", "--inputs takes variables' names, not 'for'"),
        ("j --after a,,b", "--after takes names of jobs or groups, separated by commas without spaces, not 'a,,b'"),
        ("j --after j", "job 'j' cannot wait for itself: leave it out of --after"),
        ("j --cwd 'x", "a quote is not closed in: j --cwd 'x"),
        ("j k", "unexpected 'k' after job 'j' (names and lists have no spaces)"),
        ("j retries 3", "unexpected 'retries' after job 'j' (did you mean --retries?)"),
        ("j timeout=3", "unexpected 'timeout=3' after job 'j' (did you mean --timeout?)"),
        ("'my job'", NAME + "'my job'"),
        ("a,b", NAME + "'a,b'"),
        ("fit*", NAME + "'fit*'"),
    ],
)
def test_a_mistake_is_one_line_with_the_right_word(line, message):
    """A wrong line says what is wrong and the nearest right word."""
    with pytest.raises(LineError) as caught:
        parse_job(line)
    assert str(caught.value) == message


def test_lines_under_the_header_continue_it():
    """Leading #| lines are options; they stay as empty comments so that tracebacks name the right lines."""
    header = parse_job("j", "#| --retries 2  # why\n#| --inputs a,\n#|   b\nx = 1\n#| --hold\n")
    assert (header.retry.attempts, header.inputs, header.hold) == (3, ("a", "b"), False)
    assert header.body == "#\n#\n#\nx = 1\n#| --hold\n"


def test_a_fault_in_a_continued_line_is_told():
    """A wrong option is found in a #| line too."""
    with pytest.raises(LineError, match="unknown option --retry"):
        parse_job("j", "#| --retry 3\nx = 1")


def test_known_names_are_checked():
    """With the flow's names at hand, --after must mean some of them."""
    assert parse_job("j --after load,'fit*'", known={"load", "fit1"}).after == (After("load"), After("fit*"))
    with pytest.raises(LineError, match=r"--after: 'laod' is no job or group of this flow \(did you mean 'load'\?\)"):
        parse_job("j --after laod", known={"load"})
    with pytest.raises(LineError, match=r"--after: 'x\*' matches no job or group"):
        parse_job("j --after 'x*'", known={"load"})


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("fit_{i}", "name", "fit_3"),
        ("j --timeout {2 * i}", "timeout", 6.0),
        ("j --timeout {i}m", "timeout", 180.0),
        ("j --after {names}", "after", (After("a"), After("b"))),
        ('j --env "A={text}"', "env", {"A": "x y --hold"}),
        ("j --env A={text}", "env", {"A": "x y --hold"}),
        ("j --env 'A={text}'", "env", {"A": "{text}"}),
        ("j --env A={{text}}", "env", {"A": "{text}"}),
        ("j --env A={table['k']}", "env", {"A": "v"}),
        ("j --env A={'}'}", "env", {"A": "}"}),
        ("j --env A={i:03d}", "env", {"A": "003"}),
        ("j --env A={", "env", {"A": "{"}),
    ],
)
def test_braces_are_expanded(line, field, value):
    """An expression between braces is replaced by its text, which never becomes an option."""
    expand = expander({"i": 3, "names": ["a", "b"], "text": "x y --hold", "table": {"k": "v"}})
    header = parse_job(line, expand=expand)
    assert getattr(header, field) == value
    assert not header.hold


def test_a_failing_expression_is_told():
    """An expression that fails names itself and its error."""
    with pytest.raises(LineError, match=r"cannot expand \{n\}: NameError: name 'n' is not defined"):
        parse_job("fit_{n}", expand=expander({}))


def test_help_names_every_option():
    """The help text is made from the table."""
    text = " ".join(job_help().split())
    assert all(option.usage in text and option.help in text for option in OPTIONS)
    assert "!" not in text


@given(st.text())
@example("a --after 'x")
@example("\\")
def test_any_line_is_read_or_refused_in_one_line(line):
    """No text makes the parser fail in another way than its own one-line error."""
    try:
        header = parse_job(line, expand=str.upper)
    except LineError as error:
        assert str(error)
    else:
        assert header.name
