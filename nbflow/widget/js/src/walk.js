/** @typedef {import("./types.js").Graph} Graph */

/** Where an arrow key leads: left and right along the links, up and down to the next node in the column.
 * @param {Graph} graph
 * @param {number} at the node's number
 * @param {string} key
 * @returns {number} a node's number; *at* itself where there is nothing */
export function step(graph, at, key) {
  switch (key) {
    case "ArrowRight":
    case "ArrowLeft":
      return across(graph, at, key === "ArrowRight" ? 1 : -1);
    case "ArrowDown":
    case "ArrowUp":
      return along(graph, at, key === "ArrowDown" ? 1 : -1);
    case "Home":
      return 0;
    case "End":
      return graph.nodes.length - 1;
    default:
      return at;
  }
}

/** @param {Graph} graph
 * @param {number} at
 * @param {1|-1} way */
function across(graph, at, way) {
  if (graph.nodes[at][6] !== "node") {
    const beside = nearest(graph, at, (dx, dy) => (Math.abs(dy) < 1 && dx * way > 0 ? dx * way : Infinity));
    if (beside !== at && near(graph, at, beside)) return beside;
  }
  const linked = graph.links.filter((link) => link[way > 0 ? 0 : 1] === at).map((link) => link[way > 0 ? 1 : 0]);
  if (linked.length) {
    const set = new Set(linked);
    return nearest(graph, at, (_, dy, other) => (set.has(other) ? Math.abs(dy) : Infinity));
  }
  return nearest(graph, at, (dx, dy) => (dx * way > 1 && Math.abs(dy) < dx * way ? dx * way + 2 * Math.abs(dy) : Infinity));
}

/** Cells of one block stand close together.
 * @param {Graph} graph
 * @param {number} one
 * @param {number} other */
function near(graph, one, other) {
  const [a, b] = [graph.nodes[one], graph.nodes[other]];
  return b[6] === a[6] && Math.abs(a[1] - b[1]) < a[3] * 2;
}

/** @param {Graph} graph
 * @param {number} at
 * @param {1|-1} way */
function along(graph, at, way) {
  const column = nearest(graph, at, (dx, dy, other) => {
    const room = (graph.nodes[at][3] + graph.nodes[other][3]) / 2;
    return dy * way > 1 && Math.abs(dx) < room ? dy * way + Math.abs(dx) / 4 : Infinity;
  });
  if (column !== at) return column;
  return nearest(graph, at, (dx, dy) => (dy * way > 1 ? dy * way + 2 * Math.abs(dx) : Infinity));
}

/** The node of the least cost, by the distance between middles.
 * @param {Graph} graph
 * @param {number} at
 * @param {(dx: number, dy: number, other: number) => number} cost */
function nearest(graph, at, cost) {
  const [x, y] = middle(graph, at);
  let best = at, least = Infinity;
  graph.nodes.forEach((_, other) => {
    if (other === at) return;
    const [ox, oy] = middle(graph, other);
    const price = cost(ox - x, oy - y, other);
    if (price < least) [best, least] = [other, price];
  });
  return best;
}

/** @param {Graph} graph
 * @param {number} at */
function middle(graph, at) {
  const [, x, y, width, height] = graph.nodes[at];
  return [x + width / 2, y + height / 2];
}
