"""The lines of %nbflow."""

import pytest

from nbflow.core.policies import AtLeast, Strict
from nbflow.core.rules import Rule
from nbflow.notebook.line import LineError, VerbCall, parse_verb, verbs_help
from nbflow.notebook.verbs import VERBS

LOG = "%nbflow log JOB [options]"
RULES = (
    Rule(exits=("1",), retries=2, script="a", optional=True, label="--on-exit 1:2:a"),
    Rule(on="log", pattern="x", label="--on-log x"),
)


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ("show", VerbCall("show")),
        ("run", VerbCall("run")),
        ("run a,b 'fit*'", VerbCall("run", ("a", "b", "fit*"))),
        ("wait --timeout 5m", VerbCall("wait", (), {"timeout": 300.0})),
        ("status --json", VerbCall("status", (), {"json": True})),
        ("log fit --attempt 2 -f --err", VerbCall("log", ("fit",), {"attempt": 2, "follow": True, "err": True})),
        ("retry a b # both", VerbCall("retry", ("a", "b"))),
        ("retry fit --downstream", VerbCall("retry", ("fit",), {"downstream": True})),
        ("retry fit --from load", VerbCall("retry", ("fit",), {"from": "load"})),
        ("skip fit --last", VerbCall("skip", ("fit",), {"last": True})),
        ("skip fit --value {'a': 1, 'b': [2]}", VerbCall("skip", ("fit",), {"value": "{'a': 1, 'b': [2]}"})),
        ("log fit --recovery", VerbCall("log", ("fit",), {"recovery": True})),
        ("pause", VerbCall("pause")),
        ("handler", VerbCall("handler")),
        ("handler flaky", VerbCall("handler", ("flaky",))),
        ("handler h --on-exit 1:2:a --on-log x --recovery-optional", VerbCall("handler", ("h",), {"rules": RULES})),
        ("resume 12", VerbCall("resume", ("12",))),
        ("plot 'my flow.svg'", VerbCall("plot", ("my flow.svg",))),
        ("plot a,b.svg", VerbCall("plot", ("a,b.svg",))),
        ("show --run 11", VerbCall("show", (), {"run": 11})),
        ("history", VerbCall("history")),
        ("history 11", VerbCall("history", ("11",))),
        ("timeline t.svg --run 3 --by slot", VerbCall("timeline", ("t.svg",), {"run": 3, "by": "slot"})),
        ("group g --policy strict --fail-fast", VerbCall("group", ("g",), {"policy": Strict(), "fail-fast": True})),
        ("group fits --policy at-least:2", VerbCall("group", ("fits",), {"policy": AtLeast(2)})),
        ("events fit", VerbCall("events", ("fit",))),
        ("stop", VerbCall("stop")),
    ],
)
def test_a_line_is_read(line, call):
    """A line gives its verb, words and options."""
    assert parse_verb(line) == call


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("stauts", "unknown verb 'stauts' (did you mean status?)"),
        (
            "log",
            f"%nbflow log: it needs a job: {LOG}",
        ),
        ("retry", "%nbflow retry: it needs a job: %nbflow retry JOBS [--downstream] [--from START]"),
        (
            "log a b",
            f"%nbflow log: unexpected 'b': {LOG}",
        ),
        ("show a", "%nbflow show: unexpected 'a': %nbflow show [--run N]"),
        ("show --run 0", "%nbflow show: --run takes the number of a run, not '0'"),
        ("timeline --by row", "%nbflow timeline: --by takes job or slot, not 'row'"),
        ("history last", "%nbflow history: a run is a whole number, not 'last'"),
        ("status --jsn", "%nbflow status: unknown option --jsn (did you mean --json?)"),
        ("log a --attempt x", "%nbflow log: --attempt takes a whole number ≥ 1, not 'x'"),
        ("skip a --value 1 --last", "%nbflow skip: --value and --last say the same thing: give one"),
        ("skip a --value 1 +", "%nbflow skip: --value takes a Python expression, not '1 +'"),
        ("handler --on-exit 1", "%nbflow handler: it needs a name: %nbflow handler NAME --on-exit …"),
        ("handler a*b --on-exit 1", "%nbflow handler: a handler's name has no spaces, commas, * or ?: 'a*b'"),
        ("resume last", "%nbflow resume: a run is a whole number, not 'last'"),
        ("wait --timeout", "%nbflow wait: --timeout needs a value: a duration such as 30, 30s, 5m, 1h30m or 250ms"),
    ],
)
def test_a_mistake_is_one_line(line, message):
    """A wrong line says what is wrong and the nearest right word."""
    with pytest.raises(LineError) as caught:
        parse_verb(line)
    assert str(caught.value) == message


@pytest.mark.parametrize("line", ["", "  # nothing", "zzz"])
def test_a_line_without_a_known_verb_lists_them(line):
    """Where no word is near, all verbs are named."""
    with pytest.raises(LineError) as caught:
        parse_verb(line)
    assert all(verb.name in str(caught.value) for verb in VERBS)


def test_help_names_every_verb_and_option():
    """The help text is made from the table."""
    text = " ".join(verbs_help().split())
    assert all(verb.usage in text and verb.help in text for verb in VERBS)
    assert all(option.help in text for verb in VERBS for option in verb.options)
