import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { test } from "node:test";
import { asText, unpacked } from "../src/courier.js";
import { fileName, whole } from "../src/saving.js";

/** A log of so many bytes, told by parts of *room*.
 * @param {number} size
 * @param {number} room */
function kernel(size, room) {
  const bytes = Uint8Array.from({ length: size }, (_, at) => at % 251);
  /** @type {any[]} */
  const asked = [];
  const fetch = async (/** @type {import("../src/book.js").Ask} */ { start = [0, 0], end }) => {
    asked.push([start[0], end]);
    const to = Math.min(start[0] + room, end?.[0] ?? size);
    return { from: start, to: /** @type {[number, number]} */ ([to, 0]), size: /** @type {[number, number]} */ ([size, 0]), parts: /** @type {any} */ ([["out", bytes.slice(start[0], to)]]), wire: to - start[0] };
  };
  return { bytes, asked, fetch };
}
const joined = (/** @type {Uint8Array[]} */ parts) => Buffer.concat(parts);

test("a log is fetched whole, with rests once it is long", async () => {
  const { bytes, asked, fetch } = kernel(1_000_000, 100_000);
  /** @type {number[]} */
  const rests = [];
  const found = await whole(fetch, () => {}, new AbortController().signal, async (seconds) => void rests.push(seconds));
  assert.deepEqual(joined(found), Buffer.from(bytes));
  assert.equal(asked.length, 10);
  assert.deepEqual([rests.length, rests[0]], [6, 1]);
});

test("what is printed meanwhile is left for the next time", async () => {
  const { asked, fetch } = kernel(250, 100);
  await whole(fetch, () => {}, new AbortController().signal);
  assert.deepEqual(asked, [[0, undefined], [100, [250, 0]], [200, [250, 0]]]);
});

test("it can be stopped", async () => {
  const { fetch } = kernel(1000, 100), stop = new AbortController();
  await assert.rejects(whole(fetch, (bytes) => { if (bytes >= 300) stop.abort(); }, stop.signal), { name: "AbortError" });
});

test("a part is unpacked to its bytes, and to text", async () => {
  const data = Buffer.from("heé\xff", "latin1"), packed = deflateSync(Buffer.concat([Buffer.from("né"), data])).toString("base64");
  const part = await unpacked({ kind: "log", number: 1, from: [0, 0], to: [3, 4], size: [3, 4], spans: [["out", 3], ["err", 4]], packed });
  assert.deepEqual(part.parts.map(([stream, bytes]) => [stream, Buffer.from(bytes)]), [["out", Buffer.from("né")], ["err", data]]);
  assert.equal(asText(part).pieces[0][1], "né");
});

test("a file is named by what may stand in a name", () => {
  assert.equal(fileName("fit[alpha=0.1]", "attempt 3"), "fit-alpha=0.1-attempt-3.log");
  assert.equal(fileName("../../etc/passwd", "attempt 1"), "etc-passwd-attempt-1.log");
  assert.equal(fileName("分析", "attempt 1"), "分析-attempt-1.log");
  assert.equal(fileName("…", ""), "job.log");
});
