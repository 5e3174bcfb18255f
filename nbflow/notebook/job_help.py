"""What ``%%job?`` says."""

from __future__ import annotations

from nbflow.notebook.grammar import describe
from nbflow.notebook.options import OPTIONS


def job_help() -> str:
    """The text of ``%%job?``."""
    return f"""Run this cell in the background, in a process of its own, as soon as what it reads is ready.

%%job NAME [options]

{describe(OPTIONS)}

Long headers go on in lines that start with #| at the top of the cell. Quotes and # comments work as in a shell,
{{expr}} is expanded from the notebook's variables, --option=value is the same as --option value.

Examples:

  %%job load --retries 3 --delay 1
  raw = fetch(url)

  %%job clean --timeout 5m
  df = raw.dropna()            # reads raw, so it waits for load

  %%job fit[alpha] --for alpha=[0.1, 1, 10] --group fits --policy at-least:2
  #| --env OMP_NUM_THREADS=1
  #| --after 'check*'
  model = Ridge(alpha).fit(X, y)     # then model is {{0.1: …, 1: …, 10: …}}

  %%job simulate --on-exit 10,11:2:./fix.sh --on-oom memory*2:2 --memory 2GB --if steps > 0
  #| --on-error ConvergenceError:3 --on-log 'disk full:1:./free-space.sh'
  #| --rollback undo --fallback '=last_state'
  state = run(steps)

  %%job convert --shell
  gzip --keep --force data.csv

A failure rule: what it is about, then the number of attempts that it adds (1 if not given), then a script for bash that
is run before each of them, which has NBFLOW_EXIT_CODE, NBFLOW_SIGNAL, NBFLOW_REASON and more in its environment:
--on-exit 10,11:2:./fix.sh. The first rule written that fits a failure decides; all others are the business of
--retries. A --shell body is no Python: nothing is read from its text. What --inputs names are environment variables
there (text, numbers, paths); it leaves files, and no variables.
"""
