import assert from "node:assert/strict";
import { test } from "node:test";
import { Book, added } from "../src/book.js";

/** @param {string} text
 * @param {number} from
 * @returns {import("../src/types.js").LogPart} */
const piece = (text, from) => ({ pieces: [["out", text]], from: [from, 0], to: [from + text.length, 0], size: [0, 0] });
const text = (/** @type {Book} */ book) => book.pieces.map(([, one]) => one).join("");

test("a tail that grows takes its own place", () => {
  const book = new Book();
  book.take(piece("abc", 10));
  book.take(piece("abcdef", 10));
  assert.equal(text(book), "abcdef");
  assert.deepEqual([book.before, book.size, book.missing], [10, 16, null]);
});

test("what was missed between two tails is asked for, and nothing is shown with a hole", () => {
  const book = new Book();
  book.take(piece("abc", 0));
  book.take(piece("xyz", 20));
  assert.equal(text(book), "abc");
  assert.deepEqual(book.missing, { start: [0, 0], end: [20, 0] });
  book.put(piece("abc------", 0));
  assert.deepEqual(book.missing, { start: [9, 0], end: [20, 0] });
  book.put(piece("-----------", 9));
  assert.equal(text(book), "abc-----------------xyz");
  assert.equal(book.missing, null);
});

test("a view that has missed much, or a log that was cut, goes on from the tail", () => {
  const book = new Book();
  book.take(piece("abc", 0));
  book.take(piece("far", 1_000_000));
  assert.deepEqual([text(book), book.before], ["far", 1_000_000]);
  book.take(piece("new", 0));
  assert.equal(text(book), "new");
});

test("what comes before is put before, once", () => {
  const book = new Book();
  book.take(piece("tail", 6));
  assert.deepEqual(book.earlier, { end: [6, 0] });
  assert.equal(book.put(piece("before", 0)), true);
  assert.equal(book.put(piece("before", 0)), false);
  assert.deepEqual([text(book), book.earlier], ["beforetail", null]);
});

test("what was added is found whatever the pieces are", () => {
  assert.deepEqual(added([["out", "ab"], ["out", "c"]], [["out", "abcd"], ["err", "x"]]), [["out", "d"], ["err", "x"]]);
  assert.deepEqual(added([["out", "ab"]], [["out", "ab"]]), []);
  assert.equal(added([["out", "ab"]], [["out", "ax"]]), null);
  assert.equal(added([["out", "ab"]], [["err", "ab"]]), null);
});
