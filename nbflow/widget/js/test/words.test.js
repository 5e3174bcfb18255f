import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, elapsed, plain, said, size, timeOfDay } from "../src/words.js";

test("a running time reads as a clock", () => {
  assert.deepEqual([4.2, 83, 3723, -5].map(elapsed), ["0:04", "1:23", "1:02:03", "0:00"]);
});

test("a duration has at most two units", () => {
  assert.deepEqual([0.0034, 4.2, 190, 7500, 60, 90000].map(duration), ["3 ms", "4.2 s", "3 m 10 s", "2 h 5 m", "1 m", "1 d 1 h"]);
});

test("a duration on the border of two units is rounded into the larger", () => {
  assert.deepEqual([0.0996, 59.96, 3599.6].map(duration), ["0.1 s", "1 m", "1 h"]);
});

test("bytes are said in powers of a thousand", () => {
  assert.deepEqual([312, 2_100_000_000, 999_999, 310_000_000].map(size), ["312 B", "2.1 GB", "1.0 MB", "310 MB"]);
});

test("an instant reads as the time of day here", () => {
  assert.equal(timeOfDay(new Date(2026, 10, 22, 9, 5, 7).getTime() / 1000), "09:05:07");
});

test("captions tick up, down, or not at all", () => {
  assert.equal(said(["{} · attempt 2 of 3", "up", 100], 108), "0:08 · attempt 2 of 3");
  assert.equal(said(["again in {}", "down", 100], 96), "again in 0:04");
  assert.equal(said(["again in {}", "down", 100], 200), "again in 0:00");
  assert.equal(said(["needs {}"], 5), "needs {}");
  assert.equal(said(undefined, 5), "");
});

test("a log is shown without colours, links and window titles", () => {
  assert.equal(plain("\x1b[31mred\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x07 \x1b[2Kend"), "red link end");
});

test("of a line that was written over only the last state is shown", () => {
  assert.equal(plain("10 %\r50 %\r100 %\ndone\r\n"), "100 %\ndone\n");
  assert.equal(plain("abcdef\rXY"), "XYcdef");
});
