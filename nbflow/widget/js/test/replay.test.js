import assert from "node:assert/strict";
import { test } from "node:test";
import { detailsAt, moment, ofMany } from "../src/moments.js";
import { Replay } from "../src/replay.js";
import { bars, beside, rowsOf } from "../src/slots.js";

/** What the kernel sends of shifts.
 * @param {[number, number, string][]} shifts
 * @param {number} jobs */
function sent(shifts, jobs, since = 0) {
  const rest = shifts.slice(since), less = (of, at) => rest.map((shift, n) => of(shift) - (n ? of(rest[n - 1]) : at));
  return {
    since, all: jobs, at: rest[0]?.[0] ?? 0, times: less((shift) => Math.round(shift[0] * 1000), Math.round((rest[0]?.[0] ?? 0) * 1000)),
    jobs: less((shift) => shift[1], 0), letters: rest.map((shift) => shift[2]).join(""), verdicts: [[5, "g", "met"]], members: { g: [0, 1] },
  };
}

function told(shifts, jobs) {
  const replay = new Replay();
  replay.take(sent(shifts, jobs));
  return replay;
}

const SHIFTS = [[1, 0, "Q"], [1, 1, "W"], [2, 0, "R"], [5, 0, "S"], [5, 1, "Q"], [6.5, 1, "R"]];

test("what stood at an instant is what had happened until then", () => {
  const replay = told(SHIFTS, 2);
  assert.deepEqual([0.5, 1, 2, 4.9, 5, 99].map((at) => replay.status(at)), ["__", "QW", "RW", "RW", "SQ", "SR"]);
});

test("it is the same for long histories, however one jumps about", () => {
  const jobs = 50, shifts = Array.from({ length: 5000 }, (_, n) => [10 + n * 0.25, (n * 7) % jobs, "QRSFT"[n % 5]]);
  const replay = told(shifts, jobs), naive = (at) => {
    const now = Array(jobs).fill("_");
    for (const [time, job, letter] of shifts) if (time <= at) now[job] = letter;
    return now.join("");
  };
  for (const at of [700.1, 10, 9, 1259.75, 300, 138.25, 5000]) assert.equal(replay.status(at), naive(at));
});

test("what comes later is added: the last instant is told again", () => {
  const replay = told(SHIFTS.slice(0, 4), 2);
  assert.equal(replay.since, 3);
  replay.take(sent(SHIFTS, 2, replay.since));
  assert.equal(replay.status(99), "SR");
  assert.equal(replay.times.length, SHIFTS.length);
});

test("changes are gone through one by one", () => {
  const replay = told(SHIFTS, 2);
  assert.deepEqual([replay.next(1, false), replay.next(2.5, false), replay.next(99, false)], [2, 5, undefined]);
  assert.deepEqual([replay.next(5, true), replay.next(5.5, true), replay.next(1, true)], [2, 5, undefined]);
});

test("a group had come to nothing before its verdict was recorded", () => {
  const replay = told(SHIFTS, 2);
  assert.deepEqual([replay.verdict("g", 4), replay.verdict("g", 5), replay.verdict("constructor", 5)], ["undecided", "met", "undecided"]);
});

const BARS = bars({
  run: 1, since: 0, critical: [], at: 2, jobs: [0, 1, 1], attempts: [1, 1, 2], steps: {}, starts: [0, 4500, 9000], ends: [3000, 1000, -1],
  readies: [1000, 1500, 500], afters: [-1, -1, 3500], letters: "SFR", lanes: [0, 0, 1],
});

test("bars come back from their columns", () => {
  assert.deepEqual(BARS[0], { job: 0, attempt: 1, step: "", after: null, ready: 1, start: 2, end: 5, letter: "S", lane: 0 });
  assert.deepEqual([BARS[2].end, BARS[2].after, BARS[2].ready], [null, 7.5, 10.5]);
});

test("bars stand in slots, or each job in a row of its own", () => {
  assert.deepEqual(rowsOf(BARS, false).row, [0, 0, 1]);
  assert.deepEqual(rowsOf(BARS, true), { rows: 2, row: [0, 1, 1], of: [[0], [1, 2]], names: [0, 1] });
});

test("keys go from bar to bar", () => {
  const rows = rowsOf(BARS, false), from = (at, key) => beside(BARS, rows, at, key, 20);
  assert.deepEqual([from(0, "ArrowRight"), from(1, "ArrowRight"), from(1, "ArrowLeft"), from(0, "ArrowDown"), from(2, "ArrowUp"), from(0, "ArrowUp"), from(0, "End")], [1, 1, 0, 2, 1, 0, 1]);
});

const LOOKS = Object.fromEntries([["R", "running"], ["S", "succeeded"], ["Q", "ready"], ["F", "failed"], ["W", "waiting"]].map(([letter, word]) => [letter, { word }]));
const BASE = /** @type {any} */ ({
  graph: { nodes: [["a", 0, 0, 0, 0, "a", "node", [0]], ["b", 0, 0, 0, 0, "b", "node", [1]]] }, names: "a\nb", status: "SR", captions: [], generations: {}, marks: {}, progress: {},
  head: { flow: "f", run: 1, verdict: "succeeded", counts: [["S", 2]], started_at: 2, ended_at: 20, groups: { g: ["met", 2, 2, "", 0, 0, 2] }, paused: false, left_at: 99 }, details: {}, at: null,
});

test("a moment tells what is known of it, and nothing that came later", () => {
  const at = (time) => moment(BASE, told(SHIFTS, 2), BARS, LOOKS, [[0], [1]], time);
  const early = at(3);
  assert.deepEqual([early.status, early.head.counts, early.captions], ["RW", [["R", 1], ["W", 1]], [["{}", "up", 2], ["waiting"]]]);
  assert.deepEqual([early.head.verdict, early.head.left_at, early.head.ended_at, early.at], ["", null, null, 3]);
  assert.deepEqual(early.head.groups.g.slice(0, 3), ["undecided", 0, 2]);
  assert.deepEqual([at(6).captions[0], at(6).head.groups.g.slice(0, 2), at(1).head.started_at], [["3.0 s"], ["met", 1], null]);
});

test("a group within counts as one member", () => {
  const replay = told([[1, 0, "S"], [1, 1, "F"], [1, 2, "R"]], 3);
  replay.members = { outer: [0, 1, 2], inner: [0, 1] };
  replay.verdicts = [[1, "inner", "broken"]];
  const base = { ...BASE, head: { ...BASE.head, groups: { outer: [], inner: [] } } }, { groups } = moment(base, replay, [], LOOKS, [[0], [1], [2]], 2).head;
  assert.deepEqual(groups.inner, ["broken", 1, 2, "", 0, 1, 1, 1]);
  assert.deepEqual(groups.outer, ["undecided", 1, 3, "", 1, 1, 0, 1]);
});

test("many jobs are told in one line", () => {
  assert.equal(ofMany("SSSRF", LOOKS), "3 of 5 · 1 running · 1 failed");
  assert.equal(ofMany("SS", LOOKS), "all 2");
  assert.equal(ofMany("S".repeat(1200) + "W".repeat(300), LOOKS), "1,200 of 1,500");
});

test("a job's attempts are known as far as they had come", () => {
  const tried = (number, start, end) => ({ number, started_at: start, ended_at: end, end: "failed", reason: "x", memory: 1, rule: "r", steps: [] });
  const details = { a: { why: "it failed", kind: "exception", attempts: [tried(1, 2, 5), tried(2, 8, 9)], logs: { 1: {}, 2: {} }, needs: ["z"], facts: [["took", "1 s"]] } };
  const { a } = detailsAt(/** @type {any} */ (details), 4);
  assert.deepEqual([a.why, a.attempts.length, a.attempts[0].ended_at, a.attempts[0].end, a.logs, a.facts, a.needs], ["", 1, null, "", {}, [], ["z"]]);
  assert.deepEqual(Object.keys(detailsAt(/** @type {any} */ (details), 8.5).a.logs), ["1"]);
});
