import assert from "node:assert/strict";
import { test } from "node:test";
import { attempt, called, extent, placed, unplaced } from "../src/attempts.js";

test("an attempt and its steps have places that can be read back", () => {
  assert.deepEqual([placed(2, null), placed(2, 0)], ["2", "2/0"]);
  for (const place of [[2, null], [2, 0], [12, 3]]) assert.deepEqual(unplaced(placed(...place)), place);
});

test("the attempt of another run that is reused has no number of its own", () => {
  assert.deepEqual([attempt(2), attempt(0)], ["attempt 2", "the attempt it is reused from"]);
  assert.deepEqual(unplaced(placed(0, null)), [0, null]);
});

test("a step is called by what it is and what it calls", () => {
  assert.equal(called({ step: "recovery", name: "" }), "recovery script");
  assert.equal(called({ step: "fallback", name: "use_cache" }), "fallback use_cache");
});

test("what an attempt took is told, and how it ended where its reason does not say", () => {
  const part = { started_at: 0, ended_at: 1, end: "failed", reason: "ValueError: no", exit_code: 1, signal: null, memory: 3.1e8, cpu: 1.5 };
  assert.equal(extent(part), "exit code 1 · processor 1.5 s · peak memory 310 MB");
  assert.equal(extent({ ...part, reason: "exit 1", memory: null, cpu: null }), "");
  assert.equal(extent({ ...part, signal: "SIGKILL", memory: null, cpu: null }), "signal SIGKILL");
  assert.equal(extent({ started_at: null, ended_at: null, end: "", reason: "" }), "");
});
