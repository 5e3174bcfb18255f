"""Names that people, or the values of their sweeps, may give jobs: of any script, length and look."""

from __future__ import annotations

from typing import Any

from tests.unit.snapshots import attempt, job, snapshot

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
NAMES = {
    "arabic": "تحليل_البيانات[ألفا=١]",
    "hebrew": "ניתוח[אלפא=1]",
    "mixed": "fit_نموذج_2026_v2",
    "override": "fit\u202egnp.exe",
    "isolate": "\u2067open\u2067open",
    "chinese": "数据清洗与特征工程以及模型训练以及再训练",
    "japanese": "データ_読み込み_ｶﾀｶﾅ",
    "thai": "ประมวลผลข้อมูลทั้งหมดทุกสถานี",
    "hindi": "क्षेत्र_का_विश्लेषण_और_मिलान",
    "korean": "데이터_정리_와_모형_맞추기_그리고_보고서",
    "emoji": FAMILY * 12,
    "flags": "\U0001f1fa\U0001f1e6\U0001f1f9\U0001f1fc" * 10,
    "marks": "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324" * 12,
    "long": "fetch_" + "the_measurements_of_every_station_" * 6,
    "one word": "x" * 200,
    "control": "tab\there\x07bell\x1b[31mred",
    "empty-looking": "\u200b\u3000\u2800",
    "markup": "<b>bold</b>&amp;\"'",
    "dollar": "$\\frac{a}{b}$ % # _x^2",
}


def told(status: str = "succeeded") -> dict[str, Any]:
    """A chain of jobs with all these names, some of them in a group named as badly, and a sweep over them."""
    jobs: dict[str, Any] = {}
    for at, name in enumerate(NAMES.values()):
        needs = tuple(list(jobs)[-1:]) if at % 4 else ()
        why = {"reason_text": f"upstream failed: {needs[0]}"} if needs else {}
        jobs[name] = job(
            ("failed", "running", status, "waiting")[at % 4],
            needs,
            [attempt(1, at, None if at % 4 == 1 else 2.0, "failed" if at % 4 == 0 else "succeeded")],
            group=NAMES["arabic"] + " group" if at < 2 else None,
            **why,
        )
    for at, name in enumerate([*NAMES.values()] * 2):
        jobs[f"fit[x={name!r}, n={at}]"] = job("succeeded", (), [attempt(1, at, 1.0)], group="fit", fan="fit")
    groups = {NAMES["arabic"] + " group": "at-least:1", "fit": "strict"}
    return snapshot(jobs, groups, flow=NAMES["mixed"] + NAMES["long"])
