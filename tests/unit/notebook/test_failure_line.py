"""What the header of a job cell says about failure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbflow.core.rules import Rule
from nbflow.notebook import rule_text
from nbflow.notebook.handlers import Handlers, unreached, written_rules
from nbflow.notebook.line import Defaults, LineError, expander, parse_job

EXITS = "--on-exit takes exit codes from 1 to 255, signals or *, then perhaps :N and :SCRIPT, such as 10,11:2:./fix.sh"


def only(line):
    """The one rule of a header."""
    (rule,) = parse_job(f"j {line}").rules
    return rule


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("--on-exit 10", Rule(exits=("10",))),
        ("--on-exit 10,11:2", Rule(exits=("10", "11"), retries=2)),
        ("--on-exit 10:0", Rule(exits=("10",), retries=0)),
        ("--on-exit 10::./fix.sh", Rule(exits=("10",), script="./fix.sh")),
        ("--on-exit '10:2:./fix.sh a:b'", Rule(exits=("10",), retries=2, script="./fix.sh a:b")),
        ("--on-exit=*:3", Rule(exits=("*",), retries=3)),
        ("--on-exit SIGKILL", Rule(exits=("SIGKILL", "137"))),
        ("--on-exit kill,137", Rule(exits=("SIGKILL", "137"))),
        ("--on-error OSError,http.Timeout:2", Rule(on="error", classes=("OSError", "http.Timeout"), retries=2)),
        ("--on-log 'disk full'", Rule(on="log", pattern="disk full")),
        ("--on-log 'Error: full:2:rm x:1'", Rule(on="log", pattern="Error: full", retries=2, script="rm x:1")),
        (r"--on-log 'at \d+\:30'", Rule(on="log", pattern=r"at \d+\:30")),
        ("--on-log 'a{2,3}'", Rule(on="log", pattern="a{2,3}")),
        ("--on-log a:b", Rule(on="log", pattern="a:b")),
        ("--memory 1GB --on-oom memory*1.5:2", Rule(on="oom", memory=1.5, retries=2)),
        ("--on-oom 'memory * 1'", Rule(on="oom")),
        ("--timeout 1m --on-timeout 2:./warm.sh", Rule(on="timeout", retries=2, script="./warm.sh")),
    ],
)  # fmt: skip
def test_a_rule_is_read(line, rule):
    """Each option gives a rule: what it is about, its budget and its script."""
    found = only(line)
    assert {name: getattr(found, name) for name in rule.__struct_fields__ if name != "label"} == {
        name: getattr(rule, name) for name in rule.__struct_fields__ if name != "label"
    }


def test_rules_stay_in_the_order_written():
    """Rules of different options, and of a handler, stand as they were written."""
    handlers = Handlers({"flaky": (Rule(exits=("7",), label="h1"), Rule(exits=("8",), label="h2"))})
    line = "j --on-log full --on-exit 10 --handler flaky"
    header = parse_job(line, "#| --on-error KeyError --on-exit 11\nx = 1", handlers=handlers)
    labels = [rule.label for rule in header.rules]
    assert labels == ["--on-log full", "--on-exit 10", "h1", "h2", "--on-error KeyError", "--on-exit 11"]


def test_options_about_scripts_hold_for_all_scripts_of_the_job():
    """--recovery-optional and --recovery-timeout are about each rule with a script, that of a handler too."""
    handlers = Handlers({"h": (Rule(exits=("7",), script="a", timeout=1.0),)})
    line = "j --recovery-optional --on-exit 1::b --on-exit 2 --handler h --recovery-timeout 5s"
    rules = parse_job(line, handlers=handlers).rules
    assert [(rule.optional, rule.timeout) for rule in rules] == [(True, 5.0), (False, None), (True, 5.0)]


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("--rollback undo", "rollback", "undo"),
        ("--rollback tools.undo", "rollback", "tools.undo"),
        ("--fallback '=df.head( 0 )'", "fallback", "=df.head( 0 )"),
        ("--fallback =None", "fallback", "=None"),
        ("--fallback==None", "fallback", "=None"),
        ("--on-missing pass", "on_missing", "pass"),
        ("--on-missing '=[0, 1]'", "on_missing", "=[0, 1]"),
        ("--if x > 0", "condition", "x > 0"),
        ("--if 'x > 0' --hold", "condition", "x > 0"),
        ('--if mode == "a  b" --hold', "condition", 'mode == "a  b"'),
        ("--if mode in {'a', \"b\"} # why", "condition", "mode in {'a', \"b\"}"),
        ("--if=len(df) > -1", "condition", "len(df) > -1"),
        ("--shell", "bash", True),
        ("--memory 1.5GB", "memory", 1_500_000_000),
        ("--memory '500 MB'", "memory", 500_000_000),
        ("--memory 2GiB", "memory", 2 * 2**30),
        ("--once", "once", True),
    ],
)
def test_an_option_is_read(line, field, value):
    """Each option gives its field of the header; what is Python is taken as written."""
    assert getattr(parse_job(f"j {line}", expand=expander({})), field) == value


def test_a_condition_goes_on_in_the_next_line():
    """Python in a continued header is left as written too, to the next option, after which braces count again."""
    header = parse_job("j --if x and", "#|   y in {1, 2}\n#| --env A={z}\npass", expand=expander({"z": 3}))
    assert (header.condition, header.env) == ("x and y in {1, 2}", {"A": "3"})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--on-exit 0", f"{EXITS}, not '0'"),
        ("--on-exit 256", f"{EXITS}, not '256'"),
        ("--on-exit 10:x", f"{EXITS}, not '10:x'"),
        ("--on-exit 10:", f"{EXITS}, not '10:'"),
        ("--on-exit 10:2:", f"{EXITS}, not '10:2:'"),
        ("--on-exit SIGKIL", f"{EXITS}, not 'SIGKIL' (did you mean SIGKILL?)"),
        ("--on-exit 10,SIGKIL:2", f"{EXITS}, not '10,SIGKIL:2' (did you mean SIGKILL?)"),
        ("--on-error 'a b'", "--on-error takes names of exception classes, separated by commas without spaces, then "
         "perhaps :N and :SCRIPT, such as OSError:2:./fix.sh, not 'a b'"),
        ("--on-log '('", "--on-log: '(' is no regular expression: missing ), unterminated subpattern at position 0"),
        ("--on-log :2", "--on-log takes a regular expression, then perhaps :N and :SCRIPT, such as "
         "'disk full:2:./fix.sh', not ':2'"),
        ("--on-oom 2", "--on-oom takes memory*F with a number F ≥ 1, then perhaps :N and :SCRIPT, such as memory*2:2, "
         "not '2'"),
        ("--on-oom memory*2", "--on-oom memory*F needs --memory: it says what F is a multiple of"),
        ("--on-timeout 2", "--on-timeout needs --timeout: without it no attempt takes too long"),
        ("--on-exits 2", "unknown option --on-exits (did you mean --on-exit?)"),
        ("--on-exit 10:2:./fix.sh now",
         "unexpected 'now' after job 'j' (a rule whose script has spaces goes in quotes)"),
        ("--recovery-optional --on-exit 1", "--recovery-optional is about recovery scripts: no rule here has one"),
        ("--recovery-timeout 1s", "--recovery-timeout is about recovery scripts: no rule here has one"),
        ("--handler flakey", "there is no handler 'flakey' (did you mean 'flaky'?)"),
        ("--handler x", "there is no handler 'x' (%nbflow handler x --on-exit … declares it)"),
        ("--rollback 'a b'", "--rollback takes the name of a function, or =expression, not 'a b'"),
        ("--fallback '=1 +'", "--fallback takes the name of a function, or =expression, not '=1 +'"),
        ("--on-missing nine", "--on-missing takes error, none, pass or =expression, not 'nine' (did you mean none?)"),
        ("--on-missing '=1 +'", "--on-missing takes error, none, pass or =expression, not '=1 +'"),
        ("--if x >", "--if takes a Python expression over what the job reads, such as len(df) > 0, not 'x >'"),
        ("--if", "--if needs a value: a Python expression over what the job reads, such as len(df) > 0"),
        ("--memory 500", "--memory takes a size such as 2GB, 500MB or 1GiB, not '500'"),
        ("--memory 0GB", "--memory takes a size such as 2GB, 500MB or 1GiB, not '0GB'"),
        ("--shell --in kernel", "--shell needs a process: it cannot be given with --in kernel"),
        ("--shell --outputs x", "--outputs cannot be given with --shell: a script leaves files, and no variables"),
        ("--memory 1GB --in kernel", "--memory needs a process: it cannot be given with --in kernel"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_the_right_word(line, message):
    """A wrong line says what is wrong and the nearest right word."""
    with pytest.raises(LineError) as caught:
        parse_job(f"j {line}", handlers=Handlers({"flaky": ()}))
    assert str(caught.value) == message


def test_a_default_timeout_counts_for_rules_on_timeouts():
    """A rule on timeouts needs a timeout, be it that of %config NBFlow."""
    assert parse_job("j --on-timeout 2", defaults=Defaults(timeout=5.0)).rules


@pytest.mark.parametrize(
    ("line", "places"),
    [
        ("--on-exit 10 --on-exit 11", []),
        ("--on-exit 10 --on-exit '*'", []),
        ("--on-exit '*' --on-exit 10", [(2, 1)]),
        ("--on-exit 10 --on-exit 11 --on-exit 10,11", [(3, 2)]),
        ("--on-exit 10 --on-exit 10,11", []),
        ("--on-exit 137 --on-exit SIGKILL", [(2, 1)]),
        ("--on-error Exception --on-error ValueError", [(2, 1)]),
        ("--on-error ValueError --on-error Exception", []),
        ("--on-error OSError --on-error mine.Broken", []),
        ("--on-error Exception --on-error mine.Broken", [(2, 1)]),
        ("--on-error Timeout --on-error http.Timeout", [(2, 1)]),
        ("--on-error http.Timeout --on-error Timeout", []),
        ("--on-exit 1 --on-error ValueError", [(2, 1)]),
        ("--on-error ValueError --on-exit 1", []),
        ("--on-log a --on-log b --on-log a:2", [(3, 1)]),
        ("--on-oom memory*1 --on-exit '*' --on-oom memory*1 --on-timeout 2", [(3, 1), (4, 2)]),
    ],
)
def test_rules_that_can_never_be_reached_are_told(line, places):
    """A rule all of whose failures earlier ones take is named, with an earlier one to blame."""
    rules = parse_job(f"j --timeout 1 {line}").rules
    assert [(int(text.split()[1]), int(text.split("rule ")[2].split()[0])) for text in unreached(rules)] == places


@pytest.mark.parametrize("parse", [rule_text.on_exit, rule_text.on_error, rule_text.on_log, rule_text.on_oom])
@given(st.text(alphabet="1037SIGKLmemory*.,:() \\\\[", max_size=20))
def test_any_text_is_a_rule_or_none(parse, text):
    """No text makes a parser fail in another way than its own."""
    try:
        rule = parse(text)
    except (ValueError, LineError):
        return
    assert rule.retries >= 0 and rule.label.endswith(text) and unreached((rule, rule))


def test_handlers_are_told_as_typed():
    """The list of handlers has each with its rules; an unknown name is a mistake."""
    handlers = Handlers()
    assert "no handlers" in str(handlers)
    handlers.declare("h", written_rules([("on-exit", Rule(exits=("1",), label="--on-exit 1"))], handlers))
    assert str(handlers) == "h  --on-exit 1"
    with pytest.raises(LineError):
        handlers.told(["g"])
