import assert from "node:assert/strict";
import { test } from "node:test";
import { line, when } from "../src/runs.js";

const NOW = new Date(2026, 10, 22, 18, 20).getTime() / 1000;

test("a run is told in a line", () => {
  const told = { run: 11, verdict: "failed", opened_at: NOW - 300, began_at: NOW - 290, ended_at: NOW - 100, counts: { succeeded: 40, reused: 1, failed: 1, skipped: 2 } };
  assert.equal(line(told, NOW), "run 11 · today 18:15 · failed · 41 ✓ 1 ✕ 2 skipped · 3 m 10 s");
  assert.equal(line({ ...told, verdict: "running", ended_at: null, counts: {} }, NOW), "run 11 · today 18:15 · running · no jobs · 4 m 50 s");
});

test("days are said as people say them", () => {
  assert.deepEqual([0, 19 * 3600, 9 * 86400].map((back) => when(NOW - back, NOW)), ["today 18:20", "yesterday 23:20", "2026-11-13 18:20"]);
});
