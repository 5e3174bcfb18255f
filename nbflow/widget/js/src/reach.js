/** What depends on what, at however many removes.
 * @param {import("./types.js").Graph} graph
 * @param {number} at a node
 * @returns {{above: Set<number>, below: Set<number>}} nodes that it needs, and that need it; itself in both */
export function streams(graph, at) {
  return { above: reached(graph, at, 1, 0), below: reached(graph, at, 0, 1) };
}

/** @param {import("./types.js").Graph} graph
 * @param {number} start
 * @param {0|1} from
 * @param {0|1} to */
function reached(graph, start, from, to) {
  /** @type {Map<number, number[]>} */
  const next = new Map();
  for (const link of graph.links) {
    const known = next.get(link[from]);
    if (known) known.push(link[to]);
    else next.set(link[from], [link[to]]);
  }
  const found = new Set([start]), ahead = [start];
  while (ahead.length) {
    for (const other of next.get(/** @type {number} */ (ahead.pop())) ?? []) {
      if (!found.has(other)) {
        found.add(other);
        ahead.push(other);
      }
    }
  }
  return found;
}

/** The wires among the nodes that depend on each other through one.
 * @param {import("./types.js").Graph} graph
 * @param {{above: Set<number>, below: Set<number>}} found
 * @returns {boolean[]} for each wire */
export function wiresIn(graph, { above, below }) {
  const [up, down] = [above, below].map((nodes) => new Set([...nodes].map((node) => graph.stands[node])));
  return graph.ends.map(([a, b]) => (up.has(a) && up.has(b)) || (down.has(a) && down.has(b)));
}
