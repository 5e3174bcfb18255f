import assert from "node:assert/strict";
import { test } from "node:test";
import { about, duration, elapsed, said, size } from "../src/words.js";

test("running times are clocks", () => {
  assert.deepEqual([4.2, 83, 3723, -1].map(elapsed), ["0:04", "1:23", "1:02:03", "0:00"]);
});

test("durations have at most two units, the same as in Python", () => {
  assert.deepEqual([0.0034, 4.2, 59.96, 190, 7500, 90000].map(duration), ["3 ms", "4.2 s", "1 m", "3 m 10 s", "2 h 5 m", "1 d 1 h"]);
});

test("estimates are rounded up, the same as in Python", () => {
  assert.deepEqual([3.2, 22, 56, 170, 4000, 7201].map(about), ["5 s", "25 s", "1 m", "3 m", "1 h 10 m", "2 h 10 m"]);
});

test("sizes are in powers of a thousand", () => {
  assert.deepEqual([312, 2.1e9, 310e6, 29.4e6].map(size), ["312 B", "2.1 GB", "310 MB", "29.4 MB"]);
});

test("a caption ticks up or down, or stands", () => {
  assert.equal(said(["{} · attempt 2 of 3", "up", 100], 108), "0:08 · attempt 2 of 3");
  assert.equal(said(["again in {}", "down", 100], 96), "again in 0:04");
  assert.equal(said(["again in {}", "down", 100], 101), "again soon");
  assert.equal(said(["4.2 s"], 1), "4.2 s");
  assert.equal(said(null, 1), "");
});
