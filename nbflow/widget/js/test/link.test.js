import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Link, PATIENCE } from "../src/link.js";

/** A link, what it sent, what was heard, and a way to answer. */
function made() {
  const sent = /** @type {any[]} */ ([]), heard = /** @type {any[]} */ ([]);
  /** @type {Map<string, (answer: any) => void>} */
  const on = new Map();
  const model = /** @type {any} */ ({
    send: (/** @type {any} */ message) => sent.push(message),
    on: (/** @type {string} */ name, /** @type {any} */ hear) => on.set(name, hear),
    off: (/** @type {string} */ name) => on.delete(name),
  });
  const life = new AbortController();
  const link = new Link(model, {
    silent: (silent) => heard.push(["silent", silent]),
    ended: (op, job, answer) => heard.push([op, job, answer.kind]),
    time: (now) => heard.push(["time", now]),
  }, life.signal);
  return { link, sent, heard, life, on, model, answer: (/** @type {any} */ answer) => on.get("msg:custom")?.(answer) };
}

test("a request carries its number, jobs and generation", () => {
  const { link, sent, life } = made();
  link.ask("retry", ["fit"], { generation: 2 });
  assert.deepEqual(sent, [{ op: "retry", number: sent[0].number, jobs: ["fit"], generation: 2 }]);
  assert.ok(Number.isSafeInteger(sent[0].number));
  life.abort();
});

test("silence is told after two seconds, and taken back by an answer", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { link, sent, heard, answer } = made();
  link.ask("retry", ["fit"]);
  mock.timers.tick(PATIENCE - 1);
  assert.deepEqual(heard, []);
  mock.timers.tick(1);
  assert.deepEqual(heard, [["silent", true]]);
  answer({ kind: "ack", number: sent[0].number });
  assert.deepEqual(heard.at(-1), ["silent", false]);
  mock.timers.reset();
});

test("an acknowledged request is ended by done or refused", () => {
  const { link, sent, heard, answer } = made();
  for (const kind of ["done", "refused"]) {
    link.ask("skip", ["fit"]);
    answer({ kind: "ack", number: sent.at(-1).number });
    answer({ kind, number: sent.at(-1).number });
    assert.deepEqual(heard.at(-1), ["skip", "fit", kind]);
  }
});

test("a selection needs no more than the acknowledgement", () => {
  const { link, sent, heard, answer } = made();
  link.ask("select", ["fit"]);
  answer({ kind: "ack", number: sent[0].number, now: 5 });
  answer({ kind: "ack", number: sent[0].number, now: 6 });
  assert.deepEqual(heard, [["silent", false], ["time", 5]]);
});

test("answers to other views are not heard", () => {
  const one = made(), other = made();
  one.link.ask("retry", ["fit"]);
  other.link.ask("retry", ["fit"]);
  assert.notEqual(one.sent[0].number, other.sent[0].number);
  one.answer({ kind: "done", number: other.sent[0].number });
  one.answer(undefined);
  assert.deepEqual(one.heard, []);
  one.life.abort();
  other.life.abort();
});

test("a kernel that is gone for sure is told at once", () => {
  const { link, heard, model, life } = made();
  model.send = () => { throw new Error("comm is closed"); };
  link.ask("retry", ["fit"]);
  assert.deepEqual(heard, [["silent", true]]);
  life.abort();
});

test("a view that ended neither listens nor waits", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { link, heard, life, on } = made();
  link.ask("retry", ["fit"]);
  life.abort();
  mock.timers.tick(PATIENCE * 2);
  assert.equal(on.size, 0);
  assert.deepEqual(heard, []);
  mock.timers.reset();
});
