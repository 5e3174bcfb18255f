"""The flow as a notebook for each view: cells to be run first, and the last one, which shows and starts it.

Each is written as that library's own documentation would have it; none is asked for what it does not offer.
"""

from __future__ import annotations

NBFLOW = [
    "%load_ext nbflow",
    "%nbflow show",
    "from steps import ALPHAS",
    "%%job load\nfrom steps import load\nraw = load()",
    "%%job fetch --retries 2 --delay 2s\nfrom steps import fetch\nweights = fetch()",
    "%%job clean\nfrom steps import clean\ntidy = clean(raw)",
    "%%job join\nfrom steps import join\ntable = join(tidy, weights)",
    "%%job split\nfrom steps import split\nparts = split(table)",
    "%%job fit[alpha] --for alpha=ALPHAS --policy at-least:12\nfrom steps import fit\nscore = fit(parts, alpha)",
    "%%job best\nfrom steps import best\nalpha_found = best(score)",
    "%nbflow group checks --policy at-least:2",
    "%%job drift --group checks\nfrom steps import drift\nsteady = drift(parts)",
    "%%job leakage --group checks\nfrom steps import leakage\napart = leakage(parts)",
    "%%job balance --group checks\nfrom steps import balance\neven = balance(parts)",
    "%%job importance\nfrom steps import importance\ncolumns = importance(parts)",
    "%%job plot\nfrom steps import plot\nfigure = plot(alpha_found)",
    "%%job report\nfrom steps import report\ntext = report(figure, columns, [steady, apart, even])",
    "%%job export\nfrom steps import export\nsize = export(text)",
    "%%job archive\nfrom steps import archive\nkept = archive(size)",
]

DASK = [
    """import dask, steps
from dask.distributed import Client, LocalCluster, progress
client = Client(LocalCluster(2, threads_per_worker=1, dashboard_address=None))
lazy = dask.delayed""",
    """raw, weights = lazy(steps.load)(), lazy(steps.fetch)()
parts = lazy(steps.split)(lazy(steps.join)(lazy(steps.clean)(raw), weights))
scores = {alpha: lazy(steps.fit)(parts, alpha) for alpha in steps.ALPHAS}
checks = [lazy(check)(parts) for check in (steps.drift, steps.leakage, steps.balance)]
figure = lazy(steps.plot)(lazy(steps.best)(scores))
text = lazy(steps.report)(figure, lazy(steps.importance)(parts), checks)
kept = lazy(steps.archive)(lazy(steps.export)(text))""",
    'kept.visualize(rankdir="LR")',
    "future = client.compute(kept, retries=1)\nprogress(future)",
]

PIPEFUNC = [
    """import steps
from pipefunc import PipeFunc, Pipeline
from concurrent.futures import ProcessPoolExecutor
from tenacity import retry, stop_after_attempt

def fit(parts, alpha): return steps.fit(parts, alpha)
def best(score, alphas): return steps.best(dict(zip(alphas, score)))
@retry(stop=stop_after_attempt(2))
def fetch(): return steps.fetch()
def report(figure, columns, steady, apart, even): return steps.report(figure, columns, [steady, apart, even])""",
    """flow = Pipeline([
    PipeFunc(steps.load, "raw"), PipeFunc(fetch, "weights"), PipeFunc(steps.clean, "tidy"),
    PipeFunc(steps.join, "table"), PipeFunc(steps.split, "parts"),
    PipeFunc(fit, "score", mapspec="alpha[i] -> score[i]", print_error=False),
    PipeFunc(best, "found", renames={"alphas": "alpha"}),
    PipeFunc(steps.drift, "steady"), PipeFunc(steps.leakage, "apart"), PipeFunc(steps.balance, "even"),
    PipeFunc(steps.importance, "columns"), PipeFunc(steps.plot, "figure", renames={"alpha": "found"}),
    PipeFunc(report, "text"), PipeFunc(steps.export, "size"), PipeFunc(steps.archive, "kept")])
flow.visualize(backend="graphviz", orient="LR")""",
    """run = flow.map_async({"alpha": steps.ALPHAS}, executor=ProcessPoolExecutor(2), show_progress="ipywidgets",
    error_handling="continue", scheduling_strategy="eager")""",
]

HAMILTON = [
    """import steps
from hamilton import ad_hoc_utils, driver, htypes
from hamilton.execution import executors
from tenacity import retry, stop_after_attempt

@retry(stop=stop_after_attempt(2))
def fetched(): return steps.fetch()
def raw() -> object: return steps.load()
def weights() -> object: return fetched()
def tidy(raw: object) -> object: return steps.clean(raw)
def table(tidy: object, weights: object) -> object: return steps.join(tidy, weights)
def parts(table: object) -> dict: return steps.split(table)
def alpha() -> htypes.Parallelizable[float]: yield from steps.ALPHAS
def score(alpha: float, parts: dict) -> tuple: return alpha, steps.fit(parts, alpha)
def scores(score: htypes.Collect[tuple]) -> dict: return dict(score)
def best(scores: dict) -> float: return steps.best(scores)
def steady(parts: dict) -> bool: return steps.drift(parts)
def apart(parts: dict) -> bool: return steps.leakage(parts)
def even(parts: dict) -> bool: return steps.balance(parts)
def columns(parts: dict) -> object: return steps.importance(parts)
def figure(best: float) -> str: return steps.plot(best)
def text(figure: str, columns: object, steady: bool, apart: bool, even: bool) -> str:
    return steps.report(figure, columns, [steady, apart, even])
def size(text: str) -> int: return steps.export(text)
def kept(size: int) -> bool: return steps.archive(size)""",
    """functions = [raw, weights, tidy, table, parts, alpha, score, scores, best, steady, apart, even, columns, figure,
    text, size, kept]
flow = (driver.Builder().with_modules(ad_hoc_utils.create_temporary_module(*functions, module_name="flow"))
    .enable_dynamic_execution(allow_experimental_mode=True)
    .with_remote_executor(executors.MultiThreadingExecutor(max_tasks=2)).build())
flow.visualize_execution(["kept"], orient="LR")""",
    'flow.execute(["kept"])',
]

VIEWS = {"nbflow": NBFLOW, "dask": DASK, "pipefunc": PIPEFUNC, "hamilton": HAMILTON}
SEEN = {"nbflow": (1, "start"), "dask": (3, "center"), "pipefunc": (1, "output"), "hamilton": (1, "output")}
"""Which cell is looked at, and which part of it is brought to the same place of the page."""
