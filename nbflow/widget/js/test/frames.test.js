import assert from "node:assert/strict";
import { test } from "node:test";
import { wordsByLine } from "../src/code.js";
import { failingLine, frames } from "../src/frames.js";
import { spans } from "../src/spans.js";

const TRACE = `Traceback (most recent call last):
  File "<job fit>", line 2, in <module>
    model = fit(df)
  File "/lib/sk.py", line 99, in fit
    raise ValueError
ValueError: no
  more of it`;

test("the lines of the cell are told from those of libraries", () => {
  assert.deepEqual(frames(TRACE, "fit").map(({ kind, line }) => [kind, line]), [["", 0], ["own", 2], ["text", 2], ["", 0], ["", 0], ["error", 0], ["", 0]]);
  assert.equal(failingLine(TRACE, "fit"), 2);
  assert.equal(failingLine(TRACE, "other"), 0);
});

test("coloured words are cut at the ends of lines", () => {
  assert.deepEqual(wordsByLine([["k", "def"], ["", " f():\n  "], ["s", '"""a\nb"""']]), [[["k", "def"], ["", " f():"]], [["", "  "], ["s", '"""a']], [["s", 'b"""']]]);
});

test("a job's time is what it waited, ran, and waited again", () => {
  const one = (/** @type {number} */ number, /** @type {number} */ from, /** @type {number|null} */ to, /** @type {string} */ end, /** @type {any[]} */ steps = []) =>
    ({ number, generation: 2, started_at: from, ended_at: to, end, reason: "", memory: null, cpu: null, rule: "", steps });
  const step = { step: "recovery", name: "", started_at: 14, ended_at: 15, end: "succeeded", reason: "" };
  const details = /** @type {any} */ ({ generation: 2, declared_at: 8, attempts: [{ ...one(1, 1, 2, "failed"), generation: 1 }, one(2, 10, 14, "failed", [step]), one(3, 17, null, "")] });
  assert.deepEqual(spans(details, 20).map(({ what, letter, from, to }) => [what, letter, from, to]), [
    ["waited", "", 8, 10], ["attempt 2", "F", 10, 14], ["recovery", "T", 14, 15], ["between attempts", "", 15, 17], ["attempt 3", "R", 17, 20]]);
});
