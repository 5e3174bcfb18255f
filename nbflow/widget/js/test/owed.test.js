import assert from "node:assert/strict";
import { test } from "node:test";
import { owing } from "../src/owed.js";

const FINE = { gone: false, cut: false, busy: false }, BUSY = { ...FINE, busy: true };
const request = (op, name) => ({ op, said: `${op[0].toUpperCase()}${op.slice(1)} ${name}` });

test("nothing owed, nothing said", () => assert.equal(owing([], BUSY, 0), ""));

test("what waits for a cell is named", () => {
  assert.equal(owing([request("retry", "fit")], BUSY, 0), "Retry fit: queued until the cell ends.");
  const many = ["a", "b", "c", "d", "e"].map((name) => request("skip", name));
  assert.equal(owing(many, BUSY, 0), "Skip a, Skip b, Skip c and 2 more: queued until the cell ends.");
});

test("looks are not acts", () =>
  assert.equal(owing([request("select", "fit"), request("hello", "")], BUSY, 0), "A cell keeps the kernel busy: what you ask to see comes when it ends."));

test("who does not know says so", () => {
  assert.match(owing([request("retry", "fit")], FINE, 0), /^Retry fit: no answer from the kernel yet. If a cell/);
  assert.match(owing([request("hello", "")], FINE, 0), /^No answer from the kernel yet/);
});

test("a kernel that is gone, and a line that is cut, are said without being asked", () => {
  const at = new Date(2026, 0, 1, 12, 3, 10).getTime() / 1000;
  assert.match(owing([], { ...FINE, gone: true }, at), /^The kernel was restarted: this is how it stood at 12:03:10/);
  assert.match(owing([request("retry", "fit")], { ...FINE, gone: true }, at), /^Retry fit: not heard/);
  assert.equal(owing([request("retry", "fit")], { ...FINE, cut: true }, at), "Retry fit: queued. No connection to the kernel: this is how it stood at 12:03:10.");
});
