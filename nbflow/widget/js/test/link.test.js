import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Link, PATIENCE } from "../src/link.js";

/** @returns a link to a kernel played by the test */
function linked() {
  const life = new AbortController(), sent = [], said = [], handlers = new Set();
  const model = {
    get: () => undefined, send: (message) => sent.push(message),
    on: (_, handler) => handlers.add(handler), off: (_, handler) => handlers.delete(handler),
  };
  const heard = { owed: () => said.push(link.owed.map(({ op }) => op).join(" ") || "nothing owed"), patience: () => PATIENCE, ended: (op, job, answer) => said.push([op, job, answer.kind]), time: () => {} };
  const link = new Link(model, heard, life.signal);
  return { link, sent, said, handlers, life, hear: (answer) => handlers.forEach((handler) => handler(answer)) };
}

test("a request has a number of its own, and goes as it is", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { link, sent } = linked();
  link.ask("retry", ["fit"], { generation: 2 });
  link.ask("retry", ["fit"], { generation: 2 });
  assert.deepEqual({ ...sent[0], number: 0 }, { op: "retry", number: 0, jobs: ["fit"], generation: 2 });
  assert.notEqual(sent[0].number, sent[1].number);
  mock.timers.reset();
});

test("what is not answered in two seconds is said", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { link, said } = linked();
  link.ask("retry", ["fit"]);
  mock.timers.tick(PATIENCE - 1);
  assert.deepEqual(said, []);
  mock.timers.tick(1);
  assert.deepEqual(said, ["retry"]);
  mock.timers.reset();
});

test("what comes late is owed no more", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { link, sent, said, hear } = linked();
  link.ask("retry", ["fit"]);
  link.ask("skip", ["load"]);
  mock.timers.tick(PATIENCE);
  hear({ kind: "ack", number: sent[0].number });
  hear({ kind: "ack", number: sent[1].number });
  assert.deepEqual(said, ["retry", "retry skip", "skip", "nothing owed"]);
  mock.timers.reset();
});

test("what was lost on the way is told once the kernel is heard again", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { link, sent, said, hear } = linked();
  link.ask("retry", ["fit"]);
  mock.timers.tick(PATIENCE);
  link.ask("skip", ["load"]);
  hear({ kind: "ack", number: sent[1].number });
  assert.deepEqual(said, ["retry", "nothing owed", ["retry", "fit", "refused"]]);
  mock.timers.reset();
});

test("an acknowledgement is patience for the result; both are told once", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { link, sent, said, hear } = linked();
  link.ask("retry", ["fit"]);
  hear({ kind: "ack", number: sent[0].number });
  mock.timers.tick(PATIENCE * 10);
  hear({ kind: "done", number: sent[0].number, count: 1 });
  hear({ kind: "done", number: sent[0].number, count: 1 });
  assert.deepEqual(said, [["retry", "fit", "done"]]);
  mock.timers.reset();
});

test("answers to other views are not ours", () => {
  const { said, hear } = linked();
  hear({ kind: "done", number: 1, count: 1 });
  assert.deepEqual(said, []);
});

test("a kernel that cannot even be sent to is silent at once", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { link, said } = linked();
  link.model.send = () => {
    throw new Error("the comm is closed");
  };
  link.ask("retry", ["fit"]);
  assert.deepEqual(said, ["retry"]);
  mock.timers.reset();
});

test("a view that has ended listens no more", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { link, said, handlers, life } = linked();
  link.ask("retry", ["fit"]);
  life.abort();
  mock.timers.tick(PATIENCE * 2);
  assert.deepEqual([handlers.size, said], [0, []]);
  mock.timers.reset();
});

test("answers that came together are heard one by one", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { link, sent, said, hear } = linked();
  link.ask("retry", ["fit"]);
  link.ask("skip", ["load"]);
  hear({ kind: "several", now: 1, several: sent.map(({ number }) => ({ kind: "done", number, count: 1 })) });
  assert.deepEqual(said, [["retry", "fit", "done"], ["skip", "load", "done"]]);
  mock.timers.reset();
});

/** The pieces of an answer to *number*.
 * @param {object} answer
 * @param {number} number */
function pieces(answer, number) {
  const text = JSON.stringify({ ...answer, number }), size = Math.ceil(text.length / 3);
  return [0, 1, 2].map((at) => ({ kind: "piece", number, at, of: 3, text: text.slice(at * size, (at + 1) * size) }));
}

test("a long answer is put together; that of another view is let be", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { link, sent, said, hear } = linked();
  link.ask("output", ["fit"]);
  for (const piece of pieces({ kind: "output", shown: ["äöü"] }, 1)) hear(piece);
  for (const piece of pieces({ kind: "output", shown: ["äöü"] }, sent[0].number)) hear(piece);
  assert.deepEqual(said, [["output", "fit", "output"]]);
  mock.timers.reset();
});

test("a piece that was lost is said", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { link, sent, said, hear } = linked();
  link.ask("output", ["fit"]);
  const [first, , last] = pieces({ kind: "output" }, sent[0].number);
  hear(first);
  hear(last);
  assert.deepEqual(said, [["output", "fit", "refused"]]);
  mock.timers.reset();
});
