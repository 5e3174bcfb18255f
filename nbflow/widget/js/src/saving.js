import { sum } from "./book.js";

const AT_ONCE = 300_000; // bytes on the wire that are asked for without a rest
const A_SECOND = 100_000; // and after that, so that others get through: servers drop what comes too fast

/** A whole log, part by part.
 * @param {(ask: import("./book.js").Ask) => Promise<import("./courier.js").Fetched>} fetch
 * @param {(bytes: number, all: number) => void} told how much there is so far
 * @param {AbortSignal} signal stops it
 * @param {(seconds: number) => Promise<void>} [rest]
 * @returns {Promise<Uint8Array<ArrayBuffer>[]>} its bytes, as many as there were at its beginning */
export async function whole(fetch, told, signal, rest = pause) {
  const found = [];
  let at = /** @type {import("./types.js").At} */ ([0, 0]), wire = 0, end;
  for (;;) {
    const part = await fetch({ start: at, ...(end ? { end } : {}) });
    end ??= part.size;
    signal.throwIfAborted();
    found.push(...part.parts.map(([, bytes]) => bytes));
    if (sum(part.to) <= sum(at)) break;
    at = part.to;
    told(sum(at), sum(end));
    if (sum(at) >= sum(end)) break;
    wire += part.wire;
    if (wire > AT_ONCE) await rest(part.wire / A_SECOND);
    signal.throwIfAborted();
  }
  return found;
}

/** @param {number} seconds
 * @returns {Promise<void>} */
function pause(seconds) {
  return new Promise((done) => setTimeout(done, seconds * 1000));
}

/** A name for a file, of what may stand in one everywhere.
 * @param {string} job
 * @param {string} what
 * @returns {string} */
export function fileName(job, what) {
  const plain = (/** @type {string} */ text) => text.replace(/[^\p{L}\p{N}._=-]+/gu, "-").replace(/^[-.]+|[-.]+$/g, "");
  return `${[plain(job).slice(0, 80) || "job", plain(what)].filter(Boolean).join("-")}.log`;
}

/** Have the browser save bytes as a file.
 * @param {BlobPart[]} bytes
 * @param {string} name */
export function save(bytes, name) {
  const address = URL.createObjectURL(new Blob(bytes, { type: "text/plain" })), anchor = document.createElement("a");
  // The one address that the view ever makes: of bytes that are in the page already.
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
